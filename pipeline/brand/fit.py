"""Does a topic fit a brand? Facet similarity against what background topics score by chance.

A raw cosine means nothing: some facets are near everything. So each facet is z-scored on
the background (everyday concepts, and this deployment's own other topics) and the best two
facets are averaged; to that comes the evidence that the topic is nearer to the brand than to
any everyday concept. The mean of both is read as a percentile of the same figure on the
background. What was tried beside it: ``docs/brand-fit.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.brand.concept_evidence import ConceptEvidence
from pipeline.brand.essence_index import EssenceIndex
from pipeline.types import BrandFit, FacetFit, FloatArray

TOP_FACETS = 2
MAD_TO_SIGMA = 1.4826
TRIM_QUANTILE = 0.95
BLOCK_ROWS = 64
"""So many topics are compared at once, always: the last bits of a matrix product depend on its shape, and a topic has
to stand where it stands whatever else is judged beside it (in a backtest, in another process)."""

MIN_FACET_Z = 1.0
"""Weaker facets are not named as speaking for a topic."""


@dataclass(frozen=True)
class FitScale:
    """Where each facet stands on background topics, and how brands score there.

    ``centre``, ``spread`` ``(facets,)``; ``background[b]`` ascending fit values of brand ``b``.
    """

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    background: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True)
class Standing:
    """Where ``n`` topics stand: ``z`` ``(n, facets)``; ``value`` and ``percentile`` ``(n, brands)``."""

    z: NDArray[np.float64]
    value: NDArray[np.float64]
    percentile: NDArray[np.float64]

    def at_most(self, rows: Sequence[int], other: Standing) -> Standing:
        """With the topics in ``rows`` nowhere above where ``other`` has them, row by row of ``other``."""
        z, value, percentile = (array.copy() for array in (self.z, self.value, self.percentile))
        chosen = list(rows)
        for mine, theirs in ((z, other.z), (value, other.value), (percentile, other.percentile)):
            mine[chosen] = np.minimum(mine[chosen], theirs)
        return Standing(z, value, percentile)


@dataclass(frozen=True)
class TopicView:
    """``n`` topics beside facets and concepts: facet ``cosines`` ``(n, facets)``, ``mass`` ``(n,)`` of the concepts."""

    cosines: NDArray[np.float64]
    mass: NDArray[np.float64]


class BrandFitter:
    """Scores topics against all brands at once.

    Parameters
    ----------
    index
        Facets of all brands.
    background
        ``(n, d) float32`` embeddings of everyday concepts: the cold-start background; two or more.
    """

    def __init__(self, index: EssenceIndex, background: FloatArray) -> None:
        self._index = index
        placed = index.space.place(background)
        self._bank = ConceptEvidence(placed)
        self._concepts = TopicView(index.similarities(placed).astype(np.float64), self._bank.of_concepts)
        self._scale = self._measure(self._concepts, self._see(background[:0]))

    @property
    def n_background(self) -> int:
        """Topics and concepts the percentiles rest on."""
        return len(self._scale.background[0]) if self._scale.background else 0

    def learn_background(self, topics: FloatArray) -> None:
        """Take this deployment's topics ``(n, d)`` into the background beside the concepts."""
        self._scale = self._measure(self._concepts, self._see(topics))

    def z(self, embeddings: FloatArray) -> NDArray[np.float64]:
        """``(n, facets) float64`` facet z-scores of topics or posts."""
        cosines = [self._cosines(self._index.space.place(block)) for block in _blocks(embeddings)]
        return _z(np.concatenate(cosines)[: len(embeddings)], (self._scale.centre, self._scale.spread))

    def stand(self, embeddings: FloatArray) -> Standing:
        """Facet z-scores, values and percentiles of topics ``(n, d)``, for every brand."""
        seen = self._see(embeddings)
        shape = (len(embeddings), len(self._index.profiles))
        value, percentile = np.zeros(shape), np.zeros(shape)
        z = _z(seen.cosines, (self._scale.centre, self._scale.spread))
        for brand, background in enumerate(self._scale.background):
            value[:, brand] = self._values(brand, seen, z[:, self._index.columns_of(brand)])
            below = np.searchsorted(background, value[:, brand], side="left")
            percentile[:, brand] = 100.0 * below / max(len(background), 1)
        return Standing(z, value, percentile)

    def stand_without(self, standing: Standing, bodies: Mapping[int, Sequence[str]]) -> Standing:
        """Standing of topics that must also fit without their closing hashtags.

        Parameters
        ----------
        standing
            Of all topics.
        bodies
            For some rows of it, what their posts say without (:mod:`pipeline.brand.closing_tags`); one or more each.
        """
        if not bodies:
            return standing
        read = self._index.encoder.encode([body for some in bodies.values() for body in some])
        starts = np.cumsum([0, *(len(some) for some in bodies.values())])
        centres = [read[start:stop].mean(axis=0) for start, stop in pairwise(starts.tolist())]
        return standing.at_most(tuple(bodies), self.stand(np.stack(centres)))

    def fit(
        self, brand: int, standing: Standing, row: int, post_z: NDArray[np.float64], post_ids: tuple[str, ...]
    ) -> BrandFit:
        """Fit of one topic to one brand.

        Parameters
        ----------
        brand
            Index of the brand.
        standing, row
            Where topics stand, and which of them is meant.
        post_z
            ``(n, facets)`` of the topic's posts.
        post_ids
            The ``n`` posts, for evidence.
        """
        named = []
        own_z = standing.z[row, self._index.columns_of(brand)]
        for i in np.flatnonzero(own_z >= MIN_FACET_Z).tolist() if own_z.max(initial=-np.inf) >= MIN_FACET_Z else ():
            best = np.argsort(-post_z[:, self._index.columns_of(brand)[i]], kind="stable")[:2]
            facet = self._index.profiles[brand].facets[i]
            named.append(FacetFit(facet.label(), float(own_z[i]), tuple(post_ids[j] for j in best)))
        named.sort(key=lambda facet: -facet.z)
        value, percentile = float(standing.value[row, brand]), float(standing.percentile[row, brand])
        return BrandFit(value, percentile, len(self._scale.background[brand]), tuple(named))

    def _cosines(self, placed: FloatArray) -> NDArray[np.float64]:
        return self._index.similarities(placed).astype(np.float64)

    def _see(self, embeddings: FloatArray) -> TopicView:
        placed = [self._index.space.place(block) for block in _blocks(embeddings)]
        n = len(embeddings)
        return TopicView(
            np.concatenate([self._cosines(block) for block in placed])[:n],
            np.concatenate([self._bank.mass(block) for block in placed])[:n],
        )

    def _measure(self, concepts: TopicView, topics: TopicView) -> FitScale:
        centre = np.zeros(concepts.cosines.shape[1])
        spread = np.ones(concepts.cosines.shape[1])
        values = []
        for brand in range(len(self._index.profiles)):
            columns = self._index.columns_of(brand)
            everyday, own = concepts.cosines[:, columns], topics.cosines[:, columns]
            # a topic that truly fits is no background: left in, a stream that is all about the
            # brand's subject would make everything look ordinary, and one good trend hide the next
            first = _location_and_spread(everyday)
            limit = np.quantile(self._values(brand, concepts, _z(everyday, first)), TRIM_QUANTILE)
            usual = self._values(brand, topics, _z(own, first)) <= limit
            both = TopicView(
                np.vstack([concepts.cosines, topics.cosines[usual]]),
                np.concatenate([concepts.mass, topics.mass[usual]]),
            )
            final = _location_and_spread(both.cosines[:, columns])
            centre[columns], spread[columns] = final
            values.append(np.sort(self._values(brand, both, _z(both.cosines[:, columns], final))))
        return FitScale(centre, spread, tuple(values))

    def _values(self, brand: int, seen: TopicView, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(n,) float64``: mean of the weighted best facets of ``z`` ``(n, facets)`` and the evidence."""
        weights = self._index.weights_of(brand)
        best = -np.sort(-z * weights, axis=1)[:, :TOP_FACETS]
        cosines = seen.cosines[:, self._index.columns_of(brand)]
        result: NDArray[np.float64] = (best.mean(axis=1) + self._bank.evidence(cosines, weights, seen.mass)) / 2
        return result


def _location_and_spread(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median and robust σ of each column."""
    centre = np.median(values, axis=0)
    spread = MAD_TO_SIGMA * np.median(np.abs(values - centre), axis=0)
    return centre, np.maximum(spread, 1e-3)


def _blocks(rows: FloatArray) -> list[FloatArray]:
    """``rows`` ``(n, d)`` in blocks of ``BLOCK_ROWS``, one at least, the last one filled up with zeros."""
    n_blocks = max(1, -(-len(rows) // BLOCK_ROWS))
    filled = np.zeros((n_blocks * BLOCK_ROWS, rows.shape[1]), np.float32)
    filled[: len(rows)] = rows
    return np.split(filled, n_blocks)


def _z(values: NDArray[np.float64], scale: tuple[NDArray[np.float64], NDArray[np.float64]]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = (values - scale[0]) / scale[1]
    return result
