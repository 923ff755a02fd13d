"""The two ends of a local stream: a writer that appends durably and a reader that polls."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from configs.errors import StreamUnavailable
from ingest.position import Position
from ingest.streams.contract import OutRecord, Record, RecordBatch
from ingest.streams.offsets import batch_limit, check_size, decode_offsets, encode_offsets

log = logging.getLogger(__name__)

Headers = tuple[tuple[str, bytes], ...]

_WAIT_MIN_S, _WAIT_MAX_S = 0.002, 0.05

KEPT_AFTER_READ = 100_000
"""Records kept after every group has read them: enough to look back, and a file that stops growing."""

TRIM_EVERY = 4_096
"""Offsets after which a writer forgets what is older."""

_encode_headers = msgspec.msgpack.Encoder().encode
_decode_headers = msgspec.msgpack.Decoder(Headers).decode


class LocalWriter:
    """Appends to a local stream; one thread at a time."""

    def __init__(self, connection: sqlite3.Connection, stream_id: int, *, compact: bool) -> None:
        self._connection = connection
        self._stream_id = stream_id
        self._compact = compact

    def append(self, records: Sequence[OutRecord]) -> None:
        """Append all records or none; on return they are on disk. What every group read long ago is forgotten.

        Raises
        ------
        StreamUnavailable
            The file is locked, the disk full or the writer closed.
        BadRecord
            A value is too large.
        """
        for record in records:
            check_size(record)
        if not records:
            return
        table = f"records_{self._stream_id}"
        with as_unavailable(), transaction(self._connection) as connection:
            (start,) = connection.execute("SELECT next FROM streams WHERE id = ?", (self._stream_id,)).fetchone()
            connection.executemany(
                f"INSERT INTO {table} VALUES (?, ?, ?, ?)",
                (
                    (offset, record.key, record.value, _encode_headers(record.headers) if record.headers else None)
                    for offset, record in enumerate(records, start)
                ),
            )
            if self._compact:
                latest = {record.key: offset for offset, record in enumerate(records, start)}
                connection.executemany(f"DELETE FROM {table} WHERE key = ? AND offset < ?", latest.items())
            end = start + len(records)
            connection.execute("UPDATE streams SET next = ? WHERE id = ?", (end, self._stream_id))
            if start // TRIM_EVERY != end // TRIM_EVERY:
                self._forget_what_was_read(connection, end - start)

    def _forget_what_was_read(self, connection: sqlite3.Connection, n_new: int) -> None:
        """Drop records that every group acknowledged long ago; their space is used again."""
        own = (self._stream_id,)
        (read,) = connection.execute("SELECT MIN(next) FROM acknowledged WHERE stream = ?", own).fetchone()
        if read is None or self._compact:
            return
        table = f"records_{self._stream_id}"
        old = f"SELECT offset FROM {table} WHERE offset < ? ORDER BY offset LIMIT ?"
        # twice what came: a backlog shrinks, and in slices that others can wait for
        bounds = (read - KEPT_AFTER_READ, 2 * max(TRIM_EVERY, n_new))
        connection.execute(f"DELETE FROM {table} WHERE offset IN ({old})", bounds)

    def close(self) -> None:
        """Close the connection; idempotent."""
        self._connection.close()


class LocalReader:
    """Reads a local stream; one thread at a time."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        stream_id: int,
        name: str,
        group: str,
        monotonic: Callable[[], float],
        sleep: Callable[[float], object],
    ) -> None:
        self._connection = connection
        self._stream_id = stream_id
        self._name = name
        self._group = group
        self._monotonic = monotonic
        self._sleep = sleep
        self._next = 0
        self._select = (
            f"SELECT offset, key, value, headers FROM records_{stream_id}"
            " WHERE offset >= ? AND offset < ? ORDER BY offset LIMIT ?"
        )

    def assigned(self) -> frozenset[int]:
        """Always partition 0: local groups share nothing."""
        return frozenset({0})

    def seek(self, position: Position) -> None:
        """Next ``poll`` starts at ``position``.

        Raises
        ------
        StateMismatch
            The position is not one of a stream.
        """
        self._next = decode_offsets(position).get(0, 0)

    def resume(self) -> None:
        """Next ``poll`` starts where this group acknowledged last.

        Raises
        ------
        StreamUnavailable
            The file cannot be read for now.
        """
        with as_unavailable():
            row = self._connection.execute(
                "SELECT next FROM acknowledged WHERE stream = ? AND grp = ?", (self._stream_id, self._group)
            ).fetchone()
        self._next = 0 if row is None else int(row[0])

    def poll(self, max_records: int, timeout_s: float) -> RecordBatch:
        """Up to ``max_records``, never across a multiple of it; waits ``timeout_s`` for the first.

        Raises
        ------
        StreamUnavailable
            The file cannot be read for now or the reader is closed.
        """
        deadline = self._monotonic() + timeout_s
        wait_s = _WAIT_MIN_S
        while not (rows := self._rows(max_records)):
            left_s = deadline - self._monotonic()
            if left_s <= 0:
                break
            self._sleep(min(wait_s, left_s))
            wait_s = min(wait_s * 2, _WAIT_MAX_S)
        records = tuple(
            Record(0, offset, key, value, () if headers is None else _decode_headers(headers))
            for offset, key, value, headers in rows
        )
        if records:
            self._next = records[-1].offset + 1
        return RecordBatch(records, encode_offsets({0: self._next}))

    def _rows(self, max_records: int) -> list[tuple[int, str, bytes, bytes | None]]:
        with as_unavailable():
            first = self._next
            # A trimmed stream starts later: the cut is where the first record that is left belongs.
            row = self._connection.execute(
                f"SELECT offset FROM records_{self._stream_id} WHERE offset >= ? ORDER BY offset LIMIT 1", (first,)
            ).fetchone()
            if row is None:
                self._restart_when_past_the_end()
                return []
            limit = batch_limit(row[0], max_records)
            return self._connection.execute(self._select, (row[0], row[0] + limit, limit)).fetchall()

    def _restart_when_past_the_end(self) -> None:
        # A position after the end means that the log was replaced by a younger one. Waiting there
        # would skip everything new; reading from its beginning at worst repeats.
        if self._next > (end := self._end()):
            log.warning("stream_position_past_end", extra={"stream": self._name, "position": self._next, "end": end})
            self._next = 0

    def acknowledge(self, position: Position) -> None:
        """Note how far the group is; a failure is only logged."""
        try:
            self._connection.execute(
                "INSERT INTO acknowledged VALUES (?, ?, ?)"
                " ON CONFLICT (stream, grp) DO UPDATE SET next = excluded.next",
                (self._stream_id, self._group, decode_offsets(position).get(0, 0)),
            )
        except sqlite3.Error as error:
            log.warning("acknowledge_failed", extra={"stream": self._name, "group": self._group, "error": str(error)})

    def lag(self) -> int | None:
        """Records between this reader and the end; ``None`` when the file cannot be read."""
        try:
            with as_unavailable():
                (first,) = self._connection.execute(f"SELECT min(offset) FROM records_{self._stream_id}").fetchone()
                end = self._end()
        except StreamUnavailable:
            return None
        return max(0, end - max(self._next, end if first is None else first))

    def _end(self) -> int:
        row = self._connection.execute("SELECT next FROM streams WHERE id = ?", (self._stream_id,)).fetchone()
        return int(row[0])

    def close(self) -> None:
        """Close the connection; idempotent."""
        self._connection.close()


@contextmanager
def as_unavailable() -> Iterator[None]:
    """Turn SQLite's refusals (locked, full, closed) into ``StreamUnavailable``."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.ProgrammingError) as error:
        raise StreamUnavailable(f"local stream: {error}") from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing; rolled back on any error."""
    # IMMEDIATE takes the write lock first: a read that turns into a write can fail without waiting.
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
