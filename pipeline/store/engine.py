"""Connections: which database a URL means, how a transaction begins, what its errors mean."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from sqlalchemy import (
    ARRAY,
    URL,
    ColumnElement,
    Connection,
    Engine,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from configs.errors import ConfigError, FatalError, StoreUnavailable

_WRITES = "trendsieve_writes"

_SQLITE_AWAY = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)

_SQLITE_UNUSABLE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY})
"""What makes a file unusable at the start; later, the same may be a passing trouble of the disk."""


def make_engine(url: str, lock_timeout_s: float) -> Engine:
    """An engine for ``url``; connects to nothing yet. SQLite's parent directory is created.

    Parameters
    ----------
    url
        ``sqlite:///path``, ``postgresql://…`` or ``postgresql+psycopg://…``.
    lock_timeout_s
        How long a statement waits for a lock of another writer.

    Raises
    ------
    ConfigError
        The URL is not one of these, or the directory cannot be made. The password is never in it.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # a port that is no number is a plain ValueError
        raise _bad_url("is not a database URL", "use sqlite:///path or postgresql://user@host/name") from error
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return _sqlite_engine(parsed, lock_timeout_s)
    if parsed.drivername in ("postgresql", "postgresql+psycopg"):
        return _postgresql_engine(parsed.set(drivername="postgresql+psycopg"), lock_timeout_s)
    raise _bad_url(
        f"names the database {parsed.drivername!r}, which is not supported", "use sqlite or postgresql+psycopg"
    )


def prepare_file(engine: Engine) -> None:
    """Switch a SQLite file to its write-ahead log, which stays so; nothing to do on PostgreSQL.

    Raises
    ------
    ConfigError
        The file cannot be opened, is no database, or its file system has no shared memory.
    """
    if engine.dialect.name != "sqlite":
        return
    try:
        raw = engine.raw_connection()
        try:
            mode = raw.cursor().execute("PRAGMA journal_mode = WAL").fetchone()
        finally:
            raw.close()
    except (DBAPIError, sqlite3.Error) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        if getattr(original, "sqlite_errorcode", 0) & 0xFF in _SQLITE_UNUSABLE:
            raise _bad_url(f"cannot be used ({original})", "name a writable file in a writable directory") from error
        raise
    if mode != ("wal",):
        raise _bad_url("lies on a file system without write-ahead logging", "use a local disk, or PostgreSQL")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A read-only connection on one snapshot; keep it short.

    Under SQLite's WAL and PostgreSQL's MVCC it never blocks a writer and is never blocked by one.
    """
    with translated_errors(), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            # The default level takes a new snapshot per statement: a redirect and its posts could disagree.
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A connection in one write transaction: committed at the end, rolled back on any exception."""
    with translated_errors(), engine.connect() as connection:
        connection = connection.execution_options(**{_WRITES: True})
        with connection.begin():
            yield connection


def one_of(connection: Connection, column: Any, ids: Sequence[str]) -> ColumnElement[bool]:
    """``column IN (ids)`` as one parameter: far faster to plan than thousands, and below every limit."""
    if connection.dialect.name == "postgresql":
        matches: ColumnElement[bool] = column == any_(bindparam(None, list(ids), type_=ARRAY(column.type)))
        return matches
    listed = func.json_each(msgspec.json.encode(list(ids)).decode()).table_valued("value")
    within: ColumnElement[bool] = column.in_(select(listed.c.value))
    return within


@contextmanager
def translated_errors() -> Iterator[None]:
    """Database errors as errors of the house, without statement or parameters: those hold post text."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable("no database connection became free in time") from error
    except (DBAPIError, sqlite3.Error, psycopg.Error) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        name = type(original).__name__
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise StoreUnavailable(f"the database connection was lost ({name})") from error
        if is_away(original):
            raise StoreUnavailable(f"the database is locked, full or away ({name}: {_first_line(original)})") from error
        raise FatalError(f"the database refused a statement ({name})") from error


def is_away(error: BaseException | None) -> bool:
    """Whether the same statement may succeed later."""
    if isinstance(error, sqlite3.Error):
        # OperationalError alone says too little: a missing table is one as well.
        code = getattr(error, "sqlite_errorcode", None)
        return code is not None and (code & 0xFF) in _SQLITE_AWAY
    return isinstance(
        error,
        psycopg.OperationalError | psycopg.InterfaceError | psycopg.errors.ReadOnlySqlTransaction,
    )


def _first_line(error: BaseException | None) -> str:
    """The message only for what cannot quote a value: locks, space and connections."""
    return (str(error).splitlines() or [""])[0]


def _sqlite_engine(url: URL, lock_timeout_s: float) -> Engine:
    if not url.database or url.database == ":memory:" or url.query:
        raise _bad_url("does not name a plain SQLite file", "use sqlite:///path/to/file.db")
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _bad_url(f"lies in a directory that cannot be made ({error.strerror})", "check the path") from error
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": lock_timeout_s})

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver's own implicit BEGIN is deferred: we say BEGIN ourselves
        connection.execute("PRAGMA foreign_keys = ON")
        # In WAL mode a power cut may undo the last commits, never tear one; their posts are read again.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA secure_delete = ON")  # deleted text is overwritten, not only unlinked

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock now: a deferred BEGIN could fail half way, after its reads.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql_engine(url: URL, lock_timeout_s: float) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,  # a restarted server costs one failed transaction, not one per pooled connection
        connect_args={"connect_timeout": 10, "application_name": "trendsieve"},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.execute(f"SET lock_timeout = {int(lock_timeout_s * 1000)}")
        connection.commit()

    return engine


def _bad_url(problem: str, fix: str) -> ConfigError:
    return ConfigError("settings", "store.url", problem, fix)
