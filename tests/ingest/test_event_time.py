"""Event time: bounded whatever authors claim, resumable, and unmoved by one absurd date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import BadRecord, StateMismatch
from ingest.event_time import AHEAD, BEHIND, EARLIEST, JUMP, EventClock, Stamp, from_micros, read_time, to_micros
from ingest.post import TimeFlag

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
THEN = datetime(2016, 9, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def times(first_year: int, last_year: int) -> st.SearchStrategy[datetime]:
    first, last = (to_micros(datetime(year, 1, 1, tzinfo=UTC)) for year in (first_year, last_year))
    return st.integers(first, last).map(from_micros)


ANY_CLAIM = st.one_of(
    st.none(),
    times(1960, 2090).map(datetime.isoformat),
    times(2016, 2017).map(lambda moment: moment.replace(tzinfo=None).isoformat() + "Z"),
    st.sampled_from(["", "yesterday", "2016-13-40", "0001-01-01T00:00:00+14:00", "1e9", "٣٣٣٣٣٣٣٣٣", "9" * 400]),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.lists(st.integers(), max_size=1),
)


def archive(state: str = "") -> EventClock:
    return EventClock(lambda: NOW, "archive", state)


def live() -> EventClock:
    return EventClock(lambda: NOW, "live")


def stamps(clock: EventClock, *claims: object) -> list[Stamp]:
    return [clock.stamp(claim) for claim in claims]


@pytest.mark.parametrize(
    "value",
    [
        "2016-09-15T02:03:04Z",
        "2016-09-15T02:03:04+00:00",
        "2016-09-15T04:03:04+02:00",
        "2016-09-15T02:03:04",
        "2016-09-15 02:03:04.000000",
        " 20160915T020304Z ",
        1473904984,
        1473904984.0,
        1473904984000,
        1473904984000000,
        "1473904984",
        "1473904984000",
    ],
)
def test_every_form_of_a_time_is_the_same_time(value: object) -> None:
    moment = read_time(value)
    assert moment == datetime(2016, 9, 15, 2, 3, 4, tzinfo=UTC)
    assert moment is not None
    assert moment.tzinfo is UTC


@pytest.mark.parametrize("value", ["soon", "2016-02-30", True, [], {}, float("nan"), float("inf"), 10**400, "9" * 400])
def test_what_is_no_time_is_a_bad_record(value: object) -> None:
    with pytest.raises(BadRecord) as caught:
        read_time(value)
    assert caught.value.reason == "unreadable_time"


@pytest.mark.parametrize("value", [None, "", "  \t"])
def test_a_blank_time_is_missing(value: object) -> None:
    assert read_time(value) is None


@given(times(1, 9999))
def test_microseconds_round_trip(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


@given(ANY_CLAIM, times(2000, 2080))
def test_live_time_stays_near_what_the_source_saw(claim: object, observed_at: datetime) -> None:
    stamp = live().stamp(claim, observed_at)
    assert observed_at - BEHIND <= stamp.event_time <= observed_at + AHEAD
    assert stamp.event_time.tzinfo is UTC
    assert (stamp.flag is None) == (stamp.created_at == stamp.event_time) or stamp.event_time == observed_at
    if stamp.flag is not None:
        assert stamp.event_time == observed_at


@pytest.mark.parametrize(
    ("offset", "flag"),
    [
        (AHEAD, None),
        (AHEAD + timedelta(microseconds=1), "future"),
        (-BEHIND, None),
        (-BEHIND - timedelta(microseconds=1), "stale"),
    ],
)
def test_live_bounds_are_exact(offset: timedelta, flag: TimeFlag | None) -> None:
    stamp = live().stamp((THEN + offset).isoformat(), THEN)
    assert stamp == Stamp(THEN + offset if flag is None else THEN, THEN + offset, flag)


def test_live_without_an_observed_time_uses_the_clock() -> None:
    assert live().stamp(None).event_time == NOW


@given(st.lists(ANY_CLAIM, max_size=30))
def test_archive_time_is_always_a_possible_time(claims: list[object]) -> None:
    clock = archive()
    high: datetime | None = None
    for stamp in stamps(clock, *claims):
        assert stamp.event_time.tzinfo is UTC
        assert EARLIEST - BEHIND <= stamp.event_time <= NOW + AHEAD
        if stamp.flag is None:
            assert stamp.event_time == stamp.created_at
            assert high is None or stamp.event_time >= high - BEHIND
            high = max(high or stamp.event_time, stamp.event_time)


@given(st.lists(ANY_CLAIM, min_size=1, max_size=20), st.data())
def test_a_restored_clock_goes_on_exactly(claims: list[object], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(claims)))
    whole = archive()
    expected = stamps(whole, *claims)
    first = archive()
    begun = stamps(first, *claims[:cut])
    second = archive(first.state())
    assert begun + stamps(second, *claims[cut:]) == expected
    assert second.state() == whole.state()


@given(
    st.lists(st.integers(-600, 1200), min_size=4, max_size=40),
    st.data(),
)
def test_one_absurd_date_moves_nothing_but_itself(steps: list[int], data: st.DataObject) -> None:
    moment, claims = THEN, []
    for step in steps:
        moment += timedelta(seconds=step)
        claims.append(moment.isoformat())
    at = data.draw(st.integers(0, len(claims)))
    absurd = data.draw(st.sampled_from(["1970-01-01", "1995-01-01", "2024-06-01", "2099-01-01", "soon", 0, -(10**15)]))
    sane, disturbed = archive(), archive()
    expected = sane_stamps(sane, claims, claims)
    with_absurd = [*claims[:at], absurd, *claims[at:]]
    got = sane_stamps(disturbed, with_absurd, with_absurd)
    assert got[:at] + got[at + 1 :] == expected
    assert got[at].flag is not None
    assert abs(got[at].event_time - THEN) <= timedelta(days=3)


def sane_stamps(clock: EventClock, claims: list[object] | list[str], ahead: list[object] | list[str]) -> list[Stamp]:
    clock.prime(ahead)
    return stamps(clock, *claims)


def test_a_jump_is_believed_by_the_third_post_that_agrees() -> None:
    later = THEN + 30 * DAY
    got = stamps(archive(), THEN.isoformat(), *[(later + i * HOUR).isoformat() for i in range(4)])
    assert [stamp.event_time for stamp in got] == [THEN, THEN, THEN, later + 2 * HOUR, later + 3 * HOUR]
    assert [stamp.flag for stamp in got] == [None, "future", "future", None, None]


def test_a_post_in_between_starts_the_agreement_anew() -> None:
    later = (THEN + 30 * DAY).isoformat()
    got = stamps(archive(), THEN.isoformat(), later, later, THEN.isoformat(), later, later)
    assert {stamp.event_time for stamp in got} == {THEN}


def test_a_missing_date_in_between_does_not_disturb_the_agreement() -> None:
    later = THEN + 30 * DAY
    got = stamps(archive(), THEN.isoformat(), later.isoformat(), None, later.isoformat(), "?", later.isoformat())
    assert got[-1] == Stamp(later, later, None)


def test_a_sparse_archive_still_advances() -> None:
    weekly = [THEN + 7 * i * DAY for i in range(10)]
    got = [stamp.event_time for stamp in stamps(archive(), *[moment.isoformat() for moment in weekly])]
    assert got == sorted(got)
    assert got[-1] >= weekly[-3]


def test_a_jump_of_just_a_day_is_no_jump() -> None:
    assert stamps(archive(), THEN.isoformat(), (THEN + JUMP).isoformat())[1].flag is None


def test_an_old_post_is_clamped_to_a_day_behind() -> None:
    got = stamps(archive(), THEN.isoformat(), (THEN - 3 * DAY).isoformat())[1]
    assert got == Stamp(THEN - BEHIND, THEN - 3 * DAY, "out_of_order")


def test_undated_posts_take_the_time_of_the_one_before() -> None:
    got = stamps(archive(), None, THEN.isoformat(), None, "soon", "1980-01-01")
    assert [stamp.event_time for stamp in got] == [NOW, THEN, THEN, THEN, THEN]
    assert [stamp.flag for stamp in got] == ["missing", None, "missing", "unreadable", "stale"]


def ahead_of(claims: list[str]) -> Iterator[str]:
    yield from claims


def test_a_primed_clock_gives_an_undated_start_the_time_of_the_file() -> None:
    clock = archive()
    clock.prime(ahead_of(["?", "2099-01-01", THEN.isoformat(), (THEN + HOUR).isoformat()]))
    assert clock.stamp(None).event_time == THEN


def test_priming_changes_nothing_once_the_clock_runs() -> None:
    clock = archive()
    clock.stamp(THEN.isoformat())
    before = clock.state()
    clock.prime(["2020-01-01"] * 3)
    assert clock.state() == before


@pytest.mark.parametrize("state", ["x", "1", ",", "1,x", "1,2,3,4,y", "9" * 40 + ",-"])
def test_a_state_of_something_else_is_refused(state: str) -> None:
    with pytest.raises(StateMismatch):
        archive(state)
