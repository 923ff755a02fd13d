"""Which clusters speak of the same thing: a weighted graph over them, kept up to date where they change.

An edge says that two clusters share terms that are surprising now, or that their centres
are mutual near neighbours far above what unrelated clusters reach. Only the clusters that
took posts since the last call are linked again; every cluster keeps its strongest
``N_LINKS`` edges, so memory and work are bounded however dense an event is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.clustering.calibration import Calibration
from pipeline.topics.clustering.centroid_index import CentroidIndex
from pipeline.topics.clustering.lexical_projection import LexicalProjection
from pipeline.topics.clustering.link_rules import LinkRules
from pipeline.topics.clustering.term_profiles import TermProfiles
from pipeline.types import FloatArray
from pipeline.types.state import StatePart, StoredState, numbered

N_LINKS = 32
NEAR_HALF_LIVES = 2.0
"""Clusters share an event only if both took posts within this many half-lives of "lately"."""

MIN_Z = 1.0
MAX_Z = 10.0
NEIGHBOUR_Z = 9.0
NEIGHBOUR_WEIGHT = 0.2
"""An edge of near centres weighs this much for each σ, as event edges of the same strength do."""

MAX_RETRIED = 256
ATTACH_WEIGHT = 0.02
"""An edge of the last resort is outvoted by every other one."""

N_NEAREST = 3
MIN_MEMBERS = 2
"""A cluster of one post has no centre: it is linked by terms only."""


class ClusterGraph:
    """Edges of each cluster, a row each, in the order of the centroid index.

    ``links`` ``(n, N_LINKS) int64``: cluster numbers, 0 where free; ``weights`` ``(n,
    N_LINKS) float32``; ``last_age`` ``(n,) float64``: when it took its last post, in half-lives.

    Parameters
    ----------
    rules
        How readily clusters are linked.
    """

    def __init__(self, rules: LinkRules) -> None:
        self.n = 0
        self.rules = rules
        self._allocate(1024)

    def add(self) -> None:
        """A row for a new cluster, still without edges."""
        if self.n == len(self.links):
            old = self.columns()
            self._allocate(2 * len(self.links))
            for new, column in zip(self._all(), old, strict=True):
                new[: self.n] = column
        for column in self._all():
            column[self.n] = 0
        self.n += 1

    def keep(self, rows: NDArray[np.int64]) -> None:
        """Drop every row not in ``rows`` (ascending); edges to dropped clusters end."""
        for column in self._all():
            column[: len(rows)] = column[rows]
        self.n = len(rows)

    def relink(
        self,
        touched: NDArray[np.int64],
        index: CentroidIndex,
        profiles: TermProfiles,
        lexical: LexicalProjection,
        calibration: Calibration,
    ) -> None:
        """Compute the edges of the ``touched`` rows again, on both sides.

        Parameters
        ----------
        touched
            Rows that took posts since the last call, ascending.
        lexical
            How rare each term is, and what time it is in half-lives.
        """
        age = lexical.bursts.age
        self.last_age[touched] = age
        near = np.flatnonzero(self.last_age[: self.n] >= age - NEAR_HALF_LIVES)
        shared = _event_edges(touched, near, index, profiles, lexical, calibration, self.rules.event_weight)
        close = _neighbour_edges(touched, index, calibration)
        alone: list[int] = []
        for row, (others, weights) in zip(touched.tolist(), shared, strict=True):
            more, more_weights = close.get(row, (_NONE, _NO_WEIGHTS))
            if len(more) and len(others):
                fresh = ~np.isin(others, more)
                others = np.concatenate((more, others[fresh]))
                weights = np.concatenate((more_weights, weights[fresh]))
            elif len(more):
                others, weights = more, more_weights
            if not len(others):
                alone.append(row)
            if len(others) or self.links[row].any():
                self._set(row, others, weights, index.cluster)
        if math.isfinite(self.rules.attach_z):
            retried = near[~self.links[near].any(axis=1)][-MAX_RETRIED:]
            alone = sorted({*alone, *retried.tolist()})
            found = _last_resort(alone, near, index, calibration, self.rules)
            if self.rules.attach_by_words:
                left = np.array([row for row in alone if row not in found], np.int64)
                found |= _of_one_event(left, near, index, profiles, lexical)
            for row, (others, weights) in found.items():
                self._set(row, others, weights, index.cluster)

    def neighbours(self, row: int, index: CentroidIndex) -> tuple[list[int], list[float]]:
        """Rows and weights of the live clusters that a cluster is linked to."""
        numbers = self.links[row]
        used = numbers != 0
        rows, live = index.rows_of(numbers[used])
        return rows[live].tolist(), self.weights[row][used][live].tolist()

    def edges_of(
        self, rows: NDArray[np.int64], index: CentroidIndex
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], FloatArray]:
        """The edges that ``rows`` keep, as columns: from row, to row, weight."""
        links = self.links[rows]
        used = links != 0
        start = np.repeat(rows, used.sum(axis=1))
        end, live = index.rows_of(links[used])
        return start[live], end[live], self.weights[rows][used][live]

    def columns(self) -> tuple[NDArray[Any], ...]:
        """The used rows of links, weights and last_age."""
        return tuple(column[: self.n] for column in self._all())

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere."""
        return StatePart(numbered("graph", self.columns()))

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        columns = stored.columns("graph")
        self.n = len(columns[0])
        self._allocate(max(1024, self.n))
        for own, column in zip(self._all(), columns, strict=True):
            own[: self.n] = column

    def _set(self, row: int, others: NDArray[np.int64], weights: FloatArray, cluster: NDArray[np.int64]) -> None:
        """The edges of one row are these; the other side learns of it."""
        if len(others) > N_LINKS:
            strongest = np.argsort(-weights, kind="stable")[:N_LINKS]
            others, weights = others[strongest], weights[strongest]
        number = cluster[row]
        before = self.links[row]
        before = before[before != 0]
        if len(before):
            old_rows = np.minimum(np.searchsorted(cluster[: self.n], before), self.n - 1)
            old_rows = old_rows[cluster[old_rows] == before]  # the others have expired
            gone = np.setdiff1d(old_rows, others)
            stale = self.links[gone] == number
            self.links[gone] = np.where(stale, 0, self.links[gone])
            self.weights[gone] = np.where(stale, 0.0, self.weights[gone])
        self.links[row] = 0
        self.weights[row] = 0.0
        self.links[row, : len(others)] = cluster[others]
        self.weights[row, : len(others)] = weights
        if len(others):
            known = self.links[others] == number
            place = np.where(known.any(axis=1), known.argmax(axis=1), self.weights[others].argmin(axis=1))
            takes = known.any(axis=1) | (self.weights[others, place] < weights)
            self.links[others[takes], place[takes]] = number
            self.weights[others[takes], place[takes]] = weights[takes]

    def _allocate(self, capacity: int) -> None:
        self.links = np.zeros((capacity, N_LINKS), np.int64)
        self.weights = np.zeros((capacity, N_LINKS), np.float32)
        self.last_age = np.zeros(capacity, np.float64)

    def _all(self) -> tuple[NDArray[Any], ...]:
        return (self.links, self.weights, self.last_age)


