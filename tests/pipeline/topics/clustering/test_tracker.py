"""Topics do not depend on how the stream is cut, keep their numbers, and stay bounded, whatever the stream is like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.topics.clustering import copies, term_bursts, tracker
from pipeline.topics.clustering.assignment import Choices, PostColumns
from pipeline.topics.clustering.centroid_index import CentroidIndex
from pipeline.topics.clustering.post_vectors import unit
from pipeline.topics.clustering.tracker import BLOCK_POSTS, TopicTracker
from tests.pipeline.topics.stored import stored
from tests.pipeline.topics.tracked_streams import (
    DIMENSION,
    FEW,
    START_S,
    assert_same,
    clustered,
    exported,
    follow,
    new_tracker,
    steps,
    story,
)

DAY_S = 86_400.0
GRANULARITIES = ("fine", "normal", "coarse")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes thousands of posts and hours happens within a few hundred posts."""
    monkeypatch.setattr(tracker, "LINK_POSTS", BLOCK_POSTS)
    monkeypatch.setattr(term_bursts, "HALF_LIFE_POSTS", 100.0)
    monkeypatch.setattr(term_bursts, "PRIOR_POSTS", 50.0)
    monkeypatch.setattr(term_bursts, "HALF_LIFE_S", 600.0)


def strangers(n: int, seed: int = 4) -> PostColumns:
    """No two posts have anything in common."""
    rng = np.random.default_rng(seed)
    embeddings = unit(rng.normal(size=(n, DIMENSION)).astype(np.float32))
    return PostColumns(
        [(f"word{i}",) for i in range(n)], embeddings, START_S + 20.0 * np.arange(n, dtype=np.float64), np.arange(n)
    )


def at(posts: PostColumns, at_s: NDArray[np.float64]) -> PostColumns:
    return PostColumns(posts.token_lists, posts.embeddings, at_s, posts.text_hashes)


def assert_same_memory(one: TopicTracker, other: TopicTracker) -> None:
    for i, (ours, theirs) in enumerate(zip(exported(one), exported(other), strict=True)):
        np.testing.assert_array_equal(ours, theirs, err_msg=f"array {i}")


def assert_cut_free(posts: PostColumns, cuts: Sequence[int], **changes: object) -> Choices:
    """Whole and in pieces the same, to the last bit."""
    one, other = new_tracker(**changes), new_tracker(**changes)
    whole = follow(one, posts)
    assert_same(follow(other, posts, cuts), whole)
    assert_same_memory(other, one)
    return whole


def partition(choices: Choices, topics: TopicTracker) -> NDArray[np.int64]:
    """The topic each post is in at the end; 0 if its cluster has expired."""
    rows, live = topics.index.rows_of(choices.cluster)
    return np.where(live, topics.index.topic[rows], 0)


def pairs(truth: NDArray[np.int64], numbers: NDArray[np.int64]) -> set[tuple[int, int]]:
    return set(zip(truth.tolist(), numbers.tolist(), strict=True))


# --- invariance -----------------------------------------------------------------


@FEW
@given(
    cuts=st.lists(st.integers(1, 1_499), max_size=60),
    seed=st.integers(0, 5),
    granularity=st.sampled_from(GRANULARITIES),
)
def test_any_cut_gives_the_same_topics_and_the_same_memory(
    quick: None, cuts: list[int], seed: int, granularity: str
) -> None:
    assert_cut_free(story(seed=seed)[0], cuts, granularity=granularity, max_live=40)


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_single_posts_give_what_one_batch_gives(quick: None, granularity: str) -> None:
    posts, _ = story(seed=5)
    whole = assert_cut_free(posts, range(len(posts)), granularity=granularity)
    assert whole.changes.merges, "a stream without a merge would prove less"
    assert whole.changes.splits, "a stream without a split would prove less"


def test_the_real_periods_are_cut_free_too() -> None:
    posts, _ = clustered(700, 9, 3)
    slow = at(posts, START_S + 300.0 * np.arange(700, dtype=np.float64))
    for stream in (posts, slow):
        assert_cut_free(stream, range(0, 700, 7))


