"""Counts add up, a burst is found, and neither a constant stream nor copy-paste looks like one."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics.momentum import KEPT_BINS, Pulse

BIN_S = 600


def pulse_of(counts: list[int], *, copies: bool = False, first: int = 1_000) -> Pulse:
    """Bins filled one after the other, each closed when the next begins."""
    pulse = Pulse()
    for number, count in enumerate(counts, first):
        pulse.close_until(number)
        for _ in range(count):
            pulse.count(number, copies)
    pulse.close_until(first + len(counts))
    return pulse


@settings(max_examples=60, deadline=None)
@given(bins=st.lists(st.integers(0, 400), max_size=80), n_bins=st.integers(1, 100))
def test_the_series_counts_every_post_in_its_window(bins: list[int], n_bins: int) -> None:
    pulse = Pulse()
    for number in bins:
        pulse.count(number, is_copy=False)
    now = max(bins, default=0)
    momentum = pulse.momentum(now, BIN_S, n_bins)
    assert sum(momentum.series) == sum(now - n_bins < number <= now for number in bins)
    assert len(momentum.series) == n_bins
    assert momentum.bin_s == BIN_S


@settings(max_examples=40, deadline=None)
@given(counts=st.lists(st.integers(0, 60), min_size=1, max_size=40), steps=st.integers(1, 9))
def test_how_often_bins_are_closed_is_of_no_consequence(counts: list[int], steps: int) -> None:
    """Closing a bin when the next begins, or several at once later, teaches the same."""
    often = pulse_of(counts)
    late = Pulse()
    for number, count in enumerate(counts, 1_000):
        for _ in range(count):
            late.count(number, is_copy=False)
    first_used = next((i for i, count in enumerate(counts) if count), None)
    for number in range(1_000, 1_000 + len(counts) + 1, steps):
        late.close_until(number)
    late.close_until(1_000 + len(counts))
    if first_used is not None:
        assert (often.mean, often.variance, often.bursts) == (late.mean, late.variance, late.bursts)


def test_a_late_post_counts_in_its_bin_without_reopening_it() -> None:
    pulse = pulse_of([5, 5, 5, 5])
    mean = pulse.mean
    for _ in range(50):
        pulse.count(1_001, is_copy=False)
    pulse.close_until(1_004)
    assert pulse.mean == mean
    momentum = pulse.momentum(1_004, BIN_S, 5)
    assert momentum.series == (5, 55, 5, 5, 0)


def test_a_constant_stream_is_never_significant() -> None:
    for rate in (1, 3, 10, 100, 1_000):
        pulse = pulse_of([rate] * 10)
        for number in range(1_010, 1_060):
            for _ in range(rate):
                pulse.count(number, is_copy=False)
            assert pulse.momentum(number, BIN_S, 12).significance < 1
            pulse.close_until(number + 1)
            assert pulse.momentum(number + 1, BIN_S, 12).significance < 1
        assert pulse.burst_times(BIN_S) == () or pulse.burst_times(BIN_S)[0].onset <= at(1_000)


def at(number: int) -> datetime:
    return datetime.fromtimestamp(number * BIN_S, UTC)


def test_a_burst_is_found_with_onset_and_peak_and_ends() -> None:
    quiet = [3] * 20
    burst = pulse_of([*quiet, 40, 90, 60, 20, 5, *quiet])
    (found,) = burst.burst_times(BIN_S)
    assert found.onset == at(1_020)
    assert found.peak == at(1_021)
    assert burst.burst_onset is None, "it is over"
    running = pulse_of([*quiet, 40, 90])
    assert running.burst_times(BIN_S)[0].peak == at(1_021)
    assert running.significance > 3


def test_copies_do_not_make_a_burst() -> None:
    quiet = [3] * 20
    pulse = pulse_of(quiet)
    for _ in range(500):
        pulse.count(1_020, is_copy=True)
    assert pulse.momentum(1_020, BIN_S, 12).significance < 1
    pulse.close_until(1_021)
    momentum = pulse.momentum(1_021, BIN_S, 12)
    assert momentum.significance < 1
    assert pulse.burst_times(BIN_S) == ()
    assert momentum.rate_per_h == 500 * 6, "but they are counted"


def test_a_merge_adds_up() -> None:
    one, other = pulse_of([1, 2, 3]), pulse_of([10, 20, 30])
    one.merge(other)
    assert one.momentum(1_002, BIN_S, 3).series == (11, 22, 33)
    assert one.peak_posts >= 33
    assert one.mean > other.mean
    empty = Pulse()
    empty.merge(Pulse())
    assert empty.open_bin is None
    empty.merge(one)
    assert empty.momentum(1_002, BIN_S, 3).series == (11, 22, 33)


def test_memory_is_bounded_and_a_long_silence_costs_nothing() -> None:
    pulse = pulse_of([2] * (2 * KEPT_BINS))
    assert len(pulse.posts) <= KEPT_BINS + 1
    pulse.close_until(10_000_000)
    assert pulse.posts == {}
    assert pulse.mean < 1e-6
    pulse.close_until(5)  # time jumps back: nothing is learned twice
    assert pulse.open_bin == 10_000_000


def test_a_pulse_without_posts_is_silent() -> None:
    pulse = Pulse()
    pulse.close_until(50)
    momentum = pulse.momentum(50, BIN_S, 4)
    assert (momentum.rate_per_h, momentum.baseline_per_h, momentum.series) == (0.0, 0.0, (0, 0, 0, 0))
    assert math.isfinite(momentum.significance)
    assert momentum.significance <= 0
