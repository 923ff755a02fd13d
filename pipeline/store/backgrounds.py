"""The topics that fits were compared with, from one learning to the next: lists of entries that never change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Column, Connection, LargeBinary, Table, Text, select

from configs.errors import StateMismatch
from pipeline.store.reads import Reads
from pipeline.store.records import StoredBackground
from pipeline.store.rows import storable
from pipeline.store.schema import Id, from_micros, metadata, to_micros
from pipeline.store.vector_codec import AT_REST, vectors_at_rest, vectors_of
from pipeline.store.writes import Writes, last_of_each, step
from pipeline.types import FloatArray

background_table = Table(
    "backgrounds",
    metadata,
    Column("shard", Id, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("as_of", BigInteger, nullable=False),
    Column("encoder_id", Text, nullable=False),
    Column("members", LargeBinary, nullable=False),
)

entry_table = Table(
    "background_entries",
    metadata,
    Column("shard", Id, primary_key=True),
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("vector", LargeBinary, nullable=False),
)

_MEMBER = np.dtype("<u4")


class BackgroundReads(Reads):
    """Of one shard, by number."""

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
        at = background_table.c
        # one range instead of thousands of numbers: those that are wanted lie close together
        within = (at.shard == mine, at.number >= min(wanted), at.number <= max(wanted))
        with self._reading() as connection:
            found = connection.execute(select(background_table).where(*within).order_by(at.number))
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


class BackgroundWrites(Writes):
    """Of one shard."""

    @step
    def save_backgrounds(self, shard: str, backgrounds: Sequence[StoredBackground]) -> None:
        """Add backgrounds, in order; one that is known by number is replaced."""
        mine = storable(shard)
        entries: list[dict[str, Any]] = []
        for some in backgrounds:
            for entry, centre in zip(some.entries.tolist(), some.centres, strict=True):
                entries.append({"shard": mine, "entry": entry, "vector": vectors_at_rest(centre)})
        self._upsert(entry_table, last_of_each(entries, "entry"))
        rows = [
            {
                "shard": mine,
                "number": some.number,
                "as_of": to_micros(some.as_of),
                "encoder_id": storable(some.encoder_id),
                "members": some.members.astype(_MEMBER).tobytes(),
            }
            for some in backgrounds
        ]
        self._upsert(background_table, last_of_each(rows, "number"))


def _entry_vectors(connection: Connection, shard: str, entries: NDArray[np.int64]) -> FloatArray:
    """``(len(entries), d)`` of ascending ``entries``."""
    if not len(entries):
        return np.zeros((0, 0), np.float32)
    at = entry_table.c
    within = (at.shard == shard, at.entry >= int(entries[0]), at.entry <= int(entries[-1]))
    wanted = frozenset(entries.tolist())
    rows = connection.execute(select(at.entry, at.vector).where(*within).order_by(at.entry))
    found = [row.vector for row in rows if row.entry in wanted]
    if len(found) != len(entries):
        raise StateMismatch("a stored background is incomplete: some of its entries are missing")
    return vectors_of(b"".join(found), len(found[0]) // AT_REST.itemsize)
