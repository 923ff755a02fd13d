"""The decision is pure and total, more danger never makes it friendlier, and every verdict says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.types import (
    BrandFit,
    BrandNuance,
    Confidence,
    Exposure,
    Hazard,
    Momentum,
    Origin,
    Saturation,
    Score,
    SolemnDay,
    Stage,
    ThemeFit,
    TopicReport,
    VerdictKind,
)
from pipeline.verdict.rules import VerdictRules
from tests.verdict_cases import (
    FRIENDLY,
    RULES,
    TIERS,
    a_fit,
    a_hazard,
    a_report,
    decide,
    fits,
    friendliness,
    hazards,
    nuances,
    reports,
    rules,
    scores,
)

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
    known |= {i for theme in (fit.no_go if fit else ()) for i in theme.evidence}
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
    change = msgspec.structs.replace
    before = friendliness(decide(report, fit, nuance, rules))
    worse = [change(report, hazards=(*report.hazards, more))]
    for i, hazard in enumerate(report.hazards):
        others = (*report.hazards[:i], *report.hazards[i + 1 :])
        above = data.draw(st.sampled_from(TIERS[TIERS.index(hazard.tier) :]))
        share = data.draw(st.floats(hazard.share.value, 1))
        worse.append(change(report, hazards=(*others, change(hazard, tier=above))))
        worse.append(change(report, hazards=(*others, change(hazard, share=change(hazard.share, value=share)))))
    if report.heat is not None:
        hotter = change(report.heat, value=data.draw(st.floats(report.heat.value, 1)))
        worse.append(change(report, heat=hotter))
    else:
        worse.append(change(report, heat=data.draw(scores)))
    exposure = report.exposure or Exposure(n=9)
    certain = Score(1.0, 50, 1.0, 1.0, "m")
    worse.append(change(report, division=certain))
    worse.append(change(report, exposure=change(exposure, hedged_share=certain, hedged=("h1",))))
    worse.append(change(report, exposure=change(exposure, unreliable_share=certain)))
    worse.append(change(report, solemn_days=(SolemnDay("d", "mourning", (("en", "A day"), ("it", "Un giorno"))),)))
    for other in worse:
        assert friendliness(decide(other, fit, nuance, rules)) >= before
    if nuance is not None:
        tainted = change(nuance, hazards=("labour",))
        assert friendliness(decide(report, fit, tainted, rules)) >= before
    if fit is not None:
        avoided = change(fit, no_go=(ThemeFit("diet shaming", 99.9),))
        assert friendliness(decide(report, avoided, nuance, rules)) >= before


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


def test_the_angle_of_a_nuance_is_said_in_words_and_why_it_is_not_the_whole_topic() -> None:
    part = BrandNuance("crumbs", "bread", 3.0, 99.5, ("p1", "p3", "p5"), share=0.25, n_posts=15)
    angle, whole = decide(a_report(), a_fit(60.0), part).reasons[:2]
    assert angle.text == "The part about “crumbs” (25% of the posts) speaks to “bread”"
    assert whole.text == "The topic as a whole does not fit: percentile 60, 99 needed"
    guarded = decide(a_report(hazards=(a_hazard("medium"),)), a_fit(99.9), part)
    assert [reason.code for reason in guarded.reasons][:2] == ["nuance_fits", "whole_guarded"]
    assert "hazard_medium" in [reason.code for reason in guarded.reasons]


def test_a_part_with_a_risk_of_its_own_is_watched_and_named() -> None:
    part = BrandNuance("crumbs", "bread", 3.0, 99.5, ("p1",), ("labour",))
    verdict = decide(a_report(), a_fit(60.0), part)
    assert (verdict.kind, verdict.reasons[0].code) == (VerdictKind.WATCH, "risky_part")
    ride = decide(a_report(), a_fit(99.9), part)
    assert (ride.kind, ride.reasons[0].code) == (VerdictKind.RIDE, "fits_facet")
    assert "risky_part" in [reason.code for reason in ride.reasons]


def test_a_no_go_theme_is_named_and_holds_a_team_back() -> None:
    fit = msgspec.structs.replace(a_fit(99.9), no_go=(ThemeFit("diet shaming", 99.8, ("p7",)),))
    verdict = decide(a_report(), fit)
    assert (verdict.kind, verdict.reasons[0].code, verdict.reasons[0].evidence) == (VerdictKind.WATCH, "no_go", ("p7",))
    assert "diet shaming" in verdict.reasons[0].text
    far = msgspec.structs.replace(fit, percentile=50.0)
    assert decide(a_report(), far).kind is VerdictKind.IGNORE


def test_a_cold_start_says_so_and_rides_only_what_is_clear() -> None:
    rules = replace(RULES, own_topics=20)
    for percentile, n_own, kind in ((99.2, 19, "WATCH"), (100.0, 19, "RIDE"), (99.2, 20, "RIDE")):
        fit = BrandFit(1.0, percentile, 144, a_fit(99.0).facets, n_own)
        verdict = decide(a_report(), fit, rules=rules)
        assert verdict.kind == kind
        assert ("cold_start" in [reason.code for reason in verdict.reasons]) == (n_own < 20)
        assert verdict.confidence is not Confidence.FIRM or n_own >= 20


def test_a_fit_to_no_facet_in_particular_is_still_explained() -> None:
    bare = a_report(heat=None)
    for percentile, code in ((99.5, "fits_facet"), (96.0, "weak_fit")):
        verdict = decide(bare, BrandFit(0.2, percentile, 100, ()))
        assert [reason.code for reason in verdict.reasons] == [code]


def test_a_fading_topic_is_said_to_fade() -> None:
    verdict = decide(a_report(stage=Stage.FADING), a_fit(99.5))
    assert verdict.kind is VerdictKind.RIDE
    assert verdict.reasons[-1].code == "fading"
