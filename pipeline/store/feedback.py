"""What people said about verdicts, with what it was about."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Row, Table, Text, insert, select

from configs.errors import FatalError
from pipeline.store.reads import Reads
from pipeline.store.records import CHANNELS, StoredFeedback
from pipeline.store.redirects import final_topic
from pipeline.store.rows import from_payload, storable, to_payload
from pipeline.store.schema import FOLLOWS, Id, Serial, from_micros, metadata, to_micros
from pipeline.store.writes import Writes, step
from pipeline.types import TopicReport, Verdict, VerdictKind

feedback_table = Table(
    "feedback",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("brand_id", Id, nullable=False),
    Column("topic_id", Id, nullable=False, info=FOLLOWS),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("right", Boolean, nullable=False),
    Column("wanted", Text),
    Column("note", Text, nullable=False),
    Column("verdict", LargeBinary, nullable=False),
    Column("report", LargeBinary, nullable=False),
    Index("feedback_by_brand", "brand_id", "at", "id"),
    Index("feedback_by_time", "at", "id"),
    Index("feedback_by_topic", "topic_id"),
)


class FeedbackReads(Reads):
    """Of one brand or all."""

    def feedback(self, brand_id: str | None = None, since: datetime | None = None) -> list[StoredFeedback]:
        """Newest first: of one brand or all, from ``since`` on or ever."""
        at = feedback_table.c
        found = select(feedback_table).order_by(at.at.desc(), at.id.desc())
        if brand_id is not None:
            found = found.where(at.brand_id == storable(brand_id))
        if since is not None:
            found = found.where(at.at >= to_micros(since))
        return [_feedback_of(row) for row in self._rows(found)]


class FeedbackWrites(Writes):
    """One opinion at a time."""

    @step
    def save_feedback(self, feedback: StoredFeedback) -> None:
        """Add an opinion, on the topic that a merged one lives on in; its ``id`` is given by the store.

        Raises
        ------
        FatalError
            The channel is none of ``CHANNELS``, or a report or verdict cannot be stored.
        """
        if feedback.channel not in CHANNELS:
            raise FatalError(f"feedback came through {feedback.channel!r}; known are {', '.join(CHANNELS)}")
        row = {
            "brand_id": storable(feedback.brand_id),
            "topic_id": final_topic(self._connection, feedback.topic_id),
            "at": to_micros(feedback.at),
            "by": storable(feedback.by),
            "channel": feedback.channel,
            "right": feedback.right,
            "wanted": None if feedback.wanted is None else str(feedback.wanted),
            "note": storable(feedback.note),
            "verdict": to_payload(feedback.verdict),
            "report": to_payload(feedback.report),
        }
        self._run(insert(feedback_table).values(row))


def _feedback_of(row: Row[Any]) -> StoredFeedback:
    return StoredFeedback(
        id=row.id,
        brand_id=row.brand_id,
        topic_id=row.topic_id,
        at=from_micros(row.at),
        by=row.by,
        channel=row.channel,
        right=row.right,
        wanted=None if row.wanted is None else VerdictKind(row.wanted),
        note=row.note,
        verdict=from_payload(row.verdict, Verdict),
        report=from_payload(row.report, TopicReport),
    )
