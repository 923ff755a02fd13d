"""The archive's half of the reader: short reads in blocks, each on one snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, select

from configs.errors import StateMismatch
from pipeline.store import archive_schema as tables
from pipeline.store.archive_contract import ArchivedTopic, ProfileVersion, StoredBackground, StoredFeedback
from pipeline.store.archive_rows import AT_REST, centres_of, feedback_of, vectors_of, versions_of
from pipeline.store.engine import one_of, reading
from pipeline.store.rows import from_payload, storable
from pipeline.store.schema import from_micros, reports, to_micros, verdicts
from pipeline.types import TopicReport, Verdict

BLOCK_TOPICS = 1_000
"""Topics of one page of :meth:`ArchiveReads.archive`: some megabytes in hand."""

_MEMBER = np.dtype("<u4")


class ArchiveReads:
    """The :class:`~pipeline.store.archive_contract.ArchiveReader` of a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def archive(self, since: datetime, min_posts: int = 1) -> Iterator[ArchivedTopic]:
        """Topics whose report is of ``since`` or later, with ``min_posts`` posts or more, by topic id."""
        page = (
            select(reports.c.topic_id, reports.c.shard, reports.c.payload)
            .where(reports.c.as_of >= to_micros(since), reports.c.n_posts >= min_posts)
            .order_by(reports.c.topic_id)
            .limit(BLOCK_TOPICS)
        )
        block, last = self._block(page)
        while block:
            yield from block
            block, last = self._block(page.where(reports.c.topic_id > last))

    def backgrounds(self, shard: str, numbers: Sequence[int]) -> list[StoredBackground]:
        """Those that are known, by number; ``entries`` are those that no earlier one of the list brought.

        Raises
        ------
        StateMismatch
            An entry is missing or damaged.
        """
        mine, wanted = storable(shard), frozenset(numbers)
        if not wanted:
            return []
        at = tables.backgrounds.c
        # one range instead of thousands of numbers: those that are wanted lie close together
        within = (at.shard == mine, at.number >= min(wanted), at.number <= max(wanted))
        with reading(self._engine) as connection:
            found = connection.execute(select(tables.backgrounds).where(*within).order_by(at.number))
            rows = [row for row in found if row.number in wanted]
            members = [np.frombuffer(row.members, _MEMBER).astype(np.int64) for row in rows]
            brought, seen = [], np.zeros(0, np.int64)
            for some_members in members:
                fresh = np.setdiff1d(some_members, seen)
                seen = np.union1d(seen, fresh)
                brought.append(fresh)
            vectors = _entry_vectors(connection, mine, seen)
        return [
            StoredBackground(
                number=row.number,
                as_of=from_micros(row.as_of),
                encoder_id=row.encoder_id,
                members=some_members,
                entries=fresh,
                centres=vectors[np.searchsorted(seen, fresh)],
            )
            for row, some_members, fresh in zip(rows, members, brought, strict=True)
        ]

    def profile_versions(self, brand_id: str) -> list[ProfileVersion]:
        """Newest first."""
        at = tables.profile_versions.c
        mine = select(tables.profile_versions).where(at.brand_id == storable(brand_id)).order_by(at.version.desc())
        with reading(self._engine) as connection:
            return versions_of(connection.execute(mine))

    def feedback(self, brand_id: str | None = None, since: datetime | None = None) -> list[StoredFeedback]:
        """Newest first: of one brand or all, from ``since`` on or ever."""
        at = tables.feedback.c
        found = select(tables.feedback).order_by(at.at.desc(), at.id.desc())
        if brand_id is not None:
            found = found.where(at.brand_id == storable(brand_id))
        if since is not None:
            found = found.where(at.at >= to_micros(since))
        with reading(self._engine) as connection:
            return [feedback_of(row) for row in connection.execute(found)]

    def _block(self, page: Any) -> tuple[list[ArchivedTopic], str]:
        """Topics of one page, and the id the next one begins after."""
        with reading(self._engine) as connection:
            rows = connection.execute(page).all()
            ids = [row.topic_id for row in rows]
            if not ids:
                return [], ""
            mine = select(tables.topic_centres).where(one_of(connection, tables.topic_centres.c.topic_id, ids))
            centres = {row.topic_id: centres_of(row) for row in connection.execute(mine)}
            told = (
                select(verdicts.c.topic_id, verdicts.c.payload)
                .where(one_of(connection, verdicts.c.topic_id, ids))
                .order_by(verdicts.c.topic_id, verdicts.c.brand_id)
            )
            verdicts_of: dict[str, list[Verdict]] = {}
            for row in connection.execute(told):
                verdicts_of.setdefault(row.topic_id, []).append(from_payload(row.payload, Verdict))
        topics = [
            ArchivedTopic(
                from_payload(row.payload, TopicReport),
                centres.get(row.topic_id),
                tuple(verdicts_of.get(row.topic_id, ())),
                row.shard,
            )
            for row in rows
        ]
        return topics, ids[-1]


def _entry_vectors(connection: Connection, shard: str, entries: NDArray[np.int64]) -> NDArray[np.float32]:
    """``(len(entries), d)`` of ascending ``entries``."""
    if not len(entries):
        return np.zeros((0, 0), np.float32)
    at = tables.background_entries.c
    within = (at.shard == shard, at.entry >= int(entries[0]), at.entry <= int(entries[-1]))
    wanted = frozenset(entries.tolist())
    rows = connection.execute(select(at.entry, at.vector).where(*within).order_by(at.entry))
    found = [row.vector for row in rows if row.entry in wanted]
    if len(found) != len(entries):
        raise StateMismatch("a stored background is incomplete: some of its entries are missing")
    return vectors_of(b"".join(found), len(found[0]) // AT_REST.itemsize)
