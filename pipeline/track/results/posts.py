"""What a step does to posts: it places new ones, moves and deletes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import msgspec

from pipeline.store.contract import Transaction
from pipeline.store.records import StoredMove, StoredPost
from pipeline.track.results.part import Part
from pipeline.types import EnrichedPost


@dataclass(frozen=True)
class Placement:
    """Where a post went when it was new."""

    topic_id: str
    cluster: int
    similarity: float | None
    is_copy: bool


@dataclass
class Posts(Part):
    """By post id, a later entry for an earlier one."""

    rows: dict[str, StoredPost] = field(default_factory=dict)
    revised: dict[str, EnrichedPost] = field(default_factory=dict)
    """Later revisions of posts that are new in this very step."""
    moves: list[StoredMove] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    deleted_authors: list[str] = field(default_factory=list)

    def add(self, enriched: EnrichedPost, place: Placement) -> None:
        """Note where a post is, by its newest revision."""
        post_id = enriched.post.post_id
        self.rows[post_id] = _stored(self.revised.get(post_id, enriched), place)

    def in_order(self) -> list[StoredPost]:
        """All noted posts, each in the topic that its cluster belongs to at the end of the step."""
        last = {move.cluster: move.new_id for move in self.moves}
        return [
            msgspec.structs.replace(post, topic_id=last[post.cluster]) if post.cluster in last else post
            for post in self.rows.values()
        ]

    def save(self, tx: Transaction, shard: str) -> None:
        """Deletions first: the posts that are left came after them."""
        tx.delete_posts(self.deleted, self.deleted_authors)
        tx.save_posts(self.in_order())
        tx.save_moves(self.moves)

    def forget_posts(self, post_ids: Collection[str]) -> None:
        """They are deleted from the store as well."""
        self.deleted.extend(post_ids)
        for post_id in post_ids:
            self.rows.pop(post_id, None)

    def forget_author(self, author_id: str, post_ids: Collection[str]) -> None:
        """All of the account's posts are deleted from the store as well, remembered or not."""
        self.deleted_authors.append(author_id)
        self.rows = {post_id: post for post_id, post in self.rows.items() if post.author_id != author_id}


def _stored(enriched: EnrichedPost, place: Placement) -> StoredPost:
    """The row of a post."""
    post = enriched.post
    return StoredPost(
        post_id=post.post_id,
        rev=post.rev,
        topic_id=place.topic_id,
        cluster=place.cluster,
        text=post.text,
        event_time=post.event_time,
        similarity=place.similarity,
        language=enriched.language,
        source=post.source,
        author_id=None if post.author is None else post.author.id,
        author_handle=None if post.author is None else post.author.handle,
        url=post.url,
        is_copy=place.is_copy,
        is_reply=post.reply_to is not None,
        signals=enriched.signals,
        hazards=enriched.hazards,
    )
