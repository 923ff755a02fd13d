"""How the stream was cut, and by which road posts came, leaves no trace in the store."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from configs.settings import IngestSettings, Settings
from ingest.streams import DEAD_LETTERS, ENRICHED, POSTS, open_stream
from ingest.streams.contract import OutRecord
from pipeline.enrich_worker import EnrichWorker
from pipeline.intake import EnrichedIntake, RawIntake
from pipeline.store.database import DatabaseStore
from pipeline.topics import macro_merge, tracker
from tests.conftest import FixedClock
from tests.contracts.conftest import Dump
from tests.demo_shard import (
    content,
    demo_records,
    differing,
    fill,
    loaded,
    opened,
    run_to_end,
    shard_settings,
    tools_of,
    working,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _fine_grid() -> Any:
    """Topics expire and merge within these few posts, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracker, "MAINTENANCE_POSTS", 2 * tracker.BLOCK_POSTS)
        patch.setattr(macro_merge, "MERGE_Z", 7.0)
        yield


@pytest.fixture(scope="module")
def in_one_go(tmp_path_factory: pytest.TempPathFactory) -> Dump:
    """The store after the whole stream was there before the worker came."""
    settings = shard_settings(tmp_path_factory.mktemp("replay"))
    fill(settings, demo_records())
    with opened(settings) as store:
        run_to_end(settings, store)
        assert len(store.reports()) > 5
        assert store.counts("default")["accepted"] == 600
        return content(store)


def without_rounding(store: Dump) -> Dump:
    """A dump as people see it.

    Left out: the last bits of sums (two cuts multiply the same vectors in another shape), and what was
    said of topics before they were merged away (told already in one cut, not yet in another).
    """
    merged = {row[0] for row in store["redirects"]}
    seen = {name: rows for name, rows in store.items() if name not in ("state_chunks", "states")}
    seen["posts"] = [_rounded(row) for row in store["posts"]]
    seen["verdict_history"] = sorted(row[1:] for row in store["verdict_history"] if row[2] not in merged)
    for name in ("outbox", "alert_quotes"):
        seen[name] = [row for row in store[name] if row[0].split(":")[1] not in merged]
    return seen


def _rounded(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(round(value, 4) if isinstance(value, float) else value for value in row)


def _live(settings: Settings, store: DatabaseStore, seed: int) -> int:
    """Append random small pieces while a worker steps; new workers take over now and then."""
    rng = Random(seed)
    left = list(demo_records())
    steps = 0
    with closing(open_stream(settings, POSTS).writer()) as writer:
        while left:
            with working(settings, tools_of(settings, store)) as worker:
                for _ in range(rng.randint(3, 12)):
                    n = rng.randint(1, 60)
                    writer.append(left[:n])
                    del left[:n]
                    for _ in range(rng.randint(0, 2)):
                        steps += worker.step(timeout_s=0.0).n_records > 0
    with working(settings, tools_of(settings, store)) as worker:
        while worker.step(timeout_s=0.0).n_records:
            steps += 1
    return steps


@pytest.mark.parametrize("seed", [1, 2])
def test_small_pieces_with_a_worker_in_between_give_what_one_go_gives(
    seed: int, in_one_go: Dump, tmp_path: Path
) -> None:
    settings = shard_settings(tmp_path)
    with opened(settings) as store:
        assert _live(settings, store, seed) > 15
        live = content(store)
    assert differing(without_rounding(live), without_rounding(in_one_go)) == []


@pytest.mark.parametrize("batch_posts", [7, 200])
def test_the_batch_size_is_of_no_consequence(batch_posts: int, in_one_go: Dump, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(shard_settings(tmp_path), ingest=IngestSettings(batch_posts=batch_posts))
    fill(settings, demo_records())
    with opened(settings) as store:
        run_to_end(settings, store)
        other = content(store)
    assert differing(without_rounding(other), without_rounding(in_one_go)) == []


def enrich_all(settings: Settings, n_records: int, *, die_after: int | None = None) -> int:
    """The ``enrich`` stage over everything there; with ``die_after`` it dies between writing and acknowledging."""
    reader = open_stream(settings, POSTS).reader("enrich")
    worker = EnrichWorker(
        reader,
        open_stream(settings, ENRICHED).writer(),
        open_stream(settings, DEAD_LETTERS).writer(),
        RawIntake(loaded().enricher, POSTS),
        settings.shard,
        settings.ingest.batch_posts,
        FixedClock(),
    )
    done = 0
    with closing(worker), pytest.MonkeyPatch.context() as patch:
        for step in range(1000):
            if step == die_after:
                patch.setattr(reader, "acknowledge", lambda _position: None)
                return done + worker.step(timeout_s=0.0)
            n = worker.step(timeout_s=0.0)
            done += n
            if not n:
                break
    assert done >= n_records
    return done


def enriched_intake() -> EnrichedIntake:
    encoder = loaded().models.encoder
    return EnrichedIntake(encoder.id, encoder.dimension, ENRICHED)


def test_the_road_over_the_enrich_worker_gives_the_same_store(in_one_go: Dump, tmp_path: Path) -> None:
    settings = shard_settings(tmp_path)
    records = demo_records()
    fill(settings, records)
    enrich_all(settings, len(records))
    with opened(settings) as store:
        run_to_end(settings, store, intake=enriched_intake(), stream=ENRICHED)
        other = _letters_moved(content(store))
    assert differing(without_rounding(other), without_rounding(_letters_moved(in_one_go))) == []


def _letters_moved(store: Dump) -> Dump:
    """Bad records stop at the enrich worker: the position and the count of letters differ by that, nothing else."""
    counts = [row for row in store["counts"] if row[1] != "dead_letters"]
    return {**store, "counts": counts, "positions": []}


def test_a_batch_that_the_enrich_worker_wrote_twice_counts_once(in_one_go: Dump, tmp_path: Path) -> None:
    settings = shard_settings(tmp_path)
    records = demo_records()
    fill(settings, records)
    enrich_all(settings, len(records), die_after=4)
    enrich_all(settings, len(records) - 5 * settings.ingest.batch_posts)
    with opened(settings) as store:
        run_to_end(settings, store, intake=enriched_intake(), stream=ENRICHED)
        assert store.counts("default")["accepted"] == 600
        other = content(store)
    # deletions and duplicates came twice, so they are counted twice; what the store says of the world is the same
    once = without_rounding(_letters_moved(in_one_go))
    twice = without_rounding(_letters_moved(other))
    assert set(differing(once, twice)) <= {"counts", "posts"}
    assert {row[0] for row in twice["posts"]} <= {row[0] for row in once["posts"]}


def test_a_raw_post_on_the_enriched_stream_is_a_dead_letter(tmp_path: Path) -> None:
    settings = shard_settings(tmp_path)
    raw = demo_records()[0]
    fill(settings, [OutRecord("default", raw.value, raw.headers), demo_records()[-1]], ENRICHED)
    with opened(settings) as store:
        run_to_end(settings, store, intake=enriched_intake(), stream=ENRICHED)
        assert store.counts("default")["dead_letters"] == 1
        assert store.counts("default").get("accepted", 0) == 0
