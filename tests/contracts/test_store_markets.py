"""Every store: the latest reading of each brand's market, with the rest of the transaction or not at all."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from configs.errors import StaleOwner
from ingest.position import START, Position
from pipeline.store.database import DatabaseStore
from pipeline.types.voices import MarketDay, MarketKind, MarketReading, RivalChange
from tests.samples import NOW, make_score
from tests.store_dump import dump

READING = MarketReading(
    brand_id="forno-aurora",
    as_of=NOW,
    kind=MarketKind.BRAND_PROBLEM,
    own=make_score(0.6),
    rivals=make_score(1.0),
    difference=make_score(0.6),
    accounts=(RivalChange("Forno Aurora", True, 40, 12, 0.6), RivalChange("Biscotti Rivali", False, 9, 1, None)),
    days=(MarketDay(date(2026, 3, 14), 1.0, None),),
    recent_days=14,
    baseline_days=42,
)


def test_a_reading_comes_back_as_it_was_and_the_latest_counts(store: DatabaseStore) -> None:
    later = msgspec.structs.replace(READING, as_of=NOW + timedelta(days=1), kind=MarketKind.STEADY)
    other = msgspec.structs.replace(READING, brand_id="velo-brio")
    with store.transaction() as tx:
        tx.save_markets([READING, other])
    assert store.market("forno-aurora") == READING
    with store.transaction() as tx:
        tx.save_markets([later])
    assert store.market("forno-aurora") == later
    assert store.market("velo-brio") == other
    assert store.market("nobody") is None


def test_no_reading_changes_nothing(store: DatabaseStore) -> None:
    before = dump(store)
    with store.transaction() as tx:
        tx.save_markets(())
    assert {**dump(store), "last_commit": []} == before


def test_a_stale_owner_saves_no_reading(store: DatabaseStore) -> None:
    with store.transaction() as tx:
        tx.advance("default", START, Position("0:1"))
    with pytest.raises(StaleOwner):
        _saved_at(store, START)
    assert store.market("forno-aurora") is None


def _saved_at(store: DatabaseStore, position: Position) -> None:
    with store.transaction() as tx:
        tx.save_markets([READING])
        tx.advance("default", position, Position("0:2"))
