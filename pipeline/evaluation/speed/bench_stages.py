"""The speed of every stage alone, on one core, each fed with what the stage before it gave."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from configs.settings import Settings, TopicSettings
from ingest.post import Post
from ingest.streams.contract import OutRecord, Record
from ingest.wire import decode, encode_post
from pipeline.brand.profile.profile import BrandProfile
from pipeline.enrich.hazards.heads import open_hazards
from pipeline.enrich.intake import Intake
from pipeline.enrich.language import LanguageDetector
from pipeline.enrich.sentiment import load_heads
from pipeline.evaluation.speed.bench_clock import on_cores, timed
from pipeline.evaluation.speed.bench_figures import Rate
from pipeline.evaluation.speed.bench_pipeline import warm_topics
from pipeline.text.words import clean, text_hash, words
from pipeline.topics.clustering.assignment import PostColumns
from pipeline.topics.clustering.post_vectors import Background, PostVectors
from pipeline.topics.clustering.succession import TopicChanges
from pipeline.topics.clustering.tracker import BLOCK_POSTS, TopicTracker
from pipeline.track.assess import file_settings
from pipeline.track.write_batch import Changes
from pipeline.types import EnrichedBatch
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import Models, load_models
from pipeline.wiring.track import build_topic_stage

BATCH_POSTS = 256


class TimedTracker(TopicTracker):
    """A tracker that knows how long it spent linking clusters into topics."""

    def __init__(self, background: Background, settings: TopicSettings) -> None:
        super().__init__(background, settings)
        self.link_s = 0.0

    def _link(self) -> TopicChanges:
        started = time.perf_counter()
        try:
            return super()._link()
        finally:
            self.link_s += time.perf_counter() - started


def batches_of(posts: Sequence[Post]) -> Iterator[Sequence[Post]]:
    """The posts as the pipeline reads them."""
    for start in range(0, len(posts), BATCH_POSTS):
        yield posts[start : start + BATCH_POSTS]


def columns_of(batches: Sequence[EnrichedBatch]) -> PostColumns:
    """What the tracker sees of enriched posts."""
    posts = [post for batch in batches for post in batch.posts]
    return PostColumns(
        [post.tokens for post in posts],
        np.concatenate([batch.embeddings for batch in batches]),
        np.array([post.post.event_time.timestamp() for post in posts], np.float64),
        np.array([post.text_hash for post in posts], np.int64),
    )


def bench_stages(
    posts: Sequence[Post], settings: Settings, profiles: Sequence[BrandProfile], on_step: Callable[[str], None]
) -> list[Rate]:
    """Time each stage of the default mode over ``posts``; every process-wide model is loaded before."""
    with on_cores(1):
        models = load_models(settings)
        enricher = build_enricher(settings, models)
        enricher.enrich(posts[:16])
        on_step("decode, text, language")
        rates = _text_stages(posts)
        on_step("encode")
        cleaned = [clean(post.text) or post.text for post in posts]
        n = len(posts)
        rates.append(timed("encode, default, raw posts", n, lambda: models.encoder.encode([p.text for p in posts])))
        rates.append(timed("encode, default, as embedded", n, lambda: models.encoder.encode(cleaned)))
        on_step("signals, hazards")
        batches = list(enricher.enrich_stream(batches_of(posts)))
        rates += _heads(batches, models, cleaned)
        on_step("topics")
        rates += _topics(columns_of(batches), models, settings)
        on_step("reports")
        rates += _reports(batches, settings, models, profiles)
    return rates


def _text_stages(posts: Sequence[Post]) -> list[Rate]:
    n = len(posts)
    records = [encode_post(post) for post in posts]
    detector = LanguageDetector()
    texts = [clean(post.text) for post in posts]
    detector.detect(texts[:1], [()])
    return [
        timed("decode", n, lambda: _decode(records)),
        timed("clean, hash, words", n, lambda: _text(posts)),
        timed("language", n, lambda: detector.detect(texts, [post.lang_declared for post in posts])),
    ]


def _heads(batches: Sequence[EnrichedBatch], models: Models, cleaned: Sequence[str]) -> list[Rate]:
    vectors = np.concatenate([batch.embeddings for batch in batches])
    signals, hazards = load_heads(), open_hazards(models.seeds, models.encoder)
    signals.score(vectors[:2], cleaned[:2])
    n = len(cleaned)
    columns = signals.score(vectors, cleaned)
    return [
        timed("signals", n, lambda: signals.score(vectors, cleaned)),
        timed("hazards", n, lambda: hazards.score(vectors, cleaned, columns.disaster)),
    ]


def _topics(columns: PostColumns, models: Models, settings: Settings) -> list[Rate]:
    n = len(columns)
    lexical = PostVectors(models.background)
    words_only = timed("lexical half, post vectors", n, lambda: _learn(lexical, columns))
    tracker = TimedTracker(models.background, settings.topics)
    everything = timed("topics", n, lambda: tracker.assign(columns))
    own_s = everything.wall_s - tracker.link_s - words_only.wall_s
    return [
        words_only,
        Rate("clustering, single pass", n, max(own_s, 1e-9)),
        Rate("linking clusters into topics", n, max(tracker.link_s, 1e-9)),
    ]


def _reports(
    batches: Sequence[EnrichedBatch], settings: Settings, models: Models, profiles: Sequence[BrandProfile]
) -> list[Rate]:
    settings = file_settings(settings)
    warm_topics(batches[0], settings, models, profiles)
    stage = build_topic_stage(settings, models, profiles)
    n = sum(len(batch.posts) for batch in batches)
    changes = Changes()

    def follow() -> None:
        for batch in batches:
            stage.follow(Intake(batch, (), ()), changes)

    return [
        timed("all of the topic stage", n, follow),
        timed("reports and verdicts at the end", n, lambda: stage.finish(changes)),
    ]


def _decode(records: Sequence[OutRecord]) -> None:
    for i, record in enumerate(records):
        decode(Record(0, i, record.key, record.value, record.headers))


def _text(posts: Sequence[Post]) -> None:
    for post in posts:
        text = clean(post.text)
        words(text)
        text_hash(text, post.text)


def _learn(vectors: PostVectors, columns: PostColumns) -> None:
    for start in range(0, len(columns), BLOCK_POSTS):
        part = columns.cut(start, start + BLOCK_POSTS)
        vectors.learn(part.embeddings, part.token_lists)
        vectors.close_block(float(part.at_s[-1]))
