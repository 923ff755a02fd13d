"""Which of several phrase lists occur in a text, and where: words are looked up, no pattern is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from pipeline.text.words import phrase_words

KEPT_WORDS = 65_536
"""Words whose openings are remembered where there are stems; about 8 MB at most."""

_Words: TypeAlias = tuple[str, ...]


@dataclass(slots=True)
class _Opening:
    """What may begin with a word: bits it sets alone; phrases by their second word, as (further words, last stem or
    "", bits); phrases of two words whose second is a stem."""

    alone: int = 0
    by_second: dict[str, list[tuple[_Words, str, int]]] = field(default_factory=dict)
    stems: list[tuple[str, int]] = field(default_factory=list)


class PhraseTable:
    """Phrases of one word or more, each with bits to set; a text is matched against all of them in one pass.

    A phrase matches whole words; ``*`` after its last word stands for any ending. What may begin with a word is looked
    up once a word, and most words begin nothing: a post costs 1 to 2 µs whatever the number of phrases.

    Parameters
    ----------
    groups
        Bits -> phrases, as they are written. One without a word matches nothing.
    words_of
        What cuts phrases, and must have cut the texts: :func:`~pipeline.text.words.phrase_words` (accents matter) or
        :func:`~pipeline.text.words.folded_words` (they do not).

    Examples
    --------
    >>> table = PhraseTable({1: ["link in bio", "coupon*"], 2: ["un'offerta"]})
    >>> [table.find(phrase_words(text)) for text in ("Il link in bio", "Un'offerta: coupons!", "link")]
    [1, 3, 0]
    """

    def __init__(
        self, groups: Mapping[int, Iterable[str]], words_of: Callable[[str], tuple[str, ...]] = phrase_words
    ) -> None:
        self._openings: dict[str, _Opening] = {}
        self._stems: dict[str, int] = {}
        for bits, phrases in groups.items():
            for phrase in phrases:
                self._add(words_of(phrase), phrase.endswith("*"), bits)
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        self._opening_of = _Remembered(self._look_up).__getitem__ if self._stems else self._openings.get

    def _add(self, words: _Words, is_stem: bool, bits: int) -> None:
        if not words:
            return
        first, *rest = words
        if is_stem and not rest:
            self._stems[first] = self._stems.get(first, 0) | bits
            return
        opening = self._openings.setdefault(first, _Opening())
        if not rest:
            opening.alone |= bits
        elif is_stem and len(rest) == 1:
            opening.stems.append((rest[0], bits))
        else:
            further = tuple(rest[1:-1] if is_stem else rest[1:])
            opening.by_second.setdefault(rest[0], []).append((further, rest[-1] if is_stem else "", bits))

    def find(self, words: _Words) -> int:
        """All bits of the phrases among the words of a text."""
        found, end = 0, len(words)
        for at, opening in enumerate(map(self._opening_of, words), 1):
            if opening is not None:
                found |= opening.alone
                if at < end and words[at] in opening.by_second:
                    for further, stem, bits in opening.by_second[words[at]]:
                        if not (further or stem) or _ends(words, at + 1, further, stem):
                            found |= bits
                if opening.stems and at < end:
                    for stem, bits in opening.stems:
                        if words[at].startswith(stem):
                            found |= bits
        return found

    def spans(self, words: _Words) -> Iterator[tuple[int, int, int]]:
        """(start, end, bits) of each phrase in order, none inside another: the longest at a place counts.

        Examples
        --------
        >>> table = PhraseTable({1: ["vote"], 2: ["vote for"]})
        >>> list(table.spans(("vote", "for", "or", "vote")))
        [(0, 2, 2), (3, 4, 1)]
        """
        free = 0
        for at, opening in enumerate(map(self._opening_of, words)):
            if opening is not None and at >= free:
                end, bits = _longest(opening, words, at + 1)
                if bits:
                    yield at, end, bits
                    free = end

    def _look_up(self, word: str) -> _Opening | None:
        """With the stems that a word begins with."""
        exact = self._openings.get(word)
        alone = 0
        for length in self._stem_lengths:
            if length > len(word):
                break
            alone |= self._stems.get(word[:length], 0)
        if not alone:
            return exact
        return _Opening(alone) if exact is None else _Opening(exact.alone | alone, exact.by_second, exact.stems)


class _Remembered(dict[str, _Opening | None]):
    """Openings by word, looked up on first use: a stream repeats its words."""

    def __init__(self, look_up: Callable[[str], _Opening | None]) -> None:
        super().__init__()
        self._look_up = look_up

    def __missing__(self, word: str) -> _Opening | None:
        if len(self) >= KEPT_WORDS:
            self.clear()
        self[word] = opening = self._look_up(word)
        return opening


def a_bit_each(lists: Iterable[Iterable[str]]) -> dict[int, Iterable[str]]:
    """Groups for a :class:`PhraseTable` that says by number which of several lists it found (:func:`numbers`).

    Examples
    --------
    >>> from pipeline.text.words import folded_words
    >>> table = PhraseTable(a_bit_each([["flood*", "search and rescue"], ["strike"], ["quake"]]), folded_words)
    >>> [numbers(table.find(folded_words(text))) for text in ("Flooded by the quake", "striker")]
    [[0, 2], []]
    """
    return {1 << number: phrases for number, phrases in enumerate(lists)}


def numbers(bits: int) -> list[int]:
    """Which bits are set, from the lowest."""
    found = []
    while bits:
        lowest = bits & -bits
        found.append(lowest.bit_length() - 1)
        bits ^= lowest
    return found


def _longest(opening: _Opening, words: _Words, at: int) -> tuple[int, int]:
    """End and bits of the longest phrase that begins before ``at``; bits are 0 where there is none."""
    end, found = at, opening.alone
    if at == len(words):
        return end, found
    for further, stem, bits in opening.by_second.get(words[at], ()):
        length = at + 1 + len(further) + bool(stem)
        if length >= end and _ends(words, at + 1, further, stem):
            end, found = length, (found if length == end else 0) | bits
    for stem, bits in opening.stems:
        if end <= at + 1 and words[at].startswith(stem):
            end, found = at + 1, (found if end == at + 1 else 0) | bits
    return end, found


def _ends(words: _Words, at: int, further: _Words, stem: str) -> bool:
    """Whether a phrase goes on like this."""
    after = at + len(further)
    if words[at:after] != further:
        return False
    return not stem or (after < len(words) and words[after].startswith(stem))
