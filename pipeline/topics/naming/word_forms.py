"""When two words or phrases are the same thing said twice: goal/goals, terremoto/terremoti, worldcup/world cup."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import msgspec

TABLES = {"en": "en_lemma_lookup", "it": "it_lemma_lookup_noun"}
"""Lemma tables of ``spacy-lookups-data`` that are small enough to keep (40,000 words, 0.1 s)."""

VOWEL_ENDINGS = frozenset({"it", "es", "pt"})
"""Number and gender change the last vowel."""

MIN_INSIDE, MIN_WORD_INSIDE = 4, 6
"""Letters from which a phrase, and a word, written inside another one is no accident."""


def word_form(word: str, language: str | None) -> str:
    """One form for the inflections of a word: its lemma where a table has it, else without its ending.

    Examples
    --------
    >>> word_form("goals", "en") == word_form("goal", "en"), word_form("scosse", "it") == word_form("scossa", "it")
    (True, True)
    """
    lemma = _lemmas(language).get(word, word) if language in TABLES else word
    if len(lemma) > 4 and lemma.endswith("s") and not lemma.endswith("ss") and language != "it":
        lemma = lemma[:-1]
    if len(lemma) > 4 and language in VOWEL_ENDINGS and lemma[-1] in "aeio":
        lemma = lemma[:-1]
    return lemma


def phrase_form(words: Sequence[str], language: str | None) -> str:
    """One form for the spellings of a phrase, written together or apart; numbers do not tell phrases apart."""
    return "".join(word_form(word.replace("-", ""), language) for word in words if not word.isdigit())


def says_again(words: Sequence[str], others: Sequence[str], language: str | None) -> bool:
    """Whether two phrases share a word or one is written inside the other.

    Examples
    --------
    >>> says_again(("worldcup",), ("fifa", "world", "cup"), "en"), says_again(("goals",), ("valencia", "goal"), "en")
    (True, True)
    >>> says_again(("bridge",), ("flood",), "en")
    False
    """
    mine, theirs = ({word_form(word, language) for word in phrase} for phrase in (words, others))
    if mine & theirs:
        return True
    one, other = phrase_form(words, language), phrase_form(others, language)
    if any(len(word) >= MIN_WORD_INSIDE and word in other for word in mine):
        return True
    if any(len(word) >= MIN_WORD_INSIDE and word in one for word in theirs):
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= MIN_INSIDE and short in long


@lru_cache(maxsize=len(TABLES))
def _lemmas(language: str) -> dict[str, str]:
    # read as a file: the package around it would import spaCy, which takes seconds
    spec = importlib.util.find_spec("spacy_lookups_data")
    if spec is None or spec.origin is None:
        return {}
    file = Path(spec.origin).parent / "data" / f"{TABLES[language]}.json.gz"
    if not file.is_file():
        return {}
    with gzip.open(file, "rb") as handle:
        return msgspec.json.decode(handle.read(), type=dict[str, str])
