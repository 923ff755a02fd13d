"""A store behind one URL: SQLite in one file, or PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, Engine, inspect, select, text

from configs.errors import ConfigError
from pipeline.store import archive_schema, schema
from pipeline.store.archive_reader import ArchiveReads
from pipeline.store.engine import make_engine, prepare_file, translated_errors, writing
from pipeline.store.outbox import DatabaseOutbox
from pipeline.store.reader import DatabaseReader
from pipeline.store.writer import WriteTransaction

log = logging.getLogger(__name__)

LOCK_TIMEOUT_S = 5.0

_SCHEMA_LOCK = 7_246_173
"""Key of PostgreSQL's advisory lock around the creation of tables: any number, always the same."""


class DatabaseStore(DatabaseReader, ArchiveReads, DatabaseOutbox):
    """The :class:`~pipeline.store.contract.Store`: reads, the outbox, and transactions. Thread-safe.

    Parameters
    ----------
    engine
        An engine of :func:`~pipeline.store.engine.make_engine` whose tables exist; owned by the store.
    clock
        The wall clock that stamps commits, aware UTC.
    """

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        super().__init__(engine)
        self._clock = clock

    @contextmanager
    def transaction(self) -> Iterator[WriteTransaction]:
        """One transaction, committed at the end of the block, rolled back on any exception.

        Raises
        ------
        StoreUnavailable
            The database is locked, full or away. Nothing was half done; only when the connection
            broke during the commit itself it may be done whole, and a repeated ``advance`` tells.
        FatalError
            A step failed and the block swallowed its error, or a value cannot be stored.
        """
        with writing(self._engine) as connection:
            transaction = WriteTransaction(connection)
            yield transaction
            transaction.finish(self._clock())

    def close(self) -> None:
        """Close the pooled connections; idempotent."""
        self._engine.dispose()


def open_store(url: str, clock: Callable[[], datetime], *, lock_timeout_s: float = LOCK_TIMEOUT_S) -> DatabaseStore:
    """Open a store; its tables are created when they are missing.

    Parameters
    ----------
    url
        ``sqlite:///path`` (parent directories are made), ``postgresql://…`` or ``postgresql+psycopg://…``.
    clock
        The wall clock that stamps commits, aware UTC.
    lock_timeout_s
        How long a write waits for another writer before it is StoreUnavailable.

    Raises
    ------
    ConfigError
        The URL is unusable, or a newer Trendsieve made these tables.
    StoreUnavailable
        The database is locked, full or away.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import UTC
    >>> from ingest.position import START, Position
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = open_store(f"sqlite:///{folder}/store.db", lambda: datetime.now(UTC))
    ...     with store.transaction() as tx:
    ...         tx.advance("default", expected=START, to=Position("0:15"))
    ...     print(store.position("default"))
    ...     store.close()
    Position(token='0:15')
    """
    engine = make_engine(url, lock_timeout_s)
    try:
        with translated_errors():
            prepare_file(engine)
        with writing(engine) as connection:
            _create_tables(connection)
    except BaseException:
        engine.dispose()
        raise
    log.info("store_opened", extra={"backend": engine.dialect.name, "schema_version": schema.SCHEMA_VERSION})
    return DatabaseStore(engine, clock)


def _create_tables(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # CREATE TABLE IF NOT EXISTS still collides when two processes run it at once.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
    if inspect(connection).has_table(schema.schema_version.name):
        found = connection.execute(select(schema.schema_version.c.version)).scalar_one()
        if found > schema.SCHEMA_VERSION:
            problem = f"points to a database of schema version {found}, this Trendsieve knows {schema.SCHEMA_VERSION}"
            raise ConfigError("settings", "store.url", problem, "upgrade Trendsieve or use another database")
        if found < schema.SCHEMA_VERSION:
            problem = f"points to a database of schema version {found}, this Trendsieve needs {schema.SCHEMA_VERSION}"
            raise ConfigError("settings", "store.url", problem, "use an empty database and replay the stream into it")
        return
    archive_schema.topic_centres.metadata.create_all(connection)  # one metadata: these tables and those of ``schema``
    connection.execute(schema.schema_version.insert().values(version=schema.SCHEMA_VERSION))
