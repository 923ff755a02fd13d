"""What thumbs do to text: other words for the same thing, lower case, slips, shouting, doubled marks.

Tags, handles and links stay whole.
"""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

import msgspec

from configs.demo.bank import Lang
from configs.demo.grammar import pick, shuffled
from configs.word_lists import read_word_lists

LOWER_RATE = 0.17
SLIP_RATE = 0.06
SHOUT_RATE = 0.04
MARKS_RATE = 0.08
REWORD_RATE = 0.55

REWORDS = Path(__file__).with_name("rewords.toml")


class _Rewords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    it: tuple[tuple[str, ...], ...]
    en: tuple[tuple[str, ...], ...]


@cache
def _rewords(lang: Lang) -> tuple[tuple[str, ...], ...]:
    lists = read_word_lists(REWORDS, _Rewords)
    return lists.it if lang == "it" else lists.en


def reword(rng: random.Random, text: str, lang: Lang) -> str:
    """The same thing in slightly different words, or as it was.

    Examples
    --------
    >>> reword(random.Random(0), "niente da cambiare", "en")
    'niente da cambiare'
    """
    if rng.random() >= REWORD_RATE:
        return text
    found = [row for row in _rewords(lang) if re.search(rf"(?<![\w#@']){re.escape(row[0])}(?![\w'])", text)]
    for row in shuffled(rng, found)[:2]:
        text = re.sub(rf"(?<![\w#@']){re.escape(row[0])}(?![\w'])", pick(rng, row[1:]), text, count=1)
    return text


def roughen(rng: random.Random, text: str) -> str:
    """The text as somebody might really have typed it.

    Examples
    --------
    >>> roughen(random.Random(0), "Buongiorno a tutti #Tag").split()[-1]
    '#Tag'
    """
    words = text.split(" ")
    draw = rng.random()
    if draw < LOWER_RATE:
        words = [word if _fixed(word) else word.lower() for word in words]
    elif draw < LOWER_RATE + SLIP_RATE:
        words = _change_one(rng, words, _slip)
    elif draw < LOWER_RATE + SLIP_RATE + SHOUT_RATE:
        words = _change_one(rng, words, lambda _, word: word.upper())
    text = " ".join(words)
    if rng.random() < MARKS_RATE:
        mark = pick(rng, ("!", "?", "."))
        text = text.replace(f"{mark} ", f"{mark * pick(rng, (2, 3))} ", 1)
    return text


def _fixed(word: str) -> bool:
    return word.startswith(("#", "@", "http"))


def _change_one(rng: random.Random, words: list[str], change: object) -> list[str]:
    # long lower-case words only: a slip in a name would hide the thing people talk about
    spots = [i for i, word in enumerate(words) if len(word) > 4 and word.isalpha() and word.islower()]
    if not spots or not callable(change):
        return words
    spot = pick(rng, spots)
    return [*words[:spot], str(change(rng, words[spot])), *words[spot + 1 :]]


def _slip(rng: random.Random, word: str) -> str:
    at = 1 + int(rng.random() * (len(word) - 2))
    kind = pick(rng, ("swap", "drop", "double"))
    if kind == "swap":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    return word[:at] + word[at] + word[at:]