def test_assigning_never_alters_its_input() -> None:
    posts, _ = story(300)
    embeddings, at_s, hashes = posts.embeddings.copy(), posts.at_s.copy(), posts.text_hashes.copy()
    back = at(posts, posts.at_s[::-1].copy())
    follow(new_tracker(), back)
    np.testing.assert_array_equal(posts.embeddings, embeddings)
    np.testing.assert_array_equal(back.at_s, at_s[::-1])
    np.testing.assert_array_equal(posts.text_hashes, hashes)


# --- topics are found -------------------------------------------------------------


@pytest.mark.parametrize("n_topics", [8, 15, 30])
@pytest.mark.parametrize("granularity", ["fine", "normal"])
def test_well_separated_topics_are_found_and_keep_their_ids(n_topics: int, granularity: str) -> None:
    posts, truth = clustered(600, n_topics, 7)
    topics = new_tracker(granularity=granularity)
    choices = follow(topics, posts)
    assert len(pairs(truth, choices.topic)) == n_topics
    assert not choices.changes
    assert topics.live_topics().tolist() == sorted(set(choices.topic.tolist()))


@pytest.mark.parametrize("n_topics", [1, 2])
def test_a_stream_about_one_thing_is_legal(n_topics: int) -> None:
    """What is "unrelated" is learned from the stream, so such a stream is cut finely; nothing is mixed."""
    posts, truth = clustered(600, n_topics, 7)
    topics = new_tracker()
    choices = follow(topics, posts)
    truth_of: dict[int, set[int]] = {}
    for number, subject in zip(choices.cluster.tolist(), truth.tolist(), strict=True):
        truth_of.setdefault(number, set()).add(subject)
    assert all(len(subjects) == 1 for subjects in truth_of.values())
    assert_cut_free(posts, range(0, 600, 11))


def test_a_shared_event_joins_subjects_and_afterwards_they_part(quick: None) -> None:
    posts, truth = story(seed=5)
    topics = new_tracker()
    subjects = {30, 31, 32}
    joined_then = parted_then = False
    for _, choices in steps(topics, posts, range(0, 1_500, BLOCK_POSTS)):
        merges, splits = choices.changes.merges, choices.changes.splits
        joined_then = joined_then or bool(merges)
        parted_then = parted_then or (joined_then and bool(splits))
    assert joined_then
    assert parted_then
    whole = follow(new_tracker(), posts)
    touched_by_changes = {move.cluster for move in whole.changes.moves}
    of_event = set(whole.cluster[np.isin(truth, list(subjects))].tolist())
    assert touched_by_changes <= of_event, "everyday subjects keep their topics"


@pytest.mark.parametrize("seed", range(4))
def test_coarse_never_has_more_topics_than_fine(quick: None, seed: int) -> None:
    posts, _ = story(seed=seed)
    counts = []
    for granularity in GRANULARITIES:
        topics = new_tracker(granularity=granularity)
        follow(topics, posts)
        counts.append(len(topics.live_topics()))
    fine, normal, coarse = counts
    assert coarse <= normal <= fine
    assert coarse < fine


def test_a_copy_counts_with_its_original() -> None:
    posts, _ = clustered(400, 6, 2)
    choices = follow(new_tracker(), posts)
    first: dict[int, int] = {}
    for text, cluster, copy in zip(
        posts.text_hashes.tolist(), choices.cluster.tolist(), choices.is_copy.tolist(), strict=True
    ):
        assert copy == (text in first)
        assert first.setdefault(text, cluster) == cluster
    assert choices.is_copy.any()
    assert (choices.similarity[choices.is_copy] == 1.0).all()


def test_a_post_that_opens_a_cluster_has_no_similarity_and_others_are_above_the_threshold() -> None:
    posts, _ = clustered(300, 5)
    choices = follow(new_tracker(), posts)
    opens = np.isnan(choices.similarity)
    assert opens[0]
    opened = choices.cluster[opens].tolist()
    assert opened == sorted(set(opened)), "every opening is a cluster of its own, with the next number"
    assert set(choices.cluster[~opens].tolist()) <= set(opened)
    assert (choices.similarity[~opens] > 0.2).all()
    assert (choices.similarity[~opens] <= 1.0001).all()


