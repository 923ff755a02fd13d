"""How the stream was cut, and by which road posts came, leaves no trace in the store."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from configs.settings import IngestSettings, Settings, TopicSettings
from ingest.post import Post
from ingest.sources.contract import Deletion
from ingest.streams import DEAD_LETTERS, ENRICHED, POSTS, open_stream
from ingest.streams.contract import OutRecord, Record
from ingest.wire import Heartbeat, decode, encode_heartbeat, encode_post
from pipeline.enrich.intake import EnrichedIntake, RawIntake
from pipeline.enrich.worker import EnrichWorker
from pipeline.store.database import DatabaseStore
from pipeline.topics.clustering import cluster_graph, tracker
from tests.conftest import FixedClock
from tests.demo_shard import (
    content,
    demo_posts,
    demo_records,
    fill,
    loaded,
    opened,
    run_to_end,
    shard_settings,
    tools_of,
    working,
)
from tests.store_dump import Dump, unlike

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def _fine_grid() -> Any:
    """Topics expire and merge within these few posts, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracker, "LINK_POSTS", tracker.BLOCK_POSTS)
        patch.setattr(cluster_graph, "NEIGHBOUR_Z", 5.0)
        yield


@pytest.fixture(scope="module")
def in_one_go(tmp_path_factory: pytest.TempPathFactory) -> Dump:
    """The store after the whole stream was there before the worker came."""
    settings = shard_settings(tmp_path_factory.mktemp("replay"))
    fill(settings, demo_records())
    with opened(settings) as store:
        run_to_end(settings, store)
        assert len(store.reports()) > 5
        assert content(store)["redirects"]
        assert store.counts("default")["accepted"] > 590  # of 600: some belong to accounts deleted before
        return content(store)


def test_a_difference_would_be_seen(in_one_go: Dump) -> None:
    """Without this the comparisons below would prove nothing."""
    assert unlike(in_one_go, in_one_go) == []
    archive = ("topic_centres", "backgrounds", "background_entries")
    for name in ("posts", "reports", "verdicts", "ranks", "verdict_history", "counts", "redirects", *archive):
        assert in_one_go[name], name
        less = {**in_one_go, name: in_one_go[name][1:]}
        assert name in unlike(in_one_go, less), name
    (first, *rest) = in_one_go["posts"]
    assert unlike(in_one_go, {**in_one_go, "posts": [(*first[:5], 0.123, *first[6:]), *rest]}) == ["posts"]


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
        assert _live(settings, store, seed) > 11, "more steps than one go takes"
        live = content(store)
    assert unlike(live, in_one_go) == []


@pytest.mark.parametrize("batch_posts", [17, 200])
def test_the_batch_size_is_of_no_consequence(batch_posts: int, in_one_go: Dump, tmp_path: Path) -> None:
    settings = msgspec.structs.replace(shard_settings(tmp_path), ingest=IngestSettings(batch_posts=batch_posts))
    fill(settings, demo_records())
    with opened(settings) as store:
        run_to_end(settings, store)
        other = content(store)
    assert unlike(other, in_one_go) == []


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
    assert unlike(other, _letters_moved(in_one_go)) == []


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
        other = content(store)
    # what came twice is counted as a duplicate twice; what the store says of the world is the same
    once, twice = _letters_moved(in_one_go), _letters_moved(other)
    assert set(unlike(once, twice)) <= {"counts"}
    accepted = [[row for row in store["counts"] if row[1] == "accepted"] for store in (once, twice)]
    assert accepted[0] == accepted[1]


def test_a_raw_post_on_the_enriched_stream_is_a_dead_letter(tmp_path: Path) -> None:
    settings = shard_settings(tmp_path)
    raw = demo_records()[0]
    fill(settings, [OutRecord("default", raw.value, raw.headers), demo_records()[-1]], ENRICHED)
    with opened(settings) as store:
        run_to_end(settings, store, intake=enriched_intake(), stream=ENRICHED)
        assert store.counts("default")["dead_letters"] == 1
        assert store.counts("default").get("accepted", 0) == 0


def test_what_was_deleted_is_nowhere_though_it_was_delivered_again(in_one_go: Dump) -> None:
    """Not among the posts, not quoted by an alert that waits, not in the memory of the shard."""
    items = [decode(Record(0, i, r.key, r.value, r.headers)) for i, r in enumerate(demo_records()) if r.key != "broken"]
    gone = {item.post_id for item in items if isinstance(item, Deletion) and item.post_id}
    last_seen = {item.post_id: i for i, item in enumerate(items) if isinstance(item, Post)}
    deleted_at = {item.post_id: i for i, item in enumerate(items) if isinstance(item, Deletion) and item.post_id}
    assert any(last_seen[post_id] > at for post_id, at in deleted_at.items()), "one comes again after its deletion"
    assert not gone & {row[0] for row in in_one_go["posts"]}
    assert not gone & {row[2] for row in in_one_go["alert_quotes"]}
    chunks = sorted(in_one_go["state_chunks"], key=lambda row: row[1:3])
    state = b"".join(row[4] for row in chunks)
    kept = next(row[0] for row in reversed(in_one_go["posts"]))
    assert kept.encode() in state, "posts can be found there at all"
    assert not [post_id for post_id in gone if post_id.encode() in state]


def test_a_report_counts_every_post_of_its_topic_also_before_a_long_silence(tmp_path: Path) -> None:
    """Its last posts are followed by no tick before it is quiet, and then it expires."""
    start = datetime(2026, 3, 14, 8, tzinfo=UTC)
    spoken_of = [post for post in demo_posts() if "colazionelenta" in post.hashtags][:24]
    bread = re.compile(
        "colazione|breakfast|dolce ?mattina|biscott|biscuit|bread|pane|brioche|cake|torta", re.IGNORECASE
    )
    others = [post for post in demo_posts() if not bread.search(post.text)][:320]
    moments = [*(0,) * 132, *(700,) * 12, *(36_000 + 30 * i for i in range(200))]
    posts = [
        msgspec.structs.replace(post, event_time=start + timedelta(seconds=moment))
        for post, moment in zip([*others[:120], *spoken_of, *others[120:]], moments, strict=True)
    ]
    end = encode_heartbeat(Heartbeat(posts[-1].event_time + timedelta(days=4), end=True))
    topics = TopicSettings(expire_after_s=6 * 3600.0)
    settings = msgspec.structs.replace(shard_settings(tmp_path), topics=topics)
    fill(settings, [*map(encode_post, posts), end])
    with opened(settings) as store:
        run_to_end(settings, store)
        sizes = Counter(post.topic_id for post in store.posts_by_id([post.post_id for post in posts]))
        reports = store.reports()
        assert min(r.last_seen for r in reports) < start + timedelta(hours=1), "it was reported, then it expired"
        assert {r.topic_id: r.n_posts for r in reports} == {r.topic_id: sizes[r.topic_id] for r in reports}
