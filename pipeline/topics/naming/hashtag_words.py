"""The words inside a hashtag: from its capitals, or from the words the same posts use."""

from __future__ import annotations

import re
from collections.abc import Callable

_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]+|[^\W\d_]+|\d+")
_VERSUS = re.compile(r"(?<=[a-z]{2})vs(?=[A-Z][a-z])")
MIN_WORD = 3
"""Shorter words fit everywhere: a hashtag is not cut into them, but for the links of a language."""


def capital_words(tag: str) -> tuple[str, ...]:
    """Words of a hashtag as its capitals and digits show them; one word when they show nothing.

    Examples
    --------
    >>> capital_words("FIFAWorldCup2022"), capital_words("QatarvsEcuador"), capital_words("terremoto")
    (('FIFA', 'World', 'Cup', '2022'), ('Qatar', 'vs', 'Ecuador'), ('terremoto',))
    """
    parts = [part for piece in tag.split("_") for part in _PART.findall(_VERSUS.sub("_vs_", piece).replace("_", " "))]
    letters = [part for part in parts if not part.isdigit()]
    # "QATvECU" and "iPhone" are names, not sentences: every word but a link needs two letters
    if len(parts) < 2 or any(len(part) < 2 for part in letters):
        return (tag,)
    return tuple(parts)


def known_words(tag: str, is_word: Callable[[str], bool], is_link: Callable[[str], bool]) -> tuple[str, ...]:
    """Words of a lower-case hashtag when it can be cut into words of the posts without rest.

    Parameters
    ----------
    is_word
        Whether the posts use this word on its own.
    is_link
        Whether this is a link word of their language; allowed between two words.

    Examples
    --------
    >>> seen, link = {"terremoto", "emilia"}.__contains__, {"in"}.__contains__
    >>> known_words("terremotoinemilia", seen, link), known_words("terremotomodena", seen, link)
    (('terremoto', 'in', 'emilia'), ('terremotomodena',))
    """
    text = tag.lower()
    best: dict[int, tuple[str, ...]] = {0: ()}
    for end in range(1, len(text) + 1):
        for start in range(end):
            head = best.get(start)
            if head is None:
                continue
            word = text[start:end]
            inside = start > 0 and end < len(text)
            allowed = len(word) >= MIN_WORD and is_word(word) and word != text
            allowed = allowed or (inside and is_link(word)) or (bool(head) and word.isdigit())
            if allowed and (end not in best or len(head) + 1 < len(best[end])):
                best[end] = (*head, word)
    return best.get(len(text)) or (tag,)
