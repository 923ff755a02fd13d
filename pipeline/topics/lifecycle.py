"""In which stage of its life a topic is, with hysteresis so that it does not flicker."""

from __future__ import annotations

from pipeline.types import Momentum, Stage

EMERGING_S = 3600.0
RISING_FACTOR = 1.5
RISING_SIGNIFICANCE = 1.0
PEAK_SHARE = 0.7
FADING_SHARE = 0.35
STICKY = 0.15
"""A stage is left only when its bound is missed by this share: the hysteresis."""


def stage_of(momentum: Momentum, age_s: float, peak_per_h: float, previous: Stage | None) -> Stage:
    """Stage from rate, baseline, age and the highest rate so far.

    Parameters
    ----------
    momentum
        Now against the topic's own baseline.
    age_s
        Event time since the first post.
    peak_per_h
        Highest rate of any full bin so far, posts an hour.
    previous
        The stage at the last measurement, which is left reluctantly.

    Examples
    --------
    >>> quiet = Momentum(rate_per_h=2, baseline_per_h=10, significance=-1, series=(), bin_s=600)
    >>> stage_of(quiet, age_s=9000, peak_per_h=120, previous=Stage.PEAK).value
    'fading'
    """
    rate = momentum.rate_per_h
    slack = STICKY if previous in (Stage.RISING, Stage.PEAK) else 0.0
    if rate < FADING_SHARE * (1 - slack) * peak_per_h:
        return Stage.FADING
    rises = rate > RISING_FACTOR * (1 - slack if previous is Stage.RISING else 1) * momentum.baseline_per_h
    if rises and momentum.significance >= RISING_SIGNIFICANCE * (0.5 if previous is Stage.RISING else 1):
        return Stage.RISING
    if age_s < EMERGING_S:
        return Stage.EMERGING
    if rate >= PEAK_SHARE * (1 - slack) * peak_per_h:
        return Stage.PEAK
    return Stage.FADING if previous is Stage.FADING else Stage.PEAK if slack else Stage.FADING
