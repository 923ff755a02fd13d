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

from pipeline.brand.fit.concept_evidence import ConceptEvidence
from pipeline.brand.fit.essence_index import EssenceIndex
from pipeline.types import BrandFit, FacetFit, FloatArray, ThemeFit

TOP_FACETS = 2
MAD_TO_SIGMA = 1.4826
TRIM_QUANTILE = 0.98
"""Concepts and topics that fit a brand better than so many concepts are its own field and no background."""
BLOCK_ROWS = 64
"""So many topics are compared at once, always: the last bits of a matrix product depend on its shape, and a topic has
to stand where it stands whatever else is judged beside it (in a backtest, in another process)."""

MIN_FACET_Z = 1.0
"""Weaker facets are not named as speaking for a topic."""
THEME_PERCENTILE = 99.0
"""A no-go theme is met where so many background topics lie farther from it …"""
THEME_PULL = 0.7
"""… and its z is this share of the best facet's at least: everything a brand rides is near what it must not say of it,
and a theme is one short phrase where a facet has the best two of several texts."""


@dataclass(frozen=True)
class FitScale:
    """Where each facet stands on background topics, and how brands score there.

    ``centre``, ``spread`` ``(columns,)``; ``background[b]`` ascending fit values of brand ``b``, ``n_own[b]`` of them
    of this deployment's topics.
    """

    centre: NDArray[np.float64]
    spread: NDArray[np.float64]
    background: tuple[NDArray[np.float64], ...]
    n_own: tuple[int, ...]
    themes: tuple[NDArray[np.float64], ...]
    """Of each brand the ascending z-scores of the background ``(n, themes)`` on its no-go themes."""


@dataclass(frozen=True)
class Standing:
    """Where ``n`` topics stand: ``z`` ``(n, columns)``, of facets and then of no-go themes; ``value`` and
    ``percentile`` ``(n, brands)``."""

    z: NDArray[np.float64]
    value: NDArray[np.float64]
    percentile: NDArray[np.float64]
    n_facets: int

    def at_most(self, rows: Sequence[int], other: Standing) -> Standing:
        """With the topics in ``rows`` fitting nowhere better than where ``other`` has them, row by row of ``other``.

        No-go themes that are met stay met.
        """
        z, value, percentile = (array.copy() for array in (self.z, self.value, self.percentile))
        chosen = list(rows)
        for mine, theirs in ((z, other.z), (value, other.value), (percentile, other.percentile)):
            mine[chosen] = np.minimum(mine[chosen], theirs)
        z[:, self.n_facets :] = self.z[:, self.n_facets :]
        return Standing(z, value, percentile, self.n_facets)


@dataclass(frozen=True)
class TopicView:
    """``n`` topics beside facets, themes and concepts: ``cosines`` ``(n, columns)``, ``mass`` ``(n,)`` of concepts."""

    cosines: NDArray[np.float64]
    mass: NDArray[np.float64]

    def take(self, rows: NDArray[np.int64] | slice) -> TopicView:
        """Only these topics."""
        return TopicView(self.cosines[rows], self.mass[rows])


