"""Topics do not depend on how the stream is cut, survive a restart, and stay bounded, whatever the stream is like."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from configs.settings import TopicSettings
from pipeline.topics import macro_merge, tracker
from pipeline.topics.calibration import Calibration
from pipeline.topics.centroid_index import CentroidIndex
from pipeline.topics.checkpoint import TopicMemory
from pipeline.topics.ledger import Ledger
from pipeline.topics.macro_merge import TopicMerge, find_merges
from pipeline.topics.post_vectors import Background, unit
from pipeline.topics.recent_posts import RecentPosts
from pipeline.topics.topic_background import TopicBackground
from pipeline.topics.tracker import Choices, PostColumns, TopicTracker

DIMENSION = 24
START_S = 1_772_000_000.0
FEW = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def new_tracker(**changes: object) -> TopicTracker:
    background = Background("synthetic", np.zeros(DIMENSION, np.float32), Calibration(0.0, 0.1, 100))
    return TopicTracker(background, TopicSettings(**changes))  # type: ignore[arg-type] # fields by name


def clustered(n: int, n_topics: int, seed: int = 0, gap_s: float = 20.0) -> tuple[PostColumns, NDArray[np.int64]]:
    """Posts of well separated topics with words of their own, one in ten a copy; and which topic each is of."""
    rng = np.random.default_rng(seed)
    centres = unit(rng.normal(size=(n_topics, DIMENSION)).astype(np.float32))
    truth = rng.integers(0, n_topics, n)
    embeddings = unit(centres[truth] + 0.06 * rng.normal(size=(n, DIMENSION)).astype(np.float32))
    tokens = [tuple(f"w{topic}x{j}" for j in rng.permutation(6)[:4]) for topic in truth]
    hashes = np.arange(1, n + 1)
    for i in range(1, n):
        if rng.random() < 0.1:
            j = int(rng.integers(0, i))
            truth[i], embeddings[i], tokens[i], hashes[i] = truth[j], embeddings[j], tokens[j], hashes[j]
    at_s = START_S + gap_s * np.arange(n)
    return PostColumns(tokens, embeddings, at_s.astype(np.float64), hashes.astype(np.int64)), truth


def follow(topics: TopicTracker, posts: PostColumns, cuts: Sequence[int] = ()) -> Choices:
    """Assign all posts, in the pieces between ``cuts``."""
    edges = sorted({0, *cuts, len(posts)})
    parts = [topics.assign(posts.cut(*edge)) for edge in pairwise(edges)]
    return joined(parts)


def joined(parts: Sequence[Choices]) -> Choices:
    return Choices(
        np.concatenate([part.topic for part in parts]),
        np.concatenate([part.similarity for part in parts]),
        np.concatenate([part.is_copy for part in parts]),
        tuple(merge for part in parts for merge in part.merges),
    )


def assert_same(one: Choices, other: Choices) -> None:
    assert one.topic.tolist() == other.topic.tolist()
    np.testing.assert_allclose(one.similarity, other.similarity, atol=1e-5)
    assert one.is_copy.tolist() == other.is_copy.tolist()
    assert one.merges == other.merges


def memory_of(topics: TopicTracker) -> TopicMemory:
    return TopicMemory(topics, Ledger(), RecentPosts(DIMENSION), TopicBackground(DIMENSION))


def final(choices: Choices) -> list[int]:
    """Topic numbers after all merges."""
    to: dict[int, int] = {merge.old: merge.new for merge in choices.merges}
    numbers = []
    for number in choices.topic.tolist():
        while number in to:
            number = to[number]
        numbers.append(number)
    return numbers


@pytest.fixture
def fine_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Expiry and merges within a few hundred posts."""
    monkeypatch.setattr(tracker, "MAINTENANCE_POSTS", tracker.BLOCK_POSTS)
    monkeypatch.setattr(macro_merge, "MERGE_Z", 2.0)


# --- invariance -----------------------------------------------------------------


@FEW
@given(cuts=st.lists(st.integers(1, 499), max_size=60), seed=st.integers(0, 5))
def test_any_cut_gives_the_same_topics(fine_grid: None, cuts: list[int], seed: int) -> None:
    posts, _ = clustered(500, 9, seed)
    assert_same(follow(new_tracker(), posts, cuts), follow(new_tracker(), posts))


def test_single_posts_give_what_one_batch_gives(fine_grid: None) -> None:
    posts, _ = clustered(500, 9, 3)
    whole = follow(new_tracker(), posts)
    assert_same(follow(new_tracker(), posts, range(500)), whole)
    assert whole.merges, "a stream without a merge would prove less"


@FEW
@given(cut=st.integers(1, 499), seed=st.integers(0, 5))
def test_a_restart_at_any_post_changes_nothing(fine_grid: None, cut: int, seed: int) -> None:
    posts, _ = clustered(500, 9, seed)
    old = memory_of(new_tracker())
    first = old.tracker.assign(posts.cut(0, cut))
    new = memory_of(new_tracker())
    new.restore(old.snapshot("synthetic", DIMENSION), "synthetic", DIMENSION)
    rest = posts.cut(cut, 500)
    assert_same(joined([first, new.tracker.assign(rest)]), joined([first, old.tracker.assign(rest)]))
    assert new.tracker.next_topic == old.tracker.next_topic


