"""One line of a JSONL file as a post."""

from __future__ import annotations

from datetime import datetime
from typing import get_args

from configs.errors import BadRecord
from ingest.event_time import EventClock
from ingest.post import Author, Metrics, Post, PostKind, Provenance
from ingest.sources.json_object import JsonObject
from ingest.sources.plain_text import (
    clean_text,
    find_hashtags,
    find_links,
    find_mentions,
    fold_hashtags,
    storable,
    unique,
)

CONNECTOR = "jsonl"
MAX_ID_CHARS = 512

_KINDS: dict[str, PostKind] = {kind: kind for kind in get_args(PostKind)}


def parse_line(
    line: bytes,
    event_clock: EventClock,
    *,
    fallback_id: str,
    max_text_chars: int = 20_000,
    ingested_at: datetime | None = None,
    cursor: str | None = None,
) -> Post:
    """Make a post of one line. A line that fails leaves the event clock as it was.

    Optional fields of a wrong type count as unknown; a string author is the id, and the
    handle too when it looks like one. Hashtags and links come from their field, or from
    the text when there is no such field; mentions always from the text.

    Parameters
    ----------
    line
        UTF-8 JSON, without the line end.
    event_clock
        Decides ``event_time``.
    fallback_id
        Post id for a line without ``id``.

    Raises
    ------
    BadRecord
        ``empty_line``, ``not_utf8``, ``not_json``, ``not_an_object``, ``no_text`` or ``wrong_type``.

    Examples
    --------
    >>> from datetime import UTC
    >>> clock = EventClock(lambda: datetime(2026, 11, 21, tzinfo=UTC), "archive")
    >>> post = parse_line(b'{"id": 1, "text": "Ciao #Forno", "author": "@anna"}', clock, fallback_id="line:1")
    >>> post.post_id, post.hashtags, post.author.handle, post.time_flag
    ('1', ('forno',), 'anna', 'missing')
    """
    if not line.strip():
        raise BadRecord("empty_line", "the line holds nothing but white space")
    fields = JsonObject.parse(line)
    text = clean_text(_required_text(fields), max_text_chars)
    post_id = _read_id(fields) or fallback_id
    hashtags = fields.strings("hashtags")
    links = fields.strings("links", "urls")
    reply_to = fields.identifier("reply_to")
    repost_of = fields.identifier("repost_of")
    stamp = event_clock.stamp(fields.value("created_at"))
    return Post(
        post_id=post_id,
        text=text,
        event_time=stamp.event_time,
        source=fields.string("source") or "file",
        kind=_read_kind(fields, reply_to, repost_of),
        rev=fields.count("rev") or 0,
        title=fields.string("title"),
        lang_declared=fields.strings("lang") or (),
        author=_read_author(fields),
        created_at=stamp.created_at,
        ingested_at=ingested_at,
        time_flag=stamp.flag,
        reply_to=reply_to,
        repost_of=repost_of,
        metrics=_read_metrics(fields),
        links=find_links(text) if links is None else unique(links),
        hashtags=find_hashtags(text) if hashtags is None else fold_hashtags(hashtags),
        mentions=find_mentions(text),
        url=fields.string("url"),
        provenance=Provenance(connector=CONNECTOR, cursor=cursor),
    )


def _required_text(fields: JsonObject) -> str:
    value = fields.value("text")
    if value is None:
        raise BadRecord("no_text", "the object has no text")
    if not isinstance(value, str):
        raise BadRecord("wrong_type", f"text is a {type(value).__name__}, not a string")
    return value


def _read_id(fields: JsonObject) -> str | None:
    value = fields.value("id")
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadRecord("wrong_type", f"id is a {type(value).__name__}, not a string or a whole number")
    post_id = str(value)
    if len(post_id) > MAX_ID_CHARS or storable(post_id) != post_id:
        raise BadRecord("wrong_type", f"id is longer than {MAX_ID_CHARS} characters or holds unstorable ones")
    return post_id


def _read_kind(fields: JsonObject, reply_to: str | None, repost_of: str | None) -> PostKind:
    derived: PostKind = "repost" if repost_of else "reply" if reply_to else "post"
    return _KINDS.get(fields.string("kind") or "", derived)


def _read_author(fields: JsonObject) -> Author | None:
    handle = fields.string("handle")
    described = fields.object("author")
    if described is not None:
        handle = described.string("handle") or handle
        author_id = described.identifier("id") or handle
        if author_id is None:
            return None
        followers = described.count("followers")
        return Author(author_id, handle and handle.lstrip("@"), followers, described.flag("is_bot"))
    author_id = fields.identifier("author") or handle
    if author_id is None:
        return None
    handle = handle or (author_id if _looks_like_handle(author_id) else None)
    return Author(author_id, handle and handle.lstrip("@"))


def _looks_like_handle(author: str) -> bool:
    return len(author.split()) == 1


def _read_metrics(fields: JsonObject) -> Metrics | None:
    nested = fields.object("metrics")
    outer = [fields.count(name) for name in Metrics.__struct_fields__]
    inner = [nested.count(name) for name in Metrics.__struct_fields__] if nested else outer
    counts = [other if count is None else count for count, other in zip(inner, outer, strict=True)]
    return Metrics(*counts) if any(count is not None for count in counts) else None
