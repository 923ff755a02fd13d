"""Mood: shares that are shares, whatever the order; silent on little, on copies and on the unknown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.enrich.sentiment import EMOTIONS
from pipeline.signals.polarization.mood import MIN_POSTS, mood
from pipeline.types.traces import PostTrace, TopicPosts
from tests.demo_shard import make_trace

Four = tuple[float, float, float, float]
ANGRY, GLAD, HOPEFUL, SAD = ((0.8, 0.1, 0.0, 0.1), (0.1, 0.8, 0.1, 0.0), (0.0, 0.2, 0.7, 0.1), (0.2, 0.0, 0.1, 0.6))
CALM = (0.3, 0.0, 0.1, 0.05)


def topic(emotions: list[Four | None], **changes: object) -> TopicPosts:
    return of([make_trace(i, emotions=four, **changes) for i, four in enumerate(emotions)])


def of(traces: list[PostTrace]) -> TopicPosts:
    return TopicPosts(traces, np.zeros((len(traces), 4), np.float32))


four_shares = st.tuples(*[st.floats(0, 1)] * 5).map(lambda five: tuple(x / (sum(five) or 1.0) for x in five[:4]))


@settings(max_examples=60, deadline=None)
@given(st.lists(four_shares, min_size=MIN_POSTS, max_size=40), st.randoms(use_true_random=False))
def test_shares_are_shares_in_any_order(emotions: list[Four | None], random: object) -> None:
    found = mood(topic(emotions))
    assert {name for name, _ in found} == set(EMOTIONS)
    assert sum(score.value for _, score in found) <= 1 + 1e-9
    for _, score in found:
        assert 0 <= score.low <= score.value <= score.high <= 1
        assert score.n == len(emotions)
    values = [score.value for _, score in found]
    assert values == sorted(values, reverse=True)
    turned = {name: score.value for name, score in mood(topic(emotions[::-1]))}
    assert turned == {name: pytest.approx(score.value) for name, score in found}


def test_the_mood_is_what_most_posts_carry_and_calm_posts_carry_none() -> None:
    found = mood(topic([ANGRY] * 12 + [SAD] * 4 + [CALM] * 4))
    assert [name for name, _ in found[:2]] == ["anger", "sadness"]
    shares = {name: score.value for name, score in found}
    assert shares == {"anger": 0.6, "sadness": 0.2, "joy": 0.0, "optimism": 0.0}


@pytest.mark.parametrize(("post", "name"), [(ANGRY, "anger"), (GLAD, "joy"), (HOPEFUL, "optimism"), (SAD, "sadness")])
def test_each_emotion_is_named_after_its_place(post: Four, name: str) -> None:
    (first, score), *_ = mood(topic([post] * MIN_POSTS))
    assert (first, score.value) == (name, 1.0)


def test_more_posts_of_an_emotion_never_lower_its_share() -> None:
    shares = [dict(mood(topic([GLAD] * k + [CALM] * (20 - k))))["joy"].value for k in range(21)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_copies_and_unknown_emotions_are_no_evidence() -> None:
    enough = [make_trace(i, emotions=ANGRY) for i in range(MIN_POSTS)]
    copies = [make_trace(100 + i, emotions=GLAD, is_copy=True) for i in range(50)]
    unknown = [make_trace(200 + i) for i in range(50)]
    assert mood(of(enough[1:] + copies + unknown)) == ()
    assert dict(mood(of(enough + copies + unknown)))["anger"].value == 1.0


def test_one_loud_author_widens_the_interval() -> None:
    many = dict(mood(topic([ANGRY] * 10 + [CALM] * 10)))["anger"]
    loud = [make_trace(i, emotions=ANGRY, author=7) for i in range(10)]
    one = dict(mood(of(loud + [make_trace(50 + i, emotions=CALM) for i in range(10)])))["anger"]
    assert many.value == one.value == 0.5
    assert one.high - one.low > many.high - many.low


@pytest.mark.parametrize(("emotion", "n", "bound"), [("sadness", 30, 0.1), ("sadness", 300, 0.01)])
def test_what_nobody_shows_may_still_be_there(emotion: str, n: int, bound: float) -> None:
    score = dict(mood(topic([GLAD] * n)))[emotion]
    assert score.value == 0
    assert score.high == pytest.approx(bound, rel=0.06), "three in n, as the rule of three has it"
    joy = dict(mood(topic([GLAD] * n)))["joy"]
    assert joy.value == joy.high == 1
    assert joy.low == pytest.approx(1 - bound, abs=0.01)
