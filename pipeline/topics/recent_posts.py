"""The posts a topic is measured on: the latest of each cluster, as columns, in bounded memory.

Posts are kept in arrival order in segments. When there are too many, the oldest segment
goes as a whole. A post keeps its cluster for good, whatever topic the cluster belongs to, so
sealed segments never change (but for deletions) and a checkpoint writes the open one only.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

SEGMENT_POSTS = 1024
MAX_SEGMENTS = 32
MAX_PER_TOPIC = 256
ERASED = 0
"""Cluster number of a trace whose post was deleted; real clusters start at 1."""


class PostTrace(msgspec.Struct, array_like=True):
    """What is remembered of one post, beside its embedding. ``author`` is a hash, never a name."""

    arrival: int
    cluster: int
    post_id: str
    author: int | None
    at_s: float
    language: str | None
    source: str
    similarity: float | None
    is_copy: bool
    is_reply: bool
    negative: float
    positive: float
    offensive: float
    disaster: float
    hazards: tuple[tuple[str, float], ...]
    tokens: tuple[str, ...]
    hashtags: tuple[str, ...]
    text: str
    """Clean text, cut: for names and questions."""


@dataclass(frozen=True)
class TopicPosts:
    """The latest posts of one topic in arrival order: ``traces[i]`` beside ``embeddings[i]``,
    ``(n, d) float32``, L2-normalised up to float16 rounding."""

    traces: Sequence[PostTrace]
    embeddings: FloatArray

    def __len__(self) -> int:
        return len(self.traces)

    def column(self, name: str) -> NDArray[np.float64]:
        """One numeric field of all posts, ``(n,) float64``."""
        return np.array([getattr(trace, name) for trace in self.traces], np.float64)

    def distinct(self) -> TopicPosts:
        """Without copies."""
        keep = [i for i, trace in enumerate(self.traces) if not trace.is_copy]
        return TopicPosts([self.traces[i] for i in keep], self.embeddings[keep])


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

    def of(self, clusters: Iterable[int]) -> TopicPosts:
        """The latest posts of these clusters together, at most ``MAX_PER_TOPIC``, in arrival order."""
        traces = [trace for cluster in clusters for trace in self._of_cluster.get(cluster, ())]
        traces.sort(key=lambda trace: trace.arrival)
        traces = traces[-MAX_PER_TOPIC:]
        rows = np.empty((len(traces), self._dimension), np.float32)
        for i, trace in enumerate(traces):
            segment, row = self._place[trace.arrival]
            rows[i] = segment.embeddings[row]
        return TopicPosts(traces, rows)

    def traces_of(self, cluster: int) -> Sequence[PostTrace]:
        """What is remembered of a cluster's posts, without their vectors, in arrival order."""
        return list(self._of_cluster.get(cluster, ()))

    def erase_post(self, post_id: str) -> None:
        """A post was deleted at its origin: its text and vector are gone at once."""
        self._erase(lambda trace: trace.post_id == post_id)

    def erase_author(self, author: int) -> list[str]:
        """An account was deleted at its origin: everything it wrote is gone at once. Gives the post ids."""
        return self._erase(lambda trace: trace.author == author)

    def segments(self) -> Iterator[Segment]:
        """All segments, oldest first, for the checkpoint."""
        return iter(self._segments)

    def restore(self, segments: Sequence[Segment]) -> None:
        """Continue from stored segments, oldest first."""
        self._segments = deque(segments)
        self._of_cluster.clear()
        self._place.clear()
        for segment in self._segments:
            for row, trace in enumerate(segment.traces):
                if trace.cluster != ERASED:
                    self._index(trace, segment, row)

    def _index(self, trace: PostTrace, segment: Segment, row: int) -> None:
        posts = self._of_cluster.setdefault(trace.cluster, deque())
        posts.append(trace)
        self._place[trace.arrival] = (segment, row)
        if len(posts) > MAX_PER_TOPIC:
            del self._place[posts.popleft().arrival]

    def _index_again(self, clusters: set[int]) -> None:
        """What is found of a cluster follows from the segments alone, so that a restart finds the same."""
        for cluster in clusters:
            for trace in self._of_cluster.pop(cluster, ()):
                del self._place[trace.arrival]
        for segment in self._segments:
            for row, trace in enumerate(segment.traces):
                if trace.cluster in clusters:
                    self._index(trace, segment, row)

    def _erase(self, is_gone: Callable[[PostTrace], bool]) -> list[str]:
        # all segments are searched: posts beyond ``MAX_PER_TOPIC`` are not indexed, but they are stored
        found = [
            (segment, row, trace)
            for segment in self._segments
            for row, trace in enumerate(segment.traces)
            if trace.cluster != ERASED and is_gone(trace)
        ]
        clusters = {trace.cluster for _, _, trace in found}
        ids = [trace.post_id for _, _, trace in found]
        for segment, row, trace in found:
            segment.embeddings[row] = 0
            segment.traces[row] = PostTrace(
                *(trace.arrival, ERASED, "", None, trace.at_s, None, "", None, False, False, 0.0, 0.0, 0.0, 0.0),
                *((), (), (), ""),
            )
        self._index_again(clusters)
        return ids

    def _forget_oldest(self) -> None:
        for trace in self._segments.popleft().traces:
            posts = self._of_cluster.get(trace.cluster)
            if posts and posts[0].arrival == trace.arrival:
                posts.popleft()
                del self._place[trace.arrival]
                if not posts:
                    del self._of_cluster[trace.cluster]
