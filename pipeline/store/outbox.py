"""Alerts committed but not yet delivered.

An entry is not claimed: two senders may both see it, and delivery is at-least-once
anyway (a sender can die between sending and :meth:`DatabaseOutbox.mark_sent`). Run one
sender; a second one only risks a repeated message, never a lost one.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Engine, select, update

from pipeline.store.contract import OutboxEntry
from pipeline.store.engine import one_of, reading, writing
from pipeline.store.rows import from_payload, in_chunks, storable
from pipeline.store.schema import alert_quotes, outbox, to_micros
from pipeline.types import Alert

WAITING = "waiting"
SENT = "sent"
DEAD = "dead"

ERROR_CHARS = 1_000
"""A longer error text is cut."""


class DatabaseOutbox:
    """The :class:`~pipeline.store.contract.Outbox` of a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def pending(self, now: datetime, limit: int = 20) -> list[OutboxEntry]:
        """Alerts due at ``now``, oldest first. Quotes of posts deleted since are gone from them."""
        due = (
            select(outbox.c.dedup_key, outbox.c.payload, outbox.c.attempts)
            .where(outbox.c.state == WAITING, outbox.c.retry_at <= to_micros(now))
            .order_by(outbox.c.created_at, outbox.c.dedup_key)
            .limit(max(0, limit))
        )
        quotes: dict[str, list[tuple[str, str]]] = {}
        with reading(self._engine) as connection:
            rows = connection.execute(due).all()
            for keys in in_chunks(row.dedup_key for row in rows):
                statement = (
                    select(alert_quotes)
                    .where(one_of(connection, alert_quotes.c.dedup_key, keys))
                    .order_by(alert_quotes.c.dedup_key, alert_quotes.c.number)
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
            update(outbox)
            .where(outbox.c.dedup_key == storable(dedup_key), outbox.c.state.in_(states))
            .values(attempts=outbox.c.attempts + 1, **values)
        )
        with writing(self._engine) as connection:
            connection.execute(statement)
