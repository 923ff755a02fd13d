"""A store on each database it supports, and a look at everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from pipeline.store import schema
from pipeline.store.database import DatabaseStore, open_store
from tests.conftest import FixedClock

Dump = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A file in a directory that does not exist yet."""
    return f"sqlite:///{tmp_path}/not/there/yet/store.db"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(store_url: str, clock: FixedClock) -> Iterator[DatabaseStore]:
    """A new store on each kind of database."""
    opened = open_store(store_url, clock, lock_timeout_s=10.0)
    yield opened
    opened.close()


def dump(store: DatabaseStore) -> Dump:
    """Every row of every table."""
    with store._engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in schema.metadata.sorted_tables
        }
