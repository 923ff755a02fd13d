"""Sub-conversations are found where they are, not where they are not, and never overlap."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics.clustering.nuances import MAX_GROUPS, MIN_GROUP_POSTS, MIN_TOPIC_POSTS, sub_conversations
from pipeline.topics.clustering.post_vectors import unit
from pipeline.types import FloatArray
from pipeline.types.traces import TopicPosts
from tests.demo_shard import make_trace

DIMENSION = 16


def topic(sizes: list[int], seed: int = 0, noise: float = 0.15) -> tuple[TopicPosts, FloatArray, list[int]]:
    """A topic of groups around one centre, each with a direction of its own; lexical vectors alike."""
    rng = np.random.default_rng(seed)
    truth = [g for g, size in enumerate(sizes) for _ in range(size)]
    rng.shuffle(truth)
    centre, own, lexical = rng.normal(size=DIMENSION), *rng.normal(size=(2, max(len(sizes), 1), DIMENSION))
    n = len(truth)
    embeddings = unit((2 * centre + own[truth] + noise * rng.normal(size=(n, DIMENSION))).astype(np.float32))
    words = unit((lexical[truth] + noise * rng.normal(size=(n, DIMENSION))).astype(np.float32))
    return TopicPosts([make_trace(i) for i in range(n)], embeddings), words, truth


def test_planted_sub_conversations_are_found_largest_first() -> None:
    posts, lexical, truth = topic([40, 25, 12])
    found = sub_conversations(posts, lexical)
    best = {truth[int(rows[0])]: rows for rows in found}
    assert set(best) == {0, 1, 2}
    for group, rows in best.items():
        assert {truth[int(row)] for row in rows} == {group}
    assert [len(rows) for rows in found] == sorted((len(rows) for rows in found), reverse=True)


@settings(max_examples=40, deadline=None)
@given(n=st.integers(0, 60), seed=st.integers(0, 30), same=st.booleans())
def test_groups_never_overlap_and_are_large_enough(n: int, seed: int, same: bool) -> None:
    rng = np.random.default_rng(seed)
    embeddings = unit(rng.normal(size=(n, DIMENSION)).astype(np.float32))
    if same and n:
        embeddings[:] = embeddings[0]
    lexical = np.zeros((n, DIMENSION), np.float32)
    found = sub_conversations(TopicPosts([make_trace(i) for i in range(n)], embeddings), lexical)
    rows = np.concatenate(found) if found else np.zeros(0)
    assert len(set(rows.tolist())) == len(rows)
    assert len(found) <= MAX_GROUPS
    assert all(MIN_GROUP_POSTS <= len(group) < n for group in found)
    assert n >= MIN_TOPIC_POSTS or found == []


def test_a_topic_of_equal_posts_has_none() -> None:
    posts, lexical, _ = topic([30], noise=0.0)
    assert sub_conversations(posts, lexical) == []


def test_the_same_posts_give_the_same_groups() -> None:
    posts, lexical, _ = topic([30, 20])
    one, other = sub_conversations(posts, lexical), sub_conversations(posts, lexical)
    assert [rows.tolist() for rows in one] == [rows.tolist() for rows in other]
