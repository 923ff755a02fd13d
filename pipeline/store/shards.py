"""What is kept of a shard: its position, its state, its running totals, its changes of encoder; and the last commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from configs.errors import StaleOwner
from ingest.position import START, Position
from pipeline.store.reads import Reads
from pipeline.store.records import StoredSwitch
from pipeline.store.rows import storable
from pipeline.store.schema import Id, Serial, from_micros, metadata, to_micros
from pipeline.store.state_codec import Chunk, decode_state, encode_state
from pipeline.store.writes import Writes, step
from pipeline.types.state import StateSnapshot

commit_table = Table(
    "last_commit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("written_at", BigInteger, nullable=False),
)

position_table = Table(
    "positions",
    metadata,
    Column("shard", Id, primary_key=True),
    Column("token", Text, nullable=False),
)

state_table = Table(
    "states",
    metadata,
    Column("shard", Id, primary_key=True),
    Column("header", LargeBinary, nullable=False),
)

# ``checksum`` stands before ``data``: SQLite reads it without touching the data's overflow pages.
chunk_table = Table(
    "state_chunks",
    metadata,
    Column("shard", Id, ForeignKey("states.shard", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("checksum", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

count_table = Table(
    "counts",
    metadata,
    Column("shard", Id, primary_key=True),
    Column("name", Id, primary_key=True),
    Column("total", BigInteger, nullable=False),
)

switch_table = Table(
    "encoder_switches",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("shard", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("from_encoder", Id, nullable=False),
    Column("to_encoder", Id, nullable=False),
    Column("code", Id, nullable=False),
    Column("reason", Text, nullable=False),
    Index("encoder_switches_by_shard", "shard", "id"),
)


class ShardReads(Reads):
    """Of one shard, by its name; the time of the last commit is that of all."""

    def position(self, shard: str) -> Position:
        """The shard's position, ``START`` before its first. Read it before :meth:`load_state`."""
        token = self._value(select(position_table.c.token).where(position_table.c.shard == storable(shard)))
        return START if token is None else Position(token)

    def load_state(self, shard: str) -> StateSnapshot | None:
        """The shard's state, ``None`` before its first.

        Raises
        ------
        StateMismatch
            It is damaged or of another format.
        """
        at, mine = chunk_table.c, storable(shard)
        pieces = select(at.part, at.number, at.checksum, at.data).where(at.shard == mine).order_by(at.part, at.number)
        with self._reading() as connection:
            header = connection.execute(select(state_table.c.header).where(state_table.c.shard == mine)).scalar()
            if header is None:
                return None
            return decode_state(header, (Chunk(*row) for row in connection.execute(pieces)))

    def counts(self, shard: str) -> dict[str, int]:
        """Running totals by name."""
        at = count_table.c
        rows = self._rows(select(at.name, at.total).where(at.shard == storable(shard)))
        return {row.name: row.total for row in rows}

    def switches(self, shard: str, limit: int = 50) -> list[StoredSwitch]:
        """Changes of the encoder, newest (in stream order) first."""
        at = switch_table.c
        newest = select(switch_table).where(at.shard == storable(shard)).order_by(at.id.desc()).limit(max(0, limit))
        return [
            StoredSwitch(from_micros(row.at), row.from_encoder, row.to_encoder, row.code, row.reason)
            for row in self._rows(newest)
        ]

    def written_at(self) -> datetime | None:
        """Wall-clock time of the last committed transaction; ``None`` before the first."""
        micros = self._value(select(commit_table.c.written_at))
        return None if micros is None else from_micros(micros)


class ShardWrites(Writes):
    """Of one shard, by its name."""

    @step
    def advance(self, shard: str, expected: Position, to: Position) -> None:
        """Compare-and-set of the shard's position; a racing owner waits for the row lock, then fails."""
        at, mine = position_table.c, storable(shard)
        stands = (at.shard == mine) & (at.token == expected.token)
        if self._run(update(position_table).where(stands).values(token=to.token)).rowcount == 1:
            return
        if expected != START or not self._insert_new(position_table, {"shard": mine, "token": to.token}):
            raise StaleOwner(f"another owner moved shard {shard!r}")

    @step
    def save_state(self, shard: str, snapshot: StateSnapshot) -> None:
        """Replace the shard's state; only chunks that differ from the stored ones are written.

        What is stored is asked inside the transaction, not remembered from the last one: a
        short query, and no other process, failed commit or reload can make it wrong.
        """
        at, mine = chunk_table.c, storable(shard)
        encoded = encode_state(snapshot)
        # The header first: its row lock keeps the chunks still until the commit.
        self._upsert(state_table, [{"shard": mine, "header": encoded.header}])
        rows = self._run(select(at.part, at.number, at.checksum).where(at.shard == mine))
        stored = {(row.part, row.number): row.checksum for row in rows}
        changed: list[dict[str, Any]] = []
        for chunk in encoded.chunks:
            if stored.pop((chunk.part, chunk.number), None) != chunk.checksum:
                row = {"part": chunk.part, "number": chunk.number, "checksum": chunk.checksum}
                changed.append({"shard": mine, **row, "data": bytes(chunk.data)})
        self._upsert(chunk_table, changed)
        if stored:
            gone = (at.shard == mine, at.part == bindparam("gone_part"), at.number == bindparam("gone_number"))
            surplus = [{"gone_part": part, "gone_number": number} for part, number in stored]
            self._run(delete(chunk_table).where(*gone), surplus)

    @step
    def add_counts(self, shard: str, counts: Mapping[str, int]) -> None:
        """Add to named running totals."""
        rows = [{"shard": storable(shard), "name": storable(name), "total": n} for name, n in sorted(counts.items())]
        self._upsert(count_table, rows, add="total")

    @step
    def save_switches(self, shard: str, switches: Sequence[StoredSwitch]) -> None:
        """Add changes of the encoder, in stream order."""
        rows = [
            {
                "shard": storable(shard),
                "at": to_micros(switch.at),
                "from_encoder": storable(switch.from_encoder),
                "to_encoder": storable(switch.to_encoder),
                "code": storable(switch.code),
                "reason": storable(switch.reason),
            }
            for switch in switches
        ]
        if rows:
            self._run(insert(switch_table), rows)

    @step
    def stamp(self, written_at: datetime) -> None:
        """Last step before the commit.

        Raises
        ------
        FatalError
            An earlier step failed and the caller went on.
        """
        # The one row every shard writes: locked last, so it is held shortest.
        self._upsert(commit_table, [{"id": 1, "written_at": to_micros(written_at)}])
