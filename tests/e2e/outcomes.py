"""What a run leaves in its store, told apart from what the wall clock wrote there."""

from __future__ import annotations

from pipeline.store import schema
from pipeline.store.database import open_store
from tests.conftest import FixedClock
from tests.store_dump import Dump, dump

WALL_CLOCK = {
    "last_commit": {"written_at"},
    "outbox": {"retry_at", "created_at", "sent_at"},
    "profile_versions": {"saved_at"},
}
"""Columns stamped by the clock on the wall: the only ones that may differ between two runs."""


def outcome(url: str, without: frozenset[str] = frozenset()) -> Dump:
    """Everything in a store but what the wall clock wrote; ``without`` leaves out whole tables."""
    store = open_store(url, FixedClock())
    try:
        rows = dump(store)
    finally:
        store.close()
    kept: Dump = {}
    for table in schema.metadata.sorted_tables:
        if table.name in without:
            continue
        keep = [i for i, column in enumerate(table.columns) if column.name not in WALL_CLOCK.get(table.name, ())]
        kept[table.name] = sorted((tuple(row[i] for i in keep) for row in rows[table.name]), key=repr)
    return kept


def assert_equal(found: Dump, expected: Dump) -> None:
    """Table by table, so that a failure names the table and the first row that differs."""
    assert set(found) == set(expected)
    for name, rows in expected.items():
        mine = found[name]
        assert len(mine) == len(rows), f"{name}: {len(mine)} rows instead of {len(rows)}"
        different = [(a, b) for a, b in zip(mine, rows, strict=True) if a != b]
        assert not different, f"{name}: {len(different)} rows differ, first {_where(*different[0])}"


def _where(mine: tuple[object, ...], theirs: tuple[object, ...]) -> str:
    """Both rows around the first place where they differ."""
    a, b = str(mine), str(theirs)
    at = next((i for i, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), min(len(a), len(b)))
    return f"in {a[:60]}: …{a[max(0, at - 150) : at + 100]}… instead of …{b[max(0, at - 150) : at + 100]}…"