_NONE = np.zeros(0, np.int64)
_NO_WEIGHTS = np.zeros(0, np.float32)

_Edges = tuple[NDArray[np.int64], FloatArray]


def _event_edges(
    touched: NDArray[np.int64],
    near: NDArray[np.int64],
    index: CentroidIndex,
    profiles: TermProfiles,
    lexical: LexicalProjection,
    calibration: Calibration,
    event_weight: float,
) -> list[_Edges]:
    """For each touched row the near rows that share surprising terms with it."""
    product = _shared_events(touched, near, profiles, lexical)
    found: list[_Edges] = []
    for i, row in enumerate(touched.tolist()):
        part = slice(product.indptr[i], product.indptr[i + 1])
        others, shared = near[product.indices[part]], product.data[part]
        # σ above unrelated cannot exceed MAX_Z here: what is too weak even then needs no cosine
        possible = (shared * MAX_Z >= event_weight) & (others != row)
        others, shared = others[possible], shared[possible]
        if not len(others):
            found.append((_NONE, _NO_WEIGHTS))
            continue
        z = (index.centres[others] @ index.centres[row] - calibration.mu) / calibration.sigma
        weights = (shared * np.clip(z, MIN_Z, MAX_Z)).astype(np.float32)
        strong = weights >= event_weight
        order = np.argsort(others[strong])
        found.append((others[strong][order], weights[strong][order]))
    return found


def _shared_events(
    touched: NDArray[np.int64], near: NDArray[np.int64], profiles: TermProfiles, lexical: LexicalProjection
) -> Any:
    """``(len(touched), len(near))`` sparse: the part of the words' cosine that surprising terms account for."""
    ours, theirs = profiles.event_weights(touched, lexical.rarity), profiles.event_weights(near, lexical.rarity)
    return (ours @ theirs.T).tocsr()


