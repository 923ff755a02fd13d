"""Every figure about brand fit beside its bar: ``trendsieve eval fit``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from configs.settings import Settings
from pipeline.brand.fit.fit import BrandFitter
from pipeline.brand.profile.profile import BrandProfile
from pipeline.evaluation.brands.event_sets import FOLDER
from pipeline.evaluation.brands.events_tables import events_tables
from pipeline.evaluation.brands.fit_brands import BOTH, LANGUAGES, SPOKEN, FitBrand, load_fit_brands, shuffled
from pipeline.evaluation.brands.fit_cases import case_figures
from pipeline.evaluation.brands.fit_measures import (
    Run,
    brand_auc,
    control_auc,
    judged,
    keyword_auc,
    mean_ndcg,
    passing,
    passing_by_brand,
    pooled_auc,
)
from pipeline.evaluation.brands.fit_topics import TOPIC_POSTS, Pool, Topics, draw, read_pool
from pipeline.evaluation.brands.fit_trial import MakeFitter, Trial, Values, judge_draw, keyword_scores, sides
from pipeline.evaluation.lab_posts import require_lab
from pipeline.training.figures import Figure, figure_table
from pipeline.training.remembering_encoder import RememberingEncoder

DRAWS = 6
SHUFFLES = 5
"""Shuffled profiles a draw."""
RESAMPLES = 2_000

OnStep = Callable[[str, int, int], None]


def evaluate_fit(data: Path, settings: Settings, on_step: OnStep) -> str:
    """Measure fit with the encoder and the concept bank that ship.

    Parameters
    ----------
    data
        Folder of the lab data.
    settings
        For the encoder and the default threshold.
    on_step
        Called with what is under way, how much is done, of how much (0: unknown).

    Returns
    -------
    Tables of figures with their bars; a missed bar says so.

    Raises
    ------
    InputError
        The lab data is not there.
    """
    require_lab(data, "risk", FOLDER)
    from pipeline.wiring.models import load_models
    from pipeline.wiring.track import build_fitter

    on_step("loading the encoder", 0, 0)
    models = load_models(settings)
    models = replace(models, encoder=RememberingEncoder(models.encoder))
    others = events_tables(data, settings, models, on_step)
    on_step("embedding lab posts", 0, 0)
    pool = read_pool(data, models.encoder)

    def make(profiles: Sequence[BrandProfile]) -> BrandFitter:
        return build_fitter(models, profiles)

    run = run_trials([draw(pool, seed) for seed in range(DRAWS)], load_fit_brands(), make, on_step)
    ride = settings.verdict.ride_percentile
    on_step("name collisions and bait", 0, 0)
    tables = [
        *others,
        "Regression tests: our own brands and cases. They guard against steps back and prove nothing.",
        figure_table("Brand fit, pseudo-topics of 8 posts", overall(run)),
        figure_table("Each brand, profile in both languages: AUC", per_brand(run)),
        figure_table("Italian and English", parity(run)),
        figure_table(f"Rides at the default threshold (percentile {ride:g}), before any hazard gate", rides(run, ride)),
        figure_table("Harder topics, profile in both languages", harder(pool, make, ride, on_step)),
        figure_table("Name collisions and bait", case_figures(make, models.encoder, ride)),
    ]
    return "\n\n".join(tables)


def run_trials(draws: Sequence[Topics], brands: tuple[FitBrand, ...], make: MakeFitter, on_step: OnStep) -> Run:
    """Judge every draw with the profiles, the baseline and the control."""
    on_step("judging draws", 0, 0)
    profiles = [brand.profiles[k] for k in range(len(SPOKEN)) for brand in brands]
    both = tuple(brand.profiles[SPOKEN.index(BOTH)] for brand in brands)
    run, keywords, control = judged(draws, brands, make), [], []
    for seed, topics in enumerate(draws):
        on_step("baseline and control", seed, len(draws))
        keywords.append(keyword_scores(topics, profiles))
        dealt = [p for i in range(SHUFFLES) for p in shuffled(both, seed * SHUFFLES + i)]
        control.append(judge_draw(topics, make(dealt), len(dealt)))
    return replace(run, keywords=tuple(keywords), control=tuple(control))


def overall(run: Run) -> list[Figure]:
    """Mean and worst AUC, pooled AUC, nDCG, the control and the baseline."""
    figures = []
    for spoken in (BOTH, *LANGUAGES):
        values = brand_auc(run, spoken)
        low, high = _interval(values)
        note = f"over brands, profile {'in both languages' if spoken == BOTH else f'in {spoken} only'}"
        figures.append(Figure(f"mean AUC, {spoken}", float(values.mean()), len(values), 0.93, False, low, high, note))
        worst = int(values.argmin())
        name = f"worst brand, {spoken}"
        figures.append(Figure(name, float(values[worst]), len(values), bar=0.85, note=run.brands[worst].id))
    figures.append(Figure("pooled AUC", pooled_auc(run), len(run.brands), note="all brands' topics in one ranking"))
    figures.append(Figure("nDCG@10", mean_ndcg(run), len(run.brands)))
    control = control_auc(run)
    far = f"mean AUC {control:.3f}; own facets are dealt back to a brand one time in {len(run.brands)}"
    n = len(run.brands) * SHUFFLES * len(run.warm)
    figures.append(Figure("shuffled profiles, distance from .5", abs(control - 0.5), n, 0.05, True, note=far))
    return figures


def per_brand(run: Run) -> list[Figure]:
    """Each brand beside the keyword baseline, which is its bar."""
    values, words = brand_auc(run, BOTH), keyword_auc(run)
    return [
        Figure(brand.id, value, _n_own(run, brand), bar=base, note="bar: shared keywords; n: on-brand topics a draw")
        for brand, value, base in zip(run.brands, values.tolist(), words.tolist(), strict=True)
    ]


def parity(run: Run) -> list[Figure]:
    """The same sentences in Italian and in English, each language against the off-brand topics of both."""
    figures = []
    for spoken in LANGUAGES:
        of = {language: brand_auc(run, spoken, language) for language in LANGUAGES}
        gaps = np.abs(of["it"] - of["en"])
        known = ~np.isnan(gaps)
        for language in LANGUAGES:
            name = f"{spoken} profile, {language} topics"
            figures.append(Figure(name, float(of[language][known].mean()), int(known.sum()), note="mean AUC"))
        signed = float((of["it"] - of["en"])[known].mean())
        note = f"mean of brands; signed {signed:+.3f}, largest {gaps[known].max():.3f}"
        figures.append(
            Figure(f"{spoken} profile, gap", float(gaps[known].mean()), int(known.sum()), 0.03, True, note=note)
        )
    return figures


def rides(run: Run, threshold: float) -> list[Figure]:
    """What passes the default threshold, with topics of the deployment as background and without."""
    figures = []
    for name, trials in (("", run.warm), (", cold start", run.cold)):
        own, off, risky = (passing(run, trials, side, threshold) for side in ("own", "off", "risky"))
        figures += [
            Figure(f"off-brand topics ridden{name}", *off, bar=0.10, lower_is_better=True),
            Figure(f"risky topics ridden{name}", *risky, bar=0.10, lower_is_better=True, note="crises, unsafe posts"),
            Figure(f"on-brand topics ridden{name}", *own),
            _wrong_among_rides(name, own, off),
            _worst_brand(run, trials, threshold, name),
        ]
    return figures


def _worst_brand(run: Run, trials: Sequence[Trial], threshold: float, name: str) -> Figure:
    by_brand = passing_by_brand(run, trials, "off", threshold)
    shares = np.array([passed.mean() for passed in by_brand])
    worst = int(shares.argmax())
    others = np.concatenate(by_brand[:worst] + by_brand[worst + 1 :])
    note = f"{run.brands[worst].id}; the others together {others.mean():.3f}"
    return Figure(f"off-brand ridden, worst brand{name}", float(shares[worst]), len(by_brand[worst]), note=note)


def _wrong_among_rides(name: str, own: tuple[float, int], off: tuple[float, int]) -> Figure:
    wrong, right = off[0] * off[1], own[0] * own[1]
    note = f"{100 * off[1] / (own[1] + off[1]):.0f} % of the topics are off-brand"
    n = round(wrong + right)
    return Figure(f"off-brand among rides{name}", wrong / max(wrong + right, 1.0), n, note=note)


def harder(pool: Pool, make: MakeFitter, threshold: float, on_step: OnStep) -> list[Figure]:
    """Topics half of whose posts are about something else, and single posts."""
    brands, figures = load_fit_brands(), []
    for name, draws in (
        ("half strangers", [draw(pool, seed, strangers=TOPIC_POSTS // 2) for seed in range(DRAWS)]),
        ("single posts", [draw(pool, 0, size=1)]),
    ):
        on_step(name, 0, 0)
        run = judged(draws, brands, make)
        values = brand_auc(run, BOTH)
        figures += [
            Figure(f"{name}: mean AUC", float(values.mean()), len(values)),
            Figure(f"{name}: worst brand", float(values.min()), len(values), note=brands[int(values.argmin())].id),
            Figure(f"{name}: off-brand ridden", *passing(run, run.warm, "off", threshold)),
            Figure(f"{name}: on-brand ridden", *passing(run, run.warm, "own", threshold)),
        ]
        for spoken in LANGUAGES:
            gaps = np.abs(brand_auc(run, spoken, "it") - brand_auc(run, spoken, "en"))
            known = ~np.isnan(gaps)
            figures.append(Figure(f"{name}: gap of {spoken} profiles", float(gaps[known].mean()), int(known.sum())))
    return figures


def _n_own(run: Run, brand: FitBrand) -> int:
    return int(sides(run.warm[0].topics, brand)[0].sum())


def _interval(values: Values) -> tuple[float, float]:
    """90 % interval of the mean, brands drawn anew."""
    rng = np.random.default_rng(0)
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.05, 0.95])
    return float(low), float(high)
