"""Cut a text without tearing a letter, a flag or a family emoji apart.

Extended grapheme clusters after UAX #29, from the standard library's tables and on the
coarse side: where the annex splits and we are unsure, we keep together. A cut may thus
come a character early, never inside a cluster.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

_ZWJ = "\u200d"
_EXTENDING = frozenset("\u200c\u200d\uff9e\uff9f\u0e33\u0eb3")
_PREPENDED_LETTERS = frozenset("\u0d4e\U000111c2\U000111c3\U0001193f\U00011941\U00011a3a\U00011d46") | frozenset(
    map(chr, range(0x11A84, 0x11A8A))
)
_VIRAMA = 9


def clusters(text: str) -> Iterator[str]:
    """Yield the pieces of ``text`` that a reader takes for one character each.

    Examples
    --------
    >>> [len(cluster) for cluster in clusters("e\\u0301👩‍🍳🇮🇹!")]
    [2, 3, 2, 1]
    """
    start, flags, linked = 0, 0, False
    for i, char in enumerate(text):
        if i > start and not _joins(text[i - 1], char, flags, linked):
            yield text[start:i]
            start, flags, linked = i, 0, False
        flags = flags + 1 if _is_flag_letter(char) else 0
        linked = _links(char) or (linked and _extends(char))
    if text:
        yield text[start:]


def cut(text: str, limit: int, weigh: Callable[[str], int] = len, mark: str = "…") -> str:
    """The longest start of ``text`` that weighs at most ``limit``; ``mark`` shows that something is missing.

    Parameters
    ----------
    weigh
        Length of a piece in the units of ``limit``; must add up over pieces.
        A first cluster heavier than the limit (nobody's letter, an attack) is cut inside.

    Examples
    --------
    >>> cut("colazione", 5)
    'cola…'
    >>> cut("ciao", 5)
    'ciao'
    """
    if weigh(text) <= limit:
        return text
    room = limit - weigh(mark)
    return (_fill(clusters(text), room, weigh) or _fill(text, room, weigh)).rstrip() + mark


def _fill(pieces: Iterator[str] | str, room: int, weigh: Callable[[str], int]) -> str:
    kept: list[str] = []
    for piece in pieces:
        room -= weigh(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept)


def _joins(before: str, char: str, flags: int, linked: bool) -> bool:
    """Whether ``char`` belongs to the cluster that ends with ``before``."""
    if before == "\r" and char == "\n":
        return True
    if _is_control(before) or _is_control(char):
        return False
    if _extends(char) or linked or _prepends(before):
        return True
    if _is_flag_letter(char):
        return flags % 2 == 1
    return _joins_hangul(before, char)


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Zl", "Zp")


def _extends(char: str) -> bool:
    if char in _EXTENDING or unicodedata.category(char) in ("Mn", "Me", "Mc"):
        return True
    return "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"


def _links(char: str) -> bool:
    """A joiner or an Indic virama ties the next letter to this one."""
    return char == _ZWJ or unicodedata.combining(char) == _VIRAMA


def _prepends(char: str) -> bool:
    return char in _PREPENDED_LETTERS or unicodedata.category(char) == "Cf"


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _joins_hangul(before: str, char: str) -> bool:
    if _is_lead(before):
        return _is_lead(char) or _is_tail(char) or "\uac00" <= char <= "\ud7a3"
    return _is_tail(char) and (_is_tail(before) or "\uac00" <= before <= "\ud7a3")


def _is_lead(char: str) -> bool:
    return "\u1100" <= char <= "\u115f" or "\ua960" <= char <= "\ua97c"


def _is_tail(char: str) -> bool:
    return "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb"
