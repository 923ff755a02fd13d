"""The decision is pure and total, more danger never makes it friendlier, and every verdict says why."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.risk.hazard_seeds import Tier
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
    Saturation,
    Score,
    SolemnDay,
    Stage,
    TopicReport,
    Verdict,
    VerdictKind,
)
from pipeline.verdict import FRIENDLINESS, VerdictRules, judge
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
fits = st.builds(
    BrandFit, st.floats(-5, 9), st.floats(0, 100), st.integers(0, 900), st.lists(facets, max_size=3).map(tuple)
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
    VerdictRules, *[st.floats(50, 100)] * 2, shares, *[st.integers(1, 50)] * 2, shares, shares, shares
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


anything = given(report=reports(), fit=st.none() | fits, nuance=st.none() | nuances, rules=rules)


@settings(max_examples=150, deadline=None)
@anything
def test_every_input_has_a_verdict_with_reasons_that_quote_what_was_given(
    report: TopicReport, fit: BrandFit | None, nuance: BrandNuance | None, rules: VerdictRules
) -> None:
    verdict = decide(report, fit, nuance, rules)
    assert verdict == decide(report, fit, nuance, rules)
    assert verdict.kind in VerdictKind
    assert verdict.reasons
    assert all(reason.code and reason.text for reason in verdict.reasons)
    known = {*report.hot_posts, *(i for hazard in report.hazards for i in hazard.evidence)}
    known |= {i for facet in (fit.facets if fit else ()) for i in facet.evidence}
    known |= set(nuance.post_ids if nuance else ())
    known |= {*report.poles.one, *report.poles.other} if report.poles else set()
    if report.exposure is not None:
        known |= {*report.exposure.hedged, *(i for listed in report.exposure.unreliable for i in listed.evidence)}
        known |= set(report.exposure.origin.evidence if report.exposure.origin else ())
    known |= set(report.saturation.evidence if report.saturation else ())
    assert {i for reason in verdict.reasons for i in reason.evidence} <= known
    assert (verdict.fit, verdict.nuance, verdict.topic_id) == (fit, nuance, report.topic_id)


@settings(max_examples=100, deadline=None)
@anything
def test_gates_that_no_fit_overrides(
    report: TopicReport, fit: BrandFit | None, nuance: BrandNuance | None, rules: VerdictRules
) -> None:
    verdict = decide(report, fit, nuance, rules)
    if any(hazard.tier == "floor" for hazard in report.hazards):
        assert verdict.kind not in FRIENDLY
    distinct = report.n_posts - report.n_copies
    if distinct < rules.evidence_posts or 0 < report.n_authors < rules.evidence_authors:
        assert verdict.kind not in FRIENDLY
        assert any(reason.code.startswith("thin_") for reason in verdict.reasons)
    if fit is None and nuance is None:
        assert verdict.kind not in FRIENDLY


@settings(max_examples=100, deadline=None)
@given(report=reports(), fit=st.none() | fits, nuance=st.none() | nuances, rules=rules, more=hazards, data=st.data())
def test_more_danger_never_makes_it_friendlier(
    report: TopicReport,
    fit: BrandFit | None,
    nuance: BrandNuance | None,
    rules: VerdictRules,
    more: Hazard,
    data: st.DataObject,
) -> None:
    replace = msgspec.structs.replace
    before = friendliness(decide(report, fit, nuance, rules))
    worse = [replace(report, hazards=(*report.hazards, more))]
    for i, hazard in enumerate(report.hazards):
        others = (*report.hazards[:i], *report.hazards[i + 1 :])
        above = data.draw(st.sampled_from(TIERS[TIERS.index(hazard.tier) :]))
        share = data.draw(st.floats(hazard.share.value, 1))
        worse.append(replace(report, hazards=(*others, replace(hazard, tier=above))))
        worse.append(replace(report, hazards=(*others, replace(hazard, share=replace(hazard.share, value=share)))))
    if report.heat is not None:
        hotter = replace(report.heat, value=data.draw(st.floats(report.heat.value, 1)))
        worse.append(replace(report, heat=hotter))
    else:
        worse.append(replace(report, heat=data.draw(scores)))
    exposure = report.exposure or Exposure(n=9)
    certain = Score(1.0, 50, 1.0, 1.0, "m")
    worse.append(replace(report, division=certain))
    worse.append(replace(report, exposure=replace(exposure, hedged_share=certain, hedged=("h1",))))
    worse.append(replace(report, exposure=replace(exposure, unreliable_share=certain)))
    worse.append(replace(report, solemn_days=(SolemnDay("d", "mourning", (("en", "A day"), ("it", "Un giorno"))),)))
    for other in worse:
        assert friendliness(decide(other, fit, nuance, rules)) >= before
    if nuance is not None:
        tainted = replace(nuance, hazards=("labour",))
        assert friendliness(decide(report, fit, tainted, rules)) >= before


@settings(max_examples=100, deadline=None)
@given(report=reports(), fit=fits, nuance=st.none() | nuances, rules=rules, data=st.data())
def test_a_better_fit_is_never_less_friendly_where_nothing_is_dangerous(
    report: TopicReport, fit: BrandFit, nuance: BrandNuance | None, rules: VerdictRules, data: st.DataObject
) -> None:
    report = msgspec.structs.replace(report, hazards=())
    better = msgspec.structs.replace(fit, percentile=data.draw(st.floats(fit.percentile, 100)))
    assert friendliness(decide(report, better, nuance, rules)) <= friendliness(decide(report, fit, nuance, rules))


@settings(max_examples=100, deadline=None)
@given(report=reports(), percentile=st.floats(RULES.watch_percentile, 100))
def test_contested_and_fitting_without_a_hazard_is_watched(report: TopicReport, percentile: float) -> None:
    assume(report.n_posts - report.n_copies >= RULES.evidence_posts)
    hot = Score(RULES.hot, 50, RULES.hot, RULES.hot, "heat-logistic/2")
    verdict = decide(msgspec.structs.replace(report, hazards=(), heat=hot), a_fit(percentile))
    assert verdict.kind is VerdictKind.WATCH


# --- examples ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "percentile", "kind", "first_code"),
    [
        ({}, 99.5, "RIDE", "fits_facet"),
        ({}, 96.0, "WATCH", "weak_fit"),
        ({}, 50.0, "IGNORE", "no_fit"),
        ({"heat": None}, 99.5, "RIDE", "fits_facet"),
        ({"n_posts": 5, "n_authors": 5}, 99.5, "WATCH", "thin_posts"),
        ({"n_authors": 2}, 99.5, "WATCH", "thin_authors"),
        ({"n_authors": 0}, 99.5, "RIDE", "fits_facet"),
        ({"hazards": (a_hazard("floor"),)}, 99.9, "RISKY", "hazard_floor"),
        ({"hazards": (a_hazard("floor"),), "n_posts": 8}, 99.9, "RISKY", "hazard_floor"),
        ({"hazards": (a_hazard("floor"),), "n_posts": 1}, 99.9, "WATCH", "hazard_floor"),
        ({"hazards": (a_hazard("floor"),), "n_posts": 1}, 50.0, "IGNORE", "hazard_floor"),
        ({"hazards": (a_hazard("high"),)}, 99.9, "RISKY", "hazard_high"),
        ({"hazards": (a_hazard("medium"),)}, 99.9, "WATCH", "hazard_medium"),
        ({"hazards": (a_hazard("low"),)}, 99.9, "RIDE", "fits_facet"),
    ],
)
def test_examples(changes: dict[str, Any], percentile: float, kind: str, first_code: str) -> None:
    verdict = decide(a_report(**changes), a_fit(percentile))
    assert (verdict.kind, verdict.reasons[0].code) == (kind, first_code)


SURE = Score(0.6, 40, 0.52, 0.7, "m")
FEW = Score(0.9, 2, 0.5, 1.0, "m")


@pytest.mark.parametrize(
    ("changes", "percentile", "kind", "code"),
    [
        ({"exposure": Exposure(n=40, hedged_share=SURE, hedged=("h1",))}, 99.5, "WATCH", "unverified"),
        ({"exposure": Exposure(n=40, unreliable_share=SURE)}, 99.5, "WATCH", "unreliable_links"),
        ({"exposure": Exposure(n=40, unreliable_share=FEW)}, 99.5, "RIDE", "fits_facet"),
        ({"exposure": Exposure(n=40, hedged_share=SURE)}, 50.0, "RISKY", "unverified"),
        ({"division": SURE}, 99.5, "WATCH", "contested"),
        ({"division": Score(0.6, 60, 0.2, 0.9, "m")}, 99.5, "RIDE", "fits_facet"),
        ({"exposure": Exposure(n=40, copy_share=SURE)}, 99.5, "RIDE", "copy_burst"),
        (
            {"exposure": Exposure(n=40, origin=Origin("domain", "x.example", SURE, ("p9",)))},
            99.5,
            "RIDE",
            "single_origin",
        ),
        ({"saturation": Saturation(n_brands=4, share=SURE, post_share=SURE, n_disclosed=0)}, 99.5, "RIDE", "crowded"),
        ({"solemn_days": (SolemnDay("d", "mourning", (("en", "A"), ("it", "B"))),)}, 99.5, "RIDE", "solemn_day"),
    ],
)
def test_hearsay_and_camps_hold_a_team_back_the_rest_is_a_warning(
    changes: dict[str, Any], percentile: float, kind: str, code: str
) -> None:
    moving = Momentum(40.0, 4.0, 5.0, (1, 9), 600)
    verdict = decide(
        a_report(**{"exposure": None, "saturation": None, "division": None, "momentum": moving, **changes}),
        a_fit(percentile),
    )
    assert verdict.kind == kind
    assert code in [reason.code for reason in verdict.reasons]


def test_a_nuance_is_ours_though_the_topic_is_not() -> None:
    nuance = BrandNuance("crumbs", "bread", 3.0, 99.5, ("p1", "p3", "p5"))
    verdict = decide(a_report(), a_fit(60.0), nuance)
    assert verdict.kind is VerdictKind.NUANCE
    assert verdict.reasons[0].code == "nuance_fits"
    assert verdict.reasons[0].evidence == ("p1", "p3")
    with_medium = decide(a_report(hazards=(a_hazard("medium"),)), a_fit(99.9), nuance)
    assert with_medium.kind is VerdictKind.NUANCE
    assert decide(a_report(), a_fit(99.9), nuance).kind is VerdictKind.RIDE


def test_a_fit_to_no_facet_in_particular_is_still_explained() -> None:
    bare = a_report(heat=None)
    for percentile, code in ((99.5, "fits_facet"), (96.0, "weak_fit")):
        verdict = decide(bare, BrandFit(0.2, percentile, 100, ()))
        assert [reason.code for reason in verdict.reasons] == [code]


def test_a_fading_topic_is_said_to_fade() -> None:
    verdict = decide(a_report(stage=Stage.FADING), a_fit(99.5))
    assert verdict.kind is VerdictKind.RIDE
    assert verdict.reasons[-1].code == "fading"
