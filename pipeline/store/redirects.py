"""Where topics that were merged away live on, and the merge itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import BigInteger, Column, Connection, Index, Table, delete, insert, select, update

from pipeline.store.engine import one_of
from pipeline.store.rows import in_chunks, storable
from pipeline.store.schema import FOLLOWS, VANISHES, Id, metadata, to_micros
from pipeline.store.writes import Writes, step
from pipeline.types import Redirect

# ``new_id`` is always the final topic: a later merge of it rewrites the rows that point to it.
redirect_table = Table(
    "redirects",
    metadata,
    Column("old_id", Id, primary_key=True),
    Column("new_id", Id, nullable=False, info=FOLLOWS),
    Column("at", BigInteger, nullable=False),
    Index("redirects_by_new_id", "new_id"),
)


def final_topic(connection: Connection, topic_id: str) -> str:
    """Where a topic lives on; one look, because stored redirects always name the final topic."""
    old = storable(topic_id)
    new: str | None = connection.execute(select(redirect_table.c.new_id).where(redirect_table.c.old_id == old)).scalar()
    return old if new is None else new


def final_topics(connection: Connection, topic_ids: Iterable[str]) -> dict[str, str]:
    """Where those of the topics that were merged away live on."""
    found: dict[str, str] = {}
    for ids in in_chunks(topic_ids):
        mine = one_of(connection, redirect_table.c.old_id, ids)
        rows = connection.execute(select(redirect_table.c.old_id, redirect_table.c.new_id).where(mine))
        found.update((row.old_id, row.new_id) for row in rows)
    return found


class RedirectWrites(Writes):
    """Merges of topics."""

    @step
    def save_redirects(self, redirects: Sequence[Redirect]) -> None:
        """Record merges; what is kept of the old topics follows them or vanishes, as its tables say.

        Stored redirects always name the final topic, so a chain has one link and a cycle cannot
        arise: a merge that leads back to its start, or a second one of a topic that is gone
        already, changes nothing.
        """
        for redirect in redirects:
            self._merge(storable(redirect.old_id), storable(redirect.new_id), to_micros(redirect.at))

    def _merge(self, old: str, new: str, at: int) -> None:
        gone = final_topics(self._connection, (old, new))
        new = gone.get(new, new)
        if old in gone or old == new:
            return
        for column in (column for table in metadata.tables.values() for column in table.columns):
            if column.info == FOLLOWS:
                self._run(update(column.table).where(column == old).values({column.name: new}))
            elif column.info == VANISHES:
                self._run(delete(column.table).where(column == old))
        self._run(insert(redirect_table).values(old_id=old, new_id=new, at=at))
