"""Alerts committed but not yet delivered.

An entry is not claimed: two senders may both see it, and delivery is at-least-once
anyway (a sender can die between sending and :meth:`DatabaseOutbox.mark_sent`). Run one
sender; a second one only risks a repeated message, never a lost one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, select, update

from pipeline.store.engine import one_of, writing
from pipeline.store.reads import Reads
from pipeline.store.records import OutboxEntry
from pipeline.store.rows import from_payload, in_chunks, storable, to_payload
from pipeline.store.schema import Id, metadata, to_micros
from pipeline.store.writes import Writes, step
from pipeline.types import Alert

WAITING = "waiting"
SENT = "sent"
DEAD = "dead"

ERROR_CHARS = 1_000
"""A longer error text is cut."""

outbox_table = Table(
    "outbox",
    metadata,
    Column("dedup_key", Id, primary_key=True),
    Column("state", Text, nullable=False),
    Column("retry_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", BigInteger),
    Column("error", Text),
    Column("payload", LargeBinary, nullable=False),
    Index("outbox_by_state", "state", "retry_at"),
)

# Quoted text lives apart from the alert, so that deleting a post finds and removes it.
quote_table = Table(
    "alert_quotes",
    metadata,
    Column("dedup_key", Id, ForeignKey("outbox.dedup_key", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("post_id", Id, nullable=False),
    Column("text", Text, nullable=False),
    Index("alert_quotes_by_post", "post_id"),
)


class DatabaseOutbox(Reads):
    """The :class:`~pipeline.store.contract.Outbox` of a database: each mark is a transaction of its own."""

    def pending(self, now: datetime, limit: int = 20) -> list[OutboxEntry]:
        """Alerts due at ``now``, oldest first. Quotes of posts deleted since are gone from them."""
        due = (
            select(outbox_table.c.dedup_key, outbox_table.c.payload, outbox_table.c.attempts)
            .where(outbox_table.c.state == WAITING, outbox_table.c.retry_at <= to_micros(now))
            .order_by(outbox_table.c.created_at, outbox_table.c.dedup_key)
            .limit(max(0, limit))
        )
        quotes: dict[str, list[tuple[str, str]]] = {}
        with self._reading() as connection:
            rows = connection.execute(due).all()
            for keys in in_chunks(row.dedup_key for row in rows):
                statement = (
                    select(quote_table)
                    .where(one_of(connection, quote_table.c.dedup_key, keys))
                    .order_by(quote_table.c.dedup_key, quote_table.c.number)
                )
                for quote in connection.execute(statement):
                    quotes.setdefault(quote.dedup_key, []).append((quote.post_id, quote.text))
        entries = []
        for row in rows:
            alert = from_payload(row.payload, Alert)
            alert = msgspec.structs.replace(alert, quotes=tuple(quotes.get(row.dedup_key, ())))
            entries.append(OutboxEntry(alert, row.attempts))
        return entries

    def mark_sent(self, dedup_key: str, at: datetime) -> None:
        """Delivered; an unknown key is fine."""
        self._mark(dedup_key, (WAITING, DEAD), state=SENT, sent_at=to_micros(at), error=None)

    def mark_failed(self, dedup_key: str, error: str, retry_at: datetime) -> None:
        """Not delivered for now: due again at ``retry_at``. A delivered or dead alert stays so."""
        self._mark(dedup_key, (WAITING,), error=storable(error)[:ERROR_CHARS], retry_at=to_micros(retry_at))

    def mark_dead(self, dedup_key: str, error: str) -> None:
        """Undeliverable for good; kept for people to see. A delivered alert stays so."""
        self._mark(dedup_key, (WAITING,), state=DEAD, error=storable(error)[:ERROR_CHARS])

    def _mark(self, dedup_key: str, states: tuple[str, ...], **values: object) -> None:
        statement = (
            update(outbox_table)
            .where(outbox_table.c.dedup_key == storable(dedup_key), outbox_table.c.state.in_(states))
            .values(attempts=outbox_table.c.attempts + 1, **values)
        )
        with writing(self._engine) as connection:
            connection.execute(statement)


class OutboxWrites(Writes):
    """Alerts of a stage, committed with its results."""

    @step
    def enqueue(self, alerts: Iterable[Alert]) -> None:
        """Put alerts in the outbox, due at once; one with a known ``dedup_key`` is ignored, also when sent."""
        for alert in alerts:
            key = storable(alert.dedup_key)
            row = {
                "dedup_key": key,
                "state": WAITING,
                "retry_at": 0,
                "created_at": to_micros(alert.created_at),
                "attempts": 0,
                "payload": to_payload(msgspec.structs.replace(alert, quotes=())),
            }
            if self._insert_new(outbox_table, row):
                quotes = [
                    {"dedup_key": key, "number": number, "post_id": storable(post_id), "text": storable(text)}
                    for number, (post_id, text) in enumerate(alert.quotes)
                    if post_id
                ]
                self._upsert(quote_table, quotes)