def _neighbour_edges(touched: NDArray[np.int64], index: CentroidIndex, calibration: Calibration) -> dict[int, _Edges]:
    """Touched rows whose centre is a mutual near neighbour of another one."""
    able = np.flatnonzero(index.n_members[: index.n] >= MIN_MEMBERS)
    rows = touched[index.n_members[touched] >= MIN_MEMBERS]
    if not len(rows) or len(able) < 2:
        return {}
    threshold = calibration.threshold(NEIGHBOUR_Z)
    nearest, similarity = _nearest(rows, able, index)
    candidates = np.unique(nearest[similarity >= threshold])
    if not len(candidates):
        return {}
    theirs, _ = _nearest(candidates, able, index)
    found: dict[int, _Edges] = {}
    for i, row in enumerate(rows.tolist()):
        others = nearest[i][similarity[i] >= threshold]
        mutual = (theirs[np.searchsorted(candidates, others)] == row).any(axis=1)
        if mutual.any():
            z = (similarity[i][similarity[i] >= threshold][mutual] - calibration.mu) / calibration.sigma
            found[row] = (others[mutual], (NEIGHBOUR_WEIGHT * z).astype(np.float32))
    return found


def _last_resort(
    alone: Sequence[int], near: NDArray[np.int64], index: CentroidIndex, calibration: Calibration, rules: LinkRules
) -> dict[int, _Edges]:
    """A weak edge from each lonely cluster to the most similar one around, if it is similar enough at all."""
    rows = np.array(alone, np.int64)
    rows = rows[index.n_members[rows] <= rules.lonely_posts]
    anchors = near[index.n_members[near] >= rules.anchor_posts]
    found: dict[int, _Edges] = {}
    if not len(rows) or not len(anchors):
        return found
    others, similarity = _similarities(rows, anchors, index)
    best = similarity.argmax(axis=1)[:, None]
    z = (np.take_along_axis(similarity, best, axis=1)[:, 0] - calibration.mu) / calibration.sigma
    chosen = np.take_along_axis(others, best, axis=1)
    for i in np.flatnonzero(z >= rules.attach_z).tolist():
        found[int(rows[i])] = (chosen[i], np.array([ATTACH_WEIGHT * z[i]], np.float32))
    return found


def _of_one_event(
    rows: NDArray[np.int64],
    near: NDArray[np.int64],
    index: CentroidIndex,
    profiles: TermProfiles,
    lexical: LexicalProjection,
) -> dict[int, _Edges]:
    """A weak edge from each of ``rows`` to the cluster it shares most surprising terms with, however unlike they are:
    what a word says of an event that everybody names is little, but more than nothing."""
    found: dict[int, _Edges] = {}
    if not len(rows):
        return found
    product = _shared_events(rows, near, profiles, lexical)
    for i, row in enumerate(rows.tolist()):
        part = slice(product.indptr[i], product.indptr[i + 1])
        others, shared = near[product.indices[part]], product.data[part]
        shared = np.where(others == row, 0.0, shared)
        if len(others) and shared.max() > 0.0:
            best = int(shared.argmax())
            found[row] = (others[best : best + 1], np.array([ATTACH_WEIGHT], np.float32))
    return found


def _nearest(
    rows: NDArray[np.int64], able: NDArray[np.int64], index: CentroidIndex
) -> tuple[NDArray[np.int64], FloatArray]:
    """The ``N_NEAREST`` most similar rows of ``able`` for each of ``rows``, and how similar."""
    others, similarity = _similarities(rows, able, index)
    k = min(N_NEAREST, len(able) - 1)
    places = np.argpartition(-similarity, k - 1, axis=1)[:, :k]
    return np.take_along_axis(others, places, axis=1), np.take_along_axis(similarity, places, axis=1)


def _similarities(
    rows: NDArray[np.int64], able: NDArray[np.int64], index: CentroidIndex
) -> tuple[NDArray[np.int64], FloatArray]:
    """For each of ``rows`` the rows of ``able`` that may be nearest, and their cosines; -1 for the row itself."""
    centres = index.centres[rows]
    few = index.nearest_few(centres, among=able)
    if few is None:
        others = np.broadcast_to(able, (len(rows), len(able)))
        similarity = centres @ index.centres[able].T
    else:
        others = few
        similarity = np.matmul(index.centres[few], centres[:, :, None])[:, :, 0]
    similarity[others == rows[:, None]] = -1.0
    return others, similarity
