"""Words that name nothing: spaCy's stop words per language, and the words every platform is full of."""

from __future__ import annotations

import importlib.util
import runpy
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import msgspec

from configs.word_lists import CUES_DIR, read_word_lists

ALWAYS = "en"
"""English function words turn up in posts of every language."""


class StopWords:
    """Stop words by language, read once, on first use.

    The lists are spaCy's. They are read from its files on their own: the package itself takes seconds to
    import, which a deployment without language models never has to pay.

    Parameters
    ----------
    read
        Gives the stop words of a language, lower-case; none for a language it does not know.

    Examples
    --------
    >>> words = StopWords(lambda language: {"en": ("the",), "it": ("della",)}.get(language, ()))
    >>> "della" in words.of("it"), "della" in words.of("en"), "the" in words.of("it")
    (True, False, True)
    """

    def __init__(self, read: Callable[[str], Iterable[str]] | None = None) -> None:
        self._read = read or spacy_stop_words
        self._known: dict[str | None, frozenset[str]] = {}

    def of(self, language: str | None) -> frozenset[str]:
        """Stop words for texts in this language; ``None``, an unknown one, is read as English."""
        if language not in self._known:
            found = {*_word_lists().platform, *self._read(ALWAYS)}
            if language and language != ALWAYS:
                found.update(self._read(language))
            self._known[language] = frozenset(found.difference(_word_lists().meant_after_all))
        return self._known[language]


def links(language: str | None) -> frozenset[str]:
    """Words that may stand inside a phrase of this language, never at its ends.

    Examples
    --------
    >>> "della" in links("it"), "della" in links("en"), "of" in links(None)
    (True, False, True)
    """
    table = _word_lists().links
    return frozenset(table["any"]).union(table.get(language or "any", ()))


def spacy_stop_words(language: str) -> Sequence[str]:
    """The stop words spaCy ships for a language, lower-case and sorted; empty when it ships none.

    Examples
    --------
    >>> "della" in spacy_stop_words("it"), spacy_stop_words("no-such-language")
    (True, ())
    """
    spec = importlib.util.find_spec("spacy")
    if spec is None or spec.origin is None or not language.isalpha():
        return ()
    file = Path(spec.origin).parent / "lang" / language / "stop_words.py"
    if not file.is_file():
        return ()
    return tuple(sorted({str(word).lower() for word in runpy.run_path(str(file))["STOP_WORDS"]}))


class _WordLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    platform: tuple[str, ...]
    meant_after_all: tuple[str, ...]
    links: dict[str, tuple[str, ...]]


@cache
def _word_lists() -> _WordLists:
    return read_word_lists(CUES_DIR / "stop_words.toml", _WordLists)
