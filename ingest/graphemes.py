"""Cut a text without tearing a letter, a flag or a family emoji apart.

What a reader takes for one character is an extended grapheme cluster; where one ends, the tables of ``regex`` know.
Source: Unicode Standard Annex #29, "Unicode Text Segmentation".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator


def clusters(text: str) -> Iterator[str]:
    """Yield the pieces of ``text`` that a reader takes for one character each.

    Examples
    --------
    >>> [len(cluster) for cluster in clusters("e\\u0301👩‍🍳🇮🇹!")]
    [2, 3, 2, 1]
    """
    import regex  # 9 ms, and hardly any text is too long

    return (found.group() for found in regex.finditer(r"\X", text))


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


def start_of(text: str, max_chars: int) -> str:
    """The longest start of ``text`` within ``max_chars`` characters that ends between two graphemes, as it is.

    A single grapheme longer than the limit is cut inside: a bound has to hold.

    Examples
    --------
    >>> start_of("ab\U0001f469\u200d\U0001f373", 4)
    'ab'
    """
    return text if len(text) <= max_chars else _fill(clusters(text), max_chars, len) or text[:max_chars]


def _fill(pieces: Iterator[str] | str, room: int, weigh: Callable[[str], int]) -> str:
    kept: list[str] = []
    for piece in pieces:
        room -= weigh(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept)
