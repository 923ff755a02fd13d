"""Centres of the live clusters, as columns, with the nearest one found for each post."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

NO_SIMILARITY = np.float32(-2.0)
"""Lower than any cosine: masks centres that must not be chosen."""


class CentroidIndex:
    """Sums and unit centres of clusters in slots ``0 … n-1``; slot order is age order.

    ``sums`` ``(n, d) float32``: decayed sums of member vectors. ``centres`` ``(n, d)
    float32``, L2-normalised. ``mass`` ``(n,) float64``: decayed number of members.
    ``last_s`` ``(n,) float64``: event time of the last member, seconds since the epoch.
    ``topic`` ``(n,) int64``: number of the topic the cluster belongs to.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.n = 0
        self._allocate(1024)

    def __len__(self) -> int:
        return self.n

    def similarities(self, vectors: FloatArray) -> FloatArray:
        """``(len(vectors), n) float32`` cosines to every centre."""
        result: FloatArray = vectors @ self.centres[: self.n].T
        return result

    def add(self, vector: FloatArray, at_s: float, topic: int) -> int:
        """Open a cluster with one member; returns its slot."""
        if self.n == len(self.sums):
            self._grow()
        slot = self.n
        self.n += 1
        self.sums[slot] = vector
        self.centres[slot] = vector
        self.mass[slot] = 1.0
        self.last_s[slot] = at_s
        self.topic[slot] = topic
        return slot

    def update(self, slot: int, vector: FloatArray, at_s: float, half_life_s: float) -> None:
        """Take one more member into a cluster; older members have faded by event time."""
        elapsed_s = at_s - self.last_s[slot]
        if elapsed_s > 0:
            keep = 0.5 ** (elapsed_s / half_life_s)
            self.sums[slot] *= keep
            self.mass[slot] *= keep
            self.last_s[slot] = at_s
        self.sums[slot] += vector
        self.mass[slot] += 1.0
        total = self.sums[slot]
        self.centres[slot] = total / max(float(np.sqrt(total @ total)), 1e-9)

    def touch(self, topic: int, at_s: float) -> bool:
        """A copy of an old post came: its topic lives on. False when the topic is gone."""
        slots = np.flatnonzero(self.topic[: self.n] == topic)
        if not len(slots):
            return False
        newest = slots[self.last_s[slots].argmax()]
        self.last_s[newest] = max(self.last_s[newest], at_s)
        return True

    def keep(self, slots: NDArray[np.int64]) -> None:
        """Drop every cluster not in ``slots`` (ascending); the others move together."""
        for column in self._columns():
            column[: len(slots)] = column[slots]
        self.n = len(slots)

    def restore(
        self,
        sums: NDArray[np.float32],
        mass: NDArray[np.float64],
        last_s: NDArray[np.float64],
        topic: NDArray[np.int64],
        centres: NDArray[np.float32],
    ) -> None:
        """Continue from stored columns."""
        self.n = len(sums)
        self._allocate(max(1024, self.n))
        self.sums[: self.n] = sums
        self.centres[: self.n] = centres
        self.mass[: self.n] = mass
        self.last_s[: self.n] = last_s
        self.topic[: self.n] = topic

    def _allocate(self, capacity: int) -> None:
        self.sums = np.zeros((capacity, self.dimension), np.float32)
        self.centres = np.zeros((capacity, self.dimension), np.float32)
        self.mass = np.zeros(capacity, np.float64)
        self.last_s = np.zeros(capacity, np.float64)
        self.topic = np.zeros(capacity, np.int64)

    def _grow(self) -> None:
        old = self._columns()
        self._allocate(2 * len(self.sums))
        for new, column in zip(self._columns(), old, strict=True):
            new[: self.n] = column[: self.n]

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return (self.sums, self.centres, self.mass, self.last_s, self.topic)
