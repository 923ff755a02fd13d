"""A JSON object from a stranger: each field is usable as asked for, or unknown.

A post is not lost because a counter is text or a link list holds a number; only what
makes a post a post is checked by the sources themselves.
"""

from __future__ import annotations

import json

import msgspec

from configs.errors import BadRecord
from ingest.sources.plain_text import MAX_ITEM_CHARS, storable, unique

_LARGEST_COUNT = 2**63 - 1
_DECODER = msgspec.json.Decoder()


class JsonObject:
    """Typed, forgiving access to the fields of one JSON object.

    Examples
    --------
    >>> line = JsonObject.parse(b'{"id": 7, "likes": "many", "links": ["https://a.example", 3]}')
    >>> line.identifier("id"), line.count("likes"), line.strings("links")
    ('7', None, ('https://a.example',))
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: dict[str, object]) -> None:
        self._fields = fields

    @classmethod
    def parse(cls, data: bytes) -> JsonObject:
        """Decode UTF-8 JSON.

        ``NaN`` (a missing number in many exports) is read as null and half a surrogate
        pair is tolerated; the text fields drop it.

        Raises
        ------
        BadRecord
            ``not_utf8``, ``not_json`` or ``not_an_object``.
        """
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise BadRecord("not_utf8", f"byte {error.start} is not UTF-8") from error
        try:
            value = _DECODER.decode(text)
        except (msgspec.DecodeError, RecursionError):
            value = _decode_slowly(text)
        if not isinstance(value, dict):
            raise BadRecord("not_an_object", f"a JSON object is needed, this is a {type(value).__name__}")
        return cls(value)

    def has(self, key: str) -> bool:
        """Whether the key is there with a value other than null."""
        return self._fields.get(key) is not None

    def value(self, key: str) -> object:
        """The value as it is; null and absent are ``None``."""
        return self._fields.get(key)

    def string(self, *keys: str) -> str | None:
        """The first non-blank text of bearable length under one of the keys, made storable."""
        for key in keys:
            value = self._fields.get(key)
            if isinstance(value, str) and len(value) <= MAX_ITEM_CHARS and (text := storable(value).strip()):
                return text
        return None

    def identifier(self, *keys: str) -> str | None:
        """Like :meth:`string`; whole numbers count as text."""
        for key in keys:
            value = self._fields.get(key)
            if value is None:
                continue
            if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_COUNT:
                return str(value)
            if (text := self.string(key)) is not None:
                return text
        return None

    def count(self, *keys: str) -> int | None:
        """The first whole number from 0 to 2⁶³−1 under one of the keys."""
        for key in keys:
            value = self._fields.get(key)
            if value is None:
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_COUNT:
                return value
        return None

    def flag(self, key: str) -> bool | None:
        """The boolean under the key."""
        value = self._fields.get(key)
        return value if isinstance(value, bool) else None

    def strings(self, *keys: str) -> tuple[str, ...] | None:
        """The texts in the first list (or lone text) under one of the keys; ``None`` when there is none."""
        for key in keys:
            value = self._fields.get(key)
            if isinstance(value, str):
                value = [value]
            if isinstance(value, list):
                return unique(storable(item).strip() for item in value if isinstance(item, str))
        return None

    def object(self, key: str) -> JsonObject | None:
        """The object under the key."""
        value = self._fields.get(key)
        return JsonObject(value) if isinstance(value, dict) else None

    def objects(self, key: str) -> tuple[JsonObject, ...]:
        """The objects in the list under the key."""
        value = self._fields.get(key)
        return tuple(JsonObject(item) for item in value if isinstance(item, dict)) if isinstance(value, list) else ()


def _decode_slowly(text: str) -> object:
    try:
        value: object = json.loads(text, parse_constant=lambda _name: None)
    except (ValueError, RecursionError) as error:
        detail = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadRecord("not_json", detail) from error
    return value
