"""Whether a post asks something, in Italian and English.

A question mark is neither needed ("anyone know a good plumber") nor enough: tags ("…, right?"),
outrage ("seriously??") and known rhetorical turns are left out. Rhetorical questions in plain words
are not told from real ones; nor could they be without knowing the author.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from configs.word_lists import CUES_DIR, read_word_lists
from pipeline.text.words import LETTERS

ASKS_ANYWAY, RHETORICAL = 1 << 16, 1 << 17
"""Bits of phrases that ask without a question mark, and of those that only look like asking."""

_STOP = re.compile(r"[.!?…\n]")
_TOO_SHORT = 1
_MAX_QUESTIONS = 8
_MAX_QUESTION_CHARS = 200


class AskingCues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``asking.toml``: phrases, and ``alone`` the words that ask by themselves, ``tags`` those that ask nothing."""

    asks_anyway: tuple[str, ...]
    rhetorical: tuple[str, ...]
    alone: frozenset[str]
    tags: frozenset[str]

    @property
    def phrases(self) -> dict[int, tuple[str, ...]]:
        """Bits -> phrases, for :class:`pipeline.text.quick_phrases.QuickPhrases`."""
        return {ASKS_ANYWAY: self.asks_anyway, RHETORICAL: self.rhetorical}


@cache
def asking_cues() -> AskingCues:
    """The lists that ship, read once."""
    return read_word_lists(CUES_DIR / "asking.toml", AskingCues)


def asks(text: str, phrases: int) -> bool:
    """Whether a post asks something.

    Parameters
    ----------
    text
        Clean text: no links in it, whose question marks ask nothing.
    phrases
        Bits of the asking and rhetorical phrases found in it.

    Examples
    --------
    >>> asks("Dove si compra il pane buono?", 0), asks("Bello, vero?", 0), asks("Che scandalo?!", 0)
    (True, False, False)
    """
    if phrases & ASKS_ANYWAY:
        return True
    if phrases & RHETORICAL or "?" not in text:
        return False
    pieces = text.split("?", _MAX_QUESTIONS)
    last = len(pieces) - 1
    for i, before in enumerate(pieces[:-1]):
        after = pieces[i + 1]
        # "??" and "?!" shout: nothing, but another mark, follows the first
        shouts = after.startswith("!") or (not after and i + 1 < last)
        if before and not shouts and _wants_answer(_STOP.split(before[-_MAX_QUESTION_CHARS:])[-1]):
            return True
    return False


def _wants_answer(question: str) -> bool:
    if "," not in question and question.count(" ") > _TOO_SHORT + 1:
        return True  # most: long enough to be a question of its own
    spoken = LETTERS.findall(question.rsplit(",", 1)[-1].lower())
    if len(spoken) <= _TOO_SHORT + 1 and (not spoken or spoken[-1] in asking_cues().tags):
        return False
    return len(LETTERS.findall(question)) > _TOO_SHORT or (bool(spoken) and spoken[0] in asking_cues().alone)
