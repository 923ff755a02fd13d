"""From stream records to enriched posts: the first half of a step, in one of two forms.

``RawIntake`` reads ``posts.v1`` and enriches here (embedded, and the ``enrich`` worker);
``EnrichedIntake`` reads ``enriched.v1``, where an ``enrich`` worker did that already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from configs.errors import BadRecord
from ingest.post import Post
from ingest.sources.contract import DeadLetter, Deletion
from ingest.streams.contract import Record
from ingest.wire import Heartbeat, decode
from pipeline.enrich.parallel.parallel_enricher import PostEnricher
from pipeline.enrich.wire import decode_enriched, is_enriched, joined
from pipeline.types import EnrichedBatch, EnrichedPost, FloatArray

RAW_KEPT_BYTES = 65_536


@dataclass(frozen=True)
class ReadBy:
    """From here on posts were read by this encoder; ``code`` and ``reason`` say why, as far as is known here."""

    encoder_id: str
    code: str = "seen"
    reason: str = "seen in the stream"


@dataclass(frozen=True)
class Revision:
    """A later revision of a post that was seen before; it brings what the post found since."""

    post: Post


@dataclass(frozen=True)
class Mark:
    """Something other than a new post, that came after ``after`` posts of the batch."""

    after: int
    what: Deletion | Heartbeat | ReadBy | Revision


@dataclass(frozen=True)
class Intake:
    """A batch of the stream, understood: posts in columns, marks between them, dead letters.

    Posts after a :class:`ReadBy` are of the encoder it names, the others of ``batch.encoder_id``.
    """

    batch: EnrichedBatch
    marks: tuple[Mark, ...]
    dead_letters: tuple[DeadLetter, ...]


class RecordIntake(Protocol):
    """Understands records."""

    def read(self, records: Sequence[Record]) -> Intake:
        """Never raises for a bad record: it becomes a dead letter with its partition and offset."""


class RawIntake:
    """Decodes ``posts.v1`` and enriches the posts."""

    def __init__(self, enricher: PostEnricher, stream_name: str) -> None:
        self._enricher = enricher
        self._stream_name = stream_name

    def read(self, records: Sequence[Record]) -> Intake:
        posts: list[Post] = []
        marks: list[Mark] = []
        dead: list[DeadLetter] = []
        for record in records:
            try:
                item = decode(record)
            except BadRecord as bad:
                dead.append(dead_letter(self._stream_name, record, bad))
                continue
            if isinstance(item, Post):
                posts.append(item)
            else:
                marks.append(Mark(len(posts), item))
        return Intake(self._enricher.enrich(posts), tuple(marks), tuple(dead))


class EnrichedIntake:
    """Decodes ``enriched.v1``; deletions and heartbeats pass through it unchanged.

    Parameters
    ----------
    encoder_id, dimension
        The encoder of this deployment.
    stream_name
        For dead letters.
    student_id
        A student whose vectors are taken, too; where they begin and end becomes a mark.
    """

    def __init__(self, encoder_id: str, dimension: int, stream_name: str, student_id: str | None = None) -> None:
        self._encoder_id = encoder_id
        self._dimension = dimension
        self._stream_name = stream_name
        self._known = (encoder_id,) if student_id is None else (encoder_id, student_id)

    def read(self, records: Sequence[Record]) -> Intake:
        pairs: list[tuple[EnrichedPost, FloatArray]] = []
        marks: list[Mark] = []
        dead: list[DeadLetter] = []
        reader = self._encoder_id
        for record in records:
            try:
                if is_enriched(record):
                    post, vector, encoder_id = decode_enriched(record, self._known, self._dimension)
                    if encoder_id != reader:
                        marks.append(Mark(len(pairs), ReadBy(encoder_id)))
                        reader = encoder_id
                    pairs.append((post, vector))
                    continue
                item = decode(record)
                if isinstance(item, Post):
                    raise BadRecord("not_enriched", "a raw post is on the stream of enriched ones")
                marks.append(Mark(len(pairs), item))
            except BadRecord as bad:
                dead.append(dead_letter(self._stream_name, record, bad))
        return Intake(joined(pairs, self._encoder_id, self._dimension), tuple(marks), tuple(dead))


def dead_letter(stream_name: str, record: Record, bad: BadRecord) -> DeadLetter:
    """The letter for a record that could not be read, with the place a person can go to."""
    place = f"{stream_name}[{record.partition}] @ offset {record.offset}"
    return DeadLetter(stream_name, bad.reason, bad.detail, place, record.value[:RAW_KEPT_BYTES])
