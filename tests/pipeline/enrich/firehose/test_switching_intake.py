"""The intake with two encoders: whole batches, one decision a second, a mark that says who read and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from configs.settings import EncoderSettings
from ingest.post import Post
from ingest.streams import POSTS
from ingest.streams.contract import Record
from ingest.wire import Heartbeat, encode_heartbeat, encode_post
from pipeline.enrich.firehose.switch import KNOWN_AFTER_S, RESUMED, START, Decision, FirehoseSwitch, PostRate
from pipeline.enrich.firehose.switching_intake import Reader, SwitchingIntake
from pipeline.enrich.intake import Mark, RawIntake, ReadBy
from tests.conftest import FixedClock
from tests.pipeline.plain_enricher import Plain

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BATCH = 100


class Flow:
    """A queue, a clock and the intake between them; 100 posts are read a step."""

    def __init__(self, start: Decision = START) -> None:
        self.clock = FixedClock(NOON)
        self.waiting: int | None = 0
        self.asked = 0
        settings = EncoderSettings(firehose_enter_lag_s=60.0, firehose_leave_lag_s=5.0, firehose_calm_s=120.0)
        default, student = (Reader(RawIntake(Plain(name), POSTS), name) for name in ("default", "student"))
        self.intake = SwitchingIntake(default, student, FirehoseSwitch(settings), self._lag, self.clock, start)

    def _lag(self) -> int | None:
        self.asked += 1
        return self.waiting

    def read(self, waiting: int | None, seconds: float = 1.0, times: int = 1) -> ReadBy:
        """Read a batch ``times`` times, so many ``seconds`` apart: who read the last one."""
        self.waiting = waiting
        for _ in range(times):
            intake = self.intake.read(records())
            self.clock.advance(seconds)
        assert intake.batch.encoder_id == mark_of(intake.marks).encoder_id
        return mark_of(intake.marks)


def mark_of(marks: Sequence[Mark]) -> ReadBy:
    first = marks[0]
    assert first.after == 0
    assert isinstance(first.what, ReadBy)
    return first.what


def records() -> list[Record]:
    outs = [encode_post(Post(post_id=str(i), text="x", event_time=NOON)) for i in range(BATCH)]
    outs.append(encode_heartbeat(Heartbeat(NOON)))
    return [Record(0, i, out.key, out.value, out.headers) for i, out in enumerate(outs)]


def test_a_flood_is_read_by_the_student_until_it_is_over() -> None:
    flow = Flow()
    assert flow.read(waiting=0, times=20).encoder_id == "default"
    entered = flow.read(waiting=6_100, times=2)
    assert (entered.encoder_id, entered.code) == ("student", "backlog")
    assert "6100 posts wait" in entered.reason
    assert flow.read(waiting=6_000, seconds=1 / 15, times=400) == entered, "the cause stays that of the change"
    assert flow.read(waiting=0, seconds=2.0, times=30) == entered
    back = flow.read(waiting=0, seconds=2.0, times=60)
    assert (back.encoder_id, back.code) == ("default", "calm")


def test_a_steady_flood_keeps_the_student() -> None:
    flow = Flow()
    flow.read(waiting=0, times=20)
    flow.read(waiting=90_000, times=2)
    assert {flow.read(waiting=0, seconds=0.5).encoder_id for _ in range(2_000)} == {"student"}


def test_marks_of_the_stream_stay_in_their_places() -> None:
    marks = Flow().intake.read(records()).marks
    assert [mark.after for mark in marks] == [0, BATCH]
    assert marks[1].what == Heartbeat(NOON)


def test_the_lag_is_asked_for_once_a_second() -> None:
    flow = Flow()
    flow.read(waiting=0, seconds=0.05, times=100)
    assert flow.asked == 5


def test_a_start_and_an_unknown_lag_change_nothing() -> None:
    assert Flow().read(waiting=10**7, times=5).encoder_id == "default", "models load in the first batches"
    flow = Flow()
    flow.read(waiting=0, times=20)
    assert flow.read(waiting=None, times=50).encoder_id == "default"


def test_after_a_restart_in_a_flood_the_student_goes_on() -> None:
    flow = Flow(RESUMED)
    assert flow.read(waiting=90_000, seconds=0.1) == ReadBy("student", "resumed", RESUMED.reason)
    assert flow.read(waiting=0, times=140).encoder_id == "default"


# --- the rate -----------------------------------------------------------------------


def test_a_rate_is_unknown_at_first_and_then_follows_what_happens() -> None:
    clock, rate = FixedClock(NOON), PostRate()
    seen = []
    for posts in (*(500,) * 40, *(50,) * 60):
        rate.learn(posts, clock())
        seen.append(rate.posts_per_s)
        clock.advance(1.0)
    assert seen[: int(KNOWN_AFTER_S)] == [None] * int(KNOWN_AFTER_S)
    assert seen[39] == pytest.approx(500, rel=0.01)
    assert seen[-1] == pytest.approx(50, rel=0.3)


def test_waiting_counts_and_a_clock_that_jumps_back_does_no_harm() -> None:
    clock, rate = FixedClock(NOON), PostRate()
    rate.learn(0, clock())
    clock.advance(100.0)
    rate.learn(50, clock())
    assert rate.posts_per_s == pytest.approx(0.5)
    clock.advance(-50.0)
    rate.learn(0, clock())
    assert rate.posts_per_s == pytest.approx(0.5)
