"""Values as both databases can keep them, and back.

Two things a database may refuse are replaced by U+FFFD in post text, ids and names,
alike on both databases: NUL (PostgreSQL text cannot hold it) and half a surrogate pair
(not Unicode; two halves are joined first). JSON payloads keep a NUL as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

import msgspec

from configs.errors import FatalError, StateMismatch

T = TypeVar("T")

ID_CHUNK = 10_000
"""Ids in one statement: bounds its memory and time."""

REPLACEMENT = "\ufffd"


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


def storable_or_none(text: str | None) -> str | None:
    """As :func:`storable`; nothing stays nothing."""
    return None if text is None else storable(text)


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
