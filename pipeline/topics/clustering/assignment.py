"""Posts to assign, and where they went, as columns in stream order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.clustering.succession import TopicChanges
from pipeline.types import FloatArray


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

    def not_before(self, clock_s: float) -> PostColumns:
        """The same posts, each at the newest time seen up to it: a late one counts as of now.

        Otherwise what is said after a jump back in time would expire as soon as it is said.
        """
        at_s = np.maximum.accumulate(np.maximum(self.at_s, clock_s))
        return PostColumns(self.token_lists, self.embeddings, at_s, self.text_hashes)


@dataclass(frozen=True)
class Choices:
    """Where posts went: ``cluster`` and ``topic`` ``(n,) int64``, topics as of the moment of
    assignment (what happened to them later is in ``changes``); ``similarity`` ``(n,)
    float32`` with NaN for posts that opened a cluster; ``is_copy`` ``(n,) bool``."""

    cluster: NDArray[np.int64]
    topic: NDArray[np.int64]
    similarity: FloatArray
    is_copy: NDArray[np.bool_]
    changes: TopicChanges

    @classmethod
    def of(cls, n_posts: int, changes: TopicChanges | None = None) -> Choices:
        """For so many posts, nothing decided yet."""
        return cls(
            np.zeros(n_posts, np.int64),
            np.zeros(n_posts, np.int64),
            np.full(n_posts, np.nan, np.float32),
            np.zeros(n_posts, np.bool_),
            changes or TopicChanges(),
        )

    @classmethod
    def joined(cls, parts: Sequence[Choices]) -> Choices:
        """Consecutive stretches as one."""
        parts = [cls.of(0), *parts]
        changes = TopicChanges()
        for part in parts:
            changes = changes.then(part.changes)
        return cls(
            np.concatenate([part.cluster for part in parts]),
            np.concatenate([part.topic for part in parts]),
            np.concatenate([part.similarity for part in parts]),
            np.concatenate([part.is_copy for part in parts]),
            changes,
        )

    def __len__(self) -> int:
        return len(self.cluster)
