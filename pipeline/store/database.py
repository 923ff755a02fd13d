"""A store behind one URL, SQLite in one file or PostgreSQL, assembled of the things that are kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Engine

from pipeline.store.backgrounds import BackgroundReads, BackgroundWrites
from pipeline.store.brands import BrandReads, BrandWrites
from pipeline.store.centres import CentreReads, CentreWrites
from pipeline.store.engine import make_engine, prepare_file, translated_errors, writing
from pipeline.store.feedback import FeedbackReads, FeedbackWrites
from pipeline.store.outbox import DatabaseOutbox, OutboxWrites
from pipeline.store.posts import PostReads, PostWrites
from pipeline.store.redirects import RedirectWrites
from pipeline.store.schema import SCHEMA_VERSION, create_tables
from pipeline.store.shards import ShardReads, ShardWrites
from pipeline.store.topics import TopicReads, TopicWrites
from pipeline.store.verdicts import VerdictReads, VerdictWrites

log = logging.getLogger(__name__)

LOCK_TIMEOUT_S = 5.0


class WriteTransaction(
    ShardWrites,
    PostWrites,
    RedirectWrites,
    TopicWrites,
    CentreWrites,
    BackgroundWrites,
    VerdictWrites,
    BrandWrites,
    FeedbackWrites,
    OutboxWrites,
):
    """The :class:`~pipeline.store.contract.Transaction` on one connection; not for several threads.

    After any error in it the transaction refuses further writes and is never committed,
    even when the caller swallowed the error.
    """


class DatabaseStore(
    ShardReads,
    PostReads,
    TopicReads,
    CentreReads,
    BackgroundReads,
    VerdictReads,
    BrandReads,
    FeedbackReads,
    DatabaseOutbox,
):
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
            transaction.stamp(self._clock())

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
            create_tables(connection)
    except BaseException:
        engine.dispose()
        raise
    log.info("store_opened", extra={"backend": engine.dialect.name, "schema_version": SCHEMA_VERSION})
    return DatabaseStore(engine, clock)
