"""Wherever a worker dies, the next one ends with the same store: topics, ids, reports, verdicts, alerts, counters."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

import pipeline.track.worker
from configs.errors import StaleOwner, StoreUnavailable
from configs.settings import Settings
from ingest.position import START
from ingest.streams import DEAD_LETTERS, POSTS, open_stream
from ingest.streams.local.stream import LocalStream
from pipeline.topics.clustering import cluster_graph, tracker
from tests.demo_shard import (
    content,
    demo_records,
    differing,
    fill,
    opened,
    run_to_end,
    shard_settings,
    tools_of,
    working,
)
from tests.integration.tripwire import Boom, Tripwire, watched
from tests.store_dump import Dump

pytestmark = pytest.mark.slow

LOADING = ("store.position", "store.load_state", "store.reports", "store.archive", "reader.seek")
"""What a worker does before its first batch."""

STEPS = (
    "reader.poll",
    "intake.read",
    "store.known_revisions",
    "store.posts_by_id",
    "deduplicate",
    "follow",
    "dead_letters.append",
    "transaction",
    "tx.advance",
    "tx.save_state",
    "tx.delete_posts",
    "tx.save_posts",
    "tx.save_moves",
    "tx.save_redirects",
    "tx.save_switches",
    "tx.save_reports",
    "tx.save_centres",
    "tx.save_backgrounds",
    "tx.save_verdicts",
    "tx.save_markets",
    "tx.save_ranks",
    "tx.add_counts",
    "tx.enqueue",
    "commit",
)
"""Everything one step does, in order; the worker can die after each. ``commit`` is before the acknowledgement."""


@pytest.fixture(autouse=True)
def fine_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics expire and merge within these few posts, too."""
    monkeypatch.setattr(tracker, "LINK_POSTS", tracker.BLOCK_POSTS)
    monkeypatch.setattr(cluster_graph, "NEIGHBOUR_Z", 5.0)


@dataclass(frozen=True)
class Reference:
    """An uninterrupted run: the database file and the content before batch ``i`` (and after the last one)."""

    folder: Path
    contents: tuple[Dump, ...]
    letters: tuple[str, ...]

    @property
    def n_batches(self) -> int:
        return len(self.contents) - 1

    def settings(self, folder: Path, batch: int) -> Settings:
        """A copy of the world as it was before ``batch``."""
        settings = shard_settings(folder)
        shutil.copy(self.folder / "shard-stream.sqlite", settings.stream.path)
        shutil.copy(self.folder / f"before-{batch}.db", folder / "shard.db")
        return settings


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    folder = tmp_path_factory.mktemp("reference")
    settings = shard_settings(folder)
    fill(settings, demo_records())
    contents: list[Dump] = []
    with pytest.MonkeyPatch.context() as patch, opened(settings) as store:
        patch.setattr(tracker, "LINK_POSTS", tracker.BLOCK_POSTS)
        patch.setattr(cluster_graph, "NEIGHBOUR_Z", 5.0)
        with working(settings, tools_of(settings, store)) as worker:
            ended = False
            while not ended:
                contents.append(content(store))
                _copy_database(folder, f"before-{len(contents) - 1}.db")
                ended = worker.step(timeout_s=0.0).ended
            contents.append(content(store))
    return Reference(folder, tuple(contents), tuple(_letters(settings)))


def _copy_database(folder: Path, name: str) -> None:
    with closing(sqlite3.connect(folder / "shard.db")) as one, closing(sqlite3.connect(folder / name)) as other:
        one.backup(other)


def _letters(settings: Settings) -> list[str]:
    """Keys of the dead letters, each once."""
    with closing(open_stream(settings, DEAD_LETTERS).reader("test")) as reader:
        return sorted({record.key for record in reader.poll(1_000, timeout_s=0.0).records})


def busiest(reference: Reference) -> int:
    """The batch that changes most tables."""
    changed = [len(differing(*pair)) for pair in zip(reference.contents, reference.contents[1:], strict=False)]
    return max(range(len(changed)), key=lambda batch: (changed[batch], batch))


def test_the_stream_of_these_tests_has_everything_in_it(reference: Reference) -> None:
    """Without this the crash tests below would prove little."""
    before, after = reference.contents[0], reference.contents[-1]
    assert {*differing(before, after)} >= {
        *("positions", "states", "state_chunks", "posts", "reports", "verdicts", "verdict_history"),
        *("redirects", "ranks", "counts", "outbox", "alert_quotes"),
        *("topic_centres", "backgrounds", "background_entries"),
    }
    counts = {name: total for _, name, total in after["counts"]}
    for name in ("accepted", "duplicates", "near_duplicates", "revisions", "deletions", "dead_letters"):
        assert counts[name] > 0, name
    assert counts["dead_letters"] == len(reference.letters)
    assert reference.n_batches >= 10


def test_the_named_steps_are_all_there_are_in_this_order(reference: Reference, tmp_path: Path) -> None:
    """A step added to the worker has to be added to the crash tests."""
    settings = reference.settings(tmp_path, 0)
    with opened(settings) as store:
        wire = Tripwire()
        with watched(wire, settings, store) as tools, working(settings, tools) as worker:
            ended = False
            while not ended:
                before = len(wire.done)
                ended = worker.step(timeout_s=0.0).ended
                done = set(wire.done[before:])
                in_order = [step for step in dict.fromkeys(wire.done[before:]) if step in STEPS]
                assert in_order == [step for step in STEPS if step in done]
    assert set(wire.done) == {*LOADING, *STEPS, "reader.acknowledge"}


