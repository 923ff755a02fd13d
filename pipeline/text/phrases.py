"""Which of several phrase lists occur in a post: the hot path looks words up, it tries no patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pipeline.text.words import words

MAX_CHARS = 2_000
"""What is read of a post: a call to buy or a question comes early even in a long text."""

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"['’]")
_JOINED = ("l", "un", "d", "dell", "all", "nell", "sull", "dall", "quell", "c", "quest", "bell", "senz")
"""Italian words that an apostrophe joins to a next one that begins with a vowel; the two then are one token."""
_VOWELS = frozenset("aeiouhàèéìòù")


def phrase_words(text: str) -> list[str]:
    """Lower-case words, single letters too; an apostrophe separates words.

    Examples
    --------
    >>> phrase_words("I'm in un'offerta")
    ['i', 'm', 'in', 'un', 'offerta']
    """
    return _WORD.findall(text[:MAX_CHARS].lower())


class PhraseTable:
    """Phrases of one word or more, each with bits to set, whatever their number.

    A post is looked at twice: nine of ten are done after a look at the tokens that they have
    anyway (about 1 µs); only the others are taken apart into all their words.

    Parameters
    ----------
    groups
        Bits -> phrases, as they are written (case does not matter, accents do).

    Raises
    ------
    ValueError
        A phrase has no word of two letters or more.

    Examples
    --------
    >>> table = PhraseTable({1: ["link in bio", "coupon"], 2: ["un'offerta"]})
    >>> [table.find(text, words(text)) for text in ("Il link in bio", "Un'offerta: coupon!", "link")]
    [1, 3, 0]
    """

    def __init__(self, groups: Mapping[int, Iterable[str]]) -> None:
        self._alone: dict[str, int] = {}
        self._pairs: dict[str, dict[str, list[tuple[list[str], int]]]] = {}
        self._tokens: set[str] = set()
        self._token_pairs: dict[str, set[str]] = {}
        for bits, phrases in groups.items():
            for phrase in phrases:
                self._add(phrase, int(bits))

    def _add(self, phrase: str, bits: int) -> None:
        parts = phrase_words(phrase)
        if len(parts) == 1:
            self._alone[parts[0]] = self._alone.get(parts[0], 0) | bits
        elif parts:
            self._pairs.setdefault(parts[0], {}).setdefault(parts[1], []).append((parts[2:], bits))
        for mark in "'’":
            tokens = words(_APOSTROPHE.sub(mark, phrase))
            if not tokens:
                raise ValueError(f"the phrase {phrase!r} has no word of two letters")
            firsts = [tokens[0]]
            if tokens[0][0] in _VOWELS:
                firsts += [f"{joined}{mark}{tokens[0]}" for joined in _JOINED]
            if len(tokens) == 1:
                self._tokens.update(firsts)
            else:
                for first in firsts:
                    self._token_pairs.setdefault(first, set()).add(tokens[1])

    def find(self, text: str, tokens: Sequence[str]) -> int:
        """All bits of the phrases in a text.

        Parameters
        ----------
        text
            Clean text.
        tokens
            Its tokens (:func:`pipeline.text.words.words`).
        """
        return self.find_words(phrase_words(text)) if self.may_find(tokens) else 0

    def may_find(self, tokens: Sequence[str]) -> bool:
        """Whether a text with these tokens can hold a phrase at all."""
        if not self._tokens.isdisjoint(tokens):
            return True
        pairs, before = self._token_pairs, ""
        for token in tokens:
            if before in pairs and token in pairs[before]:
                return True
            before = token
        return False

    def find_words(self, parts: Sequence[str]) -> int:
        """All bits of the phrases among the words of a text (made by :func:`phrase_words`)."""
        found = 0
        if not self._alone.keys().isdisjoint(parts):
            for part in parts:
                found |= self._alone.get(part, 0)
        pairs = self._pairs
        for at, part in enumerate(parts[:-1], 1):
            if part in pairs and (known := pairs[part].get(parts[at])) is not None:
                for rest, bits in known:
                    if not rest or parts[at + 1 : at + 1 + len(rest)] == rest:
                        found |= bits
        return found
