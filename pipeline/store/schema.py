"""The tables, one schema for SQLite and PostgreSQL.

* Times are integer microseconds since 1970 UTC: both databases compare, order and
  return them alike, exactly, whatever the time zone of the server or driver.
* Text that is an identifier is ordered by code point in both (``C`` collation), so a
  tie is broken the same way everywhere.
* Reports, verdicts and alerts are JSON bytes beside the columns needed to filter and
  order them. Bytes, not ``text``: PostgreSQL text cannot hold a NUL.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

SCHEMA_VERSION = 5

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Id = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that identifies something."""
Serial = BigInteger().with_variant(Integer, "sqlite")
"""A number the database gives."""

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

last_commit = Table(
    "last_commit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("written_at", BigInteger, nullable=False),
)

positions = Table(
    "positions",
    metadata,
    Column("shard", Id, primary_key=True),
    Column("token", Text, nullable=False),
)

states = Table(
    "states",
    metadata,
    Column("shard", Id, primary_key=True),
    Column("header", LargeBinary, nullable=False),
)

# ``checksum`` stands before ``data``: SQLite reads it without touching the data's overflow pages.
state_chunks = Table(
    "state_chunks",
    metadata,
    Column("shard", Id, ForeignKey("states.shard", ondelete="CASCADE"), primary_key=True),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("checksum", LargeBinary, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

posts = Table(
    "posts",
    metadata,
    Column("post_id", Id, primary_key=True),
    Column("rev", BigInteger, nullable=False),
    Column("topic_id", Id, nullable=False),
    Column("cluster", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("event_time", BigInteger, nullable=False),
    Column("similarity", Double),
    Column("language", Text),
    Column("source", Text, nullable=False),
    Column("author_id", Id),
    Column("author_handle", Text),
    Column("url", Text),
    Column("is_copy", Boolean, nullable=False),
    Column("is_reply", Boolean, nullable=False),
    Column("negative", Double, nullable=False),
    Column("positive", Double, nullable=False),
    Column("offensive", Double, nullable=False),
    Column("disaster", Double, nullable=False),
    Column("anger", Double, nullable=False),
    Column("joy", Double, nullable=False),
    Column("optimism", Double, nullable=False),
    Column("sadness", Double, nullable=False),
    Column("hazards", LargeBinary),
    Index("posts_by_topic", "topic_id", "event_time", "post_id"),
    Index("posts_by_cluster", "cluster", "topic_id"),
    Index("posts_by_author", "author_id"),
)

reports = Table(
    "reports",
    metadata,
    Column("topic_id", Id, primary_key=True),
    Column("shard", Id, nullable=False),
    Column("n_posts", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index("reports_by_size", "n_posts", "last_seen"),
    Index("reports_by_last_seen", "last_seen"),
    Index("reports_by_as_of", "as_of"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("topic_id", Id, primary_key=True),
    Column("brand_id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("payload", LargeBinary, nullable=False),
)

verdict_history = Table(
    "verdict_history",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("brand_id", Id, nullable=False),
    Column("topic_id", Id, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Index("verdict_history_by_topic", "brand_id", "topic_id", "id"),
)

# ``new_id`` is always the final topic: a later merge of it rewrites the rows that point to it.
redirects = Table(
    "redirects",
    metadata,
    Column("old_id", Id, primary_key=True),
    Column("new_id", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("redirects_by_new_id", "new_id"),
)

# One row per brand that has a board at all, so that an empty board differs from none.
rankings = Table(
    "rankings",
    metadata,
    Column("brand_id", Id, primary_key=True),
    Column("as_of", BigInteger, nullable=False),
)

ranks = Table(
    "ranks",
    metadata,
    Column("brand_id", Id, primary_key=True),
    Column("topic_id", Id, primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("previous_rank", Integer),
    Index("ranks_by_brand", "brand_id", "rank"),
    Index("ranks_by_topic", "topic_id"),
)

brands = Table(
    "brands",
    metadata,
    Column("brand_id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("toml", Text, nullable=False),
)

markets = Table(
    "markets",
    metadata,
    Column("brand_id", Id, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
)

counts = Table(
    "counts",
    metadata,
    Column("shard", Id, primary_key=True),
    Column("name", Id, primary_key=True),
    Column("total", BigInteger, nullable=False),
)

encoder_switches = Table(
    "encoder_switches",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("shard", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("from_encoder", Id, nullable=False),
    Column("to_encoder", Id, nullable=False),
    Column("code", Id, nullable=False),
    Column("reason", Text, nullable=False),
    Index("encoder_switches_by_shard", "shard", "id"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("dedup_key", Id, primary_key=True),
    Column("state", Text, nullable=False),
    Column("retry_at", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("sent_at", BigInteger),
    Column("error", Text),
    Column("payload", LargeBinary, nullable=False),
    Index("outbox_by_state", "state", "retry_at"),
)

# Quoted text lives apart from the alert, so that deleting a post finds and removes it.
alert_quotes = Table(
    "alert_quotes",
    metadata,
    Column("dedup_key", Id, ForeignKey("outbox.dedup_key", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("post_id", Id, nullable=False),
    Column("text", Text, nullable=False),
    Index("alert_quotes_by_post", "post_id"),
)


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
