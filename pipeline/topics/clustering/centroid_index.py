"""Centres of the live clusters, as columns, with the nearest one found for each post."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.clustering.centre_sketches import WORTH_CENTRES, CentreSketches
from pipeline.types import FloatArray
from pipeline.types.state import StatePart, StoredState, numbered

NO_SIMILARITY = np.float32(-2.0)
"""Lower than any cosine: masks centres that must not be chosen."""


class CentroidIndex:
    """Sums and unit centres of clusters in slots ``0 … n-1``; slot order is age order.

    ``sums`` ``(n, d) float32``: decayed sums of member vectors. ``centres`` ``(n, d)
    float32``, L2-normalised. ``mass`` ``(n,) float64``: decayed number of members.
    ``last_s`` ``(n,) float64``: event time of the last member, seconds since the epoch.
    ``n_members`` ``(n,) int64``: posts ever taken; ``n_posts``: the same with copies.
    ``cluster`` ``(n,) int64``: the cluster's own number, ascending. ``community`` ``(n,)
    int64``: which clusters its links hold it together with. ``topic`` ``(n,) int64``: number
    of the topic the cluster belongs to.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self.n = 0
        self._sketches = CentreSketches(dimension)
        self._allocate(1024)

    def __len__(self) -> int:
        return self.n

    def nearest_few(self, vectors: FloatArray, among: NDArray[np.int64] | None = None) -> NDArray[np.int64] | None:
        """``(len(vectors), k)`` slots that hold the nearest centres, found by their sketches; ``None`` where there
        are so few centres (all, or ``among`` these slots) that all can be compared with."""
        if (self.n if among is None else len(among)) < WORTH_CENTRES:
            return None
        return self._sketches.candidates(vectors, self.centres[: self.n], among=among)

    def rows_of(self, clusters: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Slots of clusters by number, and which of them are live; the slot of a dead one means nothing."""
        own = self.cluster[: self.n]
        slots = np.minimum(np.searchsorted(own, clusters), max(self.n - 1, 0))
        return slots, own[slots] == clusters if self.n else np.zeros(len(clusters), np.bool_)

    def slot_of(self, cluster: int) -> int | None:
        """Slot of a cluster by number, ``None`` when it is gone."""
        slot = int(np.searchsorted(self.cluster[: self.n], cluster))
        return slot if slot < self.n and self.cluster[slot] == cluster else None

    def add(self, vector: FloatArray, at_s: float, cluster: int) -> int:
        """Open a cluster with one member, a topic of its own until it is linked; returns its slot."""
        if self.n == len(self.sums):
            self._grow()
        slot = self.n
        self.n += 1
        self.sums[slot] = vector
        self.centres[slot] = vector
        self.mass[slot] = 1.0
        self.last_s[slot] = at_s
        self.n_members[slot] = self.n_posts[slot] = 1
        self.cluster[slot] = self.community[slot] = self.topic[slot] = cluster
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
        self.n_members[slot] += 1
        self.n_posts[slot] += 1
        total = self.sums[slot]
        self.centres[slot] = total / max(float(np.sqrt(total @ total)), 1e-9)
        self._sketches.changed(slot)

    def touch(self, slot: int, at_s: float) -> None:
        """A copy of a member came: the cluster lives on where it was."""
        self.last_s[slot] = max(self.last_s[slot], at_s)
        self.n_posts[slot] += 1

    def keep(self, slots: NDArray[np.int64]) -> None:
        """Drop every cluster not in ``slots`` (ascending); the others move together."""
        for column in self._columns():
            column[: len(slots)] = column[slots]
        self.n = len(slots)
        self._sketches.keep(slots)

    def columns(self) -> tuple[NDArray[Any], ...]:
        """The used part of every column."""
        return tuple(column[: self.n] for column in self._columns())

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere."""
        return StatePart(numbered("clusters", self.columns()))

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        columns = stored.columns("clusters")
        self.n = len(columns[0])
        self._allocate(max(1024, self.n))
        for own, column in zip(self._columns(), columns, strict=True):
            own[: self.n] = column
        self._sketches.forget()

    def _allocate(self, capacity: int) -> None:
        self.sums = np.zeros((capacity, self.dimension), np.float32)
        self.centres = np.zeros((capacity, self.dimension), np.float32)
        self.mass = np.zeros(capacity, np.float64)
        self.last_s = np.zeros(capacity, np.float64)
        self.n_members = np.zeros(capacity, np.int64)
        self.n_posts = np.zeros(capacity, np.int64)
        self.cluster = np.zeros(capacity, np.int64)
        self.community = np.zeros(capacity, np.int64)
        self.topic = np.zeros(capacity, np.int64)

    def _grow(self) -> None:
        old = self._columns()
        self._allocate(2 * len(self.sums))
        for new, column in zip(self._columns(), old, strict=True):
            new[: self.n] = column[: self.n]

    def _columns(self) -> tuple[NDArray[Any], ...]:
        return (
            *(self.sums, self.centres, self.mass, self.last_s),
            *(self.n_members, self.n_posts, self.cluster, self.community, self.topic),
        )
