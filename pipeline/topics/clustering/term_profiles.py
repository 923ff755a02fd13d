"""The words of each cluster: its most frequent terms, and how often each was surprising."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.clustering.lexical_projection import N_SLOTS
from pipeline.types import FloatArray
from pipeline.types.state import StatePart, StoredState, numbered

Rarity = Callable[[NDArray[np.int32]], FloatArray]
"""Inverse document frequency of hashed terms."""

N_TERMS = 32
NO_TERM = -1
SURPRISING_SHARE = 0.5
"""A term names an event for a cluster if it was surprising in this share of the posts that used it."""


class TermProfiles:
    """One row a cluster, in the order of the centroid index.

    ``terms`` ``(n, N_TERMS) int32`` hashed terms, ``NO_TERM`` where free; ``counts`` and
    ``surprising`` ``(n, N_TERMS) float32``: posts with the term, and those in which it was
    surprising.
    """

    def __init__(self) -> None:
        self.n = 0
        self._allocate(1024)

    def add(self) -> None:
        """A row for a new cluster, still without terms."""
        if self.n == len(self.terms):
            old = self.columns()
            self._allocate(2 * len(self.terms))
            for new, column in zip(self._all(), old, strict=True):
                new[: self.n] = column
        self.terms[self.n] = NO_TERM
        self.counts[self.n] = 0.0
        self.surprising[self.n] = 0.0
        self.n += 1

    def learn(self, row: int, slots: NDArray[np.int64], surprising: NDArray[np.bool_]) -> None:
        """One more post of a cluster: its distinct terms and which of them were surprising.

        When the row is full, a new term takes the place of the rarest one.
        """
        slots, surprising = slots[:N_TERMS], surprising[:N_TERMS]
        terms, counts = self.terms[row], self.counts[row]
        if terms[0] == NO_TERM:  # a first post, as most are in a raw stream: rows fill from the left
            n = len(slots)
            terms[:n], counts[:n], self.surprising[row, :n] = slots, 1.0, surprising
            return
        match = terms == slots[:, None]
        known = match.any(axis=1)
        place = match.argmax(axis=1)
        n_new = len(slots) - int(np.count_nonzero(known))
        if n_new:
            weight = counts + (terms == slots[:, None]).any(axis=0) * 1e6  # a term of this very post stays
            free = weight.argsort(kind="stable")[:n_new]
            place[~known] = free
            counts[free] = 0.0
            self.surprising[row, free] = 0.0
            terms[free] = slots[~known]
        counts[place] += 1.0
        self.surprising[row, place] += surprising

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Drop every row not in ``rows`` (ascending)."""
        for column in self._all():
            column[: len(rows)] = column[rows]
        self.n = len(rows)

    def event_weights(self, rows: NDArray[np.int64], rarity: Rarity) -> Any:
        """``(len(rows), N_SLOTS)`` sparse: share of each row's tf-idf length in its surprising terms.

        The product of two rows is the part of their cosine that surprising terms account for.
        """
        from scipy.sparse import csr_array

        terms, counts = self.terms[rows], self.counts[rows]
        used = terms != NO_TERM
        weights = np.where(used, (1.0 + np.log(np.maximum(counts, 1.0))) * rarity(terms), 0.0).astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", weights, weights))
        weights /= np.maximum(lengths, 1e-9)[:, None]
        event = used & (self.surprising[rows] >= SURPRISING_SHARE * counts)
        starts = np.concatenate(([0], np.cumsum(event.sum(axis=1))))
        return csr_array((weights[event], terms[event], starts), shape=(len(rows), N_SLOTS))

    def columns(self) -> tuple[NDArray[Any], ...]:
        """The used rows of terms, counts and surprising."""
        return tuple(column[: self.n] for column in self._all())

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere."""
        return StatePart(numbered("profiles", self.columns()))

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        columns = stored.columns("profiles")
        self.n = len(columns[0])
        self._allocate(max(1024, self.n))
        for own, column in zip(self._all(), columns, strict=True):
            own[: self.n] = column

    def _allocate(self, capacity: int) -> None:
        self.terms = np.full((capacity, N_TERMS), NO_TERM, np.int32)
        self.counts = np.zeros((capacity, N_TERMS), np.float32)
        self.surprising = np.zeros((capacity, N_TERMS), np.float32)

    def _all(self) -> tuple[NDArray[Any], ...]:
        return (self.terms, self.counts, self.surprising)
