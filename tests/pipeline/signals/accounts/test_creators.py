"""Creators: every sign is counted from dated posts, thin evidence says nothing, a clock differs from a person."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.signals.accounts.creators import SIGNALS, creator_signals, creators
from pipeline.signals.accounts.posting_rhythm import burstiness, busiest_hour, on_the_minute, quiet_hours, same_second
from pipeline.signals.exposure.unreliable_domains import DomainList
from pipeline.types import Creator, CreatorSignal, TopicReport
from pipeline.types.post_marks import PostMark
from pipeline.types.traces import PostTrace
from tests.demo_shard import make_trace
from tests.samples import make_report

DOMAINS = DomainList({"bad.example": "fake"})
DAY_S = 86_400.0


def signs(traces: list[PostTrace]) -> dict[str, CreatorSignal]:
    return {signal.name: signal for signal in creator_signals(traces, DOMAINS)}


def of_author(n: int, **changes: object) -> list[PostTrace]:
    return [make_trace(i, **({"author": 1, "at_s": 997.0 * i} | changes)) for i in range(n)]


# --- rhythm -----------------------------------------------------------------------


def test_a_clock_is_even_and_a_person_is_not() -> None:
    clock = burstiness(np.arange(40) * 600.0)
    chance = burstiness(np.cumsum(np.random.default_rng(0).exponential(600.0, 200)))
    bursts = burstiness(np.sort(np.concatenate([np.arange(20) * 5.0, np.arange(6) * 30_000.0 + 100])))
    assert clock is not None
    assert chance is not None
    assert bursts is not None
    assert clock.value == -1
    assert abs(chance.value) < 0.15
    assert chance.low < 0 < chance.high
    assert bursts.value > 0.4


@given(st.lists(st.floats(0, 1e9), max_size=80))
def test_rhythms_stay_in_their_bounds(moments: list[float]) -> None:
    at_s = np.sort(np.array(moments, np.float64))
    found = [score for score in (burstiness(at_s), quiet_hours(at_s)) if score is not None]
    busy = busiest_hour(at_s)
    if busy is not None:
        found.append(busy[0])
        assert 0 < len(at_s[busy[1]]) <= len(at_s)
        assert np.ptp(at_s[busy[1]]) < 3600
    for score in found:
        assert np.isfinite(score.value)
        assert score.low <= score.value <= score.high
    even = burstiness(at_s)
    assert even is None or -1 <= even.low <= even.high <= 1
    quiet = quiet_hours(at_s)
    assert quiet is None or 0 <= quiet.value <= 24
    if len(at_s):
        assert 0 <= same_second(at_s)[0].value <= 1


@given(st.lists(st.floats(0, 1e6), min_size=12, max_size=40), st.floats(0, 1e6))
def test_evenness_does_not_depend_on_when_it_was(moments: list[float], shift: float) -> None:
    at_s = np.sort(np.round(np.array(moments, np.float64)))
    one, other = burstiness(at_s), burstiness(at_s + round(shift))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert other.value == pytest.approx(one.value, abs=1e-6)


def test_a_machine_has_no_night() -> None:
    person = np.concatenate([day * DAY_S + np.arange(9, 22) * 3600.0 for day in range(5)])
    machine = np.concatenate([day * DAY_S + np.arange(0, 24) * 3600.0 for day in range(5)])
    asleep, awake = quiet_hours(person), quiet_hours(machine)
    assert asleep is not None
    assert awake is not None
    assert (asleep.value, awake.value) == (12, 1)
    assert quiet_hours(person[:20]) is None
    assert quiet_hours(np.arange(30) * 100.0) is None, "one day is no habit"


def test_a_stream_without_seconds_says_nothing_about_seconds() -> None:
    found = signs(of_author(12, at_s=60.0))
    assert "on_the_minute" not in found
    assert "same_second" not in found
    assert on_the_minute(np.array([])) is None


def test_a_burst_of_posts_is_named_with_its_posts() -> None:
    traces = [make_trace(i, author=1, at_s=7200.0 * i) for i in range(10)]
    traces += [make_trace(10 + i, author=1, at_s=72_000.0 + 60.0 * i) for i in range(12)]
    busy = signs(traces)["busiest_hour"]
    assert busy.score.value > 10
    assert busy.score.low > 3
    assert {post.post_id for post in busy.evidence} <= {f"p{i}" for i in range(10, 22)}


# --- shares -----------------------------------------------------------------------


def test_every_sign_is_named_in_order_and_dated() -> None:
    traces = of_author(
        30,
        is_copy=True,
        link_hosts=("bad.example",),
        offensive=0.9,
        marks=int(PostMark.PROMOTIONAL | PostMark.DISCLOSED),
        followers=1000,
    )
    for i, trace in enumerate(traces):
        trace.at_s = 9973.0 * i
    found = creator_signals(traces, DOMAINS)
    names = [signal.name for signal in found]
    assert names == [name for name in SIGNALS if name in names]
    assert {*SIGNALS} - {*names} == set()
    moments = {trace.post_id: datetime.fromtimestamp(trace.at_s, UTC) for trace in traces}
    for signal in found:
        assert all(post.at == moments[post.post_id] for post in signal.evidence)
    shares = {signal.name: signal.score.value for signal in found}
    assert [shares[name] for name in ("copied", "unreliable_links", "hostile", "promotional", "disclosed")] == [1] * 5


def test_reposts_are_no_copied_text_and_links_unknown_are_not_clean() -> None:
    found = signs(of_author(10, is_copy=True, repost_of=5, link_hosts=("t.co",)))
    assert "copied" not in found
    assert "unreliable_links" not in found


@pytest.mark.parametrize("n", range(5))
def test_a_few_posts_say_nothing_about_anybody(n: int) -> None:
    assert creator_signals(of_author(n), DOMAINS) == ()


def test_the_order_of_arrival_does_not_matter() -> None:
    traces = of_author(20, followers=500)
    assert creator_signals(traces[::-1], DOMAINS) == creator_signals(traces, DOMAINS)


def test_a_jump_of_followers_is_shown_with_both_posts() -> None:
    counts = [1000, 1010, None, 5050, 5040, 5000]
    traces = [make_trace(i, author=1, at_s=1000.0 * i, followers=count) for i, count in enumerate(counts)]
    jump = signs(traces)["follower_jump"]
    assert (jump.score.value, jump.score.n) == (4, 5)
    assert [post.post_id for post in jump.evidence] == ["p1", "p3"]
    assert "follower_jump" not in signs(
        [make_trace(i, author=1, followers=3 + i * 90) for i in range(2)] + of_author(5)
    )


# --- who ----------------------------------------------------------------------------


def test_top_voices_are_those_with_most_posts_and_known_by_all_their_posts() -> None:
    topic = [make_trace(i, author=1 if i < 6 else 2 if i < 9 else i) for i in range(12)]
    elsewhere = [make_trace(100 + i, author=1, at_s=5000.0 + i) for i in range(20)]
    found = creators(topic, lambda author: [*topic[:6], *elsewhere] if author == 1 else topic[6:9], DOMAINS)
    assert [(creator.author_id, creator.n_posts, creator.n_known) for creator in found] == [("1", 6, 26), ("2", 3, 3)]
    assert found[0].share == 0.5
    assert found[0].signals
    assert found[1].signals == ()
    assert [post.post_id for post in found[0].latest] == ["p5", "p4", "p3"]


def test_what_the_platform_says_is_passed_on_and_silence_is_unknown() -> None:
    topic = [make_trace(i, author=1, followers=10 + i if i < 3 else None) for i in range(6)]
    topic[0].is_bot = True
    found = creators(topic, lambda author: topic, DOMAINS)[0]
    assert (found.is_bot, found.followers) == (True, 12)
    silent = creators([make_trace(i, author=1) for i in range(6)], lambda author: (), DOMAINS)[0]
    assert (silent.is_bot, silent.followers) == (None, None)


def test_reports_of_before_the_signs_are_still_read() -> None:
    before = msgspec.json.decode(msgspec.json.encode(make_report("t1")))
    before |= {"creators": [{"author_id": "7", "n_posts": 4, "share": 0.1}]}
    before |= dict.fromkeys(("exposure", "saturation", "dialogue"))
    report = msgspec.json.decode(msgspec.json.encode(before), type=TopicReport)
    assert report.creators == (Creator("7", 4, 0.1),)
    assert report.exposure is None
