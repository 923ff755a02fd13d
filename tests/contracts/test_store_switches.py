"""Every store: changes of the encoder are kept in stream order, with the rest of the transaction or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest

from configs.errors import StaleOwner
from ingest.position import START, Position
from pipeline.store.database import DatabaseStore
from pipeline.store.records import StoredSwitch
from tests.samples import NOW
from tests.store_dump import dump

TO_STUDENT = StoredSwitch(NOW, "use-multilingual", "static:1", "backlog", "90000 posts wait, 180 s at 500 posts/s")
BACK = StoredSwitch(NOW - timedelta(hours=1), "static:1", "use-multilingual", "calm", "nearly empty for 120 s")


def test_the_newest_switch_comes_first_whatever_its_event_time(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.save_switches("default", [TO_STUDENT])
        tx.save_switches("other", [TO_STUDENT])
    with store.transaction() as tx:
        tx.save_switches("default", [BACK, TO_STUDENT])
    assert store.switches("default") == [TO_STUDENT, BACK, TO_STUDENT]
    assert store.switches("default", 1) == [TO_STUDENT]
    assert store.switches("default", 0) == []
    assert store.switches("other") == [TO_STUDENT]
    assert store.switches("nowhere") == []


def test_no_switch_changes_nothing(store: DatabaseStore) -> None:
    before = dump(store)
    with store.transaction() as tx:
        tx.save_switches("default", [])
    assert {**dump(store), "last_commit": []} == before


def test_a_stale_owner_records_no_switch(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.advance("default", START, Position("0:1"))
    with pytest.raises(StaleOwner):
        _switch_at(store, START)
    assert store.switches("default") == []


def _switch_at(store: DatabaseStore, position: Position) -> None:
    with store.transaction() as tx:
        tx.save_switches("default", [TO_STUDENT])
        tx.advance("default", position, Position("0:2"))


def test_text_no_database_can_hold_is_replaced(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.save_switches("default", [StoredSwitch(NOW, "a\x00", "b", "backlog", "\ud800")])
    assert store.switches("default") == [StoredSwitch(NOW, "a\ufffd", "b", "backlog", "\ufffd")]
