"""Where topics lay when they were last read; with their reports and verdicts, the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import BigInteger, Column, LargeBinary, Row, Select, Table, Text, select

from configs.errors import FatalError, StateMismatch
from pipeline.store.engine import one_of
from pipeline.store.reads import Reads
from pipeline.store.records import ArchivedTopic, StoredCentres
from pipeline.store.redirects import final_topics
from pipeline.store.rows import from_payload, storable, to_payload
from pipeline.store.schema import VANISHES, Id, metadata, to_micros
from pipeline.store.topics import report_table
from pipeline.store.vector_codec import vectors_at_rest, vectors_of
from pipeline.store.verdicts import verdict_table
from pipeline.store.writes import Writes, last_of_each, step
from pipeline.types import Hazard, TopicReport, Verdict

BLOCK_TOPICS = 1_000
"""Topics of one page of :meth:`CentreReads.archive`: some megabytes in hand."""

centre_table = Table(
    "topic_centres",
    metadata,
    Column("topic_id", Id, primary_key=True, info=VANISHES),
    Column("shard", Id, nullable=False),
    Column("encoder_id", Text, nullable=False),
    Column("background", BigInteger),
    Column("header", LargeBinary, nullable=False),
    Column("vectors", LargeBinary, nullable=False),
)


class _Header(msgspec.Struct, frozen=True):
    """How to cut the vectors of one topic, and what is known about its parts."""

    dimension: int
    n_bodies: int
    nuance_hazards: tuple[tuple[Hazard, ...], ...]
    nuance_bodies_of: tuple[int, ...]
    unread: tuple[int, ...]


class CentreReads(Reads):
    """Beside the report and the verdicts they belong to."""

    def archive(self, since: datetime, min_posts: int = 1) -> Iterator[ArchivedTopic]:
        """Topics whose report is of ``since`` or later, with ``min_posts`` posts or more, by topic id."""
        at = report_table.c
        page = (
            select(at.topic_id, at.shard, at.payload)
            .where(at.as_of >= to_micros(since), at.n_posts >= min_posts)
            .order_by(at.topic_id)
            .limit(BLOCK_TOPICS)
        )
        block, last = self._block(page)
        while block:
            yield from block
            block, last = self._block(page.where(at.topic_id > last))

    def _block(self, page: Select[Any]) -> tuple[list[ArchivedTopic], str]:
        """Topics of one page, and the id the next one begins after."""
        told = verdict_table.c
        with self._reading() as connection:
            rows = connection.execute(page).all()
            ids = [row.topic_id for row in rows]
            if not ids:
                return [], ""
            mine = select(centre_table).where(one_of(connection, centre_table.c.topic_id, ids))
            centres = {row.topic_id: _centres_of(row) for row in connection.execute(mine)}
            about = select(told.topic_id, told.payload).where(one_of(connection, told.topic_id, ids))
            verdicts: dict[str, list[Verdict]] = {}
            for row in connection.execute(about.order_by(told.topic_id, told.brand_id)):
                verdicts.setdefault(row.topic_id, []).append(from_payload(row.payload, Verdict))
        topics = [
            ArchivedTopic(
                from_payload(row.payload, TopicReport),
                centres.get(row.topic_id),
                tuple(verdicts.get(row.topic_id, ())),
                row.shard,
            )
            for row in rows
        ]
        return topics, ids[-1]


class CentreWrites(Writes):
    """Beside each fresh report."""

    @step
    def save_centres(self, shard: str, centres: Sequence[StoredCentres]) -> None:
        """Replace the centres of each topic; those of a topic merged away are not kept."""
        gone = final_topics(self._connection, (some.topic_id for some in centres))
        rows = [_centres_row(shard, some) for some in centres if storable(some.topic_id) not in gone]
        self._upsert(centre_table, last_of_each(rows, "topic_id"))


def _centres_row(shard: str, centres: StoredCentres) -> dict[str, Any]:
    """Columns of the table.

    Raises
    ------
    FatalError
        The parts of ``centres`` do not agree with each other, or cannot be stored.
    """
    dimension = len(centres.centre)
    parts = (centres.bodies, centres.nuances, centres.nuance_bodies)
    fits = (
        dimension > 0
        and all(len(part) == 0 or part.shape[1] == dimension for part in parts)
        and len(centres.bodies) <= 1
        and len(centres.nuances) == len(centres.nuance_hazards)
        and len(centres.nuance_bodies) == len(centres.nuance_bodies_of)
        and all(0 <= nuance < len(centres.nuances) for nuance in centres.nuance_bodies_of)
    )
    if not fits:
        raise FatalError("centres of a topic do not agree in their dimensions or numbers")
    header = _Header(dimension, len(centres.bodies), centres.nuance_hazards, centres.nuance_bodies_of, centres.unread)
    rows = np.vstack([centres.centre[None], *(part for part in parts if len(part))])
    return {
        "topic_id": storable(centres.topic_id),
        "shard": storable(shard),
        "encoder_id": storable(centres.encoder_id),
        "background": centres.background,
        "header": to_payload(header),
        "vectors": vectors_at_rest(rows),
    }


def _centres_of(row: Row[Any]) -> StoredCentres:
    """A row of the table.

    Raises
    ------
    StateMismatch
        It is damaged or of another version.
    """
    header = from_payload(row.header, _Header)
    rows = vectors_of(row.vectors, header.dimension)
    n_nuances, n_nuance_bodies = len(header.nuance_hazards), len(header.nuance_bodies_of)
    cuts = np.cumsum([1, header.n_bodies, n_nuances])
    if len(rows) != cuts[-1] + n_nuance_bodies:
        raise StateMismatch(f"stored centres of topic {row.topic_id} are incomplete")
    first, bodies, nuances, nuance_bodies = np.split(rows, cuts)
    return StoredCentres(
        topic_id=row.topic_id,
        encoder_id=row.encoder_id,
        centre=first[0],
        bodies=bodies,
        nuances=nuances,
        nuance_hazards=header.nuance_hazards,
        nuance_bodies=nuance_bodies,
        nuance_bodies_of=header.nuance_bodies_of,
        unread=header.unread,
        background=row.background,
    )
