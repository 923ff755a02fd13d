"""Invented accounts. Every handle sits under ``.example``, a name nobody can own."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from configs.demo.bank import Lang
from configs.demo.grammar import pick, shuffled
from configs.word_lists import read_word_lists

Source = Literal["bluesky", "mastodon", "rss"]

PEOPLE = Path(__file__).with_name("people.toml")


class _Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: tuple[str, ...]
    last: tuple[str, ...]
    newsrooms: tuple[str, ...]
    shops: tuple[str, ...]


class _People(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    it: _Names
    en: _Names


@cache
def _names(lang: Lang) -> _Names:
    lists = read_word_lists(PEOPLE, _People)
    return lists.it if lang == "it" else lists.en


class Account(msgspec.Struct, frozen=True):
    """Who posts, where and in which language."""

    handle: str
    source: Source
    lang: Lang


def make_people(rng: random.Random, lang: Lang, n: int) -> list[Account]:
    """``n`` distinct people who write in ``lang``.

    Examples
    --------
    >>> people = make_people(random.Random(1), "it", 50)
    >>> len({person.handle for person in people}), {person.lang for person in people}
    (50, {'it'})
    """
    heads, tails = _names(lang).first, _names(lang).last
    names = shuffled(rng, [f"{head}{mark}{tail}" for head in heads for tail in tails for mark in ("_", ".")])
    return [_account(rng, name.replace("__", "_"), lang) for name in _distinct(names)[:n]]


def newsrooms(lang: Lang) -> list[Account]:
    """The feeds headlines come from."""
    return [Account(f"{name}.example", "rss", lang) for name in _names(lang).newsrooms]


def shops(lang: Lang) -> list[Account]:
    """Shops and brands that jump on topics."""
    return [Account(f"{name}.example", "bluesky", lang) for name in _names(lang).shops]


def crowd(rng: random.Random, people: Sequence[Account], size: int) -> list[Account]:
    """The people who speak about one topic: ``size`` of them, at least one."""
    return shuffled(rng, people)[: max(1, size)]


def _account(rng: random.Random, name: str, lang: Lang) -> Account:
    if rng.random() < 0.56:
        return Account(f"{name.replace('_', '-')}.sky.example", "bluesky", lang)
    server = pick(rng, ("piazza", "portico", "veranda") if lang == "it" else ("commons", "porch", "lantern"))
    return Account(f"{name}@{server}.example", "mastodon", lang)


def _distinct(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
