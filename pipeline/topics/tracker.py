"""Single-pass online clustering with a threshold that calibrates itself.

Each post joins the nearest live cluster if it is more than ``z`` σ closer than unrelated
posts are to each other, otherwise it opens a new cluster. Clusters that turn out to be
the same conversation become one topic in a separate merge step (`macro_merge`).

The result does not depend on how the stream is cut into batches: within a block each
post sees all posts before it, and everything periodic happens at fixed arrival numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from configs.settings import TopicSettings
from pipeline.topics.calibration import Z_OF_GRANULARITY, Calibration, Reservoir, calibrate
from pipeline.topics.centroid_index import NO_SIMILARITY, CentroidIndex
from pipeline.topics.copies import Copies
from pipeline.topics.macro_merge import TopicMerge, find_merges
from pipeline.topics.post_vectors import Background, PostVectors
from pipeline.types import FloatArray

BLOCK_POSTS = 64
"""One matrix product serves this many arrivals; also the grid of everything periodic."""

MAINTENANCE_POSTS = 16 * BLOCK_POSTS
FIRST_CALIBRATION_POSTS = 2 * BLOCK_POSTS
RESERVOIR_POSTS = 1024


@dataclass(frozen=True)
class PostColumns:
    """Posts to assign, as columns of equal length, in stream order.

    ``embeddings`` ``(n, d) float32``, L2-normalised; ``at_s`` ``(n,) float64`` event time,
    seconds since the epoch; ``text_hashes`` ``(n,) int64``.
    """

    token_lists: Sequence[Sequence[str]]
    embeddings: FloatArray
    at_s: NDArray[np.float64]
    text_hashes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.at_s)

    def cut(self, start: int, stop: int) -> PostColumns:
        """The posts ``start … stop-1``."""
        return PostColumns(
            self.token_lists[start:stop],
            self.embeddings[start:stop],
            self.at_s[start:stop],
            self.text_hashes[start:stop],
        )


@dataclass(frozen=True)
class Choices:
    """Where posts went: ``topic`` ``(n,) int64`` numbers as of the moment of assignment
    (later merges are in ``merges``), ``similarity`` ``(n,) float32`` with NaN for posts that
    opened a cluster, ``is_copy`` ``(n,) bool``."""

    topic: NDArray[np.int64]
    similarity: FloatArray
    is_copy: NDArray[np.bool_]
    merges: tuple[TopicMerge, ...]


class TopicTracker:
    """Assigns posts to topics. One owner per shard; the whole memory is exportable.

    Parameters
    ----------
    background
        Mean and calibration to start from, before the stream has taught its own.
    settings
        Granularity, half-life, expiry and bounds.
    """

    def __init__(self, background: Background, settings: TopicSettings) -> None:
        self._settings = settings
        self._z = Z_OF_GRANULARITY[settings.granularity]
        self.vectors = PostVectors(background)
        self.index = CentroidIndex(self.vectors.dimension)
        self.reservoir = Reservoir(RESERVOIR_POSTS, self.vectors.dimension, settings.seed)
        self.copies = Copies()
        self.calibration: Calibration = background.calibration
        self.n_arrivals = 0
        self.next_topic = 1

    def assign(self, posts: PostColumns) -> Choices:
        """Assign posts in order; merges that happened on the way are part of the result."""
        topic = np.empty(len(posts), np.int64)
        similarity = np.full(len(posts), np.nan, np.float32)
        is_copy = np.zeros(len(posts), np.bool_)
        merges: list[TopicMerge] = []
        start = 0
        while start < len(posts):
            stop = min(len(posts), start + BLOCK_POSTS - self.n_arrivals % BLOCK_POSTS)
            here = slice(start, stop)
            self._assign_block(posts.cut(start, stop), topic[here], similarity[here], is_copy[here])
            self.n_arrivals += stop - start
            if self.n_arrivals % BLOCK_POSTS == 0:
                merges.extend(self._maintain(float(posts.at_s[stop - 1])))
            start = stop
        return Choices(topic, similarity, is_copy, tuple(merges))

    def live_topics(self) -> NDArray[np.int64]:
        """Numbers of the topics that can still take posts, ascending."""
        return np.unique(self.index.topic[: self.index.n])

    def _assign_block(
        self, posts: PostColumns, topic: NDArray[np.int64], similarity: FloatArray, is_copy: NDArray[np.bool_]
    ) -> None:
        vectors = self.vectors.learn(posts.embeddings, posts.token_lists)
        search = _BlockSearch(self.index, vectors)
        threshold = self.calibration.threshold(self._z)
        fresh: list[int] = []
        for i, vector in enumerate(vectors):
            at_s = float(posts.at_s[i])
            original = self.copies.topic_of(int(posts.text_hashes[i]))
            if original is not None and self.index.touch(original, at_s):
                topic[i], similarity[i], is_copy[i] = original, 1.0, True
                continue
            slot, best = search.nearest(i)
            if slot >= 0 and best >= threshold:
                self.index.update(slot, vector, at_s, self._settings.half_life_s)
                similarity[i] = best
            else:
                slot = self.index.add(vector, at_s, self.next_topic)
                self.next_topic += 1
            search.changed(slot)
            topic[i] = self.index.topic[slot]
            self.copies.remember(int(posts.text_hashes[i]), int(topic[i]))
            fresh.append(i)
        self.reservoir.offer(vectors[fresh])

    def _maintain(self, now_s: float) -> tuple[TopicMerge, ...]:
        merges: tuple[TopicMerge, ...] = ()
        self.vectors.close_block()
        if self._calibration_due():
            self.calibration = calibrate(self.reservoir.sample(), self._settings.seed + self.n_arrivals)
        if self.n_arrivals % MAINTENANCE_POSTS == 0:
            self._expire(now_s)
            merges = find_merges(self.index, self.calibration, now_s)
            for merge in merges:
                self.index.topic[: self.index.n][self.index.topic[: self.index.n] == merge.old] = merge.new
                self.copies.redirect(merge.old, merge.new)
        return merges

    def _calibration_due(self) -> bool:
        n = self.n_arrivals
        if len(self.reservoir) < FIRST_CALIBRATION_POSTS:
            return False
        doubling = n & (n - 1) == 0
        return doubling or n % (2 * MAINTENANCE_POSTS) == 0

    def _expire(self, now_s: float) -> None:
        index, settings = self.index, self._settings
        alive = np.flatnonzero(index.last_s[: index.n] >= now_s - settings.expire_after_s)
        if len(alive) > settings.max_live:
            newest = np.argsort(-index.last_s[alive], kind="stable")[: settings.max_live]
            alive = np.sort(alive[newest])
        if len(alive) < index.n:
            index.keep(alive)


class _BlockSearch:
    """Nearest centre for each post of a block, right though centres move within the block.

    One matrix product covers the centres as they were; the few that changed since are
    looked at again, exactly.
    """

    def __init__(self, index: CentroidIndex, vectors: FloatArray) -> None:
        self._index = index
        self._vectors = vectors
        self._known = index.similarities(vectors)
        self._changed: list[int] = []

    def changed(self, slot: int) -> None:
        """Centre ``slot`` moved or is new."""
        if slot < self._known.shape[1]:
            self._known[:, slot] = NO_SIMILARITY
        if slot not in self._changed:
            self._changed.append(slot)

    def nearest(self, i: int) -> tuple[int, float]:
        """(slot, cosine) of the nearest centre now, (-1, -2.0) if there is none."""
        slot, best = -1, float(NO_SIMILARITY)
        if self._known.shape[1]:
            slot = int(self._known[i].argmax())
            best = float(self._known[i, slot])
        if self._changed:
            again = self._index.centres[self._changed] @ self._vectors[i]
            j = int(again.argmax())
            if again[j] > best:
                return self._changed[j], float(again[j])
        return slot, best
