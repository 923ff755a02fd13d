"""Mourning of a known person, told by a topic as a whole: few of its posts say outright that somebody has died.

"RIP", "gone too soon" and a white dove prove nothing in a single post: people bury their phones and diets with them.
Beside posts that clearly speak of a death they are the same mourning in other words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

import msgspec
import numpy as np

from configs.word_lists import CUES_DIR, read_word_lists
from pipeline.enrich.hazards.heads import POST_THRESHOLD
from pipeline.signals.hazards.topic_hazards import MIN_SHARE
from pipeline.text.phrases import PhraseTable
from pipeline.text.words import folded_words
from pipeline.types import FloatArray

MOURNED = "celebrity_death"
DEATH = "death"
MIN_CLEAR_POSTS = 2
CLEAR_PART = 1 / 3
"""Of the posts counted as mourning, so many have to speak clearly of a death."""

_RIP = re.compile(
    r"(?<!\w)(?:rip|r\.i\.p\.?)(?!\w)(?!\W+(?:to )?(?:my|our|mi[oae]|miei|al mi|alla mi|(?:il|la|i|le) mi)[a-z]*)",
    re.IGNORECASE,
)
"""Not "RIP my phone", "RIP la mia dieta"."""
_RIP_TAG = re.compile(r"(?<!\w)(?:RIP|rip)(?!My|The|Our)[A-Z][a-zà-ÿ]+")
"""A hashtag that lost its sign: "RIPAnnaRossi"."""
_DOVE = "🕊"


class _Mourning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phrases: tuple[str, ...]


@cache
def _farewells() -> PhraseTable:
    lists = read_word_lists(CUES_DIR / "mourning.toml", _Mourning)
    return PhraseTable({1: lists.phrases}, folded_words)


def says_farewell(text: str) -> bool:
    """Whether a post has a word of mourning in it, meant or not.

    Examples
    --------
    >>> [says_farewell(t) for t in ("RIP, che voce", "ciao Maestro 🕊️", "RIP la mia dieta", "buongiorno")]
    [True, True, False, False]
    """
    said = _RIP.search(text) or _RIP_TAG.search(text)
    return _DOVE in text or said is not None or bool(_farewells().find(folded_words(text)))


def with_mourning(
    names: Sequence[str], strengths: FloatArray, texts: Sequence[str], min_share: float = MIN_SHARE
) -> FloatArray:
    """Strengths of the posts of one topic, with its mourning heard as a whole.

    Where posts that speak clearly of a death, and posts that say farewell, make up ``min_share`` together, all of them
    speak of ``celebrity_death``: provided that this is what the clear ones speak of (and not of deaths without a known
    name), and that they are at least two and a third of the whole.

    Parameters
    ----------
    names
        One entry per column of ``strengths``.
    strengths
        ``(n, h) float32`` in [0, 1], row ``i`` for ``texts[i]``. It is not altered.

    Examples
    --------
    >>> posts = ["è morto", "è morto", "riposa 🕊️", "che sole"]
    >>> quiet = np.array([[0.75, 0.25], [0.75, 0.25], [0.25, 0.25], [0.25, 0.25]], np.float32)
    >>> with_mourning(["celebrity_death", "death"], quiet, posts)[:, 0].tolist()
    [0.75, 0.75, 0.5, 0.25]
    """
    if strengths.shape != (len(texts), len(names)):
        raise ValueError(f"strengths {strengths.shape} do not match {len(texts)} posts and {len(names)} hazards")
    if MOURNED not in names or DEATH not in names or not len(texts):
        return strengths
    mourned, death = names.index(MOURNED), names.index(DEATH)
    of_star, of_death = (strengths[:, column] >= POST_THRESHOLD for column in (mourned, death))
    clear = of_star | of_death
    # the words are looked for only where something is clear: most topics end here
    if clear.sum() < MIN_CLEAR_POSTS or of_star.sum() < of_death.sum():
        return strengths
    mourning = clear | np.array([says_farewell(text) for text in texts])
    if mourning.sum() < min_share * len(texts) - 1e-9 or clear.sum() < CLEAR_PART * mourning.sum():
        return strengths
    heard = strengths.copy()
    heard[mourning, mourned] = np.maximum(heard[mourning, mourned], np.float32(POST_THRESHOLD))
    return heard
