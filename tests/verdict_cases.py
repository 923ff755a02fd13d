"""What a verdict can rest on, drawn by hypothesis, and one calm case to start examples from."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pipeline.enrich.hazards.seeds import Tier
from pipeline.types import (
    BrandFit,
    BrandNuance,
    Burst,
    Exposure,
    FacetFit,
    Hazard,
    ListedDomain,
    Momentum,
    Origin,
    Score,
    Stage,
    ThemeFit,
    TopicReport,
    Verdict,
    VerdictKind,
)
from pipeline.verdict.decision import FRIENDLINESS
from pipeline.verdict.judge import judge
from pipeline.verdict.rules import VerdictRules
from tests.samples import NOW, make_report

TIERS = ("low", "medium", "high", "floor")
FRIENDLY = (VerdictKind.RIDE, VerdictKind.NUANCE)
RULES = VerdictRules(
    99.0, 95.0, 0.4, evidence_posts=12, evidence_authors=5, divided=0.5, unverified_share=0.3, narrow_share=0.5
)

shares = st.floats(0, 1)
ids = st.lists(st.sampled_from([f"p{i}" for i in range(9)]), max_size=3).map(tuple)
scores = st.builds(lambda value, n: Score(value, n, value, value, "m"), shares, st.integers(1, 500))
hazards = st.builds(Hazard, st.sampled_from(["death", "labour", "hate"]), st.sampled_from(TIERS), scores, ids)
facets = st.builds(FacetFit, st.sampled_from(["bread", "table"]), st.floats(-3, 9), ids)
themes = st.builds(ThemeFit, st.sampled_from(["diet shaming", "politics"]), st.floats(99, 100), ids)
fits = st.builds(
    BrandFit,
    st.floats(-5, 9),
    st.floats(0, 100),
    st.integers(0, 900),
    st.lists(facets, max_size=3).map(tuple),
    st.none() | st.integers(0, 60),
    st.lists(themes, max_size=1).map(tuple),
)
exposures = st.builds(
    Exposure,
    n=st.integers(1, 400),
    hedged_share=st.none() | scores,
    hedged=ids,
    copy_share=st.none() | scores,
    unreliable_share=st.none() | scores,
    unreliable=st.lists(st.builds(ListedDomain, st.just("x.example"), st.just("low"), st.just(2), ids), max_size=2).map(
        tuple
    ),
    origin=st.none() | st.builds(Origin, st.sampled_from(["post", "author", "domain"]), st.just("x"), scores, ids),
)
nuances = st.builds(
    BrandNuance,
    st.just("crumbs"),
    st.just("bread"),
    st.floats(-3, 9),
    st.floats(0, 100),
    ids,
    st.lists(st.just("labour"), max_size=1).map(tuple),
)
momenta = st.builds(Momentum, st.floats(0, 1e6), st.floats(0, 1e6), st.floats(-20, 100), st.just((1, 2)), st.just(600))
rules = st.builds(
    VerdictRules,
    *[st.floats(50, 100)] * 2,
    shares,
    *[st.integers(1, 50)] * 2,
    shares,
    shares,
    shares,
    hazard_share=shares,
    own_topics=st.integers(0, 40),
    hold_s=st.just(1800.0),
).filter(lambda rules: rules.watch_percentile <= rules.ride_percentile)


@st.composite
def reports(draw: st.DrawFn) -> TopicReport:
    n_posts = draw(st.integers(0, 400))
    return make_report(
        n_posts=n_posts,
        n_copies=draw(st.integers(0, n_posts)),
        n_authors=draw(st.integers(0, 400)),
        stage=draw(st.sampled_from(Stage)),
        momentum=draw(momenta),
        bursts=draw(st.sampled_from([(), (Burst(NOW, NOW),)])),
        hazards=tuple(draw(st.lists(hazards, max_size=3))),
        near_hazards=tuple(draw(st.lists(hazards.filter(lambda hazard: hazard.tier != "low"), max_size=2))),
        hot_posts=draw(ids),
        heat=draw(st.none() | scores),
        division=draw(st.none() | scores),
        exposure=draw(st.none() | exposures),
        **{
            name: draw(st.sampled_from([None, getattr(make_report(), name)]))
            for name in ("window", "poles", "saturation", "dialogue")
        },
    )


def decide(
    report: TopicReport,
    fit: BrandFit | None,
    nuance: BrandNuance | None = None,
    rules: VerdictRules = RULES,
) -> Verdict:
    return judge("forno-aurora", report, fit, nuance, rules, NOW)


def friendliness(verdict: Verdict) -> int:
    """Small is friendly."""
    return FRIENDLINESS.index(verdict.kind)


def a_report(**changes: Any) -> TopicReport:
    """Calm, safe, with enough evidence."""
    cool = Score(0.1, 40, 0.05, 0.15, "heat-logistic/2")
    return make_report(**{"hazards": (), "heat": cool, "n_posts": 60, "n_copies": 0, "n_authors": 40, **changes})


def a_fit(percentile: float) -> BrandFit:
    return BrandFit(1.0, percentile, 100, (FacetFit("bread", 2.5, ("p1",)),))


def a_hazard(tier: Tier) -> Hazard:
    return Hazard("death", tier, Score(0.5, 40, 0.5, 0.5, "m"), ("p2",))
