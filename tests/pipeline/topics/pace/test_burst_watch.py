"""A burst is noticed with the post that makes it; a stream that wakes up, one voice and paste are none."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from pipeline.topics.pace.burst_watch import KEPT_ALARMS, KEPT_TAGS, WARM_UP_S, Alarm, BurstWatch
from pipeline.topics.pace.momentum import Pulse
from pipeline.topics.pace.surge import MIN_AUTHORS

BIN_S = 600
HOUR_S = 3600.0
DAY_S = 86_400.0


@dataclass(frozen=True)
class Said:
    at_s: float
    topic: int
    author: int | None
    is_copy: bool = False
    hashtags: tuple[str, ...] = ()


def background(days: float, per_h: float, seed: int = 1, n_topics: int = 40, swing: float = 0.0) -> list[Said]:
    """Posts of everyday topics at random moments; ``swing`` is how far the night falls, in shares."""
    rng = random.Random(seed)
    said, at_s = [], 0.0
    while at_s < days * DAY_S:
        at_s += rng.expovariate(per_h / HOUR_S)
        if rng.random() < 1 - swing * (0.5 + 0.5 * math.cos(2 * math.pi * at_s / DAY_S)):
            topic = int(n_topics * rng.random() ** 2)
            said.append(Said(at_s, topic, rng.randrange(500), hashtags=(f"tag{topic}",)))
    return said


def follow(posts: Iterable[Said]) -> tuple[BurstWatch, dict[int, Pulse]]:
    watch = BurstWatch()
    pulses: dict[int, Pulse] = {}
    for post in posts:
        pulse = pulses.setdefault(post.topic, Pulse())
        watch.take(
            post.topic,
            pulse,
            post.at_s,
            BIN_S,
            author=post.author,
            is_copy=post.is_copy,
            hashtags=post.hashtags,
        )
    return watch, pulses


def with_burst(quiet: list[Said], burst: list[Said]) -> list[Said]:
    return sorted(quiet + burst, key=lambda post: post.at_s)


def alarms_of(posts: Iterable[Said], topic: int) -> list[Alarm]:
    return [alarm for alarm in follow(posts)[0].alarms if alarm.topic == topic]


def test_a_burst_is_noticed_within_a_few_posts_and_once() -> None:
    onset_s = 2 * DAY_S
    burst = [Said(onset_s + 60.0 * i, 777, author=i % 20, hashtags=("new",)) for i in range(120)]
    posts = with_burst(background(3, per_h=100), burst)
    (alarm,) = alarms_of(posts, 777)
    assert 0 < alarm.at_s - onset_s <= 600
    (span,) = follow(posts)[1][777].bursts
    assert span.onset_s == alarm.at_s
    assert span.onset_s < span.peak_s <= onset_s + 120 * 60


def test_few_voices_are_no_burst_whatever_they_post() -> None:
    for n_authors, expected in ((MIN_AUTHORS - 1, 0), (MIN_AUTHORS, 1)):
        burst = [Said(2 * DAY_S + 30.0 * i, 777, author=i % n_authors) for i in range(120)]
        assert len(alarms_of(with_burst(background(3, per_h=100), burst), 777)) == expected


def test_a_stream_without_authors_can_burst() -> None:
    burst = [Said(2 * DAY_S + 30.0 * i, 777, author=None) for i in range(60)]
    assert len(alarms_of(with_burst(background(3, per_h=100), burst), 777)) == 1


def test_paste_is_no_burst() -> None:
    paste = [Said(2 * DAY_S + 10.0 * i, 777, author=i % 4, is_copy=i > 0, hashtags=("buy",)) for i in range(500)]
    assert alarms_of(with_burst(background(3, per_h=100), paste), 777) == []
    anonymous = [Said(2 * DAY_S + 10.0 * i, 777, author=None, is_copy=i > 0) for i in range(500)]
    assert alarms_of(with_burst(background(3, per_h=100), anonymous), 777) == []


def test_a_text_that_many_repeat_is_a_burst() -> None:
    spread = [Said(2 * DAY_S + 30.0 * i, 777, author=i, is_copy=i > 0) for i in range(60)]
    assert len(alarms_of(with_burst(background(3, per_h=100), spread), 777)) == 1


def test_a_stream_that_sleeps_and_wakes_up_is_no_burst() -> None:
    steady = [Said(240.0 * i, 777, author=i % 50) for i in range(int(8 * DAY_S / 240))]
    posts = with_burst(background(8, per_h=400, swing=0.9), steady)
    watch, _ = follow(posts)
    assert [alarm for alarm in watch.alarms if alarm.at_s > DAY_S and alarm.topic == 777] == []
    assert watch.n_alarms <= 8, "at most one chance alarm a day in a stream of forty topics"


def test_a_stream_that_begins_is_no_burst() -> None:
    cut = [Said(10.0 * i, topic=i % 3, author=i % 90, hashtags=("all",)) for i in range(2_000)]
    watch, pulses = follow(cut)
    assert [alarm for alarm in watch.alarms if alarm.at_s < WARM_UP_S] == []
    assert watch.n_alarms == 0, "after the warm-up they are as ever"
    assert all(pulse.life.rose_s is None for pulse in pulses.values())


def test_a_hashtag_breaks_out_inside_a_topic_that_is_too_large_to_notice() -> None:
    rng = random.Random(3)
    large = [Said(20.0 * i, 777, author=rng.randrange(500), hashtags=("vote",)) for i in range(int(3 * DAY_S / 20))]
    turn = [Said(2 * DAY_S + 90.0 * i, 777, author=i % 30, hashtags=("vote", "recount")) for i in range(40)]
    (alarm,) = (a for a in alarms_of(with_burst(large, turn), 777) if a.at_s > HOUR_S)
    assert alarm.hashtag == "recount"
    assert alarm.at_s - 2 * DAY_S <= 900


def test_hashtags_that_break_out_together_are_one_burst() -> None:
    burst = [Said(2 * DAY_S + 60.0 * i, 777, i, hashtags=("a", "b", "c")) for i in range(60)]
    assert len(alarms_of(with_burst(background(3, per_h=100), burst), 777)) == 1


def test_a_second_wave_is_a_second_burst() -> None:
    waves = [Said(2 * DAY_S + start + 60.0 * i, 777, i % 20) for start in (0.0, DAY_S) for i in range(40)]
    assert len(alarms_of(with_burst(background(4, per_h=100), waves), 777)) == 2


def test_a_larger_stream_needs_a_larger_burst() -> None:
    burst = [Said(DAY_S / 2 + 60.0 * i, 777, i) for i in range(8)]
    assert len(alarms_of(with_burst(background(1, per_h=100), burst), 777)) == 1
    assert alarms_of(with_burst(background(1, per_h=20_000, n_topics=4_000), burst), 777) == []


def test_a_restart_goes_on_as_if_nothing_had_happened() -> None:
    burst = [Said(2 * DAY_S + 60.0 * i, 777, i % 20, hashtags=("new",)) for i in range(60)]
    posts = with_burst(background(2.5, per_h=60), burst)
    straight, _ = follow(posts)
    watch = BurstWatch()
    pulses: dict[int, Pulse] = {}
    for i, post in enumerate(posts):
        if i % 500 == 0:
            watch = msgspec.msgpack.decode(msgspec.msgpack.encode(watch), type=BurstWatch)
            pulses = msgspec.msgpack.decode(msgspec.msgpack.encode(pulses), type=dict[int, Pulse], strict=False)
        pulse = pulses.setdefault(post.topic, Pulse())
        watch.take(post.topic, pulse, post.at_s, BIN_S, author=post.author, is_copy=False, hashtags=post.hashtags)
    assert watch == straight


def test_memory_is_bounded() -> None:
    posts = (Said(5.0 * i, i % 7, i % 90, hashtags=(f"once{i}", f"again{i}")) for i in range(KEPT_TAGS))
    watch, _ = follow(posts)
    assert len(watch.tags) <= KEPT_TAGS
    assert len(watch.alarms) <= KEPT_ALARMS
