"""The posts a topic is measured on: the latest of each cluster, as columns, in bounded memory.

Posts are kept in arrival order in segments. When there are too many, the oldest segment
goes as a whole. A post keeps its cluster for good, whatever topic the cluster belongs to, so
sealed segments never change (but for deletions) and a checkpoint writes the open one only.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray
from pipeline.types.state import NamedArray, StatePart, StoredState, packed
from pipeline.types.traces import ERASED, PostTrace, TopicPosts

SEGMENT_POSTS = 1024
MAX_SEGMENTS = 32
MAX_PER_TOPIC = 256
MAX_PER_AUTHOR = 128


@dataclass
class Segment:
    """Up to ``SEGMENT_POSTS`` posts; ``first`` is the arrival number of the first one."""

    first: int
    traces: list[PostTrace]
    embeddings: NDArray[np.float16]


class RecentPosts:
    """The latest posts of every cluster.

    Parameters
    ----------
    dimension
        Length of an embedding.
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._segments: deque[Segment] = deque()
        self._of_cluster: dict[int, deque[PostTrace]] = {}
        self._place: dict[int, tuple[Segment, int]] = {}
        self._of_author: dict[int, list[PostTrace]] = {}
        self._n_replies: Counter[str] = Counter()

    def append(self, trace: PostTrace, embedding: FloatArray) -> None:
        """Remember one post; ``embedding`` ``(d,) float32``. Arrival numbers must ascend."""
        if not self._segments or len(self._segments[-1].traces) == SEGMENT_POSTS:
            self._segments.append(Segment(trace.arrival, [], np.zeros((SEGMENT_POSTS, self._dimension), np.float16)))
            if len(self._segments) > MAX_SEGMENTS:
                self._forget_oldest()
        segment = self._segments[-1]
        row = len(segment.traces)
        segment.traces.append(trace)
        segment.embeddings[row] = embedding
        self._index(trace, segment, row)
        self._index_author(trace)
        self._n_replies[trace.source] += trace.is_reply

    def of(self, clusters: Iterable[int]) -> TopicPosts:
        """The latest posts of these clusters together, at most ``MAX_PER_TOPIC``, in arrival order."""
        traces = [trace for cluster in clusters for trace in self._of_cluster.get(cluster, ())]
        traces.sort(key=lambda trace: trace.arrival)
        traces = traces[-MAX_PER_TOPIC:]
        rows = np.empty((len(traces), self._dimension), np.float32)
        for i, trace in enumerate(traces):
            segment, row = self._place[trace.arrival]
            rows[i] = segment.embeddings[row]
        return TopicPosts(traces, rows, self._replying())

    def traces_of(self, cluster: int) -> Sequence[PostTrace]:
        """What is remembered of a cluster's posts, without their vectors, in arrival order."""
        return list(self._of_cluster.get(cluster, ()))

    def by_author(self, author: int) -> Sequence[PostTrace]:
        """The latest posts of an author in whatever topic, at most ``MAX_PER_AUTHOR``, in arrival order."""
        return list(self._of_author.get(author, ()))

    def voices(self) -> NDArray[np.int64]:
        """Handle hashes of all remembered authors, ``(n,) int64``, ascending, each once."""
        latest = (posts[-1].handle for posts in self._of_author.values())
        return np.unique(np.array([handle for handle in latest if handle is not None], np.int64))

    def forget_post(self, post_id: str) -> None:
        """A post was deleted at its origin: its text and vector are gone at once."""
        self._erase(lambda trace: trace.post_id == post_id)

    def forget_author(self, author: int, until_s: float) -> Collection[str]:
        """An account was deleted at its origin: everything it wrote is gone at once. Gives the post ids."""
        return self._erase(lambda trace: trace.author == author)

    def segments(self) -> Iterator[Segment]:
        """All segments, oldest first."""
        return iter(self._segments)

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere."""
        return StatePart(
            tuple(
                array
                for segment in self._segments
                for array in (
                    packed(f"recent/{segment.first}/traces", segment.traces),
                    NamedArray(f"recent/{segment.first}/embeddings", segment.embeddings),
                )
            )
        )

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        self._segments = deque(
            Segment(
                first,
                stored.unpacked(f"recent/{first}/traces", list[PostTrace]),
                stored.array(f"recent/{first}/embeddings").copy(),
            )
            for first in sorted(stored.numbers("recent"))
        )
        self._of_cluster.clear()
        self._place.clear()
        self._of_author.clear()
        self._n_replies.clear()
        for segment in self._segments:
            for row, trace in enumerate(segment.traces):
                if trace.cluster != ERASED:
                    self._index(trace, segment, row)
                    self._index_author(trace)
                    self._n_replies[trace.source] += trace.is_reply

    def _index(self, trace: PostTrace, segment: Segment, row: int) -> None:
        posts = self._of_cluster.setdefault(trace.cluster, deque())
        posts.append(trace)
        self._place[trace.arrival] = (segment, row)
        if len(posts) > MAX_PER_TOPIC:
            del self._place[posts.popleft().arrival]

    def _replying(self) -> frozenset[str]:
        return frozenset(source for source, n in self._n_replies.items() if n > 0)

    def _index_author(self, trace: PostTrace) -> None:
        if trace.author is not None:
            posts = self._of_author.setdefault(trace.author, [])
            posts.append(trace)
            if len(posts) > MAX_PER_AUTHOR:
                del posts[0]

    def _index_again(self, clusters: set[int], authors: set[int]) -> None:
        """What is found of a cluster or author follows from the segments alone, so that a restart finds the same."""
        for author in authors:
            self._of_author.pop(author, None)
        for cluster in clusters:
            for trace in self._of_cluster.pop(cluster, ()):
                del self._place[trace.arrival]
        for segment in self._segments:
            for row, trace in enumerate(segment.traces):
                if trace.cluster in clusters:
                    self._index(trace, segment, row)
                if trace.author in authors:
                    self._index_author(trace)

    def _erase(self, is_gone: Callable[[PostTrace], bool]) -> list[str]:
        # all segments are searched: posts beyond ``MAX_PER_TOPIC`` are not indexed, but they are stored
        found = [
            (segment, row, trace)
            for segment in self._segments
            for row, trace in enumerate(segment.traces)
            if trace.cluster != ERASED and is_gone(trace)
        ]
        clusters = {trace.cluster for _, _, trace in found}
        authors = {trace.author for _, _, trace in found if trace.author is not None}
        ids = [trace.post_id for _, _, trace in found]
        for segment, row, trace in found:
            self._n_replies[trace.source] -= trace.is_reply
            segment.embeddings[row] = 0
            segment.traces[row] = PostTrace(
                *(trace.arrival, ERASED, "", None, trace.at_s, None, "", None, False, False, 0.0, 0.0, 0.0, 0.0),
                *((), (), (), ""),
            )
        self._index_again(clusters, authors)
        return ids

    def _forget_oldest(self) -> None:
        for trace in self._segments.popleft().traces:
            self._n_replies[trace.source] -= trace.is_reply
            posts = self._of_cluster.get(trace.cluster)
            if posts and posts[0].arrival == trace.arrival:
                posts.popleft()
                del self._place[trace.arrival]
                if not posts:
                    del self._of_cluster[trace.cluster]
            if trace.author is None:
                continue
            written = self._of_author.get(trace.author)
            if written and written[0].arrival == trace.arrival:
                del written[0]
                if not written:
                    del self._of_author[trace.author]
