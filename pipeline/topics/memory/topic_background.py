"""Centres of this deployment's topics: the background that fit is compared with.

A background holds for a while: it is learned anew when a part of it has changed, not at every tick. Verdicts then do
not move because other topics did, and what a fit was measured against can be kept and looked up: every centre is an
entry with a number that never changes, and a background is a list of such numbers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray, TopicId
from pipeline.types.state import NamedArray, StatePart, StoredState

MAX_TOPICS = 512
"""Enough for percentiles, and a bounded state; the topic that entered longest ago leaves first."""

STALE_SHARE = 1 / 16
"""A background of which this share has changed is learned anew."""

ENTERS_AGAIN = 2.0
"""A topic's centre is taken again when the topic has so many times the posts it had before: it hardly moves sooner."""


@dataclass(frozen=True)
class TopicPlace:
    """Centre ``(d,) float32`` of a topic when it had ``n_posts``; empty where it is not known."""

    topic: TopicId
    n_posts: int
    centre: FloatArray


@dataclass(frozen=True)
class LearnedBackground:
    """A background that holds from now on.

    ``members`` ``(n,) int64`` are numbers of entries, ``centres`` ``(n, d) float32`` theirs; ``brought`` ``(n,) bool``
    says which of them no background had before.
    """

    number: int
    members: NDArray[np.int64]
    centres: FloatArray
    brought: NDArray[np.bool_]


class _Counts(msgspec.Struct, frozen=True):
    topics: tuple[TopicId, ...]
    next_entry: int
    number: int


class _Scalars(msgspec.Struct, frozen=True):
    background: _Counts


class TopicBackground:
    """The latest topics of a deployment, and the background they made when it was learned last.

    ``number`` counts the backgrounds; 0 before the first.

    Examples
    --------
    >>> background = TopicBackground(dimension=2)
    >>> background.take([TopicPlace("t1", 5, np.array([1.0, 0.0], np.float32))])
    >>> background.learn().members.tolist()
    [0]
    >>> background.learn() is None
    True
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._topics: dict[TopicId, tuple[int, int, FloatArray]] = {}  # entry, posts, centre
        self._next_entry = 0
        self._members: NDArray[np.int64] = np.zeros(0, np.int64)
        self._learned: FloatArray = np.zeros((0, dimension), np.float32)
        self.number = 0

    def take(self, places: Iterable[TopicPlace]) -> None:
        """Take topics that were looked at; one that is known only when it has grown, see :data:`ENTERS_AGAIN`."""
        for place in places:
            known = self._topics.get(place.topic)
            if not len(place.centre) or (known is not None and place.n_posts < ENTERS_AGAIN * known[1]):
                continue
            self._topics.pop(place.topic, None)
            self._topics[place.topic] = (self._next_entry, place.n_posts, place.centre)
            self._next_entry += 1
        for topic in list(self._topics)[: max(0, len(self._topics) - MAX_TOPICS)]:
            del self._topics[topic]

    def forget(self, topic: TopicId) -> None:
        """A topic was merged into another one, or is over."""
        self._topics.pop(topic, None)

    def learn(self, *, at_once: bool = False) -> LearnedBackground | None:
        """The background of the topics known now, if enough of the one that holds has changed; it holds from now on.

        ``at_once``: one topic is enough (the end of a stream: nothing comes that could be compared with another one).
        """
        entries = self._entries()
        brought = ~np.isin(entries, self._members, assume_unique=True)
        n_came = int(brought.sum())
        n_left = len(self._members) - (len(entries) - n_came)
        if max(n_came, n_left) < (1.0 if at_once else max(1.0, STALE_SHARE * len(self._members))):
            return None
        self.number += 1
        self._members, self._learned = entries, self._centres()
        return LearnedBackground(self.number, self._members, self._learned, brought)

    def learned(self) -> FloatArray:
        """``(n, d) float32``: the background that holds."""
        return self._learned

    def topics(self) -> Sequence[TopicId]:
        """Topics known now, the one that entered longest ago first."""
        return list(self._topics)

    def forget_post(self, post_id: str) -> None:
        """Nothing: a deleted post has left its trace in the centre of its topic."""

    def forget_author(self, author: int, until_s: float) -> Collection[str]:
        """Nothing, as in :meth:`forget_post`."""
        return ()

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere: the topics as columns, and the background that holds."""
        arrays = (
            NamedArray("background/entries", self._entries()),
            NamedArray("background/sizes", np.array([n_posts for _, n_posts, _ in self._topics.values()], np.int64)),
            NamedArray("background/centres", self._centres()),
            NamedArray("background/members", self._members),
            NamedArray("background/learned", self._learned),
        )
        return StatePart(arrays, (_Scalars(_Counts(tuple(self._topics), self._next_entry, self.number)),))

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        counts = stored.scalars(_Scalars).background
        entries, sizes = stored.array("background/entries").tolist(), stored.array("background/sizes").tolist()
        columns = zip(entries, sizes, stored.array("background/centres").copy(), strict=True)
        self._topics = dict(zip(counts.topics, columns, strict=True))
        self._next_entry, self.number = counts.next_entry, counts.number
        self._members = stored.array("background/members").copy()
        self._learned = stored.array("background/learned").copy()

    def _entries(self) -> NDArray[np.int64]:
        return np.array([entry for entry, _, _ in self._topics.values()], np.int64)

    def _centres(self) -> FloatArray:
        return np.array([centre for _, _, centre in self._topics.values()], np.float32).reshape(-1, self._dimension)
