"""Copies are recognised in bounded memory; recent posts are found, moved and really erased, also after a restart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.topics.clustering import copies as copies_module
from pipeline.topics.clustering.copies import Copies
from pipeline.topics.memory import recent_posts, tombstones
from pipeline.topics.memory.recent_posts import RecentPosts
from pipeline.topics.memory.tombstones import Tombstones
from pipeline.types.traces import ERASED
from tests.demo_shard import make_trace
from tests.pipeline.topics.stored import stored

DIMENSION = 4


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_posts, "SEGMENT_POSTS", 8)
    monkeypatch.setattr(recent_posts, "MAX_SEGMENTS", 4)
    monkeypatch.setattr(recent_posts, "MAX_PER_TOPIC", 5)


def vector(arrival: int) -> np.ndarray:
    return np.full(DIMENSION, arrival % 2_000, np.float32)


def filled(clusters: list[int]) -> RecentPosts:
    recent = RecentPosts(DIMENSION)
    for arrival, cluster in enumerate(clusters):
        source = "ab"[arrival % 2]
        trace = make_trace(arrival, cluster=cluster, author=100 + arrival % 3, source=source, is_reply=arrival % 7 == 0)
        recent.append(trace, vector(arrival))
    return recent


def restarted(recent: RecentPosts) -> RecentPosts:
    """A copy as a checkpoint would make it."""
    again = RecentPosts(DIMENSION)
    again.restore(stored(recent.state()))
    return again


def found(recent: RecentPosts, clusters: set[int]) -> Iterator[tuple[int, list[str], list[float]]]:
    for cluster in sorted(clusters):
        posts = recent.of([cluster])
        yield cluster, [trace.post_id for trace in posts.traces], posts.embeddings[:, 0].tolist()


# --- copies -----------------------------------------------------------------------


def test_a_text_is_remembered_with_its_latest_cluster() -> None:
    copies = Copies()
    copies.remember(11, 3)
    copies.remember(12, 4)
    copies.remember(11, 1)
    assert (copies.cluster_of(11), copies.cluster_of(12), copies.cluster_of(13)) == (1, 4, None)


def test_the_oldest_text_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies_module, "CAPACITY", 3)
    copies = Copies()
    for text in (1, 2, 3, 1, 4):
        copies.remember(text, 9)
    assert copies.state().arrays[0].values.tolist() == [[3, 9], [1, 9], [4, 9]]


# --- recent posts -----------------------------------------------------------------


def test_posts_of_a_cluster_come_in_order_with_their_vectors(small: None) -> None:
    recent = filled([1, 2, 1, 1, 2])
    assert list(found(recent, {1, 2, 7})) == [
        (1, ["p0", "p2", "p3"], [0.0, 2.0, 3.0]),
        (2, ["p1", "p4"], [1.0, 4.0]),
        (7, [], []),
    ]


def test_memory_is_bounded_by_segments_and_by_cluster(small: None) -> None:
    recent = filled([1] * 30 + [2] * 70)
    assert sum(1 for _ in recent.segments()) == 4
    assert len(recent.of([1])) == 0, "its posts went with their segments"
    assert [trace.post_id for trace in recent.of([2]).traces] == ["p95", "p96", "p97", "p98", "p99"]
    assert len(recent._place) == 5
    assert set(recent._of_cluster) == {2}


def test_distinct_leaves_copies_out() -> None:
    recent = RecentPosts(DIMENSION)
    for arrival in range(4):
        recent.append(make_trace(arrival, is_copy=arrival % 2 == 1), vector(arrival))
    distinct = recent.of([1]).distinct()
    assert [trace.post_id for trace in distinct.traces] == ["p0", "p2"]
    assert distinct.embeddings[:, 0].tolist() == [0.0, 2.0]
    assert recent.of([1]).column("arrival").tolist() == [0.0, 1.0, 2.0, 3.0]


def test_a_topic_is_the_latest_of_its_clusters_in_order(small: None) -> None:
    recent = filled([1, 2, 1, 2, 1, 2, 1, 3])
    assert [trace.post_id for trace in recent.of([2, 1]).traces] == ["p2", "p3", "p4", "p5", "p6"]
    assert recent.of([1, 2]).embeddings[:, 0].tolist() == [2.0, 3.0, 4.0, 5.0, 6.0]
    assert [trace.post_id for trace in recent.traces_of(2)] == ["p1", "p3", "p5"]
    assert (len(recent.of([])), len(recent.of([8])), len(recent.traces_of(8))) == (0, 0, 0)


def test_a_deleted_post_is_gone_from_everything_that_is_stored(small: None) -> None:
    """Also one that is not among the latest of its topic any more."""
    recent = filled([1] * 20)
    for gone in ("p0", "p18"):
        recent.forget_post(gone)
        kept = [trace for segment in recent.segments() for trace in segment.traces]
        assert gone not in {trace.post_id for trace in kept}
    erased = [trace for trace in kept if trace.cluster == ERASED]
    assert [(trace.text, trace.author, trace.tokens) for trace in erased] == [("", None, ())] * 2
    rows = [s.embeddings[i] for s in recent.segments() for i, t in enumerate(s.traces) if t.cluster == ERASED]
    assert not np.any(rows)
    assert "p18" not in {trace.post_id for trace in recent.of([1]).traces}
    recent.forget_post("never heard of")


def test_a_deleted_author_takes_all_posts_along(small: None) -> None:
    recent = filled([1, 2] * 8)
    assert sorted(recent.forget_author(101, 0.0)) == ["p1", "p10", "p13", "p4", "p7"]
    assert all(trace.author != 101 for segment in recent.segments() for trace in segment.traces)
    assert not recent.forget_author(101, 0.0)


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 4)),
        st.tuples(st.just("erase"), st.integers(0, 60)),
        st.tuples(st.just("erase_author"), st.integers(100, 102)),
    ),
    max_size=60,
)


@settings(max_examples=80, deadline=None)
@given(actions=ACTIONS, restart_at=st.integers(0, 60))
def test_a_restart_at_any_moment_changes_nothing(actions: list[tuple[str, int]], restart_at: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recent_posts, "SEGMENT_POSTS", 8)
        patch.setattr(recent_posts, "MAX_SEGMENTS", 4)
        patch.setattr(recent_posts, "MAX_PER_TOPIC", 5)
        one, other = RecentPosts(DIMENSION), RecentPosts(DIMENSION)
        arrival = 0
        for i, (action, value) in enumerate(actions):
            if i == restart_at:
                other = restarted(other)
            for recent in (one, other):
                if action == "append":
                    recent.append(make_trace(arrival, cluster=value, author=100 + arrival % 3), vector(arrival))
                elif action == "erase":
                    recent.forget_post(f"p{value}")
                else:
                    recent.forget_author(value, 0.0)
            arrival += action == "append"
            assert list(found(one, {1, 2, 3, 4})) == list(found(other, {1, 2, 3, 4}))
        assert list(found(restarted(one), {1, 2, 3, 4})) == list(found(one, {1, 2, 3, 4}))


# --- tombstones -------------------------------------------------------------------


def test_what_was_deleted_stays_away_and_an_account_may_come_back() -> None:
    gone = Tombstones()
    gone.forget_post("p1")
    gone.forget_author(7, until_s=100.0)
    gone.forget_author(7, until_s=50.0)  # an old deletion, delivered late, does not shorten the newer one
    again = Tombstones()
    again.restore(stored(gone.state()))
    for known in (gone, again):
        assert known.covers("p1", None, 500.0)
        assert known.covers("p2", 7, 100.0)
        assert not known.covers("p2", 7, 100.5)
        assert not known.covers("p2", None, 0.0)
        assert not known.covers("p2", 8, 0.0)


def test_tombstones_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tombstones, "CAPACITY", 10)
    gone = Tombstones()
    for i in range(100):
        gone.forget_post(f"p{i}")
        gone.forget_author(i, float(i))
    assert len(gone) == 20
    assert gone.covers("p99", None, 0.0)
    assert not gone.covers("p1", None, 0.0)


# --- posts of an author -----------------------------------------------------------


def by_authors(recent: RecentPosts) -> dict[int, list[str]]:
    return {author: [trace.post_id for trace in recent.by_author(author)] for author in range(100, 104)}


@pytest.mark.usefixtures("small")
@given(
    clusters=st.lists(st.integers(1, 3), max_size=80),
    erased=st.lists(st.integers(0, 80), max_size=3),
    gone=st.none() | st.integers(100, 102),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_posts_of_an_author_follow_from_the_segments(clusters: list[int], erased: list[int], gone: int | None) -> None:
    recent = filled(clusters)
    for number in erased:
        recent.forget_post(f"p{number}")
    if gone is not None:
        recent.forget_author(gone, 0.0)
    kept = [trace for segment in recent.segments() for trace in segment.traces if trace.cluster != ERASED]
    wanted = {a: [t.post_id for t in kept if t.author == a][-recent_posts.MAX_PER_AUTHOR :] for a in range(100, 104)}
    assert by_authors(recent) == wanted
    assert by_authors(restarted(recent)) == wanted
    assert set(recent._of_author) == {author for author, ids in wanted.items() if ids}
    replying = {trace.source for trace in kept if trace.is_reply}
    assert recent.of([1]).replying == restarted(recent).of([1]).distinct().replying == replying


def test_only_the_latest_posts_of_an_author_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent_posts, "MAX_PER_AUTHOR", 3)
    recent = filled([1] * 15)
    assert by_authors(recent)[100] == ["p6", "p9", "p12"]
    assert list(recent.by_author(999)) == []
