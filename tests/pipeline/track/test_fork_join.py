"""A look shared by copies of the process finds what it finds here alone, also when a copy dies; nobody stays behind."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.settings import EncoderSettings, Settings
from pipeline.enrich.intake import Intake
from pipeline.track import tick
from pipeline.track.assess import file_settings
from pipeline.track.fork_join import CAN_FORK, SharedLook
from pipeline.track.stage import TopicStage
from pipeline.track.write_batch import Changes
from pipeline.wiring.track import build_judge, build_reporter, fresh_memory
from tests.demo_shard import demo_posts, loaded

HERE = os.getpid()
only_with_copies = pytest.mark.skipif(not CAN_FORK, reason="this system measures everything in one process")


@pytest.fixture(autouse=True)
def _nobody_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def look_at(numbers: Sequence[int], dies: str = "") -> SharedLook[list[int], int, int, list[tuple[int, int]]]:
    """Finds every number beside the sum of all; ``dies``: where a copy ends without a word."""

    def here_or_gone(when: str) -> None:
        if dies == when and os.getpid() != HERE:
            os._exit(1)

    def measure(share: int, n_shares: int) -> list[int]:
        here_or_gone("measuring")
        return list(numbers[share::n_shares])

    def judge(measured: list[int], total: int) -> list[tuple[int, int]]:
        here_or_gone("judging")
        return [(number, total) for number in measured]

    return SharedLook(measure, sum, sum, judge)


@given(st.lists(st.integers(-9, 9), max_size=12), st.integers(1, 3))
@settings(deadline=None, max_examples=15)
def test_every_share_is_judged_knowing_all_the_others(numbers: list[int], n_shares: int) -> None:
    found = look_at(numbers).run(n_shares)
    assert found == [[(number, sum(numbers)) for number in numbers[i::n_shares]] for i in range(n_shares)]


@only_with_copies
@pytest.mark.parametrize("when", ["measuring", "judging"])
def test_the_share_of_a_copy_that_dies_is_done_here(when: str) -> None:
    numbers = list(range(10))
    assert look_at(numbers, dies=when).run(3) == look_at(numbers).run(3)


@only_with_copies
def test_what_is_wrong_here_ends_the_copies_too() -> None:
    def judge(measured: int, known: int) -> int:
        if os.getpid() == HERE:
            raise ValueError("wrong")
        signal.pause()
        return measured

    with pytest.raises(ValueError, match="wrong"):
        SharedLook(lambda i, n: i, lambda i: i, sum, judge).run(2)


@only_with_copies
def test_copies_measure_topics_and_decide_as_one_process_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tick, "MANY_TOPICS", 2)
    found = []
    for n_processes in (1, 3):
        own = file_settings(Settings(encoder=EncoderSettings(threads=1)))
        models, profiles = loaded().models, loaded().profiles
        stage = TopicStage(
            fresh_memory(own, models)(),
            build_reporter(own, models),
            build_judge(own, models, profiles),
            own.report,
            n_processes,
        )
        changes = Changes()
        stage.follow(Intake(loaded().enricher.enrich(demo_posts(400)), (), ()), changes)
        stage.finish(changes)
        found.append(changes)
    one, three = found
    assert len(one.reports) > 20
    assert list(one.reports.items()) == list(three.reports.items())
    assert list(one.verdicts.items()) == list(three.verdicts.items())
    assert one.rankings == three.rankings
    assert [alert.dedup_key for alert in one.alerts] == [alert.dedup_key for alert in three.alerts]
