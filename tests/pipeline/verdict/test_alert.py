"""Alert rules: told once, only when something changed, quoting both sides."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.settings import AlertSettings
from pipeline.types import Alert, Poles, Reason, Verdict, VerdictKind
from pipeline.verdict.alert import MAX_QUOTES, alerts_for, quoted_ids
from tests.samples import NOW, make_report, make_verdict

ALL_KINDS = tuple(VerdictKind)
TOLD = frozenset(map(VerdictKind, AlertSettings().kinds))
THIN = (Reason(code="thin_posts", text="Only 3 posts so far."),)


def decide(previous: Verdict | None, verdict: Verdict, kinds: frozenset[VerdictKind] = TOLD) -> Alert | None:
    return alerts_for(previous, verdict, make_report(), kinds, (("p1", "Pane!"),), NOW)


@given(st.lists(st.sampled_from(ALL_KINDS), max_size=12), st.frozensets(st.sampled_from(ALL_KINDS)))
def test_a_history_of_verdicts_alerts_exactly_at_each_change_into_a_told_kind(
    history: list[VerdictKind], kinds: frozenset[VerdictKind]
) -> None:
    previous, told = None, []
    for kind in history:
        verdict = make_verdict(kind=kind)
        alert = decide(previous, verdict, kinds)
        told.append(alert is not None)
        if alert is not None:
            assert alert.verdict is verdict
            assert alert.dedup_key == f"forno-aurora:t1:{kind.value}"
        previous = verdict
    assert told == [kind in kinds and history[:i][-1:] != [kind] for i, kind in enumerate(history)]


def test_by_default_only_ride_and_risky_are_told() -> None:
    told = {kind for kind in ALL_KINDS if decide(None, make_verdict(kind=kind)) is not None}
    assert told == {VerdictKind.RIDE, VerdictKind.RISKY}


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_thin_evidence_is_never_told(kind: VerdictKind) -> None:
    assert decide(None, make_verdict(kind=kind, reasons=THIN), frozenset(ALL_KINDS)) is None


def test_a_thin_state_that_becomes_sound_is_told() -> None:
    thin, sound = make_verdict(kind=VerdictKind.WATCH, reasons=THIN), make_verdict(kind=VerdictKind.WATCH)
    assert decide(thin, sound, frozenset({VerdictKind.WATCH})) is not None
    assert decide(sound, sound, frozenset({VerdictKind.WATCH})) is None


def test_one_state_has_one_key_whatever_else_changes() -> None:
    first = decide(None, make_verdict())
    later = alerts_for(
        make_verdict(kind=VerdictKind.WATCH), make_verdict(fit=None), make_report(n_posts=900), TOLD, (), NOW
    )
    other_brand = decide(None, make_verdict(brand_id="rivali"))
    assert first is not None
    assert later is not None
    assert other_brand is not None
    assert first.dedup_key == later.dedup_key != other_brand.dedup_key


def test_both_poles_are_quoted_where_both_are_known() -> None:
    report = make_report(poles=Poles(one=("a", "b"), other=("c", "d"), middle=("e",)))
    assert quoted_ids(make_verdict(), report) == ("a", "c")


@pytest.mark.parametrize("poles", [None, Poles(one=("a",), other=(), middle=())])
def test_without_two_poles_evidence_comes_first_and_representatives_fill_up(poles: Poles | None) -> None:
    reasons = (Reason("a", "A.", evidence=("x",)), Reason("b", "B.", evidence=("x",)))
    verdict = make_verdict(reasons=reasons)
    assert quoted_ids(verdict, make_report(poles=poles, representatives=("x", "r"))) == ("x", "r")


def test_a_nuance_quotes_its_own_posts_before_the_topic_s() -> None:
    verdict = make_verdict(kind=VerdictKind.NUANCE, reasons=())
    report = make_report(poles=None, representatives=("r1", "r2"))
    assert quoted_ids(verdict, report) == ("p1", "p3")
    assert quoted_ids(msgspec.structs.replace(verdict, kind=VerdictKind.RIDE), report) == ("r1", "r2")


_ids = st.lists(st.sampled_from("abcd"), max_size=4).map(tuple)


@given(one=_ids, other=_ids, evidence=_ids, representatives=_ids)
def test_quotes_are_few_distinct_and_known_to_the_report_or_the_verdict(
    one: tuple[str, ...], other: tuple[str, ...], evidence: tuple[str, ...], representatives: tuple[str, ...]
) -> None:
    report = make_report(poles=Poles(one=one, other=other, middle=()), representatives=representatives)
    found = quoted_ids(make_verdict(reasons=(Reason("a", "A.", evidence=evidence),)), report)
    assert len(found) == len(set(found)) <= MAX_QUOTES
    assert set(found) <= {*one, *other, *evidence, *representatives}
