"""A replay plays an archive in compressed time and leaves event times alone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from configs.errors import UsageError
from ingest.position import Position
from ingest.post import Post
from ingest.replay import Progress, replay
from ingest.sources.contract import DeadLetter
from ingest.wire import Heartbeat
from tests.ingest.collecting import EVENTS, MONDAY, House, ManualClock, ScriptedSource, letter, post


def play(house: House, items: Sequence[Post | DeadLetter], speed: float | None, **options: object) -> ManualClock:
    clock = ManualClock()
    with closing(house.posts.writer()) as posts, closing(house.letters.writer()) as letters:
        replay(ScriptedSource(items), posts, speed, clock, clock.sleep, dead_letters=letters, **options)
    return clock


def test_a_replay_compresses_time_and_keeps_event_times(tmp_path: Path) -> None:
    house = House(tmp_path)
    items = [post(n, event_time=EVENTS + timedelta(minutes=n)) for n in range(61)]
    clock = play(house, items, 60)
    assert clock.now - MONDAY == timedelta(minutes=1), "an hour a minute"
    assert house.messages()[:-1] == items
    assert house.messages()[-1] == Heartbeat(items[-1].event_time, end=True)


def test_a_replay_without_speed_waits_for_nothing_and_gives_the_same_records(tmp_path: Path) -> None:
    slow, fast = House(tmp_path / "slow"), House(tmp_path / "fast")
    items = [post(0), post(500), letter(2), post(7), post(501)]
    play(slow, items, 3)
    assert play(fast, items, None).slept == []
    assert fast.read(fast.posts) == slow.read(slow.posts)
    assert [record.key for record in fast.read(fast.letters)] == ["file:2"]


def test_a_replay_resumes_from_any_reported_position(tmp_path: Path) -> None:
    items = [post(n) for n in range(10)]
    reports: list[Progress] = []
    play(House(tmp_path / "whole"), items, 2, progress=reports.append)
    assert [report.posts for report in reports] == sorted(report.posts for report in reports)
    assert reports[-1] == Progress(10, 0, items[-1].event_time, Position("10"))
    for number, report in enumerate(reports):
        house = House(tmp_path / str(number))
        play(house, items, 2, position=report.position)
        first = int(report.position.token or 0)
        assert house.post_ids() == [f"p{n}" for n in range(first, 10)]
        assert first <= report.posts, "nothing before the position is missing from the stream"


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_a_replay_refuses_a_speed_that_is_none(tmp_path: Path, speed: float) -> None:
    with pytest.raises(UsageError, match="speed"):
        play(House(tmp_path), [], speed)