# --- numbers ------------------------------------------------------------------------


@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("max_live", [20, 20_000])
def test_replaying_the_changes_gives_the_topics_of_the_index(quick: None, granularity: str, max_live: int) -> None:
    """Who applies moves, merges and splits to a book of its own always agrees with the tracker."""
    posts, _ = story(seed=5)
    topics = new_tracker(granularity=granularity, max_live=max_live)
    topic_of: dict[int, int] = {}
    named: set[int] = set()
    gone: set[int] = set()
    n_changes = 0
    for _, choices in steps(topics, posts, range(0, 1_500, 50)):
        for i in np.flatnonzero(np.isnan(choices.similarity)).tolist():
            cluster = int(choices.cluster[i])
            assert cluster not in named, "no number is used twice"
            named.add(cluster)
            topic_of[cluster] = cluster
        for split in choices.changes.splits:
            assert split.child not in named, "no number is used twice"
            assert split.parent in named
            named.add(split.child)
        for move in choices.changes.moves:
            assert move.old != move.new
            assert topic_of[move.cluster] == move.old
            topic_of[move.cluster] = move.new
        for merge in choices.changes.merges:
            assert merge.old != merge.new
            assert not {merge.old, merge.new} & gone, "merged away for good"
            gone.add(merge.old)
        n_changes += len(choices.changes.moves)
        index = topics.index
        live = dict(zip(index.cluster[: index.n].tolist(), index.topic[: index.n].tolist(), strict=True))
        assert live == {cluster: topic_of[cluster] for cluster in live}
        assert not set(live.values()) & gone
        assert all(number < topics.next_number for number in named)
        both = list(zip(index.community[: index.n].tolist(), index.topic[: index.n].tolist(), strict=True))
        assert len(set(both)) == len({one for one, _ in both}) == len({other for _, other in both})
        of_topic = {t: clusters.tolist() for t, clusters in topics.clusters_by_topic().items()}
        assert list(of_topic) == topics.live_topics().tolist()
        assert {cluster: t for t, clusters in of_topic.items() for cluster in clusters} == live
    assert n_changes > 0, "a stream without changes would prove less"


def test_no_post_goes_to_a_topic_after_it_was_merged_away(quick: None) -> None:
    posts, _ = story(seed=5)
    topics = new_tracker(granularity="coarse")
    gone: set[int] = set()
    for _, choices in steps(topics, posts, range(0, 1_500, BLOCK_POSTS)):
        # links come first or last in such a batch, never between its posts: what changed before does not return
        assert not set(choices.topic.tolist()) & gone
        gone |= {merge.old for merge in choices.changes.merges}
        assert not set(topics.live_topics().tolist()) & gone
    assert gone


# --- hard streams -----------------------------------------------------------------


def test_ten_thousand_identical_posts_are_one_topic() -> None:
    one, _ = clustered(1, 1)
    n = 10_000
    posts = PostColumns(
        list(one.token_lists) * n,
        np.repeat(one.embeddings, n, axis=0),
        START_S + 0.5 * np.arange(n, dtype=np.float64),
        np.ones(n, np.int64),
    )
    topics = new_tracker()
    choices = follow(topics, posts, range(0, n, 777))
    assert set(choices.topic.tolist()) == {1}
    assert choices.is_copy.sum() == n - 1
    assert topics.live_topics().tolist() == [1]
    assert not choices.changes


@pytest.mark.parametrize("granularity", ["fine", "normal"])
def test_a_stream_without_repetition_is_not_made_a_topic(granularity: str) -> None:
    posts = strangers(1_500)
    topics = new_tracker(granularity=granularity, max_live=500)
    choices = follow(topics, posts)
    assert len(set(choices.topic.tolist())) > 1_400
    assert len(choices.changes.moves) < 30
    assert topics.index.n <= 500 + tracker.LINK_POSTS + BLOCK_POSTS


