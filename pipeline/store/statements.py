"""Statements of one write transaction, in the dialect of its database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, CursorResult, Executable, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from configs.errors import FatalError
from pipeline.store import schema
from pipeline.store.engine import one_of
from pipeline.store.rows import in_chunks

Rows = Sequence[dict[str, Any]]


class Statements:
    """Runs statements until the first error; from then on it refuses.

    SQLite rolls back by itself when the disk is full and would commit the next statement on its
    own; PostgreSQL turns the commit of a failed transaction into a silent rollback. So a caller that
    swallows an error must be stopped here.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._spoilt = False

    @contextmanager
    def step(self) -> Iterator[None]:
        """Around everything one method does: an error of any kind spoils the transaction.

        Raises
        ------
        FatalError
            An earlier step failed.
        """
        if self._spoilt:
            raise FatalError("an earlier step of this transaction failed; nothing of it is kept")
        self._spoilt = True
        yield
        self._spoilt = False

    def run(self, statement: Executable) -> CursorResult[Any]:
        """Execute one statement."""
        return self._connection.execute(statement)

    def one_of(self, column: Any, ids: Sequence[str]) -> ColumnElement[bool]:
        """``column IN (ids)``."""
        return one_of(self._connection, column, ids)

    def insert_new(self, table: Table, row: dict[str, Any]) -> bool:
        """Insert unless its key is there; whether it was inserted."""
        statement = _insert(self._connection.dialect.name, table).values(row).on_conflict_do_nothing()
        # RETURNING, because the row count of an INSERT is not kept for every driver.
        return self.run(statement.returning(*table.primary_key.columns)).first() is not None

    def upsert(self, table: Table, rows: Rows, newer: str | None = None, add: str | None = None) -> None:
        """Insert or replace by primary key, row after row.

        Parameters
        ----------
        rows
            Every column of the table by name.
        newer
            Column that must not be smaller than the stored one for a row to be replaced.
        add
            Column that is added to the stored one instead of replacing it.
        """
        if not rows:
            return
        sql, order = _upsert_sql(self._connection.dialect.name, table, newer, add)
        # Straight to the driver: per-row parameter processing would cost more than SQLite itself.
        self._connection.exec_driver_sql(sql, [tuple(row[name] for name in order) for row in rows])

    def final_topics(self, topic_ids: Iterable[str]) -> dict[str, str]:
        """Where those of the topics that were merged away live on."""
        old = schema.redirects.c.old_id
        found: dict[str, str] = {}
        for ids in in_chunks(topic_ids):
            rows = self.run(select(old, schema.redirects.c.new_id).where(self.one_of(old, ids)))
            found.update((row.old_id, row.new_id) for row in rows)
        return found


def _insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _upsert_sql(dialect: str, table: Table, newer: str | None, add: str | None) -> tuple[str, tuple[str, ...]]:
    """The statement, and the order of its positional parameters."""
    statement = _insert(dialect, table)
    values: dict[str, Any] = {
        column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key
    }
    if add is not None:
        values[add] = table.c[add] + statement.excluded[add]
    where = None if newer is None else statement.excluded[newer] >= table.c[newer]
    upsert = statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=values, where=where)
    spoken = (
        postgresql.dialect(paramstyle="format")  # type: ignore[no-untyped-call] # untyped in SQLAlchemy
        if dialect == "postgresql"
        else sqlite.dialect()
    )
    compiled = upsert.compile(dialect=spoken, column_keys=[column.name for column in table.columns])
    return str(compiled), tuple(compiled.positiontup or ())
