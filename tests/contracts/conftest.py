"""A store on each database it supports, and a look at everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.store.database import DatabaseStore, open_store
from tests.conftest import FixedClock


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
