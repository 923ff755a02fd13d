"""What "unrelated" looks like here: the scale against which similarity is measured.

Two random posts of a stream are mostly unrelated. The centre of their similarities is
the median μ; the spread σ is taken *below* the median only, because the upper tail holds
pairs of the same topic and would measure topic density instead of noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

LOWER_SIGMA_QUANTILE = 0.1587
"""Of a normal distribution this share lies more than one σ below the median."""

CLUSTER_Z = 6.0
"""How many σ above unrelated a post must be to join a cluster: small, pure clusters at every
granularity, because what is joined wrongly here no later step can part."""


@dataclass(frozen=True)
class Calibration:
    """Similarity of unrelated posts: median ``mu`` and lower-half ``sigma`` over ``n`` posts."""

    mu: float
    sigma: float
    n: int

    def threshold(self, z: float) -> float:
        """The similarity that lies ``z`` σ above unrelated, never above .98."""
        return min(self.mu + z * self.sigma, 0.98)

    def z(self, similarity: float) -> float:
        """How many σ above unrelated a similarity is."""
        return (similarity - self.mu) / self.sigma


def calibrate(vectors: FloatArray) -> Calibration:
    """Estimate from all pairs of ``vectors`` ``(n ≥ 2, d) float32``, L2-normalised.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(500, 64)).astype(np.float32)
    >>> found = calibrate(x / np.linalg.norm(x, axis=1, keepdims=True))
    >>> abs(found.mu) < 0.01, 0.11 < found.sigma < 0.14
    (True, True)
    """
    similarities = (vectors @ vectors.T)[np.triu_indices(len(vectors), 1)]
    ranks = [int(LOWER_SIGMA_QUANTILE * (len(similarities) - 1)), (len(similarities) - 1) // 2]
    ordered = np.partition(similarities, ranks)
    low, mu = float(ordered[ranks[0]]), float(ordered[ranks[1]])
    return Calibration(mu, max(mu - low, 1e-3), len(vectors))


class Reservoir:
    """A uniform sample of everything seen, of fixed size, decided by arrival number alone.

    Randomness comes from a hash of (seed, arrival number), so there is no generator state
    to store and any cut into batches keeps the same sample.

    Source: Vitter, "Random sampling with a reservoir", ACM TOMS 1985 (Algorithm R).
    """

    def __init__(self, capacity: int, dimension: int, seed: int) -> None:
        self.capacity = capacity
        self.vectors = np.zeros((capacity, dimension), np.float32)
        self.n_seen = 0
        self._seed = seed

    def __len__(self) -> int:
        return min(self.n_seen, self.capacity)

    def sample(self) -> FloatArray:
        """``(len(self), d) float32`` view."""
        return self.vectors[: len(self)]

    def offer(self, vectors: FloatArray) -> None:
        """Show ``(n, d)`` vectors in stream order."""
        for vector in vectors:
            place = self.n_seen if self.n_seen < self.capacity else self._draw(self.n_seen)
            if place < self.capacity:
                self.vectors[place] = vector
            self.n_seen += 1

    def restore(self, vectors: NDArray[np.float32], n_seen: int) -> None:
        """Continue from a stored sample."""
        self.vectors[: len(vectors)] = vectors
        self.n_seen = n_seen

    def _draw(self, arrival: int) -> int:
        return splitmix64(self._seed * 0x9E3779B97F4A7C15 + arrival) % (arrival + 1)


def splitmix64(x: int) -> int:
    """A well-mixed 64-bit hash of an integer (Steele et al., OOPSLA 2014)."""
    mask = (1 << 64) - 1
    x = (x + 0x9E3779B97F4A7C15) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return x ^ (x >> 31)
