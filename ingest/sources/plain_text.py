"""Text as it may enter: NFC, storable, bounded; and the tags, mentions and links in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

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
_JOINERS = "\u200c\u200d"
_MODIFIER_LOW, _MODIFIER_HIGH = "\U0001f3fb", "\U0001f3ff"
_FLAG_LOW, _FLAG_HIGH = "\U0001f1e6", "\U0001f1ff"
_TAG_LOW, _TAG_HIGH = "\U000e0020", "\U000e007f"


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
    return cut_graphemes(unicodedata.normalize("NFC", kept), max_chars)


def _without_endless_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.combining(char) else 0
        if marks <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def cut_graphemes(text: str, max_chars: int) -> str:
    """The longest start of ``text`` within ``max_chars`` that ends between two graphemes.

    A single grapheme longer than the limit is cut inside: a bound has to hold.

    Examples
    --------
    >>> cut_graphemes("ab\U0001f469\u200d\U0001f373", 4)
    'ab'
    """
    if len(text) <= max_chars:
        return text
    end = max_chars
    while end > 0 and _joined(text, end):
        end -= 1
    return text[: end or max_chars]


def _joined(text: str, index: int) -> bool:
    """Whether the characters around ``index`` belong to one grapheme."""
    before, after = text[index - 1], text[index]
    if before == "\u200d" or _extends(after):
        return True
    if _FLAG_LOW <= after <= _FLAG_HIGH:
        start = index
        while start > 0 and _FLAG_LOW <= text[start - 1] <= _FLAG_HIGH:
            start -= 1
        return (index - start) % 2 == 1
    return (before == "\r" and after == "\n") or _hangul_joined(before, after)


def _extends(char: str) -> bool:
    return (
        char in _JOINERS
        or _MODIFIER_LOW <= char <= _MODIFIER_HIGH
        or _TAG_LOW <= char <= _TAG_HIGH
        or unicodedata.category(char)[0] == "M"
    )


def _hangul_joined(before: str, after: str) -> bool:
    # vowel and trailing jamo continue a syllable; leading ones only a leading one
    if "\u1160" <= after <= "\u11ff":
        return "\u1100" <= before <= "\u11ff" or "\uac00" <= before <= "\ud7a3"
    return "\u1100" <= after <= "\u115f" and "\u1100" <= before <= "\u115f"


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