# --- topics are found -------------------------------------------------------------


@pytest.mark.parametrize("n_topics", [4, 8, 15])
def test_well_separated_topics_are_found_and_keep_their_ids(n_topics: int) -> None:
    posts, truth = clustered(600, n_topics, 7)
    choices = follow(new_tracker(), posts)
    pairs = set(zip(truth.tolist(), final(choices), strict=True))
    assert len(pairs) == n_topics
    first_use = [number for i, number in enumerate(choices.topic) if number not in choices.topic[:i]]
    assert first_use == sorted(first_use)


@pytest.mark.parametrize("n_topics", [1, 2])
def test_a_stream_about_one_thing_is_legal_and_numbers_stay_in_order(n_topics: int) -> None:
    """What is "unrelated" is learned from the stream, so such a stream is cut finely; nothing is mixed or renamed."""
    posts, truth = clustered(600, n_topics, 7)
    choices = follow(new_tracker(), posts)
    topics_of_number: dict[int, set[int]] = {}
    for number, topic in zip(choices.topic.tolist(), truth.tolist(), strict=True):
        topics_of_number.setdefault(number, set()).add(topic)
    assert all(len(topics) == 1 for topics in topics_of_number.values())
    assert list(topics_of_number) == sorted(topics_of_number)
    assert_same(follow(new_tracker(), posts, range(0, 600, 11)), choices)


def test_a_copy_counts_with_its_original() -> None:
    posts, _ = clustered(400, 6, 2)
    choices = follow(new_tracker(), posts)
    first: dict[int, int] = {}
    for text, number, copy in zip(posts.text_hashes.tolist(), final(choices), choices.is_copy.tolist(), strict=True):
        assert copy == (text in first)
        assert first.setdefault(text, number) == number
    assert choices.is_copy.any()


def test_a_post_that_opens_a_topic_has_no_similarity_and_others_are_above_the_threshold() -> None:
    posts, _ = clustered(300, 5)
    choices = follow(new_tracker(), posts)
    opens = np.isnan(choices.similarity)
    assert opens[0]
    assert len(set(choices.topic[opens].tolist())) == opens.sum(), "every opening is a topic of its own"
    assert (choices.similarity[~opens] > 0.2).all()
    assert (choices.similarity[~opens] <= 1.0001).all()


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
    assert not choices.merges


def test_a_stream_without_repetition_opens_topics_and_nothing_breaks() -> None:
    rng = np.random.default_rng(4)
    n = 1_500
    embeddings = unit(rng.normal(size=(n, DIMENSION)).astype(np.float32))
    posts = PostColumns(
        [(f"word{i}",) for i in range(n)], embeddings, START_S + np.arange(n, dtype=np.float64), np.arange(n)
    )
    choices = follow(new_tracker(), posts)
    assert len(set(choices.topic.tolist())) > n / 3
    assert np.isfinite(choices.similarity[~np.isnan(choices.similarity)]).all()


@pytest.mark.parametrize("times", ["still", "back", "jumping"])
def test_time_may_stand_still_or_jump_back(times: str, fine_grid: None) -> None:
    posts, truth = clustered(500, 5, 1)
    n = len(posts)
    at_s = {
        "still": np.full(n, START_S),
        "back": START_S - 3600.0 * np.arange(n),
        "jumping": START_S + 86_400.0 * np.random.default_rng(1).uniform(-1, 1, n),
    }[times]
    moved = PostColumns(posts.token_lists, posts.embeddings, at_s, posts.text_hashes)
    topics = new_tracker()
    choices = follow(topics, moved)
    assert np.isfinite(topics.index.sums).all()
    assert np.isfinite(topics.index.mass).all()
    assert len(set(zip(truth.tolist(), final(choices), strict=True))) <= 8, "no churn of ids"
    assert_same(follow(new_tracker(), moved, range(0, n, 17)), choices)


def test_posts_without_words_or_vectors_are_legal() -> None:
    n = 200
    posts = PostColumns([()] * n, np.zeros((n, DIMENSION), np.float32), np.full(n, START_S), np.arange(n))
    choices = follow(new_tracker(), posts)
    assert (choices.topic > 0).all()


def test_an_empty_batch_is_legal() -> None:
    posts, _ = clustered(1, 1)
    choices = new_tracker().assign(posts.cut(0, 0))
    assert len(choices.topic) == 0
    assert choices.merges == ()


# --- bounds -----------------------------------------------------------------------


