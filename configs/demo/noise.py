"""What thumbs do to text: other words for the same thing, lower case, slips, shouting, doubled marks.

Tags, handles and links stay whole.
"""

from __future__ import annotations

import random
import re

from configs.demo.bank import Lang
from configs.demo.grammar import pick, shuffled

LOWER_RATE = 0.17
SLIP_RATE = 0.06
SHOUT_RATE = 0.04
MARKS_RATE = 0.08
REWORD_RATE = 0.55

# the first word may become any of the others: slang, abbreviations, plain synonyms
_REWORDS: dict[Lang, tuple[tuple[str, ...], ...]] = {
    "it": (
        ("stamattina", "questa mattina", "stamane"),
        ("stasera", "questa sera"),
        ("perché", "xké", "perchè"),
        ("non", "nn"),
        ("comunque", "cmq"),
        ("adesso", "ora"),
        ("bellissima", "stupenda", "meravigliosa"),
        ("bellissimo", "stupendo", "meraviglioso"),
        ("davvero", "sul serio"),
        ("un'ora", "un'oretta", "un'ora buona"),
    ),
    "en": (
        ("because", "bc", "'cause"),
        ("people", "folks", "ppl"),
        ("you", "u", "you", "you"),
        ("everyone", "everybody"),
        ("everybody", "everyone"),
        ("this morning", "earlier today"),
        ("tonight", "this evening", "2nite"),
        ("very", "really"),
        ("gorgeous", "stunning", "beautiful"),
        ("and", "&", "and", "and"),
        ("nobody", "no one"),
        ("hasn't", "has not"),
        ("isn't", "is not", "ain't"),
        ("don't", "do not", "dont"),
        ("I'm", "I am", "im"),
        ("with", "w/", "with", "with"),
        ("half an hour", "thirty minutes"),
        ("please", "pls"),
    ),
}


def reword(rng: random.Random, text: str, lang: Lang) -> str:
    """The same thing in slightly different words, or as it was.

    Examples
    --------
    >>> reword(random.Random(0), "niente da cambiare", "en")
    'niente da cambiare'
    """
    if rng.random() >= REWORD_RATE:
        return text
    found = [row for row in _REWORDS[lang] if re.search(rf"(?<![\w#@']){re.escape(row[0])}(?![\w'])", text)]
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
