"""The shared way to read: short, thread-safe, each read on one snapshot.

A topic that was merged away is followed to the topic it lives on in. Its verdict
history alone stays under its own id, as a record of what was said then.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Connection, Engine, Select

from pipeline.store.engine import reading


class Reads:
    """Base of what is read of each kept thing; all of them together are the reader of a database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def _reading(self) -> AbstractContextManager[Connection]:
        """A connection for several statements on one snapshot."""
        return reading(self._engine)

    def _rows(self, statement: Select[Any]) -> Sequence[Any]:
        with self._reading() as connection:
            return connection.execute(statement).all()

    def _value(self, statement: Select[Any]) -> Any:
        with self._reading() as connection:
            return connection.execute(statement).scalar()
