"""The stateless half, built: enrichers, intakes, the enrich worker, the collector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial

from configs.settings import Settings
from ingest.collect import Collector
from ingest.cursor_log import CursorLog
from ingest.sources.contract import Source
from ingest.streams import CONNECTOR_STATE, DEAD_LETTERS, ENRICHED, POSTS, open_stream
from ingest.streams.contract import StreamReader
from pipeline.enrich.assembly import assemble_enricher, process_enricher, useful_processes
from pipeline.enrich.enricher import Enricher
from pipeline.enrich.firehose.switch import RESUMED, START, FirehoseSwitch
from pipeline.enrich.firehose.switching_intake import Reader, SwitchingIntake
from pipeline.enrich.intake import RawIntake, RecordIntake
from pipeline.enrich.parallel.late_processes import LateProcesses
from pipeline.enrich.parallel.parallel_enricher import ParallelEnricher, PostEnricher
from pipeline.enrich.worker import EnrichWorker
from pipeline.wiring.clock import utc_now
from pipeline.wiring.models import Models


def build_enricher(settings: Settings, models: Models) -> Enricher:
    """The stateless half of the pipeline, in this process."""
    return assemble_enricher(settings.encoder, models.encoder, models.seeds)


def build_student_enricher(settings: Settings, models: Models) -> Enricher | None:
    """The same around the student, if there is one."""
    if models.student is None:
        return None
    return assemble_enricher(settings.encoder, models.student.encoder, models.seeds)


@contextmanager
def open_file_enricher(settings: Settings, models: Models) -> Iterator[LateProcesses]:
    """The stateless half for a file: on every core once the file turns out to be long; ends with the block."""
    alone = build_enricher(settings, models)
    n_processes = useful_processes(settings.encoder)
    with closing(LateProcesses(alone, partial(process_enricher, settings), n_processes)) as enricher:
        yield enricher


@contextmanager
def open_live_enricher(settings: Settings, models: Models) -> Iterator[PostEnricher]:
    """The stateless half for a stream: in this process unless the settings ask for more; ends with the block."""
    if settings.encoder.processes <= 1:
        yield build_enricher(settings, models)
        return
    with ParallelEnricher(partial(process_enricher, settings), settings.encoder.processes) as enricher:
        yield enricher


def raw_intake(
    settings: Settings, models: Models, enricher: PostEnricher, reader: StreamReader, read_last: str
) -> RecordIntake:
    """What reads raw posts: ``enricher``, or the student instead while ``reader`` is too far behind.

    ``read_last``: the id of the encoder that read the posts before, if the caller knows.
    """
    default, student = RawIntake(enricher, POSTS), build_student_enricher(settings, models)
    if student is None:
        return default
    return SwitchingIntake(
        Reader(default, models.encoder.id),
        Reader(RawIntake(student, POSTS), student.encoder_id),
        FirehoseSwitch(settings.encoder),
        reader.lag,
        utc_now,
        RESUMED if read_last == student.encoder_id else START,
    )


def build_enrich_worker(settings: Settings, models: Models, enricher: PostEnricher) -> EnrichWorker:
    """A member of the enrich group."""
    reader = open_stream(settings, POSTS).reader(f"enrich-{settings.shard}")
    return EnrichWorker(
        reader,
        open_stream(settings, ENRICHED).writer(),
        open_stream(settings, DEAD_LETTERS).writer(),
        raw_intake(settings, models, enricher, reader, models.encoder.id),
        settings.shard,
        settings.ingest.batch_posts,
        utc_now,
    )


@contextmanager
def open_collector(settings: Settings, source: Source) -> Iterator[Collector]:
    """What moves a source's posts onto ``posts.v1``; its writers close with the block."""
    with (
        closing(open_stream(settings, POSTS).writer()) as posts,
        closing(open_stream(settings, DEAD_LETTERS).writer()) as dead_letters,
        closing(CursorLog(open_stream(settings, CONNECTOR_STATE), source.name)) as cursor,
    ):
        yield Collector(source, posts, dead_letters, cursor, utc_now, settings.ingest.heartbeat_s)
