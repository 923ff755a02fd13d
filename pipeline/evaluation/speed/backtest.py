"""``trendsieve eval backtest``: how long judging a month of topics again takes, and that nothing flips by itself."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

import msgspec

from configs.settings import CONFIGS_DIR, Settings
from pipeline.brand.profile.profile import BrandProfile, load_profile
from pipeline.evaluation.speed.backtest_store import END, Shape, fill_store
from pipeline.services.backtest.backtester import Other, read_archive
from pipeline.store.contract import Store
from pipeline.store.database import open_store
from pipeline.training.figures import Figure, figure_table
from pipeline.wiring.clock import utc_now
from pipeline.wiring.models import Models, load_models
from pipeline.wiring.services import build_backtester

N_TOPICS = 5_000
DAYS = 30
BAR_S = 5.0
REPEATS = 3
BRAND = CONFIGS_DIR / "brands" / "forno-aurora.toml"

OnStep = Callable[[str, int, int], None]


def evaluate_backtest(settings: Settings, on_step: OnStep, n_topics: int = N_TOPICS) -> str:
    """Fill a store with synthetic topics, judge them again under a changed profile, and under the same."""
    brand = load_profile(BRAND)
    on_step("loading the models", 0, 0)
    start = perf_counter()
    models = load_models(settings)
    loading_s = perf_counter() - start
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'store.db'}", utc_now)
        try:
            backtester = build_backtester(settings, models)
            fill_store(
                store,
                Shape(n_topics, DAYS),
                models.concept_embeddings,
                backtester,
                brand,
                lambda done: on_step("writing topics", done, n_topics),
            )
            figures = _measured(settings, models, store, brand, on_step)
        finally:
            store.close()
    figures.append(Figure("loading the models, s", loading_s, 1, note="once a process, beside the above"))
    return figure_table(f"Backtest of {n_topics:,} topics in {DAYS} days", figures)


def _measured(settings: Settings, models: Models, store: Store, brand: BrandProfile, on_step: OnStep) -> list[Figure]:
    edited = msgspec.structs.replace(
        brand, facets=(msgspec.structs.replace(brand.facets[0], weight=0.5), *brand.facets[1:-1])
    )
    seconds, reading, busy = [], [], []
    report = same = None
    for number in range(REPEATS):
        on_step("judging again", number, REPEATS)
        start, busy_start = perf_counter(), process_time()
        archive = read_archive(store, END - timedelta(days=DAYS), END, settings.report.min_posts)
        reading.append(perf_counter() - start)
        report = build_backtester(settings, models).run(archive, edited, Other(brand))
        seconds.append(perf_counter() - start)
        busy.append(process_time() - busy_start)
        same = build_backtester(settings, models).run(archive, msgspec.structs.replace(brand, name="x"), Other(brand))
    assert report is not None
    assert same is not None
    moved = len(same.newly_ridden) + len(same.no_longer_ridden) + len(same.flipped) + len(same.differs_anyway)
    changed = len(report.newly_ridden) + len(report.no_longer_ridden) + len(report.flipped)
    return [
        Figure(
            "whole backtest, s", max(seconds), report.n_topics, BAR_S, lower_is_better=True, note="slowest of three"
        ),
        Figure("of it reading the store, s", max(reading), report.n_topics),
        Figure("processor time of it, s", max(busy), report.n_topics, note="what it takes when nothing else runs"),
        Figure("verdicts an edited profile changes", changed, report.n_topics, note="a facet less, a weight halved"),
        Figure("verdicts an unchanged one changes", moved, same.n_topics, 0.0, lower_is_better=True),
    ]
