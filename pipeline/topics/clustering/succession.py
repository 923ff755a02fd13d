"""Which new group of clusters is which old topic: ids that survive growth, merges and splits.

Each group takes the number of the topic that most of its posts belonged to, the larger
contribution first, the older topic on a tie. A topic whose number nobody takes was merged
into the group that got most of it; a group that gets no number is a split of the topic
most of it came from.

Source: Greene, Doyle, Cunningham, "Tracking the evolution of communities in dynamic social
networks", ASONAM 2010.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TopicMerge:
    """Topic number ``old`` is part of ``new`` from event time ``at_s`` on."""

    old: int
    new: int
    at_s: float


@dataclass(frozen=True)
class TopicSplit:
    """Topic number ``child`` left ``parent`` at event time ``at_s``."""

    child: int
    parent: int
    at_s: float


@dataclass(frozen=True)
class ClusterMove:
    """Cluster number ``cluster``, with all its ``n_posts``, belongs to topic ``new`` instead of ``old``."""

    cluster: int
    old: int
    new: int
    n_posts: int


@dataclass(frozen=True)
class TopicChanges:
    """What happened to topics, in the order in which to apply it: moves, then merges, then splits."""

    moves: tuple[ClusterMove, ...] = ()
    merges: tuple[TopicMerge, ...] = ()
    splits: tuple[TopicSplit, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.moves)

    def then(self, later: TopicChanges) -> TopicChanges:
        """Both, one after the other."""
        if not later:
            return self
        return TopicChanges(self.moves + later.moves, self.merges + later.merges, self.splits + later.splits)


def succeed(
    topic: NDArray[np.int64],
    group: NDArray[np.int64],
    n_posts: NDArray[np.int64],
    next_number: int,
) -> tuple[NDArray[np.int64], list[tuple[int, int]], list[tuple[int, int]]]:
    """Topic numbers of the groups.

    Parameters
    ----------
    topic, group, n_posts
        ``(n,)`` for each cluster: the topic it belonged to, the group it is in now, its posts.
    next_number
        First number free for a split.

    Returns
    -------
    The clusters' topics now ``(n,) int64``, merges (old, new), splits (child, parent).

    Examples
    --------
    >>> topic = np.array([1, 1, 2, 3])
    >>> succeed(topic, np.array([7, 7, 7, 8]), np.array([5, 5, 4, 1]), next_number=9)
    (array([1, 1, 1, 3]), [(2, 1)], [])
    >>> succeed(topic, np.array([7, 8, 5, 6]), np.array([5, 4, 4, 1]), next_number=9)
    (array([1, 9, 2, 3]), [], [(9, 1)])
    """
    pairs, where = np.unique(np.stack([topic, group]), axis=1, return_inverse=True)
    posts = np.bincount(where, n_posts, pairs.shape[1])
    ranked = sorted(range(pairs.shape[1]), key=lambda i: (-posts[i], int(pairs[0, i])))
    number_of: dict[int, int] = {}
    taken: set[int] = set()
    for i in ranked:
        old, new = int(pairs[0, i]), int(pairs[1, i])
        if old not in taken and new not in number_of:
            number_of[new] = old
            taken.add(old)
    splits: list[tuple[int, int]] = []
    for i in ranked:
        old, new = int(pairs[0, i]), int(pairs[1, i])
        if new not in number_of:
            number_of[new] = next_number
            splits.append((next_number, old))
            next_number += 1
    merged: dict[int, int] = {}
    for i in ranked:
        old, new = int(pairs[0, i]), int(pairs[1, i])
        if old not in taken:
            merged.setdefault(old, number_of[new])
    now = np.array([number_of[int(one)] for one in group], np.int64)
    return now, sorted(merged.items()), splits
