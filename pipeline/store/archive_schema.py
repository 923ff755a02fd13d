"""Tables of the archive: see :mod:`pipeline.store.archive_contract`; conventions as in :mod:`pipeline.store.schema`.

Vectors are float16 in little-endian order, row after row.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text

from pipeline.store.schema import Id, Serial, metadata

topic_centres = Table(
    "topic_centres",
    metadata,
    Column("topic_id", Id, primary_key=True),
    Column("shard", Id, nullable=False),
    Column("encoder_id", Text, nullable=False),
    Column("background", BigInteger),
    Column("header", LargeBinary, nullable=False),
    Column("vectors", LargeBinary, nullable=False),
)

backgrounds = Table(
    "backgrounds",
    metadata,
    Column("shard", Id, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("as_of", BigInteger, nullable=False),
    Column("encoder_id", Text, nullable=False),
    Column("members", LargeBinary, nullable=False),
)

background_entries = Table(
    "background_entries",
    metadata,
    Column("shard", Id, primary_key=True),
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("vector", LargeBinary, nullable=False),
)

profile_versions = Table(
    "profile_versions",
    metadata,
    Column("brand_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("saved_at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("toml", Text, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("brand_id", Id, nullable=False),
    Column("topic_id", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("right", Boolean, nullable=False),
    Column("wanted", Text),
    Column("note", Text, nullable=False),
    Column("verdict", LargeBinary, nullable=False),
    Column("report", LargeBinary, nullable=False),
    Index("feedback_by_brand", "brand_id", "at", "id"),
    Index("feedback_by_time", "at", "id"),
    Index("feedback_by_topic", "topic_id"),
)
