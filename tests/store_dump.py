"""Every row of a store, to compare two stores."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from sqlalchemy import select

from pipeline.store import schema
from pipeline.store.database import DatabaseStore

Dump = dict[str, list[tuple[Any, ...]]]


def dump(store: DatabaseStore) -> Dump:
    """Every row of every table."""
    with store._engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in schema.metadata.sorted_tables
        }


ROUNDING = 3e-4
"""Products of the same numbers in another shape differ in the last bit; stored shares are cut to four digits."""


def unlike(one: Dump, other: Dump) -> list[str]:
    """Names of the tables in which people would see a difference.

    Left out: the saved state (last bits of its sums), and what was said of topics before they were
    merged away (told already in one cut, not yet in another).
    """
    seen, theirs = _as_people_see_it(one), _as_people_see_it(other)
    return [name for name in seen if not _near(seen[name], theirs[name])]


def _as_people_see_it(store: Dump) -> Dump:
    merged = {row[0] for row in store["redirects"]}
    seen = {name: rows for name, rows in store.items() if name not in ("state_chunks", "states")}
    seen["verdict_history"] = sorted(row[1:] for row in store["verdict_history"] if row[2] not in merged)
    for name in ("outbox", "alert_quotes"):
        seen[name] = [row for row in store[name] if row[0].split(":")[1] not in merged]
    for name in ("topic_centres", "background_entries"):
        seen[name] = [(*row[:-1], np.frombuffer(row[-1], "<f2").tolist()) for row in store[name]]
    return seen


def _near(one: object, other: object) -> bool:
    if isinstance(one, bytes) and isinstance(other, bytes):
        return one == other or _near(msgspec.json.decode(one), msgspec.json.decode(other))
    if isinstance(one, float) and isinstance(other, int | float):
        return abs(one - other) <= ROUNDING * max(1.0, abs(one))
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_near, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_near(one[key], other[key]) for key in one)
    return one == other
