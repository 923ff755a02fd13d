"""A shard of the bundled demo day with real models, loaded once a process, for the tests of the whole pipeline.

Vectors of an encoder differ in the last bit with the other texts of a batch. Tests that compare
stores byte for byte remember the first vector of every text, so that only the pipeline can differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec

from configs.settings import (
    CONFIGS_DIR,
    EncoderSettings,
    IngestSettings,
    ReportSettings,
    Settings,
    StoreSettings,
    StreamSettings,
)
from ingest.position import START
from ingest.post import Post
from ingest.sources.contract import Deletion
from ingest.sources.jsonl.source import JsonlSource
from ingest.streams import DEAD_LETTERS, POSTS, open_stream
from ingest.streams.contract import OutRecord
from ingest.wire import Heartbeat, encode_deletion, encode_heartbeat, encode_post
from pipeline.brand.profile.profile import BrandProfile, load_profiles
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.enricher import Enricher
from pipeline.enrich.intake import RawIntake, RecordIntake
from pipeline.store.contract import Store
from pipeline.store.database import DatabaseStore, open_store
from pipeline.track.brand_judge import BrandJudge
from pipeline.track.worker import Tools, Worker
from pipeline.training.remembering_encoder import RememberingEncoder
from pipeline.types.traces import PostTrace
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import Models, load_models
from pipeline.wiring.track import build_judge, build_past, build_reporter, fresh_memory
from tests.conftest import FixedClock
from tests.store_dump import Dump, dump

N_POSTS = 600
BATCH_POSTS = 64
NOW = datetime(2026, 3, 15, tzinfo=UTC)
WALL_CLOCK = frozenset({"last_commit"})
"""Tables that say when something was written, not what."""


@dataclass(frozen=True)
class Loaded:
    """What is dear to load and holds nothing of a shard."""

    models: Models
    enricher: Enricher
    profiles: tuple[BrandProfile, ...]


@cache
def loaded() -> Loaded:
    """Real models, seeds and the three brands of the demo."""
    settings = Settings(encoder=EncoderSettings(threads=1))
    models = load_models(settings)
    remembering = RememberingEncoder(models.encoder)
    models = replace(models, encoder=remembering)
    return Loaded(models, build_enricher(settings, models), load_profiles(("brands/*.toml",), CONFIGS_DIR))


@cache
def use_encoder() -> UseEncoder:
    """The real multilingual encoder, as it is."""
    return UseEncoder(threads=1)


@cache
def demo_posts(n: int = N_POSTS) -> tuple[Post, ...]:
    """The first ``n`` posts of the demo day."""
    posts: list[Post] = []
    for batch in JsonlSource(CONFIGS_DIR / "demo" / "stream.jsonl.gz", lambda: NOW).fetch(START):
        posts += batch.posts
        if len(posts) >= n or batch.end:
            break
    return tuple(posts[:n])


@cache
def demo_records() -> tuple[OutRecord, ...]:
    """The posts as they may really arrive: delivered twice, revised, deleted, damaged, with silence between."""
    posts = demo_posts()
    records: list[OutRecord] = []
    latest = posts[0].event_time
    for i, post in enumerate(posts):
        records.append(encode_post(post))
        latest = max(latest, post.event_time)
        if i % 40 == 39:
            records.append(encode_heartbeat(Heartbeat(latest + timedelta(seconds=30))))
        if i % 50 == 20:
            records.append(encode_post(posts[i]))  # the same delivery again, in one batch
            records.append(encode_post(posts[i // 2]))  # and a late one of another batch
        if i % 60 == 30:
            for earlier in (post, posts[i // 3]):
                records.append(encode_post(_revised(earlier)))
        if i % 70 == 35:
            records.append(encode_deletion(Deletion(post_id=posts[i - 3].post_id)))
            records.append(encode_deletion(Deletion(post_id=posts[i // 4].post_id)))
        if i % 70 in (37, 50):
            records.append(encode_post(posts[i - i % 70 + 32]))  # deleted above, delivered again soon and later
        if i % 150 == 100:
            author = posts[i - 60].author
            assert author is not None
            records.append(encode_deletion(Deletion(account_id=author.id)))
        if i % 90 == 45:
            records.append(OutRecord("broken", b"{not json"))
    records.append(encode_heartbeat(Heartbeat(latest, end=True)))
    return tuple(records)


def _revised(post: Post) -> Post:
    return msgspec.structs.replace(post, rev=post.rev + 1, text=f"{post.text} (edited)")


def shard_settings(folder: Path, name: str = "shard") -> Settings:
    """A stream and a store in ``folder``; small batches, a tick every ten minutes of event time."""
    return Settings(
        encoder=EncoderSettings(threads=1),
        stream=StreamSettings(path=str(folder / f"{name}-stream.sqlite")),
        store=StoreSettings(url=f"sqlite:///{folder / f'{name}.db'}"),
        ingest=IngestSettings(batch_posts=BATCH_POSTS),
        report=ReportSettings(every_s=600.0, min_posts=4, evidence_posts=6, evidence_authors=3),
    )


def fill(settings: Settings, records: Sequence[OutRecord], stream: str = POSTS) -> None:
    """Append records to a stream of the settings."""
    writer = open_stream(settings, stream).writer()
    try:
        writer.append(records)
    finally:
        writer.close()


@contextmanager
def opened(settings: Settings, clock: Callable[[], datetime] | None = None) -> Iterator[DatabaseStore]:
    """The store of the settings, closed with the block."""
    store = open_store(settings.store.url, clock or FixedClock())
    try:
        yield store
    finally:
        store.close()


class StandingJudge:
    """Always the same judge: profiles that nobody can change."""

    def __init__(self, judge: BrandJudge) -> None:
        self._judge = judge

    def current(self) -> BrandJudge:
        return self._judge

    def outdated(self) -> bool:
        return False


def tools_of(
    settings: Settings, store: Store, intake: RecordIntake | None = None, stream: str = POSTS, group: str = "track"
) -> Tools:
    """New collaborators as the composition root makes them, on models that are loaded already."""
    have = loaded()
    return Tools(
        reader=open_stream(settings, stream).reader(group),
        dead_letters=open_stream(settings, DEAD_LETTERS).writer(),
        intake=intake or RawIntake(have.enricher, stream),
        store=store,
        reporter=build_reporter(settings, have.models),
        judges=StandingJudge(build_judge(settings, have.models, have.profiles)),
        fresh_memory=fresh_memory(settings, have.models),
        encoder_id=have.models.encoder.id,
        dimension=have.models.encoder.dimension,
        clock=FixedClock(),
        past=build_past(have.models),
    )


@contextmanager
def working(settings: Settings, tools: Tools) -> Iterator[Worker]:
    """A worker that leaves its stream with the block, whatever happens in it."""
    worker = Worker(settings, tools)
    try:
        yield worker
    finally:
        worker.close()


def run_to_end(settings: Settings, store: Store, **kinds: object) -> int:
    """A new worker until the stream has ended; how many steps it took."""
    with working(settings, tools_of(settings, store, **kinds)) as worker:  # type: ignore[arg-type] # passed on
        for step in range(1, 1000):
            if worker.step(timeout_s=0.0).ended:
                return step
    raise AssertionError("the stream did not end")


def content(store: DatabaseStore) -> Dump:
    """Everything in a store but the wall clock."""
    return {name: rows for name, rows in dump(store).items() if name not in WALL_CLOCK}


def differing(one: Dump, other: Dump) -> list[str]:
    """Names of the tables that are not equal: a short message where a whole dump would drown it."""
    return [name for name in one if one[name] != other[name]]


def make_trace(arrival: int = 0, **changes: object) -> PostTrace:
    """What is remembered of one calm English post by an author of its own."""
    fields: dict[str, object] = {
        "arrival": arrival,
        "cluster": 1,
        "post_id": f"p{arrival}",
        "author": 1000 + arrival,
        "at_s": float(arrival),
        "language": "en",
        "source": "file",
        "similarity": 0.8,
        "is_copy": False,
        "is_reply": False,
        "negative": 0.1,
        "positive": 0.5,
        "offensive": 0.1,
        "disaster": 0.0,
        "hazards": (),
        "tokens": ("slow", "breakfast"),
        "hashtags": (),
        "text": "slow breakfast",
    }
    return PostTrace(**(fields | changes))  # type: ignore[arg-type] # fields by name
