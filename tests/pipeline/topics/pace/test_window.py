"""The window holds as often as promised, is absent without evidence, and stays small."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest

from pipeline.topics.pace.lifecycle import Life
from pipeline.topics.pace.window import COVERAGE, KEPT_CHECKED, KEPT_FINISHED, MIN_CHECKED, MIN_FINISHED, WindowLearner
from pipeline.types import Stage, Window

HOUR_S = 3600.0


def simulate(
    life_h: Callable[[random.Random, int], float], n: int = 2_000, every_s: float = 1_800.0, seed: int = 5
) -> list[tuple[Window | None, float]]:
    """Topics begin every half hour and are looked at once; (window shown, true remaining hours), in that order."""
    rng = random.Random(seed)
    learner = WindowLearner()
    running: list[tuple[float, int]] = []
    said = []
    for topic in range(n):
        now_s = topic * every_s
        for end_s, gone in [item for item in running if item[0] <= now_s]:
            learner.finish(gone, end_s)
            running.remove((end_s, gone))
        hours = life_h(rng, topic)
        said.append((learner.look(topic, Stage.RISING, Life(top=2 ** rng.uniform(2, 6)), now_s), hours))
        running.append((now_s + hours * HOUR_S, topic))
    return said


def log_normal(rng: random.Random, topic: int) -> float:
    return rng.lognormvariate(1.0, 1.0)


def heavy_tailed(rng: random.Random, topic: int) -> float:
    return rng.paretovariate(1.2)


def shifting(rng: random.Random, topic: int) -> float:
    return rng.lognormvariate(1.0 if topic < 1_000 else 2.0, 0.7)


@pytest.mark.parametrize("life_h", [log_normal, heavy_tailed, shifting])
@pytest.mark.parametrize("seed", [5, 6])
def test_four_of_five_windows_hold(life_h: Callable[[random.Random, int], float], seed: int) -> None:
    shown = [(window, hours) for window, hours in simulate(life_h, seed=seed) if window is not None]
    assert len(shown) > 1_500
    hits = sum(window.low_h <= hours <= window.high_h for window, hours in shown)
    assert hits / len(shown) == pytest.approx(COVERAGE, abs=0.05)
    assert shown[-1][0].hit_rate == pytest.approx(COVERAGE, abs=0.08), "the published rate is the true one"


def test_long_lived_topics_get_other_windows_than_young_ones() -> None:
    rng = random.Random(2)
    learner = WindowLearner()
    for topic in range(300):
        learner.look(topic, Stage.PEAK, Life(top=8.0), 0.0)
        learner.finish(topic, HOUR_S * (1 if rng.random() < 0.5 else 30))
    young = learner.look(1_000, Stage.PEAK, Life(top=8.0), 0.0)
    later = learner.look(1_000, Stage.PEAK, Life(top=8.0), 5 * HOUR_S)
    assert young is not None
    assert later is not None
    assert young.low_h <= 1
    assert later.low_h == later.high_h == pytest.approx(25)


def test_sizes_are_compared_with_their_like_when_there_are_enough() -> None:
    learner = WindowLearner()
    for topic in range(200):
        top, hours = (4.0, 2) if topic % 2 else (64.0, 20)
        learner.look(topic, Stage.RISING, Life(top=top), 0.0)
        learner.finish(topic, hours * HOUR_S)
    small, large = (learner.look(999 + i, Stage.RISING, Life(top=top), 0.0) for i, top in enumerate((4.0, 64.0)))
    assert small is not None
    assert large is not None
    assert (small.low_h, small.high_h, large.low_h, large.high_h) == (2, 2, 20, 20)


def test_there_is_no_window_without_evidence() -> None:
    learner = WindowLearner()
    shown = []
    for topic in range(MIN_FINISHED + MIN_CHECKED + 1):
        shown.append(learner.look(topic, Stage.RISING, Life(top=8.0), 0.0))
        learner.finish(topic, HOUR_S)
    assert shown[:-1] == [None] * (len(shown) - 1)
    assert shown[-1] is not None
    assert shown[-1].n == MIN_CHECKED
    assert learner.look(9_999, Stage.FADING, Life(top=8.0), 0.0) is None, "another stage has its own experience"
    learner.look(9_998, Stage.RISING, Life(top=8.0), 0.0)
    assert learner.look(9_998, Stage.RISING, Life(top=8.0), 2 * HOUR_S) is None, "nobody lived that long"


def test_looking_often_is_looking_once() -> None:
    once, often = WindowLearner(), WindowLearner()
    for topic in range(50):
        once.look(topic, Stage.RISING, Life(top=8.0), 0.0)
        for minute in range(10):
            often.look(topic, Stage.RISING, Life(top=8.0 + minute), 60.0 * minute)
        for learner in (once, often):
            learner.finish(topic, HOUR_S * (1 + topic % 5))
            learner.finish(topic, 9 * HOUR_S)  # a second end has nothing to check
    assert once == often


def test_what_merged_away_teaches_nothing() -> None:
    learner = WindowLearner()
    learner.look(1, Stage.RISING, Life(top=8.0), 0.0)
    learner.forget(1)
    learner.finish(1, HOUR_S)
    assert learner.waiting == {}
    assert learner.stages[Stage.RISING].lives.latest == []


def test_memory_is_bounded_and_survives_a_checkpoint() -> None:
    rng = random.Random(1)
    learner = WindowLearner()
    for topic in range(5 * KEPT_FINISHED):
        for stage in Stage:
            learner.look(topic, stage, Life(top=2.0 ** rng.uniform(0, 300)), 0.0)
        learner.finish(topic, rng.expovariate(1 / HOUR_S))
    for record in learner.stages.values():
        assert len(record.checked) == KEPT_CHECKED
        for lives in (record.lives, *record.of_kind.values()):
            assert len(lives.latest) <= KEPT_FINISHED
            assert lives.ranked == sorted(lives.latest)
    assert learner.waiting == {}
    packed = msgspec.msgpack.encode(learner)
    assert len(packed) < 2_000_000
    assert msgspec.msgpack.decode(packed, type=WindowLearner, strict=False) == learner
