"""Everything that is read from the store: short, thread-safe reads, each on one snapshot.

A topic that was merged away is followed to the topic it lives on in. Its verdict
history alone stays under its own id, as a record of what was said then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, and_, func, select

from ingest.position import START, Position
from pipeline.store.contract import BoardRow, StoredBrand, StoredPost, StoredSwitch
from pipeline.store.engine import one_of, reading
from pipeline.store.rows import from_payload, in_chunks, post_of, storable
from pipeline.store.schema import (
    brands,
    counts,
    encoder_switches,
    from_micros,
    last_commit,
    markets,
    positions,
    posts,
    rankings,
    ranks,
    redirects,
    reports,
    state_chunks,
    states,
    verdict_history,
    verdicts,
)
from pipeline.store.state_codec import Chunk, decode_state
from pipeline.types import TopicReport, Verdict
from pipeline.types.state import StateSnapshot
from pipeline.types.voices import MarketReading

PAGE_ROWS = 10_000
"""Rows of one page of :meth:`DatabaseReader.assignments`: no read stays open while a caller works."""


class DatabaseReader:
    """The :class:`~pipeline.store.contract.StoreReader` of a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def position(self, shard: str) -> Position:
        """The shard's position, ``START`` before its first. Read it before :meth:`load_state`."""
        token = self._value(select(positions.c.token).where(positions.c.shard == storable(shard)))
        return START if token is None else Position(token)

    def load_state(self, shard: str) -> StateSnapshot | None:
        """The shard's state, ``None`` before its first.

        Raises
        ------
        StateMismatch
            It is damaged or of another format.
        """
        mine = storable(shard)
        pieces = (
            select(state_chunks.c.part, state_chunks.c.number, state_chunks.c.checksum, state_chunks.c.data)
            .where(state_chunks.c.shard == mine)
            .order_by(state_chunks.c.part, state_chunks.c.number)
        )
        with reading(self._engine) as connection:
            header = connection.execute(select(states.c.header).where(states.c.shard == mine)).scalar()
            if header is None:
                return None
            return decode_state(header, (Chunk(*row) for row in connection.execute(pieces)))

    def known_revisions(self, post_ids: Sequence[str]) -> dict[str, int]:
        """Stored ``rev`` of those posts that are stored."""
        return self._by_post(posts.c.rev, post_ids)

    def topics_of(self, post_ids: Sequence[str]) -> dict[str, str]:
        """Final topic of those posts that are stored."""
        return self._by_post(posts.c.topic_id, post_ids)

    def board(self, brand_id: str, limit: int = 100) -> list[BoardRow]:
        """The brand's ranking; without one (no brand, unknown, not ranked yet) the largest topics first."""
        brand = storable(brand_id)
        own_verdict = and_(verdicts.c.topic_id == reports.c.topic_id, verdicts.c.brand_id == brand)
        report_and_verdict = reports.outerjoin(verdicts, own_verdict)
        columns = (reports.c.payload.label("report"), verdicts.c.payload.label("verdict"))
        ranked = (
            select(*columns, ranks.c.rank, ranks.c.previous_rank)
            .select_from(report_and_verdict.join(ranks, ranks.c.topic_id == reports.c.topic_id))
            .where(ranks.c.brand_id == brand)
            .order_by(ranks.c.rank)
            .limit(max(0, limit))
        )
        largest = select(*columns).select_from(report_and_verdict).order_by(*_LARGEST).limit(max(0, limit))
        with reading(self._engine) as connection:
            known = connection.execute(select(rankings.c.as_of).where(rankings.c.brand_id == brand)).first()
            if known is not None:
                return [_board_row(row, row.rank, row.previous_rank) for row in connection.execute(ranked)]
            return [_board_row(row, rank, None) for rank, row in enumerate(connection.execute(largest), start=1)]

    def report(self, topic_id: str) -> TopicReport | None:
        """Latest report; an old id is followed through redirects."""
        with reading(self._engine) as connection:
            final = _final(connection, topic_id)
            payload = connection.execute(select(reports.c.payload).where(reports.c.topic_id == final)).scalar()
        return None if payload is None else from_payload(payload, TopicReport)

    def reports(self, min_posts: int = 1) -> list[TopicReport]:
        """Latest reports of topics with at least ``min_posts`` posts, largest first."""
        statement = select(reports.c.payload).where(reports.c.n_posts >= min_posts).order_by(*_LARGEST)
        return [from_payload(row.payload, TopicReport) for row in self._rows(statement)]

    def verdicts(self, topic_id: str) -> list[Verdict]:
        """Latest verdict of each brand, by brand id; an old topic id is followed through redirects."""
        with reading(self._engine) as connection:
            mine = verdicts.c.topic_id == _final(connection, topic_id)
            rows = connection.execute(select(verdicts.c.payload).where(mine).order_by(verdicts.c.brand_id)).all()
        return [from_payload(row.payload, Verdict) for row in rows]

    def verdict_history(self, brand_id: str, topic_id: str) -> list[tuple[datetime, str]]:
        """(as of, kind) of every change of kind, oldest first. Of exactly this id, also after a merge."""
        statement = (
            select(verdict_history.c.as_of, verdict_history.c.kind)
            .where(verdict_history.c.brand_id == storable(brand_id), verdict_history.c.topic_id == storable(topic_id))
            .order_by(verdict_history.c.id)
        )
        return [(from_micros(row.as_of), row.kind) for row in self._rows(statement)]

    def posts(self, topic_id: str, limit: int = 50) -> list[StoredPost]:
        """Newest first; an old topic id is followed through redirects."""
        with reading(self._engine) as connection:
            statement = (
                select(posts)
                .where(posts.c.topic_id == _final(connection, topic_id))
                .order_by(posts.c.event_time.desc(), posts.c.post_id.desc())
                .limit(max(0, limit))
            )
            return [post_of(row) for row in connection.execute(statement)]

    def posts_by_id(self, post_ids: Sequence[str]) -> list[StoredPost]:
        """Those posts that are stored, in the order asked for, each once."""
        found: dict[str, StoredPost] = {}
        with reading(self._engine) as connection:
            for ids in in_chunks(post_ids):
                rows = connection.execute(select(posts).where(one_of(connection, posts.c.post_id, ids)))
                found.update((row.post_id, post_of(row)) for row in rows)
        return [found[id_] for id_ in dict.fromkeys(map(storable, post_ids)) if id_ in found]

    def assignments(self) -> Iterator[tuple[str, str]]:
        """(post id, final topic id) of every stored post, by post id.

        Read page by page: what is written meanwhile may or may not be seen.
        """
        page = select(posts.c.post_id, posts.c.topic_id).order_by(posts.c.post_id).limit(PAGE_ROWS)
        rows = self._rows(page)
        while rows:
            yield from ((row.post_id, row.topic_id) for row in rows)
            rows = self._rows(page.where(posts.c.post_id > rows[-1].post_id))

    def brands(self) -> list[StoredBrand]:
        """All profiles, by id."""
        rows = self._rows(select(brands).order_by(brands.c.brand_id))
        return [StoredBrand(row.brand_id, row.name, row.toml) for row in rows]

    def market(self, brand_id: str) -> MarketReading | None:
        """The latest reading of a brand's market; ``None`` before the first."""
        rows = self._rows(select(markets.c.payload).where(markets.c.brand_id == storable(brand_id)))
        return from_payload(rows[0].payload, MarketReading) if rows else None

    def counts(self, shard: str) -> dict[str, int]:
        """Running totals by name."""
        rows = self._rows(select(counts.c.name, counts.c.total).where(counts.c.shard == storable(shard)))
        return {row.name: row.total for row in rows}

    def switches(self, shard: str, limit: int = 50) -> list[StoredSwitch]:
        """Changes of the encoder, newest (in stream order) first."""
        at = encoder_switches.c
        newest = select(encoder_switches).where(at.shard == storable(shard)).order_by(at.id.desc()).limit(max(0, limit))
        return [
            StoredSwitch(from_micros(row.at), row.from_encoder, row.to_encoder, row.code, row.reason)
            for row in self._rows(newest)
        ]

    def data_as_of(self) -> datetime | None:
        """Event time of the newest report; ``None`` before the first."""
        return _moment(self._value(select(func.max(reports.c.as_of))))

    def written_at(self) -> datetime | None:
        """Wall-clock time of the last committed transaction; ``None`` before the first."""
        return _moment(self._value(select(last_commit.c.written_at)))

    def _by_post(self, column: Any, post_ids: Sequence[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        with reading(self._engine) as connection:
            for ids in in_chunks(post_ids):
                mine = one_of(connection, posts.c.post_id, ids)
                rows = connection.execute(select(posts.c.post_id, column).where(mine))
                found.update((row[0], row[1]) for row in rows)
        asked = ((id_, storable(id_)) for id_ in post_ids)
        return {id_: found[key] for id_, key in asked if key in found}

    def _rows(self, statement: Select[Any]) -> Sequence[Any]:
        with reading(self._engine) as connection:
            return connection.execute(statement).all()

    def _value(self, statement: Select[Any]) -> Any:
        with reading(self._engine) as connection:
            return connection.execute(statement).scalar()


_LARGEST = (reports.c.n_posts.desc(), reports.c.last_seen.desc(), reports.c.topic_id)


def _final(connection: Connection, topic_id: str) -> str:
    """Where a topic lives on; one look, because stored redirects always name the final topic."""
    old = storable(topic_id)
    new: str | None = connection.execute(select(redirects.c.new_id).where(redirects.c.old_id == old)).scalar()
    return old if new is None else new


def _board_row(row: Any, rank: int, previous_rank: int | None) -> BoardRow:
    verdict = None if row.verdict is None else from_payload(row.verdict, Verdict)
    return BoardRow(from_payload(row.report, TopicReport), verdict, rank, previous_rank)


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
