"""Whole-word cue phrases, found in one pass over the words of a post."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_]+")

KEPT_WORDS = 65_536
"""Words whose beginnings are remembered; about 8 MB at most."""

_Beginnings = tuple[frozenset[int], tuple[tuple[tuple[str, ...], int], ...]]
"""Groups that a word alone decides, and (rest of the phrase, group) of those it opens."""


def fold(text: str) -> tuple[str, ...]:
    """Words in lower case without accents; an apostrophe separates words.

    Examples
    --------
    >>> fold("È esondato l'Arno!")
    ('e', 'esondato', 'l', 'arno')
    """
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return tuple(_WORD.findall(text.lower()))


class CueTable:
    """Which of several phrase lists occur in a text.

    A phrase is one or more words; ``*`` after the last word stands for any ending.
    What may begin with a word is looked up once a word and remembered: a stream repeats its words,
    and most of them begin nothing. So a post costs about 2 µs whatever the number of phrases.

    Parameters
    ----------
    groups
        One list of phrases per group; a text is matched against all of them at once.

    Examples
    --------
    >>> table = CueTable([["flood*", "search and rescue"], ["strike"]])
    >>> table.find(fold("Floods: search and rescue goes on")), table.find(fold("striker"))
    (frozenset({0}), frozenset())
    """

    def __init__(self, groups: Iterable[Sequence[str]]) -> None:
        self._exact: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        self._stems: dict[str, list[int]] = {}
        for group, phrases in enumerate(groups):
            for phrase in phrases:
                self._add(phrase, group)
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        self._begins: dict[str, _Beginnings | None] = {}

    def _add(self, phrase: str, group: int) -> None:
        words = fold(phrase)
        if not words:
            return
        is_stem = phrase.endswith("*")
        if len(words) == 1 and is_stem:
            self._stems.setdefault(words[0], []).append(group)
            return
        rest = (*words[1:-1], words[-1] + "*") if is_stem else words[1:]
        self._exact.setdefault(words[0], []).append((rest, group))

    def find(self, words: Sequence[str]) -> frozenset[int]:
        """Numbers of the groups with at least one phrase among ``words`` (made by :func:`fold`)."""
        begins = self._begins
        found: set[int] = set()
        for at, word in enumerate(words):
            beginnings = begins[word] if word in begins else self._look_up(word)
            if beginnings is not None:
                groups, longer = beginnings
                found.update(groups)
                for rest, group in longer:
                    if group not in found and _follows(words, at + 1, rest):
                        found.add(group)
        return frozenset(found)

    def _look_up(self, word: str) -> _Beginnings | None:
        groups = [group for rest, group in self._exact.get(word, ()) if not rest]
        for length in self._stem_lengths:
            if length > len(word):
                break
            groups += self._stems.get(word[:length], ())
        longer = tuple((rest, group) for rest, group in self._exact.get(word, ()) if rest)
        if len(self._begins) >= KEPT_WORDS:
            self._begins.clear()
        beginnings = (frozenset(groups), longer) if groups or longer else None
        self._begins[word] = beginnings
        return beginnings


def _follows(words: Sequence[str], at: int, rest: tuple[str, ...]) -> bool:
    if at + len(rest) > len(words):
        return False
    return all(
        words[at + i].startswith(want[:-1]) if want.endswith("*") else words[at + i] == want
        for i, want in enumerate(rest)
    )
