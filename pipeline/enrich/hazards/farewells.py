"""Farewells that name a person: "RIP Anna Rossi", "è morto Carlo Bianchi", "John Smith has died".

Cue words alone cannot tell "RIP my phone" from the death of a singer: what tells them is a first name and a surname, in
capitals, right beside the farewell. One such post is a hint; the rule of two posts and two authors makes it a wave.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from configs.word_lists import CUES_DIR, any_of, read_word_lists

_CAPITALISED = r"[A-ZÀ-ÖØ-Ý][\w'’]*[a-zà-öø-ÿ]"
_LISTS = CUES_DIR / "farewells.toml"


class _FarewellLists(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hints: tuple[str, ...]
    particles: tuple[str, ...]
    not_names: frozenset[str]
    before: tuple[str, ...]
    after: tuple[str, ...]


class _Farewells(msgspec.Struct, frozen=True):
    hints: tuple[str, ...]
    not_names: frozenset[str]
    said: re.Pattern[str]


@cache
def _farewells() -> _Farewells:
    """The lists that ship, read once; what stands before a name and what stands after it in one pattern."""
    lists = read_word_lists(_LISTS, _FarewellLists)
    before, after = (any_of(getattr(lists, key), _LISTS, key).pattern for key in ("before", "after"))
    particles = "|".join(lists.particles)
    name = rf"{_CAPITALISED}(?:\s+(?:{particles}|[A-Z]\.))*(?:\s+{_CAPITALISED})+"
    said = re.compile(
        rf"(?:(?i:(?<!\w)(?:{before}))[\s,:!.]+(?P<after>{name})|(?P<before>{name}),?\s+(?i:(?:{after})(?!\w)))"
    )
    return _Farewells(lists.hints, lists.not_names, said)


def names_the_dead(text: str) -> bool:
    """Whether a post says farewell to somebody by first name and surname.

    Parameters
    ----------
    text
        A post with its capitals; links and mentions removed.

    Examples
    --------
    >>> [names_the_dead(t) for t in ("RIP Anna Rossi, che voce", "RIP my phone", "È morto il mio telefono")]
    [True, False, False]
    """
    lower, farewells = text.lower(), _farewells()
    # most posts have no hint: a cheap look before the dear one
    if not any(hint in lower for hint in farewells.hints) or text.isupper():
        return False
    for match in farewells.said.finditer(text):
        name = match["after"] or match["before"]
        words = [word for word in name.split() if word[0].isupper()]
        if len(words) >= 2 and not farewells.not_names.intersection(words):
            return True
    return False
