"""The archive's half of a write transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, text, update

from pipeline.store import archive_schema as tables
from pipeline.store.archive_contract import StoredBackground, StoredCentres, StoredFeedback
from pipeline.store.archive_rows import centres_row, feedback_row, vectors_at_rest
from pipeline.store.rows import last_of_each, storable
from pipeline.store.schema import to_micros
from pipeline.store.statements import Statements


class ArchiveWrites:
    """The :class:`~pipeline.store.archive_contract.ArchiveTransaction`: part of every write transaction."""

    def __init__(self, connection: Connection, statements: Statements) -> None:
        self._connection = connection
        self._statements = statements

    def save_centres(self, shard: str, centres: Sequence[StoredCentres]) -> None:
        """Replace the centres of each topic; those of a topic merged away are not kept."""
        with self._statements.step():
            gone = self._statements.final_topics(some.topic_id for some in centres)
            rows = [centres_row(shard, some) for some in centres if storable(some.topic_id) not in gone]
            self._statements.upsert(tables.topic_centres, last_of_each(rows, "topic_id"))

    def save_backgrounds(self, shard: str, backgrounds: Sequence[StoredBackground]) -> None:
        """Add backgrounds, in order; one that is known by number is replaced."""
        mine = storable(shard)
        with self._statements.step():
            entries: list[dict[str, Any]] = []
            for some in backgrounds:
                for entry, centre in zip(some.entries.tolist(), some.centres, strict=True):
                    entries.append({"shard": mine, "entry": entry, "vector": vectors_at_rest(centre)})
            self._statements.upsert(tables.background_entries, last_of_each(entries, "entry"))
            rows = [
                {
                    "shard": mine,
                    "number": some.number,
                    "as_of": to_micros(some.as_of),
                    "encoder_id": storable(some.encoder_id),
                    "members": some.members.astype("<u4").tobytes(),
                }
                for some in backgrounds
            ]
            self._statements.upsert(tables.backgrounds, last_of_each(rows, "number"))

    def save_profile_version(self, brand_id: str, toml: str, author: str, note: str, at: datetime) -> int:
        """Add a version and return its number; the same TOML as the newest adds none and returns that number."""
        mine, known = storable(brand_id), tables.profile_versions.c
        with self._statements.step():
            if self._connection.dialect.name == "postgresql":
                # two strategists who save at once get two numbers; SQLite has one writer anyway
                self._statements.run(text("LOCK TABLE profile_versions IN SHARE ROW EXCLUSIVE MODE"))
            newest = self._statements.run(
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
            self._statements.run(insert(tables.profile_versions).values(row))
            return version

    def save_feedback(self, feedback: StoredFeedback) -> None:
        """Add an opinion, on the topic that a merged one lives on in; its ``id`` is given by the store."""
        mine = storable(feedback.topic_id)
        with self._statements.step():
            final = self._statements.final_topics((feedback.topic_id,)).get(mine, mine)
            self._statements.run(insert(tables.feedback).values(feedback_row(feedback, final)))

    def merge_archive(self, old: str, new: str) -> None:
        """Topic ``old`` lives on in ``new``: its centres vanish as its report does, opinions on it follow."""
        centres, opinions = tables.topic_centres, tables.feedback
        self._statements.run(delete(centres).where(centres.c.topic_id == old))
        self._statements.run(update(opinions).where(opinions.c.topic_id == old).values(topic_id=new))
