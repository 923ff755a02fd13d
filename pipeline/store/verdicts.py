"""What each brand was told about each topic: the latest verdict, and every change of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, insert, select

from pipeline.store.engine import one_of
from pipeline.store.reads import Reads
from pipeline.store.redirects import final_topic, final_topics
from pipeline.store.rows import from_payload, in_chunks, storable, to_payload
from pipeline.store.schema import STAYS, VANISHES, Id, Serial, from_micros, metadata, to_micros
from pipeline.store.writes import Rows, Writes, last_of_each, step
from pipeline.types import Verdict

verdict_table = Table(
    "verdicts",
    metadata,
    Column("topic_id", Id, primary_key=True, info=VANISHES),
    Column("brand_id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

history_table = Table(
    "verdict_history",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("brand_id", Id, nullable=False),
    Column("topic_id", Id, nullable=False, info=STAYS),
    Column("as_of", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Index("verdict_history_by_topic", "brand_id", "topic_id", "id"),
)


class VerdictReads(Reads):
    """Of one topic."""

    def verdicts(self, topic_id: str) -> list[Verdict]:
        """Latest verdict of each brand, by brand id; an old topic id is followed through redirects."""
        at = verdict_table.c
        with self._reading() as connection:
            mine = at.topic_id == final_topic(connection, topic_id)
            rows = connection.execute(select(at.payload).where(mine).order_by(at.brand_id)).all()
        return [from_payload(row.payload, Verdict) for row in rows]

    def verdict_history(self, brand_id: str, topic_id: str) -> list[tuple[datetime, str]]:
        """(as of, kind) of every change of kind, oldest first. Of exactly this id, also after a merge."""
        at = history_table.c
        mine = (at.brand_id == storable(brand_id)) & (at.topic_id == storable(topic_id))
        rows = self._rows(select(at.as_of, at.kind).where(mine).order_by(at.id))
        return [(from_micros(row.as_of), row.kind) for row in rows]


class VerdictWrites(Writes):
    """Of any brands and topics."""

    @step
    def save_verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Replace the latest verdict of each (brand, topic); a changed kind is added to its history.

        One of a topic merged away is not kept.
        """
        gone = final_topics(self._connection, (verdict.topic_id for verdict in verdicts))
        rows = [
            {
                "topic_id": storable(verdict.topic_id),
                "brand_id": storable(verdict.brand_id),
                "kind": str(verdict.kind),
                "as_of": to_micros(verdict.as_of),
                "payload": to_payload(verdict),
            }
            for verdict in verdicts
            if storable(verdict.topic_id) not in gone
        ]
        changes = self._changes_of_kind(rows)
        self._upsert(verdict_table, last_of_each(rows, "topic_id", "brand_id"))
        if changes:
            self._run(insert(history_table), changes)

    def _changes_of_kind(self, rows: Rows) -> list[dict[str, Any]]:
        at = verdict_table.c
        kinds: dict[tuple[str, str], str] = {}
        for ids in in_chunks(row["topic_id"] for row in rows):
            mine = one_of(self._connection, at.topic_id, ids)
            known = self._run(select(at.topic_id, at.brand_id, at.kind).where(mine))
            kinds.update(((row.topic_id, row.brand_id), row.kind) for row in known)
        changes = []
        for row in rows:
            key = (row["topic_id"], row["brand_id"])
            if kinds.get(key) != row["kind"]:
                kinds[key] = row["kind"]
                changes.append({name: row[name] for name in ("brand_id", "topic_id", "as_of", "kind")})
        return changes
