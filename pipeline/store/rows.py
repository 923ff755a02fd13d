"""Structs to rows and back.

Two things a database may refuse are replaced by U+FFFD in post text, ids and names,
alike on both databases: NUL (PostgreSQL text cannot hold it) and half a surrogate pair
(not Unicode; two halves are joined first). JSON payloads keep a NUL as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row

from configs.errors import FatalError, StateMismatch
from pipeline.store.contract import StoredPost
from pipeline.store.schema import from_micros, to_micros
from pipeline.types import Signals

T = TypeVar("T")

ID_CHUNK = 10_000
"""Ids in one statement: bounds its memory and time."""

REPLACEMENT = "\ufffd"

_hazards = msgspec.json.Decoder(tuple[tuple[str, float], ...])


def storable(text: str) -> str:
    """The text as both databases can keep it.

    Examples
    --------
    >>> storable("a" + chr(0) + "b") == "a\ufffdb"
    True
    >>> storable("\\ud83d\\ude00") == "\\U0001f600"
    True
    """
    if "\x00" in text:
        text = text.replace("\x00", REPLACEMENT)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def in_chunks(ids: Iterable[str], size: int = ID_CHUNK) -> Iterator[list[str]]:
    """Distinct storable ids, at most ``size`` at a time.

    Examples
    --------
    >>> list(in_chunks(["a", "b", "a", "c"], size=2))
    [['a', 'b'], ['c']]
    """
    rest = iter(dict.fromkeys(storable(id_) for id_ in ids))
    while chunk := list(islice(rest, size)):
        yield chunk


def to_payload(value: msgspec.Struct) -> bytes:
    """JSON bytes that are known to be readable again.

    Raises
    ------
    FatalError
        JSON cannot hold the value (NaN, infinity, half a surrogate pair). Better here, where the
        measure that made it is on the stack, than on every later read of the board.
    """
    kind = type(value)
    try:
        payload = msgspec.json.encode(value)
        msgspec.json.decode(payload, type=kind)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise FatalError(f"a {kind.__name__} holds a value that cannot be stored: {error}") from error
    return payload


def from_payload(payload: bytes, kind: type[T]) -> T:
    """The struct that :func:`to_payload` was given.

    Raises
    ------
    StateMismatch
        It was written by an incompatible version.
    """
    try:
        return msgspec.json.decode(payload, type=kind)
    except msgspec.DecodeError as error:
        raise StateMismatch(f"a stored {kind.__name__} is of another version: {error}") from error


def post_row(post: StoredPost, topic_id: str) -> dict[str, Any]:
    """Columns of ``posts``; ``topic_id`` is the post's topic after merges."""
    signals = post.signals
    return {
        "post_id": storable(post.post_id),
        "rev": post.rev,
        "topic_id": topic_id,
        "cluster": post.cluster,
        "text": storable(post.text),
        "event_time": to_micros(post.event_time),
        "similarity": post.similarity,
        "language": _optional(post.language),
        "source": storable(post.source),
        "author_id": _optional(post.author_id),
        "author_handle": _optional(post.author_handle),
        "url": _optional(post.url),
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


def post_of(row: Row[Any]) -> StoredPost:
    """A whole row of ``posts`` as the board shows it."""
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


def last_of_each(rows: Sequence[dict[str, Any]], *key: str) -> list[dict[str, Any]]:
    """The last row of each key, ordered by key: two writers then lock rows in one order.

    Examples
    --------
    >>> last_of_each([{"id": "b", "n": 1}, {"id": "a", "n": 2}, {"id": "b", "n": 3}], "id")
    [{'id': 'a', 'n': 2}, {'id': 'b', 'n': 3}]
    """
    kept = {tuple(row[name] for name in key): row for row in rows}
    return [kept[place] for place in sorted(kept)]


def _optional(text: str | None) -> str | None:
    return None if text is None else storable(text)
