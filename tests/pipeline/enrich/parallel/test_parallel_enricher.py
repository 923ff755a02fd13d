"""Enrichment in several processes: the same bits in the same order as in one, and typed errors."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from itertools import islice, pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from configs.errors import ConfigError, ProcessDied, UsageError
from configs.settings import CONFIGS_DIR
from ingest.position import START
from ingest.post import Post
from ingest.sources.jsonl.source import JsonlSource
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.enricher import Enricher
from pipeline.enrich.hazards.heads import fit_hazards
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.enrich.language import LanguageDetector
from pipeline.enrich.parallel.parallel_enricher import ParallelEnricher
from pipeline.enrich.sentiment import load_heads
from pipeline.types import EnrichedBatch, EnrichedPost, Signals
from tests.waiting import wait_until

NOW = datetime(2026, 3, 15, tzinfo=UTC)
SIGNALS = Signals(0.1, 0.25, 1.0, 0.0, 0.05, 0.2, 0.05, 0.05)


def real_enricher() -> Enricher:
    encoder = UseEncoder(threads=1)
    hazards = fit_hazards(load_seeds(CONFIGS_DIR / "hazards.toml"), encoder)
    return Enricher(encoder, LanguageDetector(), load_heads(), encoder, hazards)


class Numbering:
    """The smallest enricher: it says where and how a post was seen, and does what a text tells it."""

    def enrich(self, posts: Sequence[Post]) -> EnrichedBatch:
        for post in posts:
            if post.text == "die":
                os._exit(9)
            what, _, path = post.text.partition(":")
            if what == "make":
                Path(path).touch()
            elif what == "wait":
                wait_until(Path(path).exists, 30, "the other process made it")
        enriched = tuple(
            EnrichedPost(post, post.text, len(post.text), None, (post.post_id,), SIGNALS, (("n", 0.5),))
            for post in posts
        )
        vectors = np.array([[len(posts), i] for i in range(len(posts))], np.float32).reshape(len(posts), 2)
        return EnrichedBatch(enriched, vectors, "numbering")


def unknown_encoder(name: str) -> Enricher:
    raise ConfigError("settings", "encoder.id", f"'{name}' is unknown", "choose another")


def post(number: int, text: str = "") -> Post:
    return Post(post_id=f"p{number}", text=text or f"text {number}", event_time=NOW)


@cache
def demo_posts() -> tuple[Post, ...]:
    source = JsonlSource(CONFIGS_DIR / "demo" / "stream.jsonl.gz", lambda: NOW)
    found = (post for batch in source.fetch(START) for post in batch.posts)
    return tuple(islice(found, 300))


def assert_same(one: EnrichedBatch, other: EnrichedBatch) -> None:
    assert one.posts == other.posts
    assert one.encoder_id == other.encoder_id
    assert one.embeddings.dtype == other.embeddings.dtype == np.float32
    np.testing.assert_array_equal(one.embeddings, other.embeddings)


@pytest.mark.slow
@pytest.mark.parametrize("n_processes", [2, 3])
def test_real_enrichment_is_the_same_bits_in_any_number_of_processes(n_processes: int) -> None:
    posts = demo_posts()
    cuts = [0, 1, 8, 72, 72, 200, len(posts)]
    batches = [posts[start:stop] for start, stop in pairwise(cuts)]
    alone = ParallelEnricher(real_enricher, 1)
    with ParallelEnricher(real_enricher, n_processes) as parallel:
        assert_same(parallel.enrich(posts), alone.enrich(posts))
        for found, expected in zip(parallel.enrich_stream(batches), alone.enrich_stream(batches), strict=True):
            assert_same(found, expected)
    vectors = np.concatenate([batch.embeddings for batch in alone.enrich_stream(batches)])
    np.testing.assert_array_equal(vectors, alone.enrich(posts).embeddings)


def test_batches_come_in_order_and_posts_are_those_given(tmp_path: Path) -> None:
    batches = [[post(10 * i + j) for j in range(i % 4)] for i in range(12)]
    for i in (1, 5, 9):  # done only after the next one, which is larger
        batches[i][0] = post(10 * i, f"wait:{tmp_path}/{i}")
        batches[i + 1][0] = post(10 * i + 10, f"make:{tmp_path}/{i}")
    with ParallelEnricher(Numbering, 2) as parallel:
        found = list(parallel.enrich_stream(batches))
    assert [[enriched.post for enriched in batch.posts] for batch in found] == batches
    assert all(
        mine.post is theirs
        for batch, given in zip(found, batches, strict=True)
        for mine, theirs in zip(batch.posts, given, strict=True)
    )
    for batch in found:
        assert batch.embeddings.shape == (len(batch.posts), 2)
        assert batch.embeddings.flags.writeable


def test_every_field_of_a_post_and_every_value_crosses_the_border() -> None:
    odd = msgspec.structs.replace(post(1), text="half \ud83d a pair 🙂\x00", lang_declared=("it",), created_at=NOW)
    for posts in ([post(1), post(2)], [odd], []):
        with ParallelEnricher(Numbering, 2) as parallel:
            assert_same(parallel.enrich(posts), Numbering().enrich(posts))


def test_the_caller_works_while_the_next_batches_are_made() -> None:
    read: list[int] = []

    def batches() -> Iterator[list[Post]]:
        for i in range(12):
            read.append(i)
            yield [post(i)]

    with ParallelEnricher(Numbering, 2) as parallel:
        stream = parallel.enrich_stream(batches())
        next(stream)
        assert 2 <= len(read) <= 4
        list(stream)
    assert len(read) == 12


def test_a_batch_is_cut_by_its_posts_not_by_the_processes() -> None:
    posts = [post(i) for i in range(300)]
    found = [ParallelEnricher(Numbering, 1).enrich(posts)]
    with ParallelEnricher(Numbering, 2) as parallel:
        found.append(parallel.enrich(posts))
    assert_same(*found)
    assert [enriched.post.post_id for enriched in found[0].posts] == [given.post_id for given in posts]


def test_a_dead_process_is_retryable_and_the_next_call_works() -> None:
    with ParallelEnricher(Numbering, 2) as parallel:
        with pytest.raises(ProcessDied, match="exit code 9"):
            list(parallel.enrich_stream([[post(1)], [post(2, "die")], [post(3)]]))
        assert_same(parallel.enrich([post(1)]), Numbering().enrich([post(1)]))


def test_what_stops_an_enricher_from_starting_reaches_the_caller() -> None:
    with (
        ParallelEnricher(partial(unknown_encoder, "x"), 2) as parallel,
        pytest.raises(UsageError, match="'x' is unknown; choose another"),
    ):
        parallel.enrich([post(1)])