TIMES = {
    "still": np.zeros(700),
    "back": -3600.0 * np.arange(700),
    "days back once": 20.0 * np.arange(700) - 5 * DAY_S * (np.arange(700) >= 300),
    "a year ahead once": 20.0 * np.arange(700) + 365 * DAY_S * (np.arange(700) >= 300),
    "one post a year ahead": 20.0 * np.arange(700) + 365 * DAY_S * (np.arange(700) == 300),
    "in any order": DAY_S * np.random.default_rng(1).uniform(-1, 1, 700),
}


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_time_may_do_anything(quick: None, times: str, granularity: str) -> None:
    posts, truth = clustered(700, 30, 1)
    order = np.argsort(truth % 2, kind="stable")  # half of the subjects begin in the middle, after the jump
    posts = PostColumns(
        [posts.token_lists[i] for i in order], posts.embeddings[order], posts.at_s, posts.text_hashes[order]
    )
    moved = at(posts, START_S + TIMES[times])
    topics = new_tracker(granularity=granularity)
    choices = follow(topics, moved)
    for column in topics.index.columns():
        assert np.isfinite(column).all()
    assert len(pairs(truth[order], choices.cluster)) <= 32, "no churn of clusters"
    if granularity != "coarse":
        assert len(choices.changes.moves) <= 8, "no churn of ids"
    assert_cut_free(moved, range(0, 700, 17), granularity=granularity)


def test_posts_without_words_or_vectors_are_legal() -> None:
    n = 600
    for granularity in GRANULARITIES:
        posts = PostColumns([()] * n, np.zeros((n, DIMENSION), np.float32), np.full(n, START_S), np.arange(n))
        choices = follow(new_tracker(granularity=granularity), posts)
        assert (choices.topic > 0).all()


def test_the_stretches_of_a_batch_are_the_batch(quick: None) -> None:
    """Who takes them one by one can book posts and changes in the order in which they happened."""
    posts, _ = story(seed=5)
    stretches = list(new_tracker().follow(posts))
    assert_same(Choices.joined(stretches), new_tracker().assign(posts))
    assert sum(len(stretch) for stretch in stretches) == len(posts)
    topic_of: dict[int, int] = {}
    for stretch in stretches:
        for cluster, topic in zip(stretch.cluster.tolist(), stretch.topic.tolist(), strict=True):
            assert topic_of.setdefault(cluster, cluster) == topic
        for move in stretch.changes.moves:
            topic_of[move.cluster] = move.new


def test_an_empty_batch_is_legal_and_changes_nothing() -> None:
    posts, _ = clustered(100, 3)
    one, other = new_tracker(), new_tracker()
    for topics in (one, other):
        topics.assign(posts)
    choices = one.assign(posts.cut(0, 0))
    assert len(choices.topic) == 0
    assert not choices.changes
    assert_same_memory(one, other)


# --- bounds -----------------------------------------------------------------------


@pytest.mark.parametrize("granularity", GRANULARITIES)
def test_memory_is_bounded_and_the_newest_stay(quick: None, granularity: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "CAPACITY", 100)
    n, max_live = 1_280, 40
    topics = new_tracker(max_live=max_live, granularity=granularity)
    seen = 0
    for _, choices in steps(topics, strangers(n), range(0, n, BLOCK_POSTS)):
        assert topics.index.n <= max_live
        assert topics.index.n == topics.profiles.n == topics.graph.n
        assert len(topics.copies.state().arrays[0].values) <= 100
        assert len(topics.touched) <= BLOCK_POSTS
        opened = choices.cluster[np.isnan(choices.similarity)]
        assert (opened > seen).all(), "a number is never used again"
        seen = int(opened.max(initial=seen))
    assert topics.index.cluster[: topics.index.n].min() > n / 2
    for column in (*topics.index.columns(), *topics.profiles.columns(), *topics.graph.columns()):
        assert len(column.base if column.base is not None else column) <= 1024, "columns did not grow"


