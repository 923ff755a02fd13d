"""Numbers of topics survive growth, merges and splits, and every change is told."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics.clustering.succession import ClusterMove, TopicChanges, TopicMerge, TopicSplit, succeed

NEXT = 1_000
CLUSTERS = st.lists(st.tuples(st.integers(1, 6), st.integers(20, 26), st.integers(1, 50)), min_size=1, max_size=25)


def renamed(
    clusters: list[tuple[int, int, int]], next_number: int = NEXT
) -> tuple[list[int], list[tuple[int, int]], list[tuple[int, int]]]:
    """Clusters as (topic, group, posts)."""
    topic, group, posts = np.array(clusters, np.int64).T
    now, merges, splits = succeed(topic, group, posts, next_number)
    return now.tolist(), merges, splits


@settings(max_examples=200, deadline=None)
@given(clusters=CLUSTERS)
def test_every_group_has_one_number_and_every_old_topic_an_end(clusters: list[tuple[int, int, int]]) -> None:
    now, merges, splits = renamed(clusters)
    before = {topic for topic, _, _ in clusters}
    number_of = dict(zip((group for _, group, _ in clusters), now, strict=True))
    assert [number_of[group] for _, group, _ in clusters] == now
    assert len(set(number_of.values())) == len(number_of), "no two groups share a number"
    children = [child for child, _ in splits]
    assert children == list(range(NEXT, NEXT + len(splits))), "new numbers come one after the other"
    assert set(now) - before == set(children)
    assert {old for old, _ in merges} == before - set(now), "a number that is gone was merged, and no other"
    assert len({old for old, _ in merges}) == len(merges)
    for old, new in merges:
        assert new in now
        assert any(topic == old and number == new for (topic, _, _), number in zip(clusters, now, strict=True))
    for child, parent in splits:
        assert parent in before
        assert parent in now, "a parent lives on"
        assert any(topic == parent and number == child for (topic, _, _), number in zip(clusters, now, strict=True))


@settings(max_examples=100, deadline=None)
@given(clusters=CLUSTERS, seed=st.integers(0, 99))
def test_the_order_of_clusters_does_not_matter(clusters: list[tuple[int, int, int]], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(clusters))
    now, merges, splits = renamed(clusters)
    again, merges_again, splits_again = renamed([clusters[i] for i in order])
    assert again == [now[i] for i in order]
    assert (merges_again, splits_again) == (merges, splits)


@settings(max_examples=100, deadline=None)
@given(clusters=CLUSTERS)
def test_the_largest_heir_of_all_keeps_its_number(clusters: list[tuple[int, int, int]]) -> None:
    now, _, _ = renamed(clusters)
    shared: Counter[tuple[int, int]] = Counter()
    for topic, group, posts in clusters:
        shared[topic, group] += posts
    number_of = dict(zip((group for _, group, _ in clusters), now, strict=True))
    most = max(shared.values())
    assert any(number_of[group] == topic for (topic, group), posts in shared.items() if posts == most)


@settings(max_examples=60, deadline=None)
@given(clusters=CLUSTERS)
def test_groups_that_are_the_topics_change_nothing(clusters: list[tuple[int, int, int]]) -> None:
    topics = [topic for topic, _, _ in clusters]
    same = [(topic, 700 - topic, posts) for topic, _, posts in clusters]
    assert renamed(same) == (topics, [], [])


def test_growth_keeps_the_number() -> None:
    assert renamed([(3, 8, 10), (4, 8, 1), (5, 8, 1)])[0] == [3, 3, 3]


def test_in_a_merge_the_larger_wins_and_the_older_on_a_tie() -> None:
    assert renamed([(1, 8, 3), (2, 8, 9)]) == ([2, 2], [(1, 2)], [])
    assert renamed([(1, 8, 4), (2, 8, 4)]) == ([1, 1], [(2, 1)], [])
    assert renamed([(1, 8, 2), (1, 8, 2), (2, 8, 3)]) == ([1, 1, 1], [(2, 1)], []), "posts count, not clusters alone"


def test_in_a_split_the_larger_part_keeps_the_number_and_children_name_their_parent() -> None:
    assert renamed([(1, 8, 4), (1, 9, 5), (1, 7, 1)]) == ([NEXT, 1, NEXT + 1], [], [(NEXT, 1), (NEXT + 1, 1)])


def test_a_topic_torn_between_two_others_is_merged_into_the_one_that_got_most() -> None:
    now, merges, splits = renamed([(1, 8, 9), (2, 8, 3), (2, 9, 2), (3, 9, 9)])
    assert (now, merges, splits) == ([1, 1, 3, 3], [(2, 1)], [])


def test_changes_add_up_in_order() -> None:
    first = TopicChanges((ClusterMove(4, 4, 1, 2),), (TopicMerge(4, 1, 10.0),))
    later = TopicChanges((ClusterMove(4, 1, 9, 2),), (), (TopicSplit(9, 1, 20.0),))
    both = first.then(later)
    assert both == TopicChanges(first.moves + later.moves, first.merges, later.splits)
    assert first.then(TopicChanges()) == TopicChanges().then(first) == first
    assert (bool(TopicChanges()), bool(first)) == (False, True)