class BrandFitter:
    """Scores topics against all brands at once.

    Parameters
    ----------
    index
        Facets of all brands.
    background
        ``(n, d) float32`` embeddings of everyday concepts: the cold-start background; two or more.
    reference
        ``(m, d) float32`` of concepts in another tone than that of posts: they explain a topic as well as a brand may,
        but are no background, because a brand's place among posts would rise with every one of them.
    """

    def __init__(self, index: EssenceIndex, background: FloatArray, reference: FloatArray | None = None) -> None:
        self._index = index
        placed = index.space.place(background)
        rivals = placed if reference is None else np.vstack([placed, index.space.place(reference)])
        self._bank = ConceptEvidence(rivals)
        mass = self._bank.of_concepts[: len(placed)]
        self._concepts = TopicView(index.similarities(placed).astype(np.float64), mass)
        self._scale = self._measure(self._concepts, self._see(background[:0]))

    @property
    def n_background(self) -> int:
        """Topics and concepts the percentiles rest on."""
        return len(self._scale.background[0]) if self._scale.background else 0

    def learn_background(self, topics: FloatArray) -> None:
        """Take this deployment's topics ``(n, d)`` into the background beside the concepts."""
        self.learn_seen(self.see(topics))

    def see(self, topics: FloatArray) -> TopicView:
        """Topics ``(n, d)`` beside facets and concepts, whatever the background: can be kept for many backgrounds."""
        return self._see(topics)

    def learn_seen(self, topics: TopicView) -> None:
        """As :meth:`learn_background`, of topics that were seen before."""
        self._scale = self._measure(self._concepts, topics)

    def z(self, embeddings: FloatArray) -> NDArray[np.float64]:
        """``(n, columns) float64`` z-scores of topics or posts on facets and no-go themes."""
        cosines = [self._cosines(self._index.space.place(block)) for block in _blocks(embeddings)]
        return _z(np.concatenate(cosines)[: len(embeddings)], (self._scale.centre, self._scale.spread))

    def stand(self, embeddings: FloatArray) -> Standing:
        """Facet z-scores, values and percentiles of topics ``(n, d)``, for every brand."""
        return self.stand_seen(self._see(embeddings))

    def stand_seen(self, seen: TopicView) -> Standing:
        """As :meth:`stand`, of topics that were seen before."""
        shape = (len(seen.mass), len(self._index.profiles))
        value, percentile = np.zeros(shape), np.zeros(shape)
        z = _z(seen.cosines, (self._scale.centre, self._scale.spread))
        for brand, background in enumerate(self._scale.background):
            value[:, brand] = self._values(brand, seen, z[:, self._index.columns_of(brand)])
            below = np.searchsorted(background, value[:, brand], side="left")
            percentile[:, brand] = 100.0 * below / max(len(background), 1)
        return Standing(z, value, percentile, len(self._index.facets))

    def stand_without(self, standing: Standing, bodies: Mapping[int, Sequence[str]]) -> Standing:
        """Standing of topics that must also fit without their closing hashtags.

        Parameters
        ----------
        standing
            Of all topics.
        bodies
            For some rows of it, what their posts say without (:mod:`pipeline.brand.fit.closing_tags`); one or
            more each.
        """
        if not bodies:
            return standing
        return standing.at_most(tuple(bodies), self.stand(self.read(list(bodies.values()))))

    @property
    def encoder_id(self) -> str:
        """Whose embeddings are compared."""
        return self._index.encoder.id

    def read(self, texts: Sequence[Sequence[str]]) -> FloatArray:
        """``(n, d) float32``: mean embedding of each of ``n`` groups of texts, one text or more each."""
        if not texts:
            return np.zeros((0, self._index.encoder.dimension), np.float32)
        read = self._index.encoder.encode([text for some in texts for text in some])
        starts = np.cumsum([0, *(len(some) for some in texts)])
        return np.stack([read[start:stop].mean(axis=0) for start, stop in pairwise(starts.tolist())])

    def names_a_facet(self, brand: int, standing: Standing, row: int) -> bool:
        """Whether :meth:`fit` would name a facet of the brand; far cheaper than asking it."""
        return bool((standing.z[row, self._index.columns_of(brand)] >= MIN_FACET_Z).any())

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
            ``(n, columns)`` of the topic's posts.
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
        scale = self._scale
        met = self._themes_met(brand, standing.z[row], post_z, post_ids)
        return BrandFit(value, percentile, len(scale.background[brand]), tuple(named), scale.n_own[brand], met)

    def _themes_met(
        self, brand: int, z: NDArray[np.float64], post_z: NDArray[np.float64], post_ids: tuple[str, ...]
    ) -> tuple[ThemeFit, ...]:
        """No-go themes of the brand that a topic of ``z`` ``(columns,)`` meets, the clearest first."""
        pull = THEME_PULL * z[self._index.columns_of(brand)].max(initial=0.0)
        background = self._scale.themes[brand]
        found: list[tuple[float, ThemeFit]] = []
        for i, column in enumerate(self._index.themes_of(brand).tolist()):
            if z[column] < pull:  # most: asked first, every topic and nuance comes here
                continue
            percentile = 100.0 * background[:, i].searchsorted(z[column], side="left") / max(len(background), 1)
            if percentile >= THEME_PERCENTILE:
                best = np.argsort(-post_z[:, column], kind="stable")[:2] if len(post_ids) else ()
                theme = self._index.themes[column - len(self._index.facets)][1]
                found.append((float(z[column]), ThemeFit(theme, float(percentile), tuple(post_ids[j] for j in best))))
        return tuple(theme for _, theme in sorted(found, key=lambda item: -item[0]))

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
        values, n_own, themes = [], [], []
        for brand in range(len(self._index.profiles)):
            columns = self._index.columns_of(brand)
            everyday, own = concepts.cosines[:, columns], topics.cosines[:, columns]
            # a topic that truly fits is no background: left in, a stream that is all about the
            # brand's subject would make everything look ordinary, and one good trend hide the next
            first = _location_and_spread(everyday)
            fits_by_chance = self._values(brand, concepts, _z(everyday, first))
            limit = np.quantile(fits_by_chance, TRIM_QUANTILE)
            usual = self._values(brand, topics, _z(own, first)) <= limit
            other = fits_by_chance <= limit
            both = TopicView(
                np.vstack([concepts.cosines[other], topics.cosines[usual]]),
                np.concatenate([concepts.mass[other], topics.mass[usual]]),
            )
            final = _location_and_spread(both.cosines[:, columns])
            centre[columns], spread[columns] = final
            values.append(np.sort(self._values(brand, both, _z(both.cosines[:, columns], final))))
            n_own.append(int(usual.sum()))
            avoided = self._index.themes_of(brand)
            scale = _location_and_spread(both.cosines[:, avoided])
            centre[avoided], spread[avoided] = scale
            themes.append(np.sort(_z(both.cosines[:, avoided], scale), axis=0))
        return FitScale(centre, spread, tuple(values), tuple(n_own), tuple(themes))

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
