"""Phrases looked for in every post of a stream: most are done after a look at the tokens that they have anyway."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pipeline.text.phrases import PhraseTable
from pipeline.text.words import APOSTROPHES, phrase_words, words

_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
_VOWELS = frozenset("aeiouhàèéìòù")


class QuickPhrases:
    """A phrase table that looks at a post twice: nine of ten are done after their tokens (about 1 µs); only the others
    are taken apart into all their words.

    Parameters
    ----------
    groups
        Bits -> phrases, as they are written, without stems (case does not matter, accents do).
    joined
        Words that an apostrophe joins to a next one that begins with a vowel; the two then are one token.

    Raises
    ------
    ValueError
        A phrase has no word of two letters or more, or is a stem: no token would give it away.

    Examples
    --------
    >>> phrases = QuickPhrases({1: ["link in bio", "coupon"], 2: ["offerta"]}, ["un"])
    >>> [phrases.find(text, words(text)) for text in ("Il link in bio", "Un'offerta: coupon!", "link")]
    [1, 3, 0]
    """

    def __init__(self, groups: Mapping[int, Sequence[str]], joined: Iterable[str]) -> None:
        self._table = PhraseTable(groups)
        self._tokens: set[str] = set()
        self._token_pairs: dict[str, set[str]] = {}
        joins = tuple(joined)
        for phrases in groups.values():
            for phrase in phrases:
                self._expect(phrase, joins)

    def _expect(self, phrase: str, joined: Sequence[str]) -> None:
        if phrase.endswith("*"):
            raise ValueError(f"the phrase {phrase!r} is a stem")
        for mark in APOSTROPHES:
            tokens = words(_APOSTROPHE.sub(mark, phrase))
            if not tokens:
                raise ValueError(f"the phrase {phrase!r} has no word of two letters")
            firsts = [tokens[0]]
            if tokens[0][0] in _VOWELS:
                firsts += [f"{before}{mark}{tokens[0]}" for before in joined]
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
        return self._table.find(phrase_words(text)) if self._may_find(tokens) else 0

    def _may_find(self, tokens: Sequence[str]) -> bool:
        """Whether a text with these tokens can hold a phrase at all."""
        if not self._tokens.isdisjoint(tokens):
            return True
        pairs, before = self._token_pairs, ""
        for token in tokens:
            if before in pairs and token in pairs[before]:
                return True
            before = token
        return False
