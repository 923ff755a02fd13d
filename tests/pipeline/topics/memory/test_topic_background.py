"""The background of own topics: bounded, held for a while, numbered so that it can be looked up."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.topics.memory.topic_background import MAX_TOPICS, STALE_SHARE, TopicBackground, TopicPlace
from tests.pipeline.topics.stored import stored

steps = st.lists(
    st.one_of(
        st.lists(st.tuples(st.integers(0, 30), st.integers(5, 60)), max_size=8),  # topics that are looked at
        st.integers(0, 30),  # a topic that is forgotten
    ),
    max_size=40,
)


def place(topic: int, n_posts: int = 5) -> TopicPlace:
    return TopicPlace(f"t{topic}", n_posts, np.array([topic, n_posts], np.float32))


Told = tuple[int, list[int], list[list[float]], list[bool]]


def run(background: TopicBackground, some: list[list[tuple[int, int]] | int]) -> list[Told]:
    told: list[Told] = []
    for step in some:
        if isinstance(step, int):
            background.forget(f"t{step}")
            continue
        background.take(place(*one) for one in step)
        learned = background.learn()
        if learned is not None:
            told.append((learned.number, learned.members.tolist(), learned.centres.tolist(), learned.brought.tolist()))
    return told


def test_it_is_bounded_and_keeps_the_latest() -> None:
    background = TopicBackground(2)
    for i in range(MAX_TOPICS + 30):
        background.take([place(i), TopicPlace("empty", 9, np.zeros(0, np.float32))])
    assert len(background.topics()) == MAX_TOPICS
    assert background.topics()[0] == "t30"
    background.forget("t30")
    background.forget("never")
    assert len(background.topics()) == MAX_TOPICS - 1


def test_a_topic_enters_again_when_it_has_doubled() -> None:
    background = TopicBackground(2)
    background.take([place(1), place(2)])
    for n_posts in (6, 9, 10, 19, 20):
        background.take([place(1, n_posts)])
    learned = background.learn()
    assert learned is not None
    assert learned.centres.tolist() == [[2, 5], [1, 20]]
    assert learned.members.tolist() == [1, 3]


def test_it_holds_until_enough_has_changed() -> None:
    background = TopicBackground(2)
    background.take(place(i) for i in range(160))
    assert background.learn() is not None
    held = background.learned()
    needed = int(STALE_SHARE * 160)
    for i in range(needed - 1):
        background.take([place(1000 + i)])
        assert background.learn() is None
        assert background.learned() is held
    background.forget("t3")  # one left, the others came: it is the larger number that counts
    assert background.learn() is None
    background.take([place(2000)])
    learned = background.learn()
    assert learned is not None
    assert learned.number == background.number == 2
    assert int(learned.brought.sum()) == needed


def test_at_the_end_one_topic_is_enough() -> None:
    background = TopicBackground(2)
    background.take(place(i) for i in range(160))
    background.learn()
    assert background.learn(at_once=True) is None
    background.take([place(1000)])
    learned = background.learn(at_once=True)
    assert learned is not None
    assert int(learned.brought.sum()) == 1


def test_nothing_known_is_no_background() -> None:
    background = TopicBackground(2)
    background.take([])
    assert background.learn() is None
    assert background.number == 0


@given(steps)
def test_what_was_told_is_enough_to_look_every_background_up(some: list[list[tuple[int, int]] | int]) -> None:
    """An entry is brought once, by the first background with it, and never changes."""
    background = TopicBackground(2)
    known: dict[int, list[float]] = {}
    for number, (told, members, centres, brought) in enumerate(run(background, some), start=1):
        assert told == number
        assert sorted(members) == members
        for entry, centre, is_new in zip(members, centres, brought, strict=True):
            assert is_new == (entry not in known)
            assert known.setdefault(entry, centre) == centre
        assert len(members) <= MAX_TOPICS


@given(steps, st.integers(0, 40))
def test_a_restart_changes_nothing(some: list[list[tuple[int, int]] | int], cut: int) -> None:
    whole, first, second = TopicBackground(2), TopicBackground(2), TopicBackground(2)
    told = run(whole, some)
    early = run(first, some[:cut])
    second.restore(stored(first.state()))
    assert early + run(second, some[cut:]) == told
    assert second.topics() == whole.topics()
    np.testing.assert_array_equal(second.learned(), whole.learned())
