"""Jetstream frames, version 1 and 2, as one typed event; and events as posts and deletions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

import msgspec

from configs.errors import BadRecord
from ingest.event_time import EventClock, from_micros, to_micros
from ingest.post import Author, Post, PostKind, PostOp, Provenance
from ingest.sources.contract import Deletion
from ingest.sources.json_object import JsonObject
from ingest.sources.plain_text import clean_text, find_hashtags, fold_hashtags, unique

POSTS = "app.bsky.feed.post"
GONE = frozenset({"deleted", "takendown"})
"""Account states whose posts have to disappear."""

_TID_ALPHABET = {char: value for value, char in enumerate("234567abcdefghijklmnopqrstuvwxyz")}
_TID_CHARS = 13
_TID_CLOCK_BITS = 10
_FACET = "app.bsky.richtext.facet#"
_OPERATIONS: dict[str, PostOp] = {"create": "create", "update": "update"}


class Event(msgspec.Struct, frozen=True):
    """One event of either version.

    ``time_us``: when Jetstream saw it, microseconds since 1970. ``seq``: the cursor of
    version 2, counted by each host on its own. ``kind``: ``commit``, ``account`` or
    anything else a server may say; the fields after it are empty where they do not apply.
    """

    kind: str
    did: str
    time_us: int
    seq: int | None = None
    operation: str = ""
    collection: str = ""
    rkey: str = ""
    rev: str = ""
    record: JsonObject | None = None
    status: str | None = None


class Notice(msgspec.Struct, frozen=True):
    """A frame about the stream itself: an error is terminal, an info is not."""

    kind: Literal["error", "info", "unknown"]
    name: str


def parse_frame(frame: bytes) -> Event | Notice:
    """Read a frame; version 2 frames carry ``$type``.

    Raises
    ------
    BadRecord
        The frame is no UTF-8 JSON object, or an event without did or time.
    """
    fields = JsonObject.parse(frame)
    if not fields.has("$type"):
        return _event(fields, fields.string("kind") or "", fields.count("time_us"))
    kind = fields.string("$type")
    if kind == "error":
        return Notice("error", fields.string("error") or "unnamed")
    payload = fields.object("payload")
    if kind != "message" or payload is None:
        return Notice("unknown", (kind or "unnamed")[:80])
    name = (payload.string("$type") or "").rpartition("#")[2]
    if name == "info":
        return Notice("info", payload.string("name") or "unnamed")
    return _event(payload, name, _read_micros(payload.string("time")))


def read_post(
    event: Event, event_clock: EventClock, *, max_text_chars: int = 20_000, ingested_at: datetime | None = None
) -> Post | None:
    """The post that a commit created or changed; ``None`` for every other event.

    ``rev`` is the repository revision as a number. It grows with every change of a
    repository and is the same on every Jetstream host, so that the same event from
    another host is recognised; ``time_us`` would differ.

    Raises
    ------
    BadRecord
        The record has no text.
    """
    op = _OPERATIONS.get(event.operation)
    if event.kind != "commit" or event.collection != POSTS or op is None:
        return None
    record = event.record
    if record is None or not record.has("text"):
        raise BadRecord("no_text", "the commit has no record with a text")
    text = record.value("text")
    if not isinstance(text, str):
        raise BadRecord("wrong_type", f"text is a {type(text).__name__}, not a string")
    plain = clean_text(text, max_text_chars)
    facets = _Facets(text, record)
    reply = record.object("reply")
    quote = _quoted(record)
    observed_at = from_micros(event.time_us)
    stamp = event_clock.stamp(record.value("createdAt"), observed_at)
    kind: PostKind = "reply" if reply is not None else "quote" if quote is not None else "post"
    return Post(
        post_id=_post_id(event),
        text=plain,
        event_time=stamp.event_time,
        source="bluesky",
        kind=kind,
        op=op,
        rev=revision(event.rev, event.time_us),
        lang_declared=record.strings("langs") or (),
        author=Author(event.did),
        created_at=stamp.created_at,
        observed_at=observed_at,
        ingested_at=ingested_at,
        time_flag=stamp.flag,
        reply_to=_reference(reply, "parent"),
        root=_reference(reply, "root"),
        quote_of=quote,
        links=unique([*facets.links, *_external_links(record)]),
        hashtags=fold_hashtags([*facets.tags, *(record.strings("tags") or ())]) or find_hashtags(plain),
        mentions=facets.mentions,
        url=f"https://bsky.app/profile/{event.did}/post/{event.rkey}",
        provenance=Provenance(connector="bluesky", cursor=str(event.seq or event.time_us)),
    )


def read_deletion(event: Event) -> Deletion | None:
    """What has to disappear because of this event, if anything."""
    if event.kind == "commit" and event.collection == POSTS and event.operation == "delete":
        return Deletion(post_id=_post_id(event))
    if event.kind == "account" and event.status in GONE:
        return Deletion(account_id=event.did)
    return None


def revision(rev: str, time_us: int) -> int:
    """The repository revision (a TID) as its number: microseconds × 1024 + a clock id.

    A malformed one falls back to the time the event was seen, on the same scale.

    Examples
    --------
    >>> revision("2222222222323", 0), revision("?", 1)
    (1025, 1024)
    """
    number = 0
    for char in rev:
        number = number * 32 + _TID_ALPHABET.get(char, 1 << 63)
        if number >= 1 << 63:
            break
    valid = len(rev) == _TID_CHARS and number < 1 << 63
    return number if valid else time_us << _TID_CLOCK_BITS


class _Facets:
    """Tags, links and mentions of a rich text; positions are bytes of the UTF-8 text."""

    def __init__(self, text: str, record: JsonObject) -> None:
        self._bytes = text.encode("utf-8", "replace")
        tags: list[str] = []
        links: list[str] = []
        mentions: list[str] = []
        for facet in record.objects("facets"):
            covered = self._covered(facet.object("index"))
            for feature in facet.objects("features"):
                kind = (feature.string("$type") or "").removeprefix(_FACET)
                if kind == "tag":
                    tags.append(feature.string("tag") or covered)
                elif kind == "link":
                    links.append(feature.string("uri") or "")
                elif kind == "mention":
                    # the handle as written; the did when the text shows something else
                    handle = covered[1:] if covered.startswith("@") else ""
                    mentions.append(handle or feature.string("did") or "")
        self.tags, self.links, self.mentions = tags, unique(links), unique(mentions)

    def _covered(self, index: JsonObject | None) -> str:
        start, end = (index.count("byteStart"), index.count("byteEnd")) if index else (None, None)
        if start is None or end is None or not start < end <= len(self._bytes):
            return ""
        return self._bytes[start:end].decode("utf-8", "ignore").strip()


def _event(fields: JsonObject, kind: str, time_us: int | None) -> Event:
    did = fields.string("did")
    if did is None or not time_us:
        raise BadRecord("wrong_type", "the event has no did or no time")
    from_micros(time_us)
    commit = fields if fields.has("operation") else fields.object("commit") or JsonObject({})
    account = fields.object("account")
    status = None
    if account is not None and account.flag("active") is not True:
        status = account.string("status")
    return Event(
        kind=kind,
        did=did,
        time_us=time_us,
        seq=fields.count("seq"),
        operation=commit.string("operation") or "",
        collection=commit.string("collection") or "",
        rkey=commit.string("rkey") or "",
        rev=commit.string("rev") or "",
        record=commit.object("record"),
        status=status,
    )


def _read_micros(text: str | None) -> int | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return None if moment is None else to_micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _post_id(event: Event) -> str:
    if not event.rkey:
        raise BadRecord("wrong_type", "the commit has no record key")
    return f"bluesky:at://{event.did}/{event.collection}/{event.rkey}"


def _reference(reply: JsonObject | None, name: str) -> str | None:
    target = reply.object(name) if reply else None
    uri = target.string("uri") if target else None
    return uri and f"bluesky:{uri}"


def _embeds(record: JsonObject) -> Iterator[JsonObject]:
    """The embed, and the two halves of one that has a record and media."""
    embed = record.object("embed")
    if embed is None:
        return
    yield embed
    for half in ("record", "media"):
        if (inner := embed.object(half)) is not None:
            yield inner


def _quoted(record: JsonObject) -> str | None:
    for embed in _embeds(record):
        target = embed.object("record") or embed
        uri = target.string("uri")
        # feeds, lists and starter packs are embedded the same way and are no posts
        if uri and uri.startswith("at://") and f"/{POSTS}/" in uri:
            return f"bluesky:{uri}"
    return None


def _external_links(record: JsonObject) -> Iterator[str]:
    for embed in _embeds(record):
        external = embed.object("external")
        if external is not None and (uri := external.string("uri")):
            yield uri
