"""The memory of a shard through the real store and back; state of another encoder or version is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from configs.errors import StateMismatch
from configs.settings import TopicSettings
from ingest.position import START, Position
from pipeline.store.database import open_store
from pipeline.topics.clustering import cluster_graph, tracker
from pipeline.topics.clustering.calibration import Calibration
from pipeline.topics.clustering.post_vectors import Background
from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.topics.memory.ledger import Ledger
from pipeline.topics.memory.recent_posts import RecentPosts
from pipeline.topics.memory.topic_background import TopicBackground
from pipeline.topics.memory.topic_memory import STATE_VERSION, TopicMemory
from pipeline.types.state import NamedArray, StateSnapshot
from tests.conftest import FixedClock
from tests.demo_shard import make_trace
from tests.pipeline.topics.memory.busy_memory import busy, empty
from tests.pipeline.topics.tracked_streams import DIMENSION, assert_same, clustered, new_tracker, same_snapshot

ENCODER = "synthetic"


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


def test_what_was_stored_before_the_parts_stored_themselves_comes_back_as_it_was() -> None:
    """``state_v7.npz``: two encoders in turn, an open block, copies, watched accounts, a deleted post and author."""
    with np.load(Path(__file__).with_name("state_v7.npz")) as stored:
        arrays = tuple(NamedArray(name, stored[name]) for name in stored.files if name != "document")
        old = StateSnapshot(7, "golden", 8, stored["document"].tobytes(), arrays)
    zero, calibration = np.zeros(8, np.float32), Calibration(0.0, 0.1, 100)
    backgrounds = [Background(name, zero, calibration) for name in ("golden", "golden-student")]
    tracker = TopicTracker(backgrounds[0], TopicSettings(), backgrounds[1])
    memory = TopicMemory(tracker, Ledger(), RecentPosts(8), TopicBackground(8))
    memory.restore(old, "golden", 8)
    new = memory.snapshot("golden", 8)
    assert msgspec.json.decode(new.document) == msgspec.json.decode(old.document)
    mine, theirs = ({array.name: array.values for array in snapshot.arrays} for snapshot in (new, old))
    assert sorted(mine) == sorted(theirs)
    for name, values in theirs.items():
        assert (mine[name].dtype, mine[name].shape) == (values.dtype, values.shape), name
        assert mine[name].tobytes() == values.tobytes(), name


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
    restored.forget_author(5)
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
