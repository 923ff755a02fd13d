"""``trendsieve eval backtest``: its store is one a worker could have left, and nothing flips by itself."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from configs.settings import CONFIGS_DIR, Settings
from pipeline.brand.profile.profile import load_profile
from pipeline.evaluation.speed.backtest import evaluate_backtest
from pipeline.evaluation.speed.backtest_store import END, Shape, fill_store
from pipeline.services.backtest.backtester import Other, read_archive
from pipeline.store.database import open_store
from pipeline.wiring.services import build_backtester
from tests.conftest import FixedClock
from tests.demo_shard import loaded

pytestmark = pytest.mark.slow


def test_the_store_has_the_shape_of_a_real_one(tmp_path: Path) -> None:
    models, brand = loaded().models, load_profile(CONFIGS_DIR / "brands" / "velo-brio.toml")
    backtester = build_backtester(Settings(), models)
    store = open_store(f"sqlite:///{tmp_path}/store.db", FixedClock())
    counted: list[int] = []
    try:
        fill_store(store, Shape(300, 30), models.concept_embeddings, backtester, brand, counted.append)
        archive = read_archive(store, END - timedelta(days=30), END, 1)
    finally:
        store.close()
    assert counted == list(range(1, 301))
    assert len(archive.topics) == 300
    assert len(archive.backgrounds["default"]) > 10
    sizes = sorted(topic.report.n_posts for topic in archive.topics)
    assert sizes[0] >= 5
    assert sizes[-1] > 10 * sizes[150], "few are large"
    assert any(topic.report.nuances for topic in archive.topics)
    assert {len(topic.verdicts) for topic in archive.topics} == {1}
    report = backtester.run(archive, brand, Other(brand))
    assert report.n_unchanged == report.n_topics == 300


def test_the_command_s_table_says_that_nothing_flips_by_itself() -> None:
    steps: list[str] = []
    table = evaluate_backtest(Settings(), lambda text, done, total: steps.append(text), n_topics=60)
    assert re.search(r"an unchanged one changes\s+\.000\s+≤ \.000\s+met\s+60", table)
    assert {"writing topics", "judging again"} <= set(steps)
