"""Brand profiles as last loaded and as they once were, and each brand's market as last read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text, insert, select, text

from pipeline.store.reads import Reads
from pipeline.store.records import ProfileVersion, StoredBrand
from pipeline.store.rows import from_payload, storable, to_payload
from pipeline.store.schema import Id, from_micros, metadata, to_micros
from pipeline.store.writes import Writes, last_of_each, step
from pipeline.types.voices import MarketReading

brand_table = Table(
    "brands",
    metadata,
    Column("brand_id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("toml", Text, nullable=False),
)

version_table = Table(
    "profile_versions",
    metadata,
    Column("brand_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("saved_at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("toml", Text, nullable=False),
)

market_table = Table(
    "markets",
    metadata,
    Column("brand_id", Id, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)


class BrandReads(Reads):
    """All brands, or one by its id."""

    def brands(self) -> list[StoredBrand]:
        """All profiles, by id."""
        rows = self._rows(select(brand_table).order_by(brand_table.c.brand_id))
        return [StoredBrand(row.brand_id, row.name, row.toml) for row in rows]

    def profile_versions(self, brand_id: str) -> list[ProfileVersion]:
        """Newest first."""
        at = version_table.c
        rows = self._rows(select(version_table).where(at.brand_id == storable(brand_id)).order_by(at.version.desc()))
        return [
            ProfileVersion(row.brand_id, row.version, from_micros(row.saved_at), row.author, row.note, row.toml)
            for row in rows
        ]

    def market(self, brand_id: str) -> MarketReading | None:
        """The latest reading of a brand's market; ``None`` before the first."""
        payload = self._value(select(market_table.c.payload).where(market_table.c.brand_id == storable(brand_id)))
        return None if payload is None else from_payload(payload, MarketReading)


class BrandWrites(Writes):
    """Profiles as loaded or saved in the studio, markets as read."""

    @step
    def save_brands(self, brands: Sequence[StoredBrand]) -> None:
        """Insert or replace profiles."""
        rows = [
            {"brand_id": storable(brand.brand_id), "name": storable(brand.name), "toml": storable(brand.toml)}
            for brand in brands
        ]
        self._upsert(brand_table, last_of_each(rows, "brand_id"))

    @step
    def save_profile_version(self, brand_id: str, toml: str, author: str, note: str, at: datetime) -> int:
        """Add a version and return its number; the same TOML as the newest adds none and returns that number."""
        mine, known = storable(brand_id), version_table.c
        if self._connection.dialect.name == "postgresql":
            # two strategists who save at once get two numbers; SQLite has one writer anyway
            self._run(text("LOCK TABLE profile_versions IN SHARE ROW EXCLUSIVE MODE"))
        newest = self._run(
            select(known.version, known.toml).where(known.brand_id == mine).order_by(known.version.desc()).limit(1)
        ).first()
        if newest is not None and newest.toml == storable(toml):
            return int(newest.version)
        version = 1 if newest is None else int(newest.version) + 1
        row = {
            "brand_id": mine,
            "version": version,
            "saved_at": to_micros(at),
            "author": storable(author),
            "note": storable(note),
            "toml": storable(toml),
        }
        self._run(insert(version_table).values(row))
        return version

    @step
    def save_markets(self, markets: Sequence[MarketReading]) -> None:
        """Replace the latest reading of each brand's market."""
        rows = [{"brand_id": storable(market.brand_id), "payload": to_payload(market)} for market in markets]
        self._upsert(market_table, last_of_each(rows, "brand_id"))
