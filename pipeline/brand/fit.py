"""Does a topic fit a brand? Facet similarity against what background topics score by chance.

A raw cosine means nothing: some facets are near everything. So each facet is z-scored on
the background (everyday concepts, and this deployment's own other topics), the best two
facets are averaged, and the result is read as a percentile of the same figure on the
background.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.brand.essence_index import EssenceIndex
from pipeline.types import BrandFit, FacetFit, FloatArray

TOP_FACETS = 2
MAD_TO_SIGMA = 1.4826
TRIM_QUANTILE = 0.95
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


class BrandFitter:
    """Scores topics against all brands at once.

    Parameters
    ----------
    index
        Facets of all brands.
    background
        ``(n, d) float32`` embeddings of everyday concepts: the cold-start background.
    """

    def __init__(self, index: EssenceIndex, background: FloatArray) -> None:
        self._index = index
        self._concepts = index.similarities(background).astype(np.float64)
        self._scale = self._measure(self._concepts, self._concepts[:0])

    @property
    def n_background(self) -> int:
        """Topics and concepts the percentiles rest on."""
        return len(self._scale.background[0]) if self._scale.background else 0

    def learn_background(self, topics: FloatArray) -> None:
        """Take this deployment's topics ``(n, d)`` into the background beside the concepts."""
        own = self._index.similarities(topics).astype(np.float64)
        self._scale = self._measure(self._concepts, own)

    def z(self, embeddings: FloatArray) -> NDArray[np.float64]:
        """``(n, facets) float64`` facet z-scores of topics or posts."""
        raw = self._index.similarities(embeddings).astype(np.float64)
        result: NDArray[np.float64] = (raw - self._scale.centre) / self._scale.spread
        return result

    def stand(self, z: NDArray[np.float64]) -> Standing:
        """Values and percentiles of topics with the facet z-scores ``z`` ``(n, facets)``, for every brand."""
        shape = (len(z), len(self._index.profiles))
        value, percentile = np.zeros(shape), np.zeros(shape)
        for brand, background in enumerate(self._scale.background):
            value[:, brand] = self._values(brand, z[:, self._index.columns_of(brand)])
            below = np.searchsorted(background, value[:, brand], side="left")
            percentile[:, brand] = 100.0 * below / max(len(background), 1)
        return Standing(z, value, percentile)

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

    def _measure(self, concepts: NDArray[np.float64], topics: NDArray[np.float64]) -> FitScale:
        centre = np.zeros(concepts.shape[1])
        spread = np.ones(concepts.shape[1])
        values = []
        for brand in range(len(self._index.profiles)):
            columns = self._index.columns_of(brand)
            everyday, own = concepts[:, columns], topics[:, columns]
            # a topic that truly fits is no background: left in, a stream that is all about the
            # brand's subject would make everything look ordinary, and one good trend hide the next
            first = _location_and_spread(everyday)
            usual = own[self._values(brand, _z(own, first)) <= self._trim(brand, _z(everyday, first))]
            both = np.vstack([everyday, usual])
            final = _location_and_spread(both)
            centre[columns], spread[columns] = final
            values.append(np.sort(self._values(brand, _z(both, final))))
        return FitScale(centre, spread, tuple(values))

    def _trim(self, brand: int, everyday_z: NDArray[np.float64]) -> float:
        values = self._values(brand, everyday_z)
        return float(np.quantile(values, TRIM_QUANTILE)) if len(values) else np.inf

    def _values(self, brand: int, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Mean of the best facets of ``z`` ``(n, facets of the brand)``, weighted: ``(n,) float64``."""
        best = -np.sort(-z * self._index.weights_of(brand), axis=1)[:, :TOP_FACETS]
        result: NDArray[np.float64] = best.mean(axis=1)
        return result


def _location_and_spread(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Median and robust σ of each column; nothing to measure gives 0 and 1."""
    if not len(values):
        return np.zeros(values.shape[1]), np.ones(values.shape[1])
    centre = np.median(values, axis=0)
    spread = MAD_TO_SIGMA * np.median(np.abs(values - centre), axis=0)
    return centre, np.maximum(spread, 1e-3)


def _z(values: NDArray[np.float64], scale: tuple[NDArray[np.float64], NDArray[np.float64]]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = (values - scale[0]) / scale[1]
    return result
