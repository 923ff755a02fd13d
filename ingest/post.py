"""The post as it travels on ``posts.v1``: frozen, typed, unknown is ``None``."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

SCHEMA_VERSION = 1

PostKind = Literal["post", "reply", "repost", "quote", "article", "comment", "video"]
PostOp = Literal["create", "update", "snapshot", "delete"]
TimeFlag = Literal["missing", "unreadable", "future", "stale", "out_of_order"]


class Author(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who wrote it. ``id`` is stable on its platform; everything else may be unknown."""

    id: str
    handle: str | None = None
    followers: int | None = None
    is_bot: bool | None = None


class Metrics(msgspec.Struct, frozen=True, omit_defaults=True):
    """Counters as last seen; ``None`` is unknown, 0 is zero."""

    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    quotes: int | None = None
    views: int | None = None


class Provenance(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a post came in: connector name, its version, the cursor it was read at."""

    connector: str
    version: str = "1"
    cursor: str | None = None


class Post(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One revision of one post.

    ``event_time`` is the only time the pipeline computes with: aware UTC, clamped
    by :mod:`ingest.event_time`; ``time_flag`` says when and why it differs from the
    author's claim. ``(post_id, rev)`` identifies a revision; a larger ``rev`` wins.
    """

    post_id: str
    text: str
    event_time: datetime
    source: str = "file"
    kind: PostKind = "post"
    op: PostOp = "create"
    rev: int = 0
    title: str | None = None
    lang_declared: tuple[str, ...] = ()
    author: Author | None = None
    created_at: datetime | None = None
    observed_at: datetime | None = None
    ingested_at: datetime | None = None
    time_flag: TimeFlag | None = None
    reply_to: str | None = None
    root: str | None = None
    repost_of: str | None = None
    quote_of: str | None = None
    metrics: Metrics | None = None
    metrics_at: datetime | None = None
    links: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    url: str | None = None
    provenance: Provenance | None = None
    schema_version: int = SCHEMA_VERSION