def test_topics_expire_on_event_time(quick: None) -> None:
    posts, _ = clustered(256, 4, 3)
    posts = at(posts, START_S + np.arange(256, dtype=np.float64))
    topics = new_tracker(expire_after_s=3600.0)
    first = follow(topics, posts)
    again = follow(topics, at(posts, posts.at_s + 50_000.0))
    assert set(again.cluster.tolist()) == set(first.cluster.tolist()), "copies came before the stream was linked again"
    other = strangers(256)
    other = PostColumns(other.token_lists, other.embeddings, posts.at_s + 200_000.0, other.text_hashes + 10_000)
    follow(topics, other)
    assert not set(topics.live_topics().tolist()) & set(again.topic.tolist()), "nobody spoke of them for 40 hours"
    revived = follow(topics, at(posts, posts.at_s + 210_000.0))
    assert not set(revived.cluster.tolist()) & set(first.cluster.tolist()), "a topic that comes back is a new one"


def test_a_late_post_keeps_its_topic_alive(quick: None) -> None:
    """What is said days after the newest post is said now: it must not expire as soon as it is said."""
    posts, _ = clustered(64, 2, 5)
    topics = new_tracker(expire_after_s=3600.0)
    follow(topics, at(posts, np.full(64, START_S)))
    new, _ = clustered(256, 3, 77)
    late = PostColumns(new.token_lists, new.embeddings, np.full(256, START_S - 9 * DAY_S), new.text_hashes + 1_000)
    choices = follow(topics, late)
    assert set(choices.cluster.tolist()) <= set(topics.index.cluster[: topics.index.n].tolist())


# --- the index --------------------------------------------------------------------


def test_the_index_grows_past_its_first_allocation_and_forgets_in_order() -> None:
    index = CentroidIndex(4)
    rng = np.random.default_rng(0)
    vectors = unit(rng.normal(size=(2_500, 4)).astype(np.float32))
    for i, vector in enumerate(vectors):
        assert index.add(vector, float(i), 3 * i + 1) == i
    np.testing.assert_array_equal(index.centres[:2_500], vectors)
    kept = np.arange(0, 2_500, 7)
    index.keep(kept)
    for column in (index.cluster, index.community, index.topic):
        assert column[: index.n].tolist() == (3 * kept + 1).tolist()
    np.testing.assert_array_equal(index.centres[: index.n], vectors[kept])
    slots, live = index.rows_of(np.array([1, 2, 4, 22, 10**9]))
    assert live.tolist() == [True, False, False, True, False]
    assert slots[live].tolist() == [0, 1]
    assert [index.slot_of(number) for number in (1, 2, 4, 22, 10**9)] == [0, None, None, 1, None]
    again = CentroidIndex(4)
    again.restore(stored(index.state()))
    for ours, theirs in zip(index.columns(), again.columns(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_an_empty_index_knows_nobody() -> None:
    index = CentroidIndex(4)
    assert index.slot_of(1) is None
    assert not index.rows_of(np.array([1, 2]))[1].any()
    assert index.nearest_few(np.zeros((2, 4), np.float32)) is None


def test_members_fade_by_event_time_and_a_late_one_counts_whole() -> None:
    index = CentroidIndex(2)
    east, north = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    index.add(east, 100.0, 1)
    index.update(0, north, 160.0, half_life_s=60.0)
    np.testing.assert_allclose(index.sums[0], [0.5, 1.0])
    assert (index.mass[0], index.n_members[0], index.last_s[0]) == (1.5, 2, 160.0)
    index.update(0, east, 40.0, half_life_s=60.0)
    np.testing.assert_allclose(index.sums[0], [1.5, 1.0])
    assert index.last_s[0] == 160.0
    np.testing.assert_allclose(np.linalg.norm(index.centres[0]), 1.0, rtol=1e-6)
    index.touch(0, 50.0)
    assert index.last_s[0] == 160.0
    index.touch(0, 500.0)
    assert (index.last_s[0], index.n_members[0], index.mass[0]) == (500.0, 3, 2.5)
