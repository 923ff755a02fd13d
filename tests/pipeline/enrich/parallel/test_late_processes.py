"""Other processes only for long sources, the same results as without them, and nothing left behind."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest

from configs.errors import ConfigError, ProcessDied
from configs.settings import CONFIGS_DIR, EncoderSettings, Settings
from ingest.position import Position
from ingest.post import Post
from ingest.sources.contract import DeadLetter, SourceBatch
from pipeline.enrich.assembly import assemble_enricher, process_enricher, useful_processes
from pipeline.enrich.encoders.encoder import open_encoder
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.enrich.parallel.late_processes import LateProcesses
from pipeline.track.assess import Assessor, file_settings
from pipeline.types import EnrichedBatch, EnrichedPost, Signals
from tests.students import demo_posts
from tests.waiting import wait_until

NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
SIGNALS = Signals(0.1, 0.2, 0.3, 0.4, 0.0, 0.1, 0.1, 0.1)


class Marking:
    """Says which process saw a post."""

    def enrich(self, posts: Sequence[Post]) -> EnrichedBatch:
        for post in posts:
            if post.text == "die here":
                os._exit(9)
        enriched = tuple(EnrichedPost(post, str(os.getpid()), 1, None, (), SIGNALS, ()) for post in posts)
        return EnrichedBatch(enriched, np.zeros((len(posts), 2), np.float32), "marking")


def batches(n: int, size: int = 4, text: str = "text") -> list[list[Post]]:
    return [
        [Post(post_id=f"{i}-{j}", text=text, event_time=NOON + timedelta(seconds=i)) for j in range(size)]
        for i in range(n)
    ]


def test_a_short_source_starts_no_process() -> None:
    given = batches(5)
    with closing(LateProcesses(Marking(), Marking, 2, alone_posts=1_000)) as late:
        found = list(late.enrich_stream(given))
        assert not multiprocessing.active_children()
    assert [[post.post for post in batch.posts] for batch in found] == given
    assert {post.clean_text for batch in found for post in batch.posts} == {str(os.getpid())}


@pytest.mark.slow
def test_a_long_source_moves_to_other_processes_in_order_and_they_end_with_the_block() -> None:
    with closing(LateProcesses(Marking(), Marking, 2, alone_posts=8)) as late:

        def endless() -> Iterator[list[Post]]:
            while True:
                yield from batches(100)

        seen: list[str] = []
        ids: list[str] = []
        for batch in late.enrich_stream(endless()):
            seen.append(batch.posts[0].clean_text)
            ids.append(batch.posts[0].post.post_id)
            if len(set(seen)) == 3:
                break
        assert len(multiprocessing.active_children()) == 2
    assert not multiprocessing.active_children()
    assert set(seen[:2]) == {str(os.getpid())}
    assert ids == [f"{i % 100}-0" for i in range(len(ids))]


@pytest.mark.slow
def test_a_process_that_dies_is_one_typed_error_and_no_zombie() -> None:
    def stream(late: LateProcesses) -> Iterator[list[Post]]:
        assert late._others is not None
        while not late._others.ready():
            yield from batches(1)
        yield from batches(3, text="die here")

    with closing(LateProcesses(Marking(), Marking, 2, alone_posts=1)) as late, pytest.raises(ProcessDied):
        list(late.enrich_stream(stream(late)))
    assert not multiprocessing.active_children()


class Listed:
    """Posts of the demo day; one batch has a dead letter."""

    name = "listed"

    def __init__(self, posts: Sequence[Post]) -> None:
        self._posts = tuple(posts)

    def fetch(self, position: Position) -> Iterator[SourceBatch]:
        for start in range(0, len(self._posts), 100):
            letters = (DeadLetter("listed", "not_json", "", "line 1", b"{"),) if start == 200 else ()
            end = start + 100 >= len(self._posts)
            yield SourceBatch(self._posts[start : start + 100], position, (), letters, end)


def _hear(heard: list[tuple[int, int]], n_posts: int, dead: Sequence[DeadLetter]) -> None:
    heard.append((n_posts, len(dead)))


@pytest.mark.slow
def test_a_file_gives_the_same_assessment_with_any_number_of_processes() -> None:
    from pipeline.wiring.models import load_models
    from pipeline.wiring.track import build_topic_stage

    settings = file_settings(Settings())
    settings = msgspec.structs.replace(settings, report=msgspec.structs.replace(settings.report, min_posts=3))
    models = load_models(settings)
    posts = demo_posts()[:900]
    results, letters = [], []
    for n_processes in (1, 2):
        alone = assemble_enricher(settings.encoder, models.encoder, models.seeds)
        heard: list[tuple[int, int]] = []
        with closing(LateProcesses(alone, partial(process_enricher, settings), n_processes, alone_posts=0)) as enricher:
            if enricher._others is not None:
                enricher._others.start()
                wait_until(enricher._others.ready, 120, "the other processes have their models")
            stage = build_topic_stage(settings, models, ())
            results.append(Assessor(enricher, stage).run(Listed(posts), partial(_hear, heard)))
        letters.append(heard)
    assert results[0].reports == results[1].reports
    assert results[0].assignments == results[1].assignments
    assert results[0].counts == results[1].counts
    assert letters[0] == letters[1] == [(n, int(n == 300)) for n in range(100, 1000, 100)]


def test_static_without_a_folder_says_what_to_set() -> None:
    with pytest.raises(ConfigError, match=r"encoder\.static"):
        open_encoder(EncoderSettings(id="static"))


def test_a_student_brings_its_own_heads(tmp_path: Path) -> None:
    from pipeline.enrich.encoders.student.student_folder import HEADS_FILE
    from pipeline.enrich.sentiment import HEADS_PATH, HeadWeights, read_heads, write_heads
    from tests.students import random_student, small_piece_model

    random_student(tmp_path, small_piece_model(tmp_path, [post.text for post in demo_posts()[:800]]), dimension=32)
    settings = EncoderSettings(id="static", static=str(tmp_path))
    encoder = open_encoder(settings)
    shipped = read_heads(HEADS_PATH)
    dense = np.zeros((32, shipped.dense.shape[1]), np.float32)
    write_heads(tmp_path / HEADS_FILE, HeadWeights(encoder.id, dense, shipped.bias, shipped.word_weights))
    enricher = assemble_enricher(settings, encoder, load_seeds(CONFIGS_DIR / "hazards.toml"))
    batch = enricher.enrich(demo_posts()[:20])
    assert batch.encoder_id == encoder.id
    assert batch.embeddings.shape == (20, 32)
    # without weights for vectors every post gets the same reading: it came from these heads and from no others
    assert len({post.signals.disaster for post in batch.posts}) == 1


def test_one_process_a_core_unless_told_otherwise() -> None:
    assert useful_processes(EncoderSettings(id="some/model"), 4) == 1
    assert useful_processes(EncoderSettings(id="static", static="x"), 4) == 4
    assert useful_processes(EncoderSettings(processes=1), 4) == 1
