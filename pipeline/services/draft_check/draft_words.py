"""What is read from the words of a draft: jokes, slang, causes, shouting, and what would identify a person.

Lists are in ``configs/draft_cues.toml``; shapes (telephone numbers, addresses) are here. Pure functions of the text.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Literal

import msgspec

from configs.settings import CONFIGS_DIR
from configs.word_lists import any_of, read_word_lists
from pipeline.text.phrases import PhraseTable, a_bit_each, numbers
from pipeline.text.words import LETTERS, folded_words

DRAFT_CUES = CONFIGS_DIR / "draft_cues.toml"

SHOUTED_SHARE = 0.6
MIN_SHOUTED_WORDS = 5
"""Fewer words in capitals may be a name or an abbreviation."""

PersonalKind = Literal["email", "phone", "address", "account", "handle"]

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"(?<![\w€$£.,])(?:\+|00)?\d(?:[\s./-]?\d){7,13}(?![\w%€])")
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?![\d./-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){4,7}(?:\s?[A-Z0-9]{1,3})?\b")
_STREET = (
    r"\b(?:{streets_it}\s+(?:\w+['’]?\s?){1,4}?,?\s*(?:n\.\s*)?\d{1,4}\b"
    r"|\d{1,5}\s+(?:[A-Z][\w']+\s){1,3}{streets_en}\b)"
)
"""With the lists of the same names."""
_HANDLE = re.compile(r"(?<![\w.])@([\w](?:[\w.-]*[\w])?)")
_CRIES = re.compile(r"[!?]{3,}")


class PersonalData(msgspec.Struct, frozen=True):
    """Something in a draft that identifies or reaches a person."""

    kind: PersonalKind
    text: str


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    words: tuple[str, ...]
    signs: tuple[str, ...] = ()


class _Slang(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stale: tuple[str, ...]
    borrowed: tuple[str, ...]


class _Homes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lives: tuple[str, ...]
    streets_it: tuple[str, ...]
    streets_en: tuple[str, ...]


class _Cues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    jokes: _Words
    slang: _Slang
    causes: _Words
    homes: _Homes


class DraftWords:
    """Finds the listed words of a draft. Build it with :func:`load_draft_words`; it never changes."""

    def __init__(self, cues: _Cues, path: Path) -> None:
        self._stale, self._borrowed, self._causes = cues.slang.stale, cues.slang.borrowed, cues.causes.words
        self._jokes, self._signs = PhraseTable({1: cues.jokes.words}, folded_words), cues.jokes.signs
        self._slang = PhraseTable(a_bit_each([phrase] for phrase in (*self._stale, *self._borrowed)), folded_words)
        self._cause = PhraseTable(a_bit_each([phrase] for phrase in self._causes), folded_words)

        streets = {"streets_it": cues.homes.streets_it, "streets_en": cues.homes.streets_en}
        self._street = any_of([_STREET], path, "homes", parts=streets)
        self._lives = any_of(cues.homes.lives, path, "homes.lives", around=(r"\b", r"\b"))

    def jokes(self, text: str) -> bool:
        """Whether a text says that it is joking, in words or in signs.

        Examples
        --------
        >>> words = load_draft_words()
        >>> words.jokes("Che buio 😂"), words.jokes("Che buio")
        (True, False)
        """
        return any(sign in text for sign in self._signs) or bool(self._jokes.find(folded_words(text)))

    def slang(self, text: str, own_voice: str = "") -> tuple[str, ...]:
        """Stale slang, and borrowed slang where two different words are; what the brand says itself is left out.

        Parameters
        ----------
        own_voice
            Everything the profile says in the brand's own words.

        Examples
        --------
        >>> words = load_draft_words()
        >>> words.slang("On fleek, fam"), words.slang("what a mood"), words.slang("yolo", "our motto: YOLO")
        (('on fleek', 'fam'), (), ())
        """
        found = numbers(self._slang.find(folded_words(text)) & ~self._slang.find(folded_words(own_voice)))
        phrases = [*self._stale, *self._borrowed]
        stale = [phrases[i] for i in found if i < len(self._stale)]
        borrowed = [phrases[i] for i in found if i >= len(self._stale)]
        return tuple(stale + borrowed) if stale or len(borrowed) > 1 else ()

    def causes(self, text: str) -> tuple[str, ...]:
        """Serious causes that are named."""
        return tuple(self._causes[i].rstrip("*") for i in numbers(self._cause.find(folded_words(text))))

    def personal_data(self, text: str, own_handles: Collection[str] = ()) -> tuple[PersonalData, ...]:
        """What identifies or reaches a person: addresses, numbers, and handles that are not in ``own_handles``.

        A street with a number is the brand's own shop more often than a home: it counts beside words that say who lives
        there.

        Examples
        --------
        >>> words = load_draft_words()
        >>> [found.kind for found in words.personal_data("Ask @anna or 347 5512908", {"anna"})]
        ['phone']
        >>> words.personal_data("We open in via Roma 12 on 12/05/2025, 20% off above 1 000 000 likes")
        ()
        """
        found = [PersonalData("email", match[0]) for match in _EMAIL.finditer(text)]
        rest = _EMAIL.sub(" ", text)
        found += [PersonalData("account", match[0]) for match in _IBAN.finditer(rest)]
        rest = _DATE.sub(" ", _IBAN.sub(" ", rest))
        found += [PersonalData("phone", match[0].strip()) for match in _PHONE.finditer(rest) if _is_phone(match[0])]
        if self._lives.search(rest):
            found += [PersonalData("address", match[0].strip()) for match in self._street.finditer(rest)]
        known = {handle.lstrip("@").casefold() for handle in own_handles}
        handles = dict.fromkeys(match[1] for match in _HANDLE.finditer(rest))
        found += [PersonalData("handle", f"@{handle}") for handle in handles if handle.casefold() not in known]
        return tuple(found)


def load_draft_words(path: Path = DRAFT_CUES) -> DraftWords:
    """Read the lists.

    Raises
    ------
    ConfigError
        The file is missing or malformed.
    """
    return DraftWords(read_word_lists(path, _Cues), path)


def shouts(text: str) -> bool:
    """Whether most words are in capitals, or signs pile up.

    Examples
    --------
    >>> shouts("BUY NOW OR CRY FOREVER"), shouts("SPF 50 is enough"), shouts("What???")
    (True, False, True)
    """
    if _CRIES.search(text):
        return True
    words = [word for word in LETTERS.findall(text) if len(word) > 1]
    loud = [word for word in words if word.isupper()]
    return len(loud) >= MIN_SHOUTED_WORDS and len(loud) >= SHOUTED_SHARE * len(words)


def _is_phone(text: str) -> bool:
    """A round number of likes has zeros in threes; a telephone has not."""
    return not re.fullmatch(r"\d{1,3}(?:[\s.]000)+", text.strip())
