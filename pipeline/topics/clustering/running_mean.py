"""The mean embedding of a stream, which grows block by block."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

PRIOR_POSTS = 64
"""The background mean counts as this many posts, so that the first post is centred sensibly."""


class RunningMean:
    """Mean of the closed blocks.

    ``total`` ``(d,) float64`` over ``n`` posts; posts of the open block wait in ``open_total``, ``n_open``
    and count only when the block is closed, so that the mean does not depend on how the stream is cut.

    Parameters
    ----------
    prior
        ``(d,) float32``: what the mean is taken for before the first post.

    Examples
    --------
    >>> mean = RunningMean(np.zeros(2, np.float32))
    >>> mean.learn(np.ones((64, 2), np.float32))
    >>> mean.value().tolist()
    [0.0, 0.0]
    >>> mean.close_block()
    >>> mean.value().tolist()
    [0.5, 0.5]
    """

    def __init__(self, prior: FloatArray) -> None:
        self.total: NDArray[np.float64] = prior.astype(np.float64) * PRIOR_POSTS
        self.n = PRIOR_POSTS
        self.open_total: NDArray[np.float64] = np.zeros_like(self.total)
        self.n_open = 0

    def learn(self, embeddings: FloatArray) -> None:
        """Posts ``(n, d) float32`` of the open block."""
        for embedding in embeddings:  # one by one: the same sum for every cut
            self.open_total += embedding
        self.n_open += len(embeddings)

    def close_block(self) -> None:
        """Let the posts since the last call count."""
        self.total += self.open_total
        self.n += self.n_open
        self.open_total[:] = 0
        self.n_open = 0

    def restore(self, total: NDArray[np.float64], n: int, open_total: NDArray[np.float64], n_open: int) -> None:
        """Continue from stored sums."""
        self.total, self.open_total = total.copy(), open_total.copy()
        self.n, self.n_open = n, n_open

    def value(self) -> FloatArray:
        """``(d,) float32`` mean embedding of the closed blocks."""
        result: FloatArray = (self.total / self.n).astype(np.float32)
        return result
