"""Posts, each in its topic: the only post text that is kept, but for what alerts quote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, Double, Index, LargeBinary, Row, Table, Text, delete, select, update

from pipeline.store.engine import one_of
from pipeline.store.outbox import quote_table
from pipeline.store.reads import Reads
from pipeline.store.records import StoredMove, StoredPost
from pipeline.store.redirects import final_topic, final_topics
from pipeline.store.rows import in_chunks, storable, storable_or_none
from pipeline.store.schema import FOLLOWS, Id, from_micros, metadata, to_micros
from pipeline.store.writes import Writes, step
from pipeline.types import Signals

post_table = Table(
    "posts",
    metadata,
    Column("post_id", Id, primary_key=True),
    Column("rev", BigInteger, nullable=False),
    Column("topic_id", Id, nullable=False, info=FOLLOWS),
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

_hazards = msgspec.json.Decoder(tuple[tuple[str, float], ...])


class PostReads(Reads):
    """Of topics and by id."""

    def known_revisions(self, post_ids: Sequence[str]) -> dict[str, int]:
        """Stored ``rev`` of those posts that are stored."""
        at = post_table.c
        found: dict[str, int] = {}
        with self._reading() as connection:
            for ids in in_chunks(post_ids):
                rows = connection.execute(select(at.post_id, at.rev).where(one_of(connection, at.post_id, ids)))
                found.update((row.post_id, row.rev) for row in rows)
        asked = ((id_, storable(id_)) for id_ in post_ids)
        return {id_: found[key] for id_, key in asked if key in found}

    def posts(self, topic_id: str, limit: int = 50) -> list[StoredPost]:
        """Newest first; an old topic id is followed through redirects."""
        at = post_table.c
        with self._reading() as connection:
            statement = (
                select(post_table)
                .where(at.topic_id == final_topic(connection, topic_id))
                .order_by(at.event_time.desc(), at.post_id.desc())
                .limit(max(0, limit))
            )
            return [_post_of(row) for row in connection.execute(statement)]

    def posts_by_id(self, post_ids: Sequence[str]) -> list[StoredPost]:
        """Those posts that are stored, in the order asked for, each once."""
        found: dict[str, StoredPost] = {}
        with self._reading() as connection:
            for ids in in_chunks(post_ids):
                rows = connection.execute(select(post_table).where(one_of(connection, post_table.c.post_id, ids)))
                found.update((row.post_id, _post_of(row)) for row in rows)
        return [found[id_] for id_ in dict.fromkeys(map(storable, post_ids)) if id_ in found]


class PostWrites(Writes):
    """New, moved and deleted posts."""

    @step
    def save_posts(self, posts: Sequence[StoredPost]) -> None:
        """Insert or, where ``rev`` is not older, replace; the id of a merged topic is stored as its final one."""
        final = final_topics(self._connection, {post.topic_id for post in posts})
        topics = {id_: final.get(storable(id_), storable(id_)) for id_ in {post.topic_id for post in posts}}
        self._upsert(post_table, [_post_row(post, topics[post.topic_id]) for post in posts], newer="rev")

    @step
    def save_moves(self, moves: Sequence[StoredMove]) -> None:
        """Give the posts of clusters another topic, in order."""
        at = post_table.c
        for move in moves:
            mine = (at.cluster == move.cluster) & (at.topic_id == storable(move.old_id))
            self._run(update(post_table).where(mine).values(topic_id=storable(move.new_id)))

    @step
    def delete_posts(self, post_ids: Sequence[str], author_ids: Sequence[str] = ()) -> None:
        """Remove posts, or all posts of authors, and what alerts quote of them."""
        post, quote = post_table.c, quote_table.c
        for authors in in_chunks(author_ids):
            mine = one_of(self._connection, post.author_id, authors)
            self._run(delete(quote_table).where(quote.post_id.in_(select(post.post_id).where(mine))))
            self._run(delete(post_table).where(mine))
        for ids in in_chunks(post_ids):
            self._run(delete(quote_table).where(one_of(self._connection, quote.post_id, ids)))
            self._run(delete(post_table).where(one_of(self._connection, post.post_id, ids)))


def _post_row(post: StoredPost, topic_id: str) -> dict[str, Any]:
    """Columns of a post; ``topic_id`` is its topic after merges."""
    signals = post.signals
    return {
        "post_id": storable(post.post_id),
        "rev": post.rev,
        "topic_id": topic_id,
        "cluster": post.cluster,
        "text": storable(post.text),
        "event_time": to_micros(post.event_time),
        "similarity": post.similarity,
        "language": storable_or_none(post.language),
        "source": storable(post.source),
        "author_id": storable_or_none(post.author_id),
        "author_handle": storable_or_none(post.author_handle),
        "url": storable_or_none(post.url),
        "is_copy": post.is_copy,
        "is_reply": post.is_reply,
        "negative": signals.negative,
        "positive": signals.positive,
        "offensive": signals.offensive,
        "disaster": signals.disaster,
        "anger": signals.anger,
        "joy": signals.joy,
        "optimism": signals.optimism,
        "sadness": signals.sadness,
        "hazards": msgspec.json.encode(post.hazards) if post.hazards else None,
    }


def _post_of(row: Row[Any]) -> StoredPost:
    """A whole row as the board shows it."""
    return StoredPost(
        post_id=row.post_id,
        rev=row.rev,
        topic_id=row.topic_id,
        cluster=row.cluster,
        text=row.text,
        event_time=from_micros(row.event_time),
        similarity=row.similarity,
        language=row.language,
        source=row.source,
        author_id=row.author_id,
        author_handle=row.author_handle,
        url=row.url,
        is_copy=row.is_copy,
        is_reply=row.is_reply,
        signals=Signals(
            *(row.negative, row.positive, row.offensive, row.disaster),
            *(row.anger, row.joy, row.optimism, row.sadness),
        ),
        hazards=_hazards.decode(row.hazards) if row.hazards else (),
    )
