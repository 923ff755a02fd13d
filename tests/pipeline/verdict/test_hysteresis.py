"""Verdicts that are held do not flap, never soften a danger, always end, and follow from what is stored alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.types import BrandFit, BrandNuance, Hazard, TopicReport, Verdict, VerdictKind
from pipeline.types.reason_codes import ReasonCode
from pipeline.verdict.case import Case
from pipeline.verdict.hysteresis import hold
from pipeline.verdict.judge import judge
from pipeline.verdict.rules import VerdictRules
from tests.samples import NOW
from tests.verdict_cases import (
    FRIENDLY,
    RULES,
    a_fit,
    a_hazard,
    a_report,
    fits,
    friendliness,
    hazards,
    nuances,
    reports,
    rules,
)

HOLD_S = 1800.0
HELD = replace(RULES, hold_s=HOLD_S)
BACKGROUND = 400
HELD_CODES = frozenset({ReasonCode.HELD_DANGER, ReasonCode.HELD_BACK, ReasonCode.HELD_ON})
"""Codes of the reason that comes first while a verdict is held."""


def told(
    last: Verdict | None,
    report: TopicReport,
    fit: BrandFit | None,
    nuance: BrandNuance | None = None,
    rules: VerdictRules = HELD,
    minutes: float = 0.0,
) -> Verdict:
    as_of = NOW + timedelta(minutes=minutes)
    verdict = judge("forno-aurora", report, fit, nuance, rules, as_of)
    return hold(last, verdict, Case(report, fit, nuance), rules)


def at(percentile: float) -> BrandFit:
    """A fit read off 400 background topics: its standard error is half a percentile at the 99th."""
    return msgspec.structs.replace(a_fit(percentile), n=BACKGROUND)


looks = st.tuples(reports(), st.none() | fits, st.none() | nuances, st.floats(0, 40))


@settings(max_examples=150, deadline=None)
@given(history=st.lists(looks, max_size=4), now=looks, more=hazards, rules=rules)
def test_more_danger_never_makes_what_is_told_friendlier(
    history: list[tuple[TopicReport, BrandFit | None, BrandNuance | None, float]],
    now: tuple[TopicReport, BrandFit | None, BrandNuance | None, float],
    more: Hazard,
    rules: VerdictRules,
) -> None:
    last, minutes = None, 0.0
    for report, fit, nuance, passed in history:
        minutes += passed
        last = told(last, report, fit, nuance, rules, minutes)
    report, fit, nuance, passed = now
    before = told(last, report, fit, nuance, rules, minutes + passed)
    worse = msgspec.structs.replace(report, hazards=(*report.hazards, more))
    assert friendliness(told(last, worse, fit, nuance, rules, minutes + passed)) >= friendliness(before)


@settings(max_examples=150, deadline=None)
@given(history=st.lists(looks, min_size=1, max_size=6), rules=rules)
def test_what_is_told_respects_gates_and_evidence_and_says_that_it_waits(
    history: list[tuple[TopicReport, BrandFit | None, BrandNuance | None, float]], rules: VerdictRules
) -> None:
    last, minutes = None, 0.0
    for report, fit, nuance, passed in history:
        minutes += passed
        verdict = told(last, report, fit, nuance, rules, minutes)
        distinct = report.n_posts - report.n_copies
        thin = distinct < rules.evidence_posts or 0 < report.n_authors < rules.evidence_authors
        if any(hazard.tier == "floor" for hazard in report.hazards) or thin:
            assert verdict.kind not in FRIENDLY
        pure = judge("forno-aurora", report, fit, nuance, rules, verdict.as_of)
        assert verdict.measured is pure.kind
        if last is None:
            assert verdict == pure
        assert (verdict.held is None) == (verdict.kind is pure.kind) == (verdict.reasons[0].code not in HELD_CODES)
        assert all(change.kind is not verdict.kind for change in verdict.changes)
        restored = msgspec.json.decode(msgspec.json.encode(last), type=Verdict | None)
        assert told(restored, report, fit, nuance, rules, minutes) == verdict
        last = verdict


@settings(max_examples=150, deadline=None)
@given(before=looks, now=looks, rules=rules)
def test_every_hold_ends(
    before: tuple[TopicReport, BrandFit | None, BrandNuance | None, float],
    now: tuple[TopicReport, BrandFit | None, BrandNuance | None, float],
    rules: VerdictRules,
) -> None:
    last = told(None, *before[:3], rules)
    first = told(last, *now[:3], rules, 1.0)
    lasting = told(first, *now[:3], rules, 1.0 + HOLD_S / 60)
    assert lasting.held is None
    assert lasting.kind is first.measured


def test_a_fit_that_wavers_about_the_threshold_changes_the_verdict_once() -> None:
    kinds, last = [], None
    for minute in range(20):
        last = told(last, a_report(), at(99.2 if minute % 2 == 0 else 98.8), minutes=minute)
        kinds.append(last.kind)
    assert set(kinds) == {VerdictKind.RIDE}


def test_a_clear_change_is_told_at_once_both_ways() -> None:
    ride = told(None, a_report(), at(99.9))
    assert told(ride, a_report(), at(60.0), minutes=1).kind is VerdictKind.IGNORE
    watch = told(None, a_report(), at(97.0))
    assert told(watch, a_report(), at(99.9), minutes=1).kind is VerdictKind.RIDE


def test_an_invitation_that_is_only_just_reached_waits_and_says_so() -> None:
    watch = told(None, a_report(), at(97.0))
    soon = told(watch, a_report(), at(99.2), minutes=5)
    assert (soon.kind, soon.measured, soon.reasons[0].code) == (VerdictKind.WATCH, VerdictKind.RIDE, "held_back")
    assert soon.changes[0].code == "wait"
    assert soon.reasons[0].text == "Only just reaches what it needs: becomes “Ride” if that lasts until 12:35 UTC"
    assert told(soon, a_report(), at(99.2), minutes=34).kind is VerdictKind.WATCH
    assert told(soon, a_report(), at(99.2), minutes=35).kind is VerdictKind.RIDE


def test_a_danger_never_waits_and_is_not_let_go_of_quickly() -> None:
    ride = told(None, a_report(), at(99.9))
    worse = a_report(hazards=(a_hazard("high"),))
    risky = told(ride, worse, at(99.9), minutes=1)
    assert (risky.kind, risky.held) == (VerdictKind.RISKY, None)
    gone = told(risky, a_report(), at(99.9), minutes=2)
    assert (gone.kind, gone.reasons[0].code) == (VerdictKind.RISKY, "held_danger")
    back = told(gone, worse, at(99.9), minutes=20)
    assert (back.kind, back.held) == (VerdictKind.RISKY, None)
    again = told(back, a_report(), at(99.9), minutes=25)
    assert told(again, a_report(), at(99.9), minutes=40).kind is VerdictKind.RISKY
    assert told(again, a_report(), at(99.9), minutes=55).kind is VerdictKind.RIDE


def test_part_of_the_way_is_gone_at_once_where_only_the_rest_is_in_doubt() -> None:
    ours = BrandNuance("crumbs", "bread", 3.0, 100.0, ("p1",), share=0.2, n_posts=20)
    watch = told(None, a_report(), at(97.0))
    soon = told(watch, a_report(), at(99.2), ours, minutes=5)
    assert (soon.kind, soon.measured) == (VerdictKind.NUANCE, VerdictKind.RIDE)


def test_without_a_time_to_hold_the_rules_are_told() -> None:
    at_once = replace(HELD, hold_s=0.0)
    watch = told(None, a_report(), at(97.0), rules=at_once)
    assert told(watch, a_report(), at(99.1), rules=at_once, minutes=1).kind is VerdictKind.RIDE
