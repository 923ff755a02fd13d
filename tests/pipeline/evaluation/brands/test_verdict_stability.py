"""The figures of ``trendsieve eval verdicts`` count what they say they count."""

from __future__ import annotations

from datetime import timedelta

import pytest

from configs.settings import EncoderSettings, Settings
from pipeline.evaluation.brands.verdict_stability import (
    Followed,
    Halved,
    confidence_figures,
    follow,
    halved,
    held,
    shipped_brands,
    stability_tables,
)
from pipeline.types import Confidence, EnrichedBatch, VerdictKind
from pipeline.wiring.track import build_topic_stage
from tests.demo_shard import demo_posts, loaded
from tests.samples import NOW, make_verdict

RIDE, WATCH, RISKY = VerdictKind.RIDE, VerdictKind.WATCH, VerdictKind.RISKY
KEY = ("forno-aurora", "t1")


def followed(*kinds: tuple[float, VerdictKind]) -> Followed:
    run = Followed(build_topic_stage(Settings(), loaded().models, ()))
    for hours, kind in kinds:
        run.note({KEY: [make_verdict(kind=kind, as_of=NOW + timedelta(hours=hours))]})
    return run


@pytest.mark.parametrize(
    ("kinds", "changes", "returns"),
    [
        (((0, RIDE), (1, RIDE)), 0, 0),
        (((0, RIDE), (1, WATCH), (2, RIDE)), 2, 1),
        (((0, RIDE), (1, WATCH), (8, RIDE)), 2, 0),
        (((0, RIDE), (1, WATCH), (2, RISKY), (3, RIDE)), 3, 0),
    ],
)
def test_a_change_back_within_hours_is_a_return(
    kinds: tuple[tuple[float, VerdictKind], ...], changes: int, returns: int
) -> None:
    run = followed(*kinds)
    assert (run.n_changes, run.n_returns) == (changes, returns)
    assert run.topic_days == pytest.approx(kinds[-1][0] / 24)


def test_each_word_has_the_share_of_its_verdicts_that_held() -> None:
    firm = make_verdict(confidence=Confidence.FIRM)
    loose = make_verdict(confidence=Confidence.TENTATIVE)
    pairs = [Halved(firm, firm, 40)] * 3 + [Halved(firm, make_verdict(kind=WATCH), 40), Halved(loose, loose, 40)]
    figures = {figure.name: (figure.value, figure.n) for figure in confidence_figures(pairs)}
    assert figures["firm"] == (0.75, 4)
    assert figures["tentative"] == (1.0, 1)
    assert "fair" not in figures


@pytest.mark.slow
def test_a_stream_gives_both_tables() -> None:
    here, settings = loaded(), Settings(encoder=EncoderSettings(threads=1))
    posts = demo_posts(600)
    batches: list[EnrichedBatch] = [here.enricher.enrich(posts[i : i + 64]) for i in range(0, len(posts), 64)]
    said = stability_tables("demo", batches, settings, here.models, here.profiles, lambda what, done, total: None)
    assert "Flapping: demo" in said
    assert "random half" in said
    run = follow(batches, held(settings, 0.0), here.models, here.profiles)
    pairs = halved(run.stage.memory, settings, here.models, here.profiles, lambda what, done, total: None)
    assert all(pair.n_posts >= settings.report.evidence_posts for pair in pairs)


def test_the_brands_that_ship_are_measured() -> None:
    assert len(shipped_brands()) == 4
