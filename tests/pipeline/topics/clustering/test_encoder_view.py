"""Two encoders over one stream: each post on the scale of its own, one topic for both, nothing lost in a checkpoint."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import StateMismatch
from configs.settings import TopicSettings
from pipeline.topics.clustering.assignment import Choices, PostColumns
from pipeline.topics.clustering.calibration import Calibration
from pipeline.topics.clustering.encoder_view import FIRST_CALIBRATION_POSTS
from pipeline.topics.clustering.post_vectors import Background, unit
from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.topics.memory.ledger import Ledger
from pipeline.topics.memory.recent_posts import RecentPosts
from pipeline.topics.memory.topic_background import TopicBackground
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.types import FloatArray
from tests.pipeline.topics.tracked_streams import DIMENSION, FEW, assert_same, clustered, exported, same_snapshot

OWN, STUDENT = "synthetic", "static:1"
N = 1_024
MEAN = unit(np.random.default_rng(1).normal(size=(1, DIMENSION)).astype(np.float32))[0] * np.float32(0.6)


def new_tracker() -> TopicTracker:
    zero = np.zeros(DIMENSION, np.float32)
    own = Background(OWN, zero, Calibration(0.0, 0.1, 100))
    return TopicTracker(own, TopicSettings(), Background(STUDENT, zero, Calibration(0.0, 0.09, 100)))


def two_readings(seed: int = 3) -> tuple[PostColumns, PostColumns]:
    """The same posts as the teacher sees them, on a common mean, and as a perfect student of it does."""
    posts, _ = clustered(N, 8, seed)
    vectors = unit(MEAN + np.float32(0.8) * posts.embeddings)
    return replace(posts, embeddings=vectors), replace(posts, embeddings=unit(vectors - vectors.mean(axis=0)))


def in_turns(tracker: TopicTracker, changes_at: list[int], cuts: list[int] | None = None) -> tuple[Choices, FloatArray]:
    """The choices, and the embeddings as they are remembered."""
    readings = two_readings()
    parts, carried = [], []
    edges = sorted({0, N, *changes_at, *(cuts or [])})
    for start, stop in pairwise(edges):
        by_student = sum(edge <= start for edge in changes_at) % 2
        tracker.read_by((OWN, STUDENT)[by_student])
        posts = readings[by_student].cut(start, stop)
        done = 0
        for choices in tracker.follow(posts):
            parts.append(choices)
            carried.append(tracker.vectors.carried(posts.embeddings[done : done + len(choices)]))
            done += len(choices)
    return Choices.joined(parts), np.concatenate(carried)


def test_topics_go_on_over_a_change_and_back() -> None:
    alone, _ = in_turns(new_tracker(), [])
    turned, _ = in_turns(new_tracker(), [400, 700])
    assert len(set(turned.topic[400:].tolist()) - set(turned.topic[:400].tolist())) <= 1
    assert np.mean(turned.topic == alone.topic) > 0.95


def test_what_the_student_read_is_remembered_as_its_teacher_might_have_seen_it() -> None:
    _, remembered = in_turns(new_tracker(), [400])
    seen = two_readings()[0].embeddings
    np.testing.assert_array_equal(remembered[:400], seen[:400])
    assert np.sum(remembered[500:] * seen[500:], axis=1).mean() > 0.97
    np.testing.assert_allclose(np.linalg.norm(remembered, axis=1), 1.0, atol=1e-5)


@FEW
@given(cuts=st.lists(st.integers(1, N - 1), max_size=12))
def test_the_cut_is_of_no_consequence(cuts: list[int]) -> None:
    one, other = new_tracker(), new_tracker()
    choices, remembered = in_turns(one, [333, 650])
    again, remembered_again = in_turns(other, [333, 650], cuts)
    assert_same(choices, again)
    np.testing.assert_allclose(remembered, remembered_again, atol=1e-6)
    assert one.encoder_id == other.encoder_id


def test_each_encoder_keeps_a_scale_of_its_own() -> None:
    tracker = new_tracker()
    in_turns(tracker, [512])
    own, student = tracker.views
    assert tracker.calibration is student.calibration
    assert own.calibration != student.calibration
    assert min(own.calibration.n, student.calibration.n) >= FIRST_CALIBRATION_POSTS
    before = own.calibration
    tracker.read_by(OWN)
    assert tracker.calibration is before, "back at once, from the first post"


def test_posts_of_an_encoder_nobody_knows_are_refused() -> None:
    with pytest.raises(StateMismatch, match=r"'other'.*'synthetic' and 'static:1'"):
        new_tracker().read_by("other")


# --- the checkpoint -----------------------------------------------------------------


def memory_of(tracker: TopicTracker) -> TopicMemory:
    return TopicMemory(tracker, Ledger(), RecentPosts(DIMENSION), TopicBackground(DIMENSION))


@pytest.mark.parametrize("changes_at", [[], [400], [400, 700]])
def test_both_views_and_who_reads_come_back(changes_at: list[int]) -> None:
    memory = memory_of(new_tracker())
    in_turns(memory.tracker, changes_at)
    again = memory_of(new_tracker())
    snapshot = memory.snapshot(OWN, DIMENSION)
    again.restore(snapshot, OWN, DIMENSION)
    same_snapshot(again.snapshot(OWN, DIMENSION), snapshot)
    assert again.tracker.encoder_id == memory.tracker.encoder_id
    for mine, theirs in zip(exported(again.tracker), exported(memory.tracker), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_student_that_is_gone_is_left_out_and_its_end_is_noticed() -> None:
    memory = memory_of(new_tracker())
    in_turns(memory.tracker, [400])
    zero = np.zeros(DIMENSION, np.float32)
    alone = memory_of(TopicTracker(Background(OWN, zero, Calibration(0.0, 0.1, 100)), TopicSettings()))
    alone.restore(memory.snapshot(OWN, DIMENSION), OWN, DIMENSION)
    assert alone.tracker.encoder_id == STUDENT, "the next post is one of another encoder"
    assert alone.tracker.calibration == memory.tracker.views[0].calibration
    alone.tracker.read_by(OWN)
    assert alone.tracker.encoder_id == OWN


def test_a_scale_grows_up_at_every_doubling_of_few_posts_and_never_again() -> None:
    tracker = new_tracker()
    view, vectors = tracker.view, unit(np.random.default_rng(0).normal(size=(64, tracker.vectors.dimension)))
    grown = []
    for _ in range(160):
        view.reservoir.offer(vectors)
        view.close_block(reading=True)
        if view.scale_grew_up():
            grown.append(view.n_blocks)
    assert grown == [2, 4, 8, 16, 32, 64]
