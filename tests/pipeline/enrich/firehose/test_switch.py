"""The change of encoders: enters on a backlog, leaves only when calm will last, never flaps, forgets nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.settings import EncoderSettings
from pipeline.enrich.firehose.switch import START, Decision, FirehoseSwitch, Mode

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SETTINGS = EncoderSettings(firehose_enter_lag_s=60.0, firehose_leave_lag_s=5.0, firehose_calm_s=120.0)
SWITCH = FirehoseSwitch(SETTINGS)


def _follow(seen: list[tuple[int | None, float | None]], every_s: float = 30.0) -> list[Decision]:
    decisions, last = [], START
    for i, (lag, speed) in enumerate(seen):
        last = SWITCH.decide(last, lag, speed, NOON + timedelta(seconds=i * every_s))
        decisions.append(last)
    return decisions


# --- invariants -------------------------------------------------------------------

_LAGS = st.none() | st.integers(0, 10**7)
_SPEEDS = st.none() | st.floats(0, 1e5)


@given(st.lists(st.tuples(_LAGS, _SPEEDS), max_size=40))
def test_a_mode_changes_only_for_its_own_reason(seen: list[tuple[int | None, float | None]]) -> None:
    before = START
    for decision in _follow(seen):
        if decision.mode is not before.mode:
            assert decision.code == ("backlog" if decision.mode is Mode.FIREHOSE else "calm")
        assert decision.reason
        before = decision


@given(st.lists(st.tuples(_LAGS, _SPEEDS), max_size=40))
def test_firehose_lasts_at_least_the_calm_time(seen: list[tuple[int | None, float | None]]) -> None:
    entered: int | None = None
    for i, decision in enumerate(_follow(seen, every_s=30.0)):
        if decision.code == "backlog":
            entered = i
        if decision.code == "calm":
            assert entered is not None
            assert (i - entered) * 30.0 >= SETTINGS.firehose_calm_s


@given(st.lists(st.tuples(_LAGS, _SPEEDS), max_size=15))
def test_equal_observations_give_equal_decisions(seen: list[tuple[int | None, float | None]]) -> None:
    assert _follow(seen) == _follow(seen)


@given(lag=_LAGS, mode=st.sampled_from(Mode))
def test_without_a_speed_nothing_changes(lag: int | None, mode: Mode) -> None:
    for speed in (None, 0.0):
        assert SWITCH.decide(Decision(mode, "x", "x"), lag, speed, NOON).mode is mode


# --- examples ---------------------------------------------------------------------


def test_a_flood_comes_and_goes() -> None:
    codes = [
        d.code
        for d in _follow(
            [(100, 500), (40_000, 500), (90_000, 12_000), (0, 300), (0, 300), (10, 300), (0, 300), (0, 300), (0, 300)]
        )
    ]
    assert codes == [
        "keeping_up",
        "backlog",
        "backlog_remains",
        *["calming"] * 4,
        "calm",
        "keeping_up",
    ]


def test_a_steady_flood_keeps_the_student_however_empty_the_queue_is() -> None:
    decisions = _follow([(40_000, 500.0), *[(0, 2_000.0)] * 50])
    assert {d.mode for d in decisions} == {Mode.FIREHOSE}
    assert decisions[-1].code == "still_too_fast"


def test_calm_starts_again_when_the_queue_fills() -> None:
    decisions = _follow([(40_000, 500), *[(0, 100)] * 4, (90_000, 900), *[(0, 100)] * 4])
    assert decisions[-1].mode is Mode.FIREHOSE
    assert decisions[-1].code == "calming"


@pytest.mark.parametrize(("lag", "mode"), [(30_000, Mode.DEFAULT), (30_001, Mode.FIREHOSE)])
def test_the_border_belongs_to_the_default_encoder(lag: int, mode: Mode) -> None:
    assert SWITCH.decide(START, lag, 500.0, NOON).mode is mode
