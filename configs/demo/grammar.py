"""Sentence patterns with choices and slots.

``{a|b|c}`` is a choice (an empty branch makes the rest optional, choices nest), ``<name>`` is one value of a
word list, ``<3-20>`` a whole number. A value never appears twice in one sentence while others are left.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from typing import TypeVar

from configs.errors import ConfigError

T = TypeVar("T")

_CHOICE = re.compile(r"\{([^{}]*)\}")
_SLOT = re.compile(r"<([a-z_]+|\d+-\d+)>")
_SPACES = re.compile(r"\s+")


def pick(rng: random.Random, items: Sequence[T]) -> T:
    """One item, from ``rng.random()`` alone: the only draw Python keeps equal across versions.

    Examples
    --------
    >>> pick(random.Random(1), ["a", "b", "c"])
    'a'
    """
    return items[int(rng.random() * len(items))]


def shuffled(rng: random.Random, items: Sequence[T]) -> list[T]:
    """The same items in a random order.

    Examples
    --------
    >>> sorted(shuffled(random.Random(1), [3, 1, 2]))
    [1, 2, 3]
    """
    keys = [rng.random() for _ in items]
    return [items[i] for i in sorted(range(len(items)), key=keys.__getitem__)]


class Grammar:
    """Turns patterns into sentences with one set of word lists.

    Examples
    --------
    >>> grammar = Grammar({"drink": ["tea"]}, random.Random(3))
    >>> grammar.expand("{My|My} <drink>, {|}<2-2> cups")
    'My tea, 2 cups'
    """

    def __init__(self, slots: Mapping[str, Sequence[str]], rng: random.Random) -> None:
        self._slots = slots
        self._rng = rng

    def expand(self, pattern: str) -> str:
        """One sentence of the pattern.

        Raises
        ------
        ConfigError
            The pattern names a word list that does not exist.
        """
        used: set[str] = set()
        text = pattern
        while _CHOICE.search(text):
            text = _CHOICE.sub(lambda match: pick(self._rng, match[1].split("|")), text)
        while _SLOT.search(text):
            text = _SLOT.sub(lambda match: self._fill(match[1], used), text)
            text = _resolve_choices(text, self._rng)
        return _SPACES.sub(" ", text).strip()

    def _fill(self, name: str, used: set[str]) -> str:
        if name[0].isdigit():
            low, high = (int(part) for part in name.split("-"))
            return str(low + int(self._rng.random() * (high - low + 1)))
        if name not in self._slots:
            raise ConfigError("demo bank", f"slots.{name}", "is missing", "add the word list or correct the pattern")
        values = self._slots[name]
        fresh = [value for value in values if value not in used] or list(values)
        value = pick(self._rng, fresh)
        used.add(value)
        return value


def _resolve_choices(text: str, rng: random.Random) -> str:
    while _CHOICE.search(text):
        text = _CHOICE.sub(lambda match: pick(rng, match[1].split("|")), text)
    return text
