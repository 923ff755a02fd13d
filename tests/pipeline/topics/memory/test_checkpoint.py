"""The memory of a shard through the real store and back; state of another encoder or version is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from configs.errors import StateMismatch
from ingest.position import START, Position
from pipeline.store.database import open_store
from pipeline.topics.clustering import cluster_graph, tracker
from pipeline.topics.memory.checkpoint import STATE_VERSION
from pipeline.topics.memory.ledger import Ledger
from pipeline.topics.memory.recent_posts import RecentPosts
from pipeline.topics.memory.topic_background import TopicBackground, TopicPlace
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.topics.pace.lifecycle import stage_of
from tests.conftest import FixedClock
from tests.demo_shard import make_trace
from tests.pipeline.topics.tracked_streams import DIMENSION, START_S, assert_same, clustered, new_tracker, same_snapshot

ENCODER = "synthetic"


def empty() -> TopicMemory:
    return TopicMemory(new_tracker(), Ledger(), RecentPosts(DIMENSION), TopicBackground(DIMENSION))


def busy(n: int = 384) -> TopicMemory:
    """A memory with something in every part of it."""
    memory = empty()
    posts, _ = clustered(n, 8, 5)
    done = 0
    for choices in memory.tracker.follow(posts):
        for j in range(len(choices)):
            i = done + j
            trace = make_trace(
                i,
                cluster=int(choices.cluster[j]),
                at_s=float(posts.at_s[i]),
                is_copy=bool(choices.is_copy[j]),
                hazards=(("death", 0.5),) if i % 3 else (),
                author=None if i % 7 == 0 else i % 40,
                language=None if i % 11 == 0 else "it",
                hashtags=("pane",) if i % 5 == 0 else (),
                text="caffè e biscotti 🥐",
            )
            memory.ledger.count(int(choices.topic[j]), trace, 600)
            memory.recent.append(trace, posts.embeddings[i])
        for move in choices.changes.moves:
            memory.ledger.move(memory.recent.traces_of(move.cluster), move.n_posts, move.old, move.new, 600)
        for merge in choices.changes.merges:
            memory.ledger.merge(merge.old, merge.new)
        done += len(choices)
    for entry in memory.ledger:
        entry.label, entry.keywords, entry.measured_at_posts = "pane", ("pane", "caffè"), entry.n_posts
        stage = stage_of(entry.pulse.life, entry.pulse.surge.rate.lately(START_S + 9_000), START_S + 9_000, None)
        memory.ledger.windows.look(entry.number, stage, entry.pulse.life, START_S + 9_000)
    memory.background.take([TopicPlace(f"t{i}", 5, posts.embeddings[i]) for i in range(5)])
    memory.background.learn()
    memory.background.take([TopicPlace("t9", 5, posts.embeddings[5]), TopicPlace("t1", 10, posts.embeddings[6])])
    memory.deleted.bury_post("p1")
    memory.deleted.bury_author(7, START_S)
    memory.clock_s, memory.reported_s, memory.measured_all = START_S + 9_000, START_S, (START_S, n)
    return memory


@pytest.mark.parametrize("make", [empty, busy])
def test_everything_comes_back_from_the_real_store(
    make: Callable[[], TopicMemory], tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracker, "LINK_POSTS", tracker.BLOCK_POSTS)
    monkeypatch.setattr(cluster_graph, "NEIGHBOUR_Z", 2.0)
    memory = make()
    store = open_store(f"sqlite:///{tmp_path}/s.db", clock)
    try:
        with store.transaction() as tx:
            tx.advance("default", START, Position("0:1"))
            tx.save_state("default", memory.snapshot(ENCODER, DIMENSION))
        stored = store.load_state("default")
    finally:
        store.close()
    assert stored is not None
    restored = empty()
    restored.restore(stored, ENCODER, DIMENSION)
    same_snapshot(restored.snapshot(ENCODER, DIMENSION), memory.snapshot(ENCODER, DIMENSION))
    assert [msgspec.to_builtins(entry) for entry in restored.ledger] == [
        msgspec.to_builtins(entry) for entry in sorted(memory.ledger, key=lambda entry: entry.number)
    ]
    for entry in memory.ledger:
        mine, theirs = memory.posts_of(entry.number), restored.posts_of(entry.number)
        assert list(mine.traces) == list(theirs.traces)
        np.testing.assert_array_equal(mine.embeddings, theirs.embeddings)
    more, _ = clustered(200, 8, 6)
    assert_same(restored.tracker.assign(more), memory.tracker.assign(more))


@pytest.mark.parametrize(
    ("encoder_id", "dimension", "version"),
    [("another", DIMENSION, STATE_VERSION), (ENCODER, DIMENSION + 1, STATE_VERSION), (ENCODER, DIMENSION, 99)],
)
def test_state_of_other_making_is_refused_and_nothing_is_taken_from_it(
    encoder_id: str, dimension: int, version: int
) -> None:
    snapshot = msgspec.structs.replace(
        busy().snapshot(ENCODER, DIMENSION), encoder_id=encoder_id, dimension=dimension, version=version
    )
    memory = empty()
    with pytest.raises(StateMismatch, match="use that encoder, or start with an empty store"):
        memory.restore(snapshot, ENCODER, DIMENSION)
    same_snapshot(memory.snapshot(ENCODER, DIMENSION), empty().snapshot(ENCODER, DIMENSION))


def test_a_restored_memory_shares_nothing_with_its_snapshot() -> None:
    memory = busy()
    snapshot = memory.snapshot(ENCODER, DIMENSION)
    frozen = msgspec.json.encode([array.values.tolist() for array in snapshot.arrays if "reservoir" not in array.name])
    restored = empty()
    restored.restore(snapshot, ENCODER, DIMENSION)
    more, _ = clustered(200, 8, 6)
    restored.tracker.assign(more)
    restored.recent.erase_author(5)
    after = msgspec.json.encode([array.values.tolist() for array in snapshot.arrays if "reservoir" not in array.name])
    assert after == frozen


def test_the_ledger_adds_up_over_merges() -> None:
    ledger = Ledger()
    for i in range(40):
        ledger.count(1 + i % 2, make_trace(i, cluster=1 + i % 2, author=i % 10, at_s=float(i), is_copy=i % 8 == 0), 600)
    ledger.merge(2, 1)
    entry = ledger.entry(1)
    assert (len(ledger), entry.n_posts, entry.n_copies, entry.n_authors()) == (1, 40, 5, 10)
    assert (entry.first_seen_s, entry.last_seen_s) == (0.0, 39.0)
    assert sum(entry.pulse.posts.values()) == 40
    ledger.move([make_trace(i, at_s=float(i)) for i in range(8)], 8, old=1, new=3, bin_s=600)
    assert (ledger.n_posts(1), ledger.n_posts(3), ledger.n_posts(99)) == (32, 8, 0)
    ledger.split(child=3, parent=1)
    assert ledger.entry(3).parent == 1
    ledger.move([], 0, old=1, new=4, bin_s=600)
    assert ledger.n_posts(4) == 0
    ledger.retire([1, 3, 99])
    assert len(ledger) == 0


@pytest.mark.parametrize("remembered", [0, 5, 20])
def test_posts_that_are_remembered_no_more_move_too(remembered: int) -> None:
    ledger = Ledger()
    posts = [make_trace(i, language="it" if i % 4 else "en", author=i, at_s=float(i)) for i in range(80)]
    for post in posts:
        ledger.count(1, post, 600)
    ledger.move(posts[60 - remembered : 60], 60, old=1, new=2, bin_s=600)
    old, new = ledger.entry(1), ledger.entry(2)
    assert (old.n_posts, new.n_posts) == (20, 60)
    assert sum(new.languages.values()) == pytest.approx(60, abs=2)
    assert sum(old.languages.values()) + sum(new.languages.values()) == pytest.approx(80, abs=2)
    assert new.languages["it"] > 2 * new.languages["en"]
    ledger.merge(2, 1)
    assert ledger.entry(1).n_posts == 80


def test_settings_of_the_run_win_over_those_of_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds are settings, not state: they may change between two runs."""
    monkeypatch.setattr(tracker, "LINK_POSTS", tracker.BLOCK_POSTS)
    memory = TopicMemory(new_tracker(max_live=3), Ledger(), RecentPosts(DIMENSION), TopicBackground(DIMENSION))
    memory.restore(busy().snapshot(ENCODER, DIMENSION), ENCODER, DIMENSION)
    assert len(memory.tracker.index) > 3
    posts, _ = clustered(tracker.BLOCK_POSTS, 8, 5)
    memory.tracker.assign(posts)
    assert len(memory.tracker.index) <= 3
