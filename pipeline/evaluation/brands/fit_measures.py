"""What a run over all draws comes to: AUC by brand and language, pooled AUC, nDCG, shares that pass a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.evaluation.brands.fit_brands import BOTH, SPOKEN, FitBrand
from pipeline.evaluation.brands.fit_topics import Topics
from pipeline.evaluation.brands.fit_trial import MakeFitter, Trial, Values, judge_draw, sides
from pipeline.evaluation.brands.ranking import BoolArray, auc, ndcg


@dataclass(frozen=True)
class Run:
    """All draws. Columns of a trial: for each of :data:`SPOKEN`, every brand; ``cold`` without topics of its own."""

    brands: tuple[FitBrand, ...]
    warm: tuple[Trial, ...]
    cold: tuple[Trial, ...]
    keywords: tuple[Values, ...]
    control: tuple[Trial, ...]

    def column(self, brand: int, spoken: str) -> int:
        """Where the scores of a brand's profile are."""
        return SPOKEN.index(spoken) * len(self.brands) + brand


def judged(draws: Sequence[Topics], brands: tuple[FitBrand, ...], make: MakeFitter) -> Run:
    """Judge every draw, with a background of its own and without; no baseline, no control."""
    profiles = [brand.profiles[k] for k in range(len(SPOKEN)) for brand in brands]
    fitter = make(profiles)
    warm = tuple(judge_draw(topics, fitter, len(profiles)) for topics in draws)
    cold = tuple(judge_draw(topics, fitter, len(profiles), cold=True) for topics in draws)
    return Run(brands, warm, cold, (), ())


def brand_auc(run: Run, spoken: str, own_language: str | None = None) -> Values:
    """AUC of each brand, mean over draws ``(brands,)``; on-brand topics of one language only, if given.

    ``nan`` where a brand has no such topics.
    """
    found = np.full((len(run.warm), len(run.brands)), np.nan)
    for row, trial in enumerate(run.warm):
        for b, brand in enumerate(run.brands):
            value = _auc(trial.topics, brand, trial.value[:, run.column(b, spoken)], own_language)
            found[row, b] = np.nan if value is None else value
    return _mean(found)


def keyword_auc(run: Run) -> Values:
    """AUC of the keyword baseline, profiles in both languages: ``(brands,)``."""
    found = np.full((len(run.warm), len(run.brands)), np.nan)
    for row, (trial, scores) in enumerate(zip(run.warm, run.keywords, strict=True)):
        for b, brand in enumerate(run.brands):
            value = _auc(trial.topics, brand, scores[:, run.column(b, BOTH)], None)
            found[row, b] = np.nan if value is None else value
    return _mean(found)


def control_auc(run: Run) -> float:
    """Mean AUC of the shuffled profiles."""
    found = []
    for trial in run.control:
        for column in range(trial.value.shape[1]):
            brand = run.brands[column % len(run.brands)]
            value = _auc(trial.topics, brand, trial.value[:, column], None)
            found.append(np.nan if value is None else value)
    return float(np.nanmean(found))


def pooled_auc(run: Run) -> float:
    """AUC of all brands' topics in one ranking, mean over draws."""
    found = []
    for trial in run.warm:
        scores, owns = [], []
        for b, brand in enumerate(run.brands):
            own, off = sides(trial.topics, brand)
            scores.append(trial.value[own | off, run.column(b, BOTH)])
            owns.append(own[own | off])
        found.append(auc(np.concatenate(scores), np.concatenate(owns)) or np.nan)
    return float(np.mean(found))


def mean_ndcg(run: Run) -> float:
    """nDCG@10 of each brand's ranking, mean over brands and draws."""
    found = []
    for trial in run.warm:
        for b, brand in enumerate(run.brands):
            own, off = sides(trial.topics, brand)
            value = ndcg(trial.value[own | off, run.column(b, BOTH)], own[own | off])
            found.append(np.nan if value is None else value)
    return float(np.nanmean(found))


def passing_by_brand(run: Run, trials: Sequence[Trial], side: str, threshold: float) -> list[BoolArray]:
    """For each brand, which of a side's topics (``own``, ``off``, ``risky``) pass, over all draws."""
    return [
        np.concatenate(
            [trial.percentile[_side(trial.topics, brand, side), run.column(b, BOTH)] >= threshold for trial in trials]
        )
        for b, brand in enumerate(run.brands)
    ]


def passing(run: Run, trials: Sequence[Trial], side: str, threshold: float) -> tuple[float, int]:
    """Share of a side's topics that pass, and how many there were."""
    passed = np.concatenate(passing_by_brand(run, trials, side, threshold))
    return float(passed.mean()), len(passed)


def _auc(topics: Topics, brand: FitBrand, scores: Values, own_language: str | None) -> float | None:
    own, off = sides(topics, brand)
    if own_language is not None:  # parallel sentences only: tweets are English
        parallel = np.char.startswith(topics.category, "sib:")
        own, off = own & parallel & (topics.language == own_language), off & parallel
    counted = own | off
    return auc(scores[counted], own[counted])


def _side(topics: Topics, brand: FitBrand, side: str) -> BoolArray:
    own, off = sides(topics, brand)
    return {"own": own, "off": off, "risky": topics.is_risky}[side]


def _mean(by_draw: Values) -> Values:
    """Mean over draws; a brand without such topics has none in any draw and stays ``nan``."""
    means: Values = by_draw.mean(axis=0)
    return means
