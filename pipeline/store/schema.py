"""What all tables share; each is defined in the file of the thing it keeps. One schema for SQLite and PostgreSQL.

* Times are integer microseconds since 1970 UTC: both databases compare, order and
  return them alike, exactly, whatever the time zone of the server or driver.
* Text that is an identifier is ordered by code point in both (``C`` collation), so a
  tie is broken the same way everywhere.
* Reports, verdicts and alerts are JSON bytes beside the columns needed to filter and
  order them. Bytes, not ``text``: PostgreSQL text cannot hold a NUL.
* A column of topic ids says what becomes of its rows when the topic is merged away:
  ``info=FOLLOWS``, ``VANISHES`` or ``STAYS``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Column, Connection, Integer, MetaData, Table, Text, inspect, select, text

from configs.errors import ConfigError

SCHEMA_VERSION = 5

FOLLOWS = {"when_merged": "follows"}
"""The row is about the topic that the merged one lives on in, from then on."""
VANISHES = {"when_merged": "vanishes"}
"""The row was about the merged topic alone."""
STAYS = {"when_merged": "stays"}
"""The row is a record of what was said then."""

_SCHEMA_LOCK = 7_246_173
"""Key of PostgreSQL's advisory lock around the creation of tables: any number, always the same."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Id = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that identifies something."""
Serial = BigInteger().with_variant(Integer, "sqlite")
"""A number the database gives."""

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))


def create_tables(connection: Connection) -> None:
    """Make all tables of :data:`metadata` in an empty database; check the version of those that are there.

    Raises
    ------
    ConfigError
        The tables are of another version.
    """
    if connection.dialect.name == "postgresql":
        # CREATE TABLE IF NOT EXISTS still collides when two processes run it at once.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
    if inspect(connection).has_table(schema_version.name):
        found = connection.execute(select(schema_version.c.version)).scalar_one()
        if found > SCHEMA_VERSION:
            problem = f"points to a database of schema version {found}, this Trendsieve knows {SCHEMA_VERSION}"
            raise ConfigError("settings", "store.url", problem, "upgrade Trendsieve or use another database")
        if found < SCHEMA_VERSION:
            problem = f"points to a database of schema version {found}, this Trendsieve needs {SCHEMA_VERSION}"
            raise ConfigError("settings", "store.url", problem, "use an empty database and replay the stream into it")
        return
    metadata.create_all(connection)
    connection.execute(schema_version.insert().values(version=SCHEMA_VERSION))


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC; a naive ``moment`` is a TypeError, never local time.

    Examples
    --------
    >>> to_micros(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The aware UTC time that :func:`to_micros` was given.

    Examples
    --------
    >>> from_micros(1000005).isoformat()
    '1970-01-01T00:00:01.000005+00:00'
    """
    return _EPOCH + timedelta(microseconds=micros)
