"""The speed of every stage, as posts a second and as a ratio to the encoder alone, in one run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from configs.settings import CONFIGS_DIR, Settings
from ingest.position import START
from ingest.post import Post
from ingest.sources.jsonl import JsonlSource
from ingest.streams.contract import OutRecord, Record
from ingest.streams.local_stream import LocalStream
from ingest.wire import decode, encode_post
from pipeline.assess import Assessor
from pipeline.brand.profile import load_profiles
from pipeline.enrich.language import LanguageDetector
from pipeline.enrich.text import clean, text_hash, words
from pipeline.wiring import build_enricher, build_topic_stage, load_models, utc_now

DEMO_STREAM = CONFIGS_DIR / "demo" / "stream.jsonl.gz"


def bench_stages(settings: Settings, n_posts: int) -> str:
    """A table of stages; the reference is the encoder alone on the same texts, in the same run."""
    posts = _posts(n_posts)
    models = load_models(settings)
    texts = [clean(post.text) for post in posts]
    models.encoder.encode(texts[:64])  # weights and tables load once, not in the figures
    reference = _rate(len(texts), lambda: models.encoder.encode(texts))
    encoded = [encode_post(post) for post in posts]
    enricher = build_enricher(settings, models)
    detector = LanguageDetector()
    detector.detect(texts[:1], [()])
    profiles = load_profiles(("brands/*.toml",), CONFIGS_DIR)
    assessor = Assessor(enricher, build_topic_stage(settings, models, profiles))
    source = JsonlSource(DEMO_STREAM, utc_now)
    rows = [
        ("encode (reference)", reference),
        ("decode", _rate(len(posts), lambda: _decode(encoded))),
        ("clean, hash, words", _rate(len(posts), lambda: _text(posts))),
        ("language", _rate(len(posts), lambda: detector.detect(texts, [()] * len(texts)))),
        ("local stream append", _rate(len(posts), lambda: _append(encoded))),
        ("whole pipeline", _rate(len(_posts(10**9)), lambda: assessor.run(source, lambda n, letters: None))),
    ]
    lines = [f"{'stage':<24}{'posts/s':>12}{'x reference':>14}"]
    lines += [f"{name:<24}{rate:>12,.0f}{rate / reference:>14.2f}" for name, rate in rows]
    return "\n".join(lines)


def _posts(limit: int) -> list[Post]:
    found: list[Post] = []
    for batch in JsonlSource(DEMO_STREAM, utc_now).fetch(START):
        found.extend(batch.posts)
        if len(found) >= limit or batch.end:
            break
    return found[:limit]


def _rate(n: int, work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return n / (time.perf_counter() - started)


def _decode(records: Sequence[OutRecord]) -> None:
    for i, record in enumerate(records):
        decode(Record(0, i, record.key, record.value, record.headers))


def _text(posts: Sequence[Post]) -> None:
    for post in posts:
        text = clean(post.text)
        words(text)
        text_hash(text, post.text)


def _append(records: Sequence[OutRecord]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stream = LocalStream(Path(folder) / "bench.sqlite", "posts.v1")
        with closing(stream.writer()) as writer:
            for start in range(0, len(records), 256):
                writer.append(records[start : start + 256])
