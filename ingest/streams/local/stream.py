"""A durable log in one SQLite file: the stream of the embedded default.

Each named stream is one table keyed by offset, so an append is a write at the right
edge of a B-tree and a read is a range scan. WAL lets any number of processes read while
one writes. Writers run with ``synchronous=FULL``: WAL with ``NORMAL`` would survive a
killed process but may drop the last commits on a power cut, and "durable on return" is
what lets the collector forget its source. The price is one fsync a batch, not a record.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from configs.errors import ConfigError, StreamUnavailable
from ingest.position import START, Position
from ingest.streams.local.ends import LocalReader, LocalWriter, as_unavailable, transaction
from ingest.streams.offsets import encode_offsets

_SCHEMA = """
CREATE TABLE IF NOT EXISTS streams (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, next INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS acknowledged (
    stream INTEGER NOT NULL, grp TEXT NOT NULL, next INTEGER NOT NULL, PRIMARY KEY (stream, grp)
) WITHOUT ROWID;
"""
_LOCKED_PAUSE_S = 0.05


class LocalStream:
    """One named log with a single partition 0 in the SQLite file at ``path``.

    Parameters
    ----------
    path
        File shared by all streams of a deployment; made with its folder when missing.
    name
        Name of the stream.
    compact
        Keep only the latest record of each key, for small state logs.
    busy_timeout_s
        How long another writer may hold the file before it counts as unavailable.
    monotonic, sleep
        Clock in seconds and the wait of an empty ``poll``.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from ingest.streams.contract import OutRecord
    >>> with TemporaryDirectory() as folder:
    ...     stream = LocalStream(Path(folder) / "stream.sqlite", "posts.v1")
    ...     writer, reader = stream.writer(), stream.reader("track")
    ...     writer.append([OutRecord("a", b"1"), OutRecord("b", b"2")])
    ...     batch = reader.poll(100, timeout_s=1)
    ...     writer.close(); reader.close()
    >>> [record.value for record in batch.records], batch.position.token
    ([b'1', b'2'], '0:2')
    """

    def __init__(
        self,
        path: Path,
        name: str,
        *,
        compact: bool = False,
        busy_timeout_s: float = 5.0,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.name = name
        self._path = path
        self._compact = compact
        self._busy_timeout_s = busy_timeout_s
        self._monotonic = monotonic
        self._sleep = sleep

    def writer(self) -> LocalWriter:
        """A new writer with its own connection.

        Raises
        ------
        StreamUnavailable
            The file is locked or cannot be opened for now.
        ConfigError
            The file is something else than a local stream.
        """
        return LocalWriter(*self._open("FULL"), compact=self._compact)

    def reader(self, group: str) -> LocalReader:
        """A new reader with its own connection; raises like :meth:`writer`."""
        # Only acknowledgements are written here and they may be lost: no fsync for them.
        connection, stream_id = self._open("NORMAL")
        return LocalReader(connection, stream_id, self.name, group, self._monotonic, self._sleep)

    def acknowledged(self, group: str) -> Position:
        """How far ``group`` last said it was (``START`` when it never did); for displays.

        Raises
        ------
        StreamUnavailable
            The file cannot be read for now.
        """
        connection, stream_id = self._open("NORMAL")
        try:
            with as_unavailable():
                row = connection.execute(
                    "SELECT next FROM acknowledged WHERE stream = ? AND grp = ?", (stream_id, group)
                ).fetchone()
        finally:
            connection.close()
        return START if row is None else encode_offsets({0: row[0]})

    def _open(self, synchronous: str) -> tuple[sqlite3.Connection, int]:
        deadline = self._monotonic() + self._busy_timeout_s
        while True:
            try:
                return self._connect(synchronous)
            except StreamUnavailable as error:
                # The change to WAL does not wait for a lock by itself: two first openers can collide.
                if self._monotonic() >= deadline or "locked" not in str(error):
                    raise
                self._sleep(_LOCKED_PAUSE_S)

    def _connect(self, synchronous: str) -> tuple[sqlite3.Connection, int]:
        try:
            if self._path.is_dir():
                raise IsADirectoryError
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise ConfigError(str(self._path), "stream.path", "cannot be a file", "name a new file") from error
        except OSError as error:
            raise StreamUnavailable(f"{self._path}: {error}") from error
        try:
            connection = sqlite3.connect(
                self._path, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False
            )
        except sqlite3.Error as error:
            raise StreamUnavailable(f"{self._path}: {error}") from error
        try:
            with as_unavailable():
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(f"PRAGMA synchronous={synchronous}")
                return connection, self._stream_id(connection)
        except StreamUnavailable:
            connection.close()
            raise
        except sqlite3.DatabaseError as error:
            connection.close()
            raise ConfigError(
                str(self._path), "stream.path", f"is not a local stream ({error})", "name a new file"
            ) from (error)

    def _stream_id(self, connection: sqlite3.Connection) -> int:
        try:
            row = connection.execute("SELECT id FROM streams WHERE name = ?", (self.name,)).fetchone()
        except sqlite3.OperationalError:
            row = None  # a new file: the tables come below
        if row is None:
            with transaction(connection):
                for statement in _SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute("INSERT OR IGNORE INTO streams (name, next) VALUES (?, 0)", (self.name,))
                row = connection.execute("SELECT id FROM streams WHERE name = ?", (self.name,)).fetchone()
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS records_{row[0]}"
                    " (offset INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB NOT NULL, headers BLOB)"
                )
        return int(row[0])
