"""Every topic has a stage; the stage does not flicker; a typical curve goes through all four."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from pipeline.topics.pace.burst_watch import BurstWatch
from pipeline.topics.pace.lifecycle import (
    EMERGING_S,
    OVER_S,
    PEAK_ENTER_SHARE,
    PEAK_STAY_SHARE,
    RISING_ENTER_SHARE,
    RISING_S,
    RISING_STAY_SHARE,
    Life,
    stage_of,
)
from pipeline.topics.pace.momentum import Pulse
from pipeline.types import Stage

DAY_S = 86_400.0
RATE = st.floats(0, 1e6)
MOMENT = st.none() | st.floats(-1e9, 1e9)


@given(
    life=st.builds(Life, began_s=MOMENT, top=RATE, high=RATE, high_s=MOMENT, rose_s=MOMENT, worth_until_s=MOMENT),
    lately=RATE,
    now_s=st.floats(-1e9, 1e9),
    previous=st.none() | st.sampled_from(Stage),
)
def test_there_is_always_a_stage(life: Life, lately: float, now_s: float, previous: Stage | None) -> None:
    stage = stage_of(life, lately, now_s, previous)
    assert stage in Stage
    assert stage_of(life, lately, now_s, stage) is stage, "the same moment again changes nothing"


def stages_of(per_h: Sequence[float], seed: int = 1, hours_each: float = 1.0) -> list[Stage]:
    """Stages, every minute, of a topic with these rates, in a stream of 200 posts an hour with a past."""
    rng = random.Random(seed)
    watch, pulse = BurstWatch(), Pulse()
    stage: Stage | None = None
    seen: list[Stage] = []
    at_s, start_s = 0.0, DAY_S
    for minute in range(int(1440 + 60 * hours_each * len(per_h))):
        at_s = 60.0 * minute
        for _ in range(3):
            watch.take(0, Pulse(), at_s, 600, author=rng.randrange(300), is_copy=False, hashtags=())
        if at_s < start_s:
            continue
        rate = per_h[min(int((at_s - start_s) / 3600 / hours_each), len(per_h) - 1)]
        for _ in range(int(rate / 60) + (rng.random() < rate / 60 % 1)):
            watch.take(1, pulse, at_s, 600, author=rng.randrange(300), is_copy=False, hashtags=())
        if pulse.life.began_s is not None:
            stage = stage_of(pulse.life, pulse.surge.rate.lately(at_s), at_s, stage)
            seen.append(stage)
    return seen


def in_turn(seen: list[Stage]) -> list[Stage]:
    return [stage for stage, _ in groupby(seen)]


def test_a_typical_curve_emerges_rises_peaks_and_fades() -> None:
    for seed in range(5):
        curve = [2, 3, 6, 20, 60, 120, 120, 120, 120, 120, 30, 10, 3, 1, 1, 1]
        assert in_turn(stages_of(curve, seed)) == [Stage.EMERGING, Stage.RISING, Stage.PEAK, Stage.FADING]


def test_a_slow_constant_topic_emerges_and_never_peaks() -> None:
    for seed in range(5):
        seen = stages_of([2.0] * 60, seed)
        assert in_turn(seen) == [Stage.EMERGING, Stage.FADING]
        assert abs(seen.index(Stage.FADING) - EMERGING_S / 60) < 2


def test_what_never_rose_and_is_silent_is_not_emerging() -> None:
    life = Life()
    for minute in range(0, 60, 5):
        life.follow(6.0, 60.0 * minute, rises=False)
    assert stage_of(life, 6.0, 3_600.0, Stage.EMERGING) is Stage.EMERGING
    assert stage_of(life, 0.2, 5 * 3_600.0, Stage.EMERGING) is Stage.EMERGING, "a slow topic has pauses"
    assert stage_of(life, 1e-5, 12 * 3_600.0, Stage.EMERGING) is Stage.FADING
    life.follow(40.0, 3_600.0, rises=False)
    assert stage_of(life, 0.2, 5 * 3_600.0, Stage.EMERGING) is Stage.FADING, "a large one has not"


def test_a_rate_that_wavers_does_not_flicker() -> None:
    for seed in range(5):
        wavering = [5.0, 60.0, *([60.0, 45.0] * 10)]
        assert len(in_turn(stages_of(wavering, seed, hours_each=0.5))) <= 4
        around_fading = [5.0, 100.0, 100.0, *([45.0, 38.0] * 10)]
        assert len(in_turn(stages_of(around_fading, seed, hours_each=0.5))) <= 5


def test_each_bound_is_left_reluctantly() -> None:
    life = Life(began_s=0.0, top=100.0, high=100.0, high_s=0.0, rose_s=0.0)
    old_s = 2 * RISING_S
    between = 100 * (PEAK_ENTER_SHARE + PEAK_STAY_SHARE) / 2
    assert stage_of(life, between, old_s, Stage.PEAK) is Stage.PEAK
    assert stage_of(life, between, old_s, Stage.FADING) is Stage.FADING
    below_rising = 100 * (RISING_ENTER_SHARE + RISING_STAY_SHARE) / 2
    assert stage_of(life, below_rising, 60.0, Stage.RISING) is Stage.RISING
    assert stage_of(life, below_rising, 60.0, Stage.PEAK) is Stage.PEAK


def test_a_topic_that_goes_silent_fades_and_is_over() -> None:
    seen = stages_of([5, 100, 100, 0, 0, 0, 0])
    assert seen[-1] is Stage.FADING
    life = Life()
    life.follow(50.0, 0.0, rises=True)
    assert life.worth_until_s is not None
    assert not life.over(life.worth_until_s + OVER_S - 1)
    assert life.over(life.worth_until_s + OVER_S)
    assert not Life().over(1e12), "what never began is not over"


@given(rates=st.lists(st.floats(0.01, 1e5), min_size=1, max_size=40), cut=st.integers(0, 40))
def test_the_end_of_a_life_never_moves_back(rates: list[float], cut: int) -> None:
    life = Life()
    ends = []
    for i, rate in enumerate(rates):
        life.follow(rate, 600.0 * i, rises=i > cut)
        assert life.worth_until_s is not None
        ends.append(life.worth_until_s)
    assert ends == sorted(ends)
    assert life.top == max(rates)


def test_a_merge_keeps_the_longer_life() -> None:
    one, other = Life(), Life()
    one.follow(10.0, 0.0, rises=False)
    other.follow(90.0, 5_000.0, rises=True)
    one.merge(other)
    assert (one.began_s, one.top, one.high, one.high_s) == (0.0, 90.0, 90.0, 5_000.0)
    assert (one.rose_s, one.worth_until_s) == (5_000.0, other.worth_until_s)
    before = Life(*(getattr(one, name) for name in Life.__struct_fields__))
    one.merge(Life())
    assert one == before
