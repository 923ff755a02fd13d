"""The shared way to write: steps of one transaction, in the dialect of its database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, CursorResult, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

from configs.errors import FatalError

P = ParamSpec("P")
T = TypeVar("T")
W = TypeVar("W", bound="Writes")

Rows = Sequence[dict[str, Any]]


def step(method: Callable[Concatenate[W, P], T]) -> Callable[Concatenate[W, P], T]:
    """A method of a transaction: an error of any kind in it spoils the transaction, which then refuses every step.

    SQLite rolls back by itself when the disk is full and would commit the next statement on its
    own; PostgreSQL turns the commit of a failed transaction into a silent rollback. So a caller that
    swallows an error must be stopped here, with a FatalError.
    """

    @wraps(method)
    def guarded(self: W, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if self._spoilt:
            raise FatalError("an earlier step of this transaction failed; nothing of it is kept")
        self._spoilt = True
        result = method(self, *args, **kwargs)
        self._spoilt = False
        return result

    return guarded


class Writes:
    """Base of what is written of each kept thing; all of them together are a transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._spoilt = False

    def _run(self, statement: Executable, rows: Rows | None = None) -> CursorResult[Any]:
        """Execute one statement, or once for each of ``rows``."""
        return self._connection.execute(statement, rows)

    def _insert_new(self, table: Table, row: dict[str, Any]) -> bool:
        """Insert unless its key is there; whether it was inserted."""
        statement = _insert(self._connection.dialect.name, table).values(row).on_conflict_do_nothing()
        # RETURNING, because the row count of an INSERT is not kept for every driver.
        return self._run(statement.returning(*table.primary_key.columns)).first() is not None

    def _upsert(self, table: Table, rows: Rows, newer: str | None = None, add: str | None = None) -> None:
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


def last_of_each(rows: Rows, *key: str) -> list[dict[str, Any]]:
    """The last row of each key, ordered by key: two writers then lock rows in one order.

    Examples
    --------
    >>> last_of_each([{"id": "b", "n": 1}, {"id": "a", "n": 2}, {"id": "b", "n": 3}], "id")
    [{'id': 'a', 'n': 2}, {'id': 'b', 'n': 3}]
    """
    kept = {tuple(row[name] for name in key): row for row in rows}
    return [kept[place] for place in sorted(kept)]


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
