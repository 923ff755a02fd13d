"""Every topic has a stage; the stage does not flicker; a typical curve goes through all four."""

from __future__ import annotations

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from pipeline.topics.lifecycle import (
    EMERGING_S,
    FADING_SHARE,
    PEAK_SHARE,
    RISING_FACTOR,
    RISING_SIGNIFICANCE,
    stage_of,
)
from pipeline.topics.momentum import Pulse
from pipeline.types import Momentum, Stage

RATE = st.floats(0, 1e6)
OLD_S = 10 * EMERGING_S


def momentum(rate: float, baseline: float = 0.0, significance: float = 0.0) -> Momentum:
    return Momentum(rate, baseline, significance, (), 600)


@given(
    rate=RATE,
    baseline=RATE,
    significance=st.floats(-100, 100),
    age_s=st.floats(-1e6, 1e9),
    peak=RATE,
    previous=st.none() | st.sampled_from(Stage),
)
def test_there_is_always_a_stage(
    rate: float, baseline: float, significance: float, age_s: float, peak: float, previous: Stage | None
) -> None:
    assert stage_of(momentum(rate, baseline, significance), age_s, peak, previous) in Stage


def flips(rates: list[float], baseline: float, significance: float, peak: float) -> int:
    stage: Stage | None = None
    seen = []
    for rate in rates:
        stage = stage_of(momentum(rate, baseline, significance), OLD_S, peak, stage)
        seen.append(stage)
    return len(list(groupby(seen))) - 1


def test_a_rate_that_wavers_around_a_bound_does_not_flicker() -> None:
    around_peak = [PEAK_SHARE * 100 * (1 + 0.05 * (-1) ** i) for i in range(40)]
    assert flips(around_peak, baseline=1e9, significance=0, peak=100) <= 1
    around_fading = [FADING_SHARE * 100 * (1 + 0.05 * (-1) ** i) for i in range(40)]
    assert flips([90, *around_fading], baseline=1e9, significance=0, peak=100) <= 1
    around_rising = [RISING_FACTOR * 40 * (1 + 0.05 * (-1) ** i) for i in range(40)]
    assert flips(around_rising, baseline=40, significance=3, peak=80) <= 1


def test_a_significance_that_wavers_does_not_flicker() -> None:
    stage: Stage | None = None
    seen = []
    for i in range(40):
        significance = RISING_SIGNIFICANCE * (1 + 0.1 * (-1) ** i)
        stage = stage_of(momentum(100, 10, significance), OLD_S, 100, stage)
        seen.append(stage)
    assert len(list(groupby(seen))) <= 2


def test_a_typical_curve_emerges_rises_peaks_and_fades() -> None:
    counts = [2, 2, 3, 4, 7, 12, 18, 24, 34, 50, 70, 85, 90, 92, 90, 91, 89, 70, 45, 25, 12, 6, 3, 2, 1, 1]
    pulse = Pulse()
    stage: Stage | None = None
    seen: list[Stage] = []
    for number, count in enumerate(counts):
        for _ in range(count):
            pulse.count(number, is_copy=False)
        pulse.close_until(number + 1)
        now = pulse.momentum(number + 1, 600, 12)
        stage = stage_of(now, 600.0 * (number + 1), pulse.peak_posts * 6.0, stage)
        seen.append(stage)
    assert [stage for stage, _ in groupby(seen)] == [Stage.EMERGING, Stage.RISING, Stage.PEAK, Stage.FADING]


def test_a_silent_topic_fades() -> None:
    for previous in (None, *Stage):
        assert stage_of(momentum(0, 5, -2), OLD_S, 100, previous) is Stage.FADING