def test_live_clusters_are_bounded_and_the_newest_stay(fine_grid: None) -> None:
    rng = np.random.default_rng(5)
    n, max_live = 1_280, 40
    embeddings = unit(rng.normal(size=(n, DIMENSION)).astype(np.float32))
    posts = PostColumns(
        [(f"word{i}",) for i in range(n)], embeddings, START_S + np.arange(n, dtype=np.float64), np.arange(n)
    )
    topics = new_tracker(max_live=max_live, granularity="fine")
    seen = 0
    for start in range(0, n, tracker.BLOCK_POSTS):
        choices = topics.assign(posts.cut(start, start + tracker.BLOCK_POSTS))
        assert len(topics.index) <= max_live
        opened = choices.topic[np.isnan(choices.similarity)]
        assert (opened > seen).all(), "a number is never used again"
        seen = int(opened.max(initial=seen))
    assert topics.live_topics().max() > n / 2


def test_topics_expire_on_event_time(fine_grid: None) -> None:
    posts, _ = clustered(256, 4, 3, gap_s=1.0)
    topics = new_tracker(expire_after_s=3600.0)
    first = follow(topics, posts)
    late = PostColumns(posts.token_lists, posts.embeddings, posts.at_s + 50_000.0, posts.text_hashes)
    # all the same posts again: the copies keep their topics alive, so nothing has expired
    again = follow(topics, late)
    assert set(again.topic.tolist()) <= set(final(first)) | set(first.topic.tolist())
    other, _ = clustered(256, 1, 99, gap_s=1.0)
    other = PostColumns(other.token_lists, other.embeddings, other.at_s + 200_000.0, other.text_hashes + 10_000)
    follow(topics, other)
    assert not set(topics.live_topics().tolist()) & set(again.topic.tolist()), "nobody spoke of them for 40 hours"
    back = PostColumns(posts.token_lists, posts.embeddings, posts.at_s + 210_000.0, posts.text_hashes)
    revived = follow(topics, back)
    assert not set(revived.topic.tolist()) & set(again.topic.tolist()), "a topic that comes back is a new one"


# --- merges -----------------------------------------------------------------------


def test_merges_are_acyclic_and_never_name_a_topic_that_is_gone(fine_grid: None) -> None:
    posts, _ = clustered(900, 12, 8)
    merges = follow(new_tracker(), posts).merges
    assert merges
    gone: set[int] = set()
    for merge in merges:
        assert merge.old != merge.new
        assert not {merge.old, merge.new} & gone
        gone.add(merge.old)


def test_no_post_goes_to_a_topic_after_it_was_merged_away(fine_grid: None) -> None:
    posts, _ = clustered(900, 12, 8)
    topics = new_tracker()
    gone: set[int] = set()
    for start in range(0, 900, tracker.BLOCK_POSTS):
        choices = topics.assign(posts.cut(start, min(900, start + tracker.BLOCK_POSTS)))
        assert not set(choices.topic.tolist()) & gone
        gone |= {merge.old for merge in choices.merges}
        assert not set(topics.live_topics().tolist()) & gone


def _index(clusters: Sequence[tuple[int, int, Sequence[float]]]) -> CentroidIndex:
    """(topic, members, centre) as an index."""
    index = CentroidIndex(3)
    for topic, members, centre in clusters:
        vector = unit(np.array([centre], np.float32))[0]
        slot = index.add(vector, START_S, topic)
        for _ in range(members - 1):
            index.update(slot, vector, START_S, 60.0)
    return index


def test_the_larger_topic_keeps_its_number_and_the_older_one_on_a_tie() -> None:
    calibration = Calibration(0.0, 0.05, 100)
    large_is_young = _index([(1, 3, (1, 0, 0)), (2, 9, (1, 0.01, 0)), (3, 5, (0, 1, 0))])
    assert find_merges(large_is_young, calibration, START_S) == (TopicMerge(1, 2, START_S),)
    tie = _index([(1, 4, (1, 0, 0)), (2, 4, (1, 0.01, 0))])
    assert find_merges(tie, calibration, START_S) == (TopicMerge(2, 1, START_S),)


def test_single_posts_and_strangers_are_not_merged() -> None:
    calibration = Calibration(0.0, 0.05, 100)
    assert find_merges(_index([(1, 1, (1, 0, 0)), (2, 9, (1, 0, 0))]), calibration, START_S) == ()
    assert find_merges(_index([(1, 5, (1, 0, 0)), (2, 9, (0, 1, 0))]), calibration, START_S) == ()
    assert find_merges(CentroidIndex(3), calibration, START_S) == ()


def test_the_index_grows_past_its_first_allocation_and_forgets_in_order() -> None:
    index = CentroidIndex(4)
    rng = np.random.default_rng(0)
    vectors = unit(rng.normal(size=(2_500, 4)).astype(np.float32))
    for i, vector in enumerate(vectors):
        assert index.add(vector, float(i), i + 1) == i
    np.testing.assert_array_equal(index.centres[:2_500], vectors)
    kept = np.arange(0, 2_500, 7)
    index.keep(kept)
    assert index.topic[: index.n].tolist() == (kept + 1).tolist()
    np.testing.assert_array_equal(index.centres[: index.n], vectors[kept])