@pytest.mark.parametrize("step", STEPS)
def test_a_new_worker_repeats_the_batch_in_which_the_old_one_died(
    step: str, reference: Reference, tmp_path: Path
) -> None:
    """The batch in the middle of which everything happens: both the dead worker's successor and its own retry."""
    batch = busiest(reference)
    settings = reference.settings(tmp_path, batch)
    with opened(settings) as store:
        wire = Tripwire(step)
        with watched(wire, settings, store) as tools, working(settings, tools) as worker:
            with pytest.raises(Boom):
                worker.step(timeout_s=0.0)
            assert wire.done[-1] == step
        committed = batch + (step == "commit")
        assert differing(content(store), reference.contents[committed]) == []
        with working(settings, tools_of(settings, store)) as worker:
            for _ in range(committed, min(batch + 2, reference.n_batches)):
                worker.step(timeout_s=0.0)
        assert differing(content(store), reference.contents[min(batch + 2, reference.n_batches)]) == []


@pytest.mark.parametrize("batch", [0, -1])
def test_the_first_and_the_last_batch_are_no_exception(batch: int, reference: Reference, tmp_path: Path) -> None:
    """The same worker tries again after each crash: what it has in memory must not leak into the store."""
    batch %= reference.n_batches
    settings = reference.settings(tmp_path, batch)
    with opened(settings) as store:
        for step in ("reader.seek", "intake.read", "follow", "tx.save_state", "tx.save_verdicts", "tx.enqueue"):
            wire = Tripwire(step)
            with watched(wire, settings, store) as tools, working(settings, tools) as worker:
                with pytest.raises(Boom):
                    worker.step(timeout_s=0.0)
                assert differing(content(store), reference.contents[batch]) == []
        wire = Tripwire("tx.add_counts")
        with watched(wire, settings, store) as tools, working(settings, tools) as worker:
            with pytest.raises(Boom):
                worker.step(timeout_s=0.0)
            worker.step(timeout_s=0.0)
        assert differing(content(store), reference.contents[batch + 1]) == []


def test_a_worker_that_dies_in_every_batch_ends_where_an_untroubled_one_does(
    reference: Reference, tmp_path: Path
) -> None:
    """Each batch dies once, after another step each time, and the worker that died tries again itself."""
    settings = reference.settings(tmp_path, 0)
    with opened(settings) as store:
        for batch in range(reference.n_batches):
            wire = Tripwire(STEPS[(batch * 7 + 5) % len(STEPS)])
            with watched(wire, settings, store) as tools, working(settings, tools) as worker:
                try:
                    worker.step(timeout_s=0.0)  # a step without, say, dead letters has nothing to die after
                except Boom:
                    if wire.done[-1] != "commit":
                        worker.step(timeout_s=0.0)
            assert differing(content(store), reference.contents[batch + 1]) == [], (batch, wire.done[-1])
    assert _letters(settings) == list(reference.letters)


def test_the_loop_waits_out_a_store_that_is_away(reference: Reference, tmp_path: Path) -> None:
    """``run`` reloads after each failure, on its own, and reaches the end."""
    settings = reference.settings(tmp_path, 0)
    with opened(settings) as store:
        wire = Tripwire("tx.save_posts", nth=4, error=lambda: StoreUnavailable("away", retry_after_s=0.001))
        with watched(wire, settings, store) as tools, working(settings, tools) as worker:
            worker.run(Event(), until_end=True)
        assert wire.done.count("reader.seek") == 2
        assert differing(content(store), reference.contents[-1]) == []


def test_an_acknowledgement_is_never_ahead_of_the_store(reference: Reference, tmp_path: Path) -> None:
    settings = reference.settings(tmp_path, 3)
    stream = LocalStream(Path(settings.stream.path), POSTS)
    with opened(settings) as store:
        for step in ("tx.enqueue", "commit"):
            with (
                watched(Tripwire(step), settings, store, "new group") as tools,
                working(settings, tools) as worker,
                pytest.raises(Boom),
            ):
                worker.step(timeout_s=0.0)
            assert stream.acknowledged("new group") == START
        with working(settings, tools_of(settings, store, group="new group")) as worker:
            worker.step(timeout_s=0.0)
        assert stream.acknowledged("new group") == store.position(settings.shard) != START


def test_of_two_owners_the_stale_one_notices_and_nothing_is_doubled(reference: Reference, tmp_path: Path) -> None:
    settings = reference.settings(tmp_path, 2)
    with opened(settings) as store:
        first, second = tools_of(settings, store, group="one"), tools_of(settings, store, group="two")
        with working(settings, first) as old, working(settings, second) as new:
            old.step(timeout_s=0.0)
            new.step(timeout_s=0.0)  # loads batch 3 as it is, and moves on
            assert differing(content(store), reference.contents[4]) == []
            with pytest.raises(StaleOwner):
                old.step(timeout_s=0.0)
            assert differing(content(store), reference.contents[4]) == []
            old.step(timeout_s=0.0)  # it has reloaded: now the other one is stale
            with pytest.raises(StaleOwner):
                new.step(timeout_s=0.0)
            for batch in range(5, reference.n_batches):
                _step_after_reload((old, new)[batch % 2])
        assert differing(content(store), reference.contents[-1]) == []


def _step_after_reload(worker: pipeline.track.worker.Worker) -> None:
    """One good step, whoever owned the shard before."""
    try:
        worker.step(timeout_s=0.0)
    except StaleOwner:
        worker.step(timeout_s=0.0)


def test_a_run_after_the_end_changes_nothing(reference: Reference, tmp_path: Path) -> None:
    settings = reference.settings(tmp_path, reference.n_batches - 1)
    with opened(settings) as store:
        run_to_end(settings, store)
        with working(settings, tools_of(settings, store)) as worker:
            assert worker.step(timeout_s=0.0).n_records == 0
        assert differing(content(store), reference.contents[-1]) == []
