"""What is said would change a verdict does change it, by the smallest step, and no gate is argued with."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.types import BrandFit, BrandNuance, Change, Confidence, Hazard, Score, TopicReport, Verdict, VerdictKind
from pipeline.verdict.decision import friendlier
from pipeline.verdict.rules import VerdictRules
from tests.verdict_cases import RULES, a_fit, a_hazard, a_report, decide, fits, nuances, reports, rules

STEP = 1e-9
change_of = msgspec.structs.replace


def by_hand(  # noqa: C901 - one branch for each finding
    change: Change,
    report: TopicReport,
    fit: BrandFit | None,
    nuance: BrandNuance | None,
    rules: VerdictRules,
    to: float,
) -> Verdict:
    """The verdict after one finding is set to ``to``, written out again so that no mistake is shared."""
    finding, _, way = change.code.rpartition("_")
    exposure = report.exposure
    if change.code in ("more_posts", "more_evidence"):
        report = change_of(report, n_posts=report.n_copies + int(to))
        if change.code == "more_evidence":
            report = change_of(report, n_authors=rules.evidence_authors)
    elif change.code == "more_authors":
        report = change_of(report, n_authors=int(to))
    elif finding == "fit" and fit is not None:
        fit = change_of(fit, percentile=to)
    elif finding == "nuance" and nuance is not None:
        nuance = change_of(nuance, percentile=to)
    elif finding == "heat" and report.heat is not None:
        report = change_of(report, heat=change_of(report.heat, value=to))
    elif finding == "division" and report.division is not None:
        report = change_of(report, division=change_of(report.division, low=to))
    elif finding == "hearsay" and exposure is not None and exposure.hedged_share is not None:
        moved = change_of(exposure, hedged_share=change_of(exposure.hedged_share, value=to))
        report = change_of(report, exposure=moved)
    elif finding == "links" and exposure is not None and exposure.unreliable_share is not None:
        moved = change_of(exposure, unreliable_share=change_of(exposure.unreliable_share, value=to))
        report = change_of(report, exposure=moved)
    elif finding == "hazard" and way == "down":
        report = change_of(report, hazards=tuple(h for h in report.hazards if h.name != change.name))
    elif finding == "hazard":
        risen = tuple(h for h in report.near_hazards if h.name == change.name)
        report = change_of(report, hazards=(*report.hazards, *risen))
    else:
        raise AssertionError(change)
    return decide(report, fit, nuance, rules)


def is_known(report: TopicReport) -> bool:
    """Whether each hazard comes once: what falls or rises is then that one."""
    names = [hazard.name for hazard in (*report.hazards, *report.near_hazards)]
    return len(set(names)) == len(names)


cases = given(report=reports().filter(is_known), fit=st.none() | fits, nuance=st.none() | nuances, rules=rules)


@settings(max_examples=150, deadline=None)
@cases
def test_the_stated_change_gives_the_stated_verdict(
    report: TopicReport, fit: BrandFit | None, nuance: BrandNuance | None, rules: VerdictRules
) -> None:
    verdict = decide(report, fit, nuance, rules)
    for change in verdict.changes:
        assert change.kind is not verdict.kind
        assert change.text.endswith(str(change.kind))
        reached = change.needed - STEP if change.code.endswith("_down") else change.needed
        assert by_hand(change, report, fit, nuance, rules, reached).kind is change.kind, change


@settings(max_examples=150, deadline=None)
@cases
def test_half_the_step_changes_nothing(
    report: TopicReport, fit: BrandFit | None, nuance: BrandNuance | None, rules: VerdictRules
) -> None:
    verdict = decide(report, fit, nuance, rules)
    for change in verdict.changes:
        half = (change.now + change.needed) / 2
        if change.code.startswith(("hazard", "more")) or half in (change.now, change.needed):
            continue  # a hazard counts or does not
        assert by_hand(change, report, fit, nuance, rules, half).kind is verdict.kind, change


@settings(max_examples=150, deadline=None)
@cases
def test_gates_are_final_and_invitations_come_first(
    report: TopicReport, fit: BrandFit | None, nuance: BrandNuance | None, rules: VerdictRules
) -> None:
    verdict = decide(report, fit, nuance, rules)
    if any(hazard.tier == "floor" for hazard in report.hazards):
        assert all(change.kind not in (VerdictKind.RIDE, VerdictKind.NUANCE) for change in verdict.changes)
        assert "hazard_down" not in {change.code for change in verdict.changes if change.name == "death"} or all(
            hazard.tier != "floor" for hazard in report.hazards if hazard.name == "death"
        )
    invites = [friendlier(change.kind, verdict.kind) for change in verdict.changes]
    assert invites == sorted(invites, reverse=True)


NEAR = Hazard("crime", "high", Score(0.15, 60, 0.09, 0.24, "m"), ("p5",))


@pytest.mark.parametrize(
    ("report", "percentile", "told"),
    [
        (a_report(n_posts=8, n_authors=8), 99.9, ["With 4 more distinct posts (12 in all): RIDE"]),
        (a_report(n_posts=8, n_authors=2), 99.9, ["With 4 more distinct posts (12 in all), by more authors: RIDE"]),
        (a_report(n_authors=2), 99.9, ["With 3 more authors (5 in all): RIDE"]),
        (a_report(), 96.0, ["If fit rose from percentile 96 to 99: RIDE"]),
        (
            a_report(hazards=(a_hazard("medium"),)),
            99.9,
            ["If death fell to less than 20% of the posts (now 50%): RIDE"],
        ),
        (a_report(near_hazards=(NEAR,)), 100.0, ["If crime rose to 20% of the posts (now 15%): RISKY"]),
        (a_report(hazards=(a_hazard("floor"),)), 99.9, []),
    ],
)
def test_examples(report: TopicReport, percentile: float, told: list[str]) -> None:
    verdict = decide(change_of(report, heat=None, exposure=None), a_fit(percentile))
    texts = [change.text for change in verdict.changes]
    assert set(told) <= set(texts)
    assert bool(told) == bool(texts)


def test_nobody_is_told_of_a_single_change_where_two_are_needed() -> None:
    hot = Score(0.9, 40, 0.8, 0.95, "m")
    verdict = decide(a_report(heat=hot, hazards=(a_hazard("medium"),)), a_fit(99.9))
    assert verdict.kind is VerdictKind.WATCH
    assert not [change for change in verdict.changes if friendlier(change.kind, verdict.kind)]


def test_a_share_just_below_its_threshold_is_not_written_like_it() -> None:
    close = change_of(NEAR, share=change_of(NEAR.share, value=0.198))
    verdict = decide(a_report(heat=None, exposure=None, near_hazards=(close,)), a_fit(100.0))
    assert "to 20% of the posts (now 19.8%)" in verdict.changes[0].text


# --- confidence -------------------------------------------------------------------

WORDS = (Confidence.FIRM, Confidence.FAIR, Confidence.TENTATIVE)


@settings(max_examples=200, deadline=None)
@cases
def test_what_is_thin_is_tentative_and_what_was_judged_has_a_word(
    report: TopicReport, fit: BrandFit | None, nuance: BrandNuance | None, rules: VerdictRules
) -> None:
    verdict = decide(report, fit, nuance, rules)
    codes = {reason.code for reason in verdict.reasons}
    n_distinct = report.n_posts - report.n_copies
    if n_distinct >= 5 or any(hazard.tier == "floor" for hazard in report.hazards):
        assert verdict.confidence in WORDS
    if codes & {"thin_posts", "thin_authors"}:
        assert verdict.confidence is not Confidence.FIRM
    if verdict.confidence is Confidence.TENTATIVE:
        assert verdict.doubts


@settings(max_examples=100, deadline=None)
@given(share=st.floats(0.2, 1), n=st.integers(20, 400), narrower=st.floats(0, 1))
def test_a_narrower_interval_never_makes_it_less_sure(share: float, n: int, narrower: float) -> None:
    def sure(half_width: float) -> int:
        score = Score(share, n, max(0.0, share - half_width), min(1.0, share + half_width), "m")
        hazard = Hazard("labour", "medium", score, ("p2",))
        verdict = decide(a_report(hazards=(hazard,), heat=None, exposure=None), a_fit(100.0))
        assert verdict.confidence is not None
        return WORDS.index(verdict.confidence)

    assert sure(0.2 * narrower) <= sure(0.2)


def test_a_gate_that_barely_counts_is_a_gate_but_not_a_firm_one() -> None:
    barely = Hazard("death", "floor", Score(0.2, 20, 0.09, 0.38, "m"), ("p2",))
    surely = Hazard("death", "floor", Score(0.8, 60, 0.7, 0.87, "m"), ("p2",))
    kinds = [decide(a_report(hazards=(hazard,)), a_fit(99.9)) for hazard in (barely, surely)]
    assert [verdict.kind for verdict in kinds] == [VerdictKind.RISKY, VerdictKind.RISKY]
    assert [verdict.confidence for verdict in kinds] == [Confidence.TENTATIVE, Confidence.FIRM]
    assert kinds[0].doubts == ("gate",)


def test_fit_is_surer_far_from_the_threshold_and_in_a_large_topic() -> None:
    calm = {"heat": None, "exposure": None}
    found = [
        decide(a_report(n_posts=n, n_copies=0, **calm), change_of(a_fit(p), n=600), rules=replace(RULES, own_topics=0))
        for p, n in ((99.05, 400), (100.0, 400), (60.0, 400))
    ]
    assert [verdict.confidence for verdict in found] == [Confidence.TENTATIVE, Confidence.FIRM, Confidence.FIRM]
