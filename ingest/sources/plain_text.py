"""Text as it may enter: NFC, storable, bounded; and the tags, mentions and links in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from ingest.graphemes import start_of

MAX_ITEMS = 64
"""Longest list of tags, mentions or links kept of one post."""

MAX_ITEM_CHARS = 2_048

# NUL is refused by PostgreSQL; half a surrogate pair has no UTF-8 form
_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_HASH = re.compile("[#＃]")
_MENTION = re.compile(r"(?<![\w@/.])[@＠]([\w][\w.\-]{0,252}(?:@[\w\-]+(?:\.[\w\-]+)+)?)")
_LINK = re.compile(r"https?://[^\s<>\"“”]+", re.IGNORECASE)
_LINK_TAIL = ".,;:!?'’)]}»…"
_LONG_TEXT = 2_000
_MAX_MARKS = 64


def storable(text: str) -> str:
    """The text without NUL and without halves of surrogate pairs.

    Examples
    --------
    >>> storable("a\\x00b\\ud800c")
    'abc'
    """
    return _UNSTORABLE.sub("", text)


def clean_text(text: str, max_chars: int) -> str:
    """Storable NFC text of at most ``max_chars`` characters, cut between graphemes.

    In a long text, marks beyond the 64th on one character are dropped: composing them
    takes quadratic time, and nobody can read them.

    Examples
    --------
    >>> clean_text("cafe\\u0301", 10) == "caf\\u00e9"
    True
    """
    kept = storable(text[: 2 * max_chars] if len(text) > 2 * max_chars else text)
    if len(kept) > _LONG_TEXT and not kept.isascii():
        kept = _without_endless_marks(kept)
    return start_of(unicodedata.normalize("NFC", kept), max_chars)


def _without_endless_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def find_hashtags(text: str) -> tuple[str, ...]:
    """Case-folded hashtags of a text, without ``#``, in order, each once.

    Examples
    --------
    >>> find_hashtags("#Colazione con #CAFFÈ, niente #1 né page#top")
    ('colazione', 'caffè')
    """
    if "#" not in text and "＃" not in text:
        return ()
    return fold_hashtags(_tag_at(text, match.end()) for match in _HASH.finditer(text) if _starts_tag(text, match))


def fold_hashtags(tags: Iterable[str]) -> tuple[str, ...]:
    """Case-folded NFC tags without ``#``; empty and purely numeric ones are none."""
    folded = (unicodedata.normalize("NFC", tag.strip().lstrip("#＃").casefold()) for tag in tags)
    return unique(tag for tag in folded if any(char.isalpha() for char in tag))


def _starts_tag(text: str, match: re.Match[str]) -> bool:
    before = text[match.start() - 1] if match.start() else " "
    return not (before.isalnum() or before in "_&/#＃")


def _tag_at(text: str, start: int) -> str:
    end = start
    while end < len(text) and (
        text[end].isalnum() or text[end] in "_·\u200c\u200d" or unicodedata.category(text[end])[0] == "M"
    ):
        end += 1
    return text[start:end]


def find_mentions(text: str) -> tuple[str, ...]:
    """Handles mentioned in a text, without ``@``, in order, each once.

    Examples
    --------
    >>> find_mentions("Grazie @chiara.b. e @anna@mastodon.uno, non info@forno.it")
    ('chiara.b', 'anna@mastodon.uno')
    """
    return (
        unique(match.group(1).rstrip(".-") for match in _MENTION.finditer(text)) if "@" in text or "＠" in text else ()
    )


def find_links(text: str) -> tuple[str, ...]:
    """Web addresses in a text, without the punctuation that follows them.

    Examples
    --------
    >>> find_links("Leggi https://forno.example/pane.")
    ('https://forno.example/pane',)
    """
    return unique(match.group().rstrip(_LINK_TAIL) for match in _LINK.finditer(text)) if "://" in text else ()


def unique(items: Iterable[str]) -> tuple[str, ...]:
    """The first :data:`MAX_ITEMS` distinct non-empty items of bearable length, in order."""
    kept: dict[str, None] = {}
    for item in items:
        if item and len(item) <= MAX_ITEM_CHARS:
            kept.setdefault(item)
            if len(kept) == MAX_ITEMS:
                break
    return tuple(kept)
