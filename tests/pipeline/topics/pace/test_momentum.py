"""Counts add up, rates and bursts merge exactly, memory is bounded."""

from __future__ import annotations

import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics.pace.decayed_rate import LONG_S, SHORT_S, USUAL_FACTOR, DecayedRate
from pipeline.topics.pace.momentum import KEPT_BINS, KEPT_BURSTS, Pulse
from pipeline.topics.pace.surge import KEPT_AUTHORS, VOICE_S, StreamPace, Surge

BIN_S = 600
QUIET = StreamPace(USUAL_FACTOR, 1.0)
TIMES = st.lists(st.integers(0, 400_000), min_size=1, max_size=60)


def pulse_of(times: list[int]) -> Pulse:
    pulse = Pulse()
    for i, at_s in enumerate(times):
        pulse.count(float(at_s), BIN_S, author=i, is_copy=False)
    return pulse


def close(one: DecayedRate, other: DecayedRate) -> bool:
    return one.at_s == other.at_s and one.levels(one.at_s) == pytest.approx(other.levels(one.at_s), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(bins=st.lists(st.integers(0, 400), max_size=80), n_bins=st.integers(1, KEPT_BINS))
def test_the_series_counts_every_post_in_its_window(bins: list[int], n_bins: int) -> None:
    pulse = pulse_of([number * BIN_S for number in bins])
    now = max(bins, default=0)
    momentum = pulse.momentum(now * BIN_S, BIN_S, n_bins, QUIET)
    assert sum(momentum.series) == sum(now - n_bins < number <= now for number in bins)
    assert len(momentum.series) == n_bins
    assert momentum.bin_s == BIN_S


@settings(max_examples=60, deadline=None)
@given(times=TIMES, order=st.randoms(use_true_random=False))
def test_a_rate_does_not_depend_on_the_order_of_posts(times: list[int], order: random.Random) -> None:
    mixed = list(times)
    order.shuffle(mixed)
    assert close(pulse_of(times).all_posts, pulse_of(mixed).all_posts)


@settings(max_examples=60, deadline=None)
@given(one=TIMES, other=TIMES)
def test_a_merge_is_what_one_topic_would_have_counted(one: list[int], other: list[int]) -> None:
    merged, together = pulse_of(one), pulse_of(one + other)
    merged.merge(pulse_of(other))
    assert close(merged.all_posts, together.all_posts)
    assert merged.posts == together.posts


def test_a_merge_with_nothing_changes_nothing() -> None:
    pulse = pulse_of([100, 700, 1300])
    before = msgspec.msgpack.encode(pulse)
    pulse.merge(Pulse())
    assert msgspec.msgpack.encode(pulse) == before
    empty = Pulse()
    empty.merge(pulse)
    assert empty.posts == pulse.posts
    assert close(empty.all_posts, pulse.all_posts)


def test_a_steady_rate_is_its_own_baseline() -> None:
    pulse = pulse_of([60 * minute for minute in range(7 * 1440)])
    now_s = 7 * 86_400.0
    momentum = pulse.momentum(now_s, BIN_S, 12, QUIET)
    assert momentum.rate_per_h == pytest.approx(60, rel=0.02)
    assert momentum.baseline_per_h == pytest.approx(60, rel=0.05)
    assert abs(momentum.significance) < 0.5


def test_the_newest_posts_do_not_raise_their_own_baseline() -> None:
    rate = DecayedRate()
    for _ in range(1_000):
        rate.add(5_000.0)
    lately, past = rate.levels(5_000.0)
    assert (lately, past) == (1_000.0, 0.0)
    assert rate.levels(5_000.0 + SHORT_S)[0] == pytest.approx(500)
    assert rate.levels(5_000.0 + 20 * LONG_S)[1] < 1e-2


def test_copies_of_one_account_are_heard_once_an_hour_and_copies_of_nobody_never() -> None:
    surge = Surge()
    assert [surge.hear(60.0 * i, 7, is_copy=True) for i in range(3)] == [1.0, 0.0, 0.0]
    assert surge.hear(120.0 + VOICE_S, 7, is_copy=True) == 0.0, "it never stopped pasting"
    assert surge.hear(121.0 + 2 * VOICE_S, 7, is_copy=True) == 1.0
    assert surge.hear(180.0, None, is_copy=True) == 0.0
    assert surge.hear(180.0, 8, is_copy=True) == 1.0, "a new voice that repeats it spreads it"
    assert surge.hear(180.0, 7, is_copy=False) == 1.0


def test_copies_still_count_in_the_series() -> None:
    pulse = Pulse()
    for i in range(500):
        pulse.count(600.0 + i, BIN_S, author=1, is_copy=True)
    momentum = pulse.momentum(1_199.0, BIN_S, 2, QUIET)
    assert momentum.series == (0, 500)
    assert momentum.rate_per_h == 3_000
    assert momentum.significance < 1


def test_memory_is_bounded() -> None:
    pulse = Pulse()
    for i in range(3 * KEPT_BINS):
        pulse.count(i * 600.0, BIN_S, author=i, is_copy=False)
        pulse.start_burst()
    assert len(pulse.posts) <= KEPT_BINS
    assert len(pulse.bursts) == KEPT_BURSTS
    assert len(pulse.surge.authors) == KEPT_AUTHORS
    other = Pulse()
    for i in range(3 * KEPT_BINS):
        other.count(1e6 + i * 600.0, BIN_S, author=1_000 + i, is_copy=False)
        other.start_burst()
    pulse.merge(other)
    assert len(pulse.posts) <= KEPT_BINS
    assert len(pulse.bursts) == KEPT_BURSTS
    assert len(pulse.surge.authors) == KEPT_AUTHORS
    pulse.count(1e9, BIN_S, author=1, is_copy=False)
    assert len(pulse.posts) == 1, "a long silence leaves nothing behind"
    assert len(msgspec.msgpack.encode(pulse)) < 3_000


def test_a_pulse_without_posts_is_silent() -> None:
    momentum = Pulse().momentum(30_000.0, BIN_S, 4, QUIET)
    assert (momentum.rate_per_h, momentum.baseline_per_h, momentum.series) == (0.0, 0.0, (0, 0, 0, 0))
    assert math.isfinite(momentum.significance)
    assert momentum.significance <= 0
    assert Pulse().burst_times() == ()


def test_a_pulse_survives_its_checkpoint() -> None:
    pulse = pulse_of([5, 10_000, 9_000])
    pulse.start_burst()
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(pulse), type=Pulse, strict=False) == pulse
