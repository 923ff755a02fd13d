"""The latest report of each topic, and each brand's ranking of them: the board."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, and_, delete, func, select

from pipeline.store.reads import Reads
from pipeline.store.records import BoardRow
from pipeline.store.redirects import final_topic, final_topics
from pipeline.store.rows import from_payload, storable, to_payload
from pipeline.store.schema import VANISHES, Id, from_micros, metadata, to_micros
from pipeline.store.verdicts import verdict_table
from pipeline.store.writes import Writes, last_of_each, step
from pipeline.types import TopicReport, Verdict

report_table = Table(
    "reports",
    metadata,
    Column("topic_id", Id, primary_key=True, info=VANISHES),
    Column("shard", Id, nullable=False),
    Column("n_posts", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index("reports_by_size", "n_posts", "last_seen"),
    Index("reports_by_last_seen", "last_seen"),
    Index("reports_by_as_of", "as_of"),
)

# One row per brand that has a board at all, so that an empty board differs from none.
ranking_table = Table(
    "rankings",
    metadata,
    Column("brand_id", Id, primary_key=True),
    Column("as_of", BigInteger, nullable=False),
)

rank_table = Table(
    "ranks",
    metadata,
    Column("brand_id", Id, primary_key=True),
    Column("topic_id", Id, primary_key=True, info=VANISHES),
    Column("rank", Integer, nullable=False),
    Column("previous_rank", Integer),
    Index("ranks_by_brand", "brand_id", "rank"),
    Index("ranks_by_topic", "topic_id"),
)

_LARGEST = (report_table.c.n_posts.desc(), report_table.c.last_seen.desc(), report_table.c.topic_id)


class TopicReads(Reads):
    """One topic, all, or those of a brand's board."""

    def board(self, brand_id: str, limit: int = 100) -> list[BoardRow]:
        """The brand's ranking; without one (no brand, unknown, not ranked yet) the largest topics first."""
        at, brand = rank_table.c, storable(brand_id)
        topic = report_table.c.topic_id
        own_verdict = and_(verdict_table.c.topic_id == topic, verdict_table.c.brand_id == brand)
        report_and_verdict = report_table.outerjoin(verdict_table, own_verdict)
        columns = (report_table.c.payload.label("report"), verdict_table.c.payload.label("verdict"))
        ranked = (
            select(*columns, at.rank, at.previous_rank)
            .select_from(report_and_verdict.join(rank_table, at.topic_id == topic))
            .where(at.brand_id == brand)
            .order_by(at.rank)
            .limit(max(0, limit))
        )
        largest = select(*columns).select_from(report_and_verdict).order_by(*_LARGEST).limit(max(0, limit))
        with self._reading() as connection:
            known = select(ranking_table.c.as_of).where(ranking_table.c.brand_id == brand)
            if connection.execute(known).first() is not None:
                return [_board_row(row, row.rank, row.previous_rank) for row in connection.execute(ranked)]
            return [_board_row(row, rank, None) for rank, row in enumerate(connection.execute(largest), start=1)]

    def report(self, topic_id: str) -> TopicReport | None:
        """Latest report; an old id is followed through redirects."""
        at = report_table.c
        with self._reading() as connection:
            final = final_topic(connection, topic_id)
            payload = connection.execute(select(at.payload).where(at.topic_id == final)).scalar()
        return None if payload is None else from_payload(payload, TopicReport)

    def reports(self, min_posts: int = 1) -> list[TopicReport]:
        """Latest reports of topics with at least ``min_posts`` posts, largest first."""
        at = report_table.c
        rows = self._rows(select(at.payload).where(at.n_posts >= min_posts).order_by(*_LARGEST))
        return [from_payload(row.payload, TopicReport) for row in rows]

    def data_as_of(self) -> datetime | None:
        """Event time of the newest report; ``None`` before the first."""
        micros = self._value(select(func.max(report_table.c.as_of)))
        return None if micros is None else from_micros(micros)


class TopicWrites(Writes):
    """Reports as measured, and their order on each brand's board."""

    @step
    def save_reports(self, shard: str, reports: Sequence[TopicReport]) -> None:
        """Replace the latest report of each topic; one of a topic merged away is not kept."""
        gone = final_topics(self._connection, (report.topic_id for report in reports))
        rows = [
            {
                "topic_id": storable(report.topic_id),
                "shard": storable(shard),
                "n_posts": report.n_posts,
                "last_seen": to_micros(report.last_seen),
                "as_of": to_micros(report.as_of),
                "payload": to_payload(report),
            }
            for report in reports
            if storable(report.topic_id) not in gone
        ]
        self._upsert(report_table, last_of_each(rows, "topic_id"))

    @step
    def save_ranks(self, brand_id: str, as_of: datetime, ranked: Sequence[str]) -> None:
        """The order of topic ids on the brand's board now; the order before is kept for movement."""
        at, brand = rank_table.c, storable(brand_id)
        self._upsert(ranking_table, [{"brand_id": brand, "as_of": to_micros(as_of)}])
        before = self._run(select(at.topic_id, at.rank).where(at.brand_id == brand))
        previous = {row.topic_id: row.rank for row in before}
        self._run(delete(rank_table).where(at.brand_id == brand))
        gone = final_topics(self._connection, ranked)
        order = [topic for topic in dict.fromkeys(map(storable, ranked)) if topic not in gone]
        rows = [
            {"brand_id": brand, "topic_id": topic, "rank": rank, "previous_rank": previous.get(topic)}
            for rank, topic in enumerate(order, start=1)
        ]
        self._upsert(rank_table, rows)


def _board_row(row: Any, rank: int, previous_rank: int | None) -> BoardRow:
    verdict = None if row.verdict is None else from_payload(row.verdict, Verdict)
    return BoardRow(from_payload(row.report, TopicReport), verdict, rank, previous_rank)
