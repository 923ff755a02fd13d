"""One draw of pseudo-topics judged for every profile: each half against a background of the other half."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.brand.fit.fit import BrandFitter
from pipeline.brand.profile.profile import BrandProfile
from pipeline.evaluation.brands.fit_brands import FitBrand
from pipeline.evaluation.brands.fit_keywords import KeywordOverlap
from pipeline.evaluation.brands.fit_topics import Topics
from pipeline.evaluation.brands.ranking import BoolArray

Values = NDArray[np.float64]
MakeFitter = Callable[[Sequence[BrandProfile]], BrandFitter]


@dataclass(frozen=True)
class Trial:
    """Scores of one draw: ``value`` and ``percentile`` ``(topics, profiles) float64``."""

    topics: Topics
    value: Values
    percentile: Values


def judge_draw(topics: Topics, fitter: BrandFitter, n_profiles: int, cold: bool = False) -> Trial:
    """Fit of every topic to every profile.

    Parameters
    ----------
    topics
        Of one draw. Risky ones are judged and are no background.
    fitter
        Of the ``n_profiles`` profiles; its background is replaced.
    cold
        Judge with everyday concepts alone, as a deployment does that has no topics yet.
    """
    shape = (len(topics.half), n_profiles)
    value, percentile = np.zeros(shape), np.zeros(shape)
    for half in (0, 1):
        judged = topics.half == half
        others = ~judged & ~topics.is_risky & (not cold)
        fitter.learn_background(topics.centres[others])
        standing = fitter.stand(topics.centres[judged])
        value[judged], percentile[judged] = standing.value, standing.percentile
    return Trial(topics, value, percentile)


def keyword_scores(topics: Topics, profiles: Sequence[BrandProfile]) -> Values:
    """``(topics, profiles)`` of the baseline, its word weights learned from the other half."""
    scores = np.zeros((len(topics.half), len(profiles)))
    for half in (0, 1):
        judged = np.flatnonzero(topics.half == half).tolist()
        others = np.flatnonzero((topics.half != half) & ~topics.is_risky).tolist()
        overlap = KeywordOverlap([topics.tokens[i] for i in others])
        scores[judged] = overlap.scores(profiles, [topics.tokens[i] for i in judged])
    return scores


def sides(topics: Topics, brand: FitBrand) -> tuple[BoolArray, BoolArray]:
    """Which topics belong to a brand, and which are off-brand; near and risky ones are neither."""
    own = topics.among(brand.own)
    return own, ~own & ~topics.among(brand.near) & ~topics.is_risky
