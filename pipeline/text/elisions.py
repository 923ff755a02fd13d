"""Short words that an apostrophe joins to the next one: what cuts words needs to know them."""

from __future__ import annotations

from functools import cache

import msgspec

from configs.word_lists import CUES_DIR, read_word_lists

ELISION_LISTS = CUES_DIR / "elisions.toml"


class Elisions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``elisions.toml``; ``apart`` are regular expressions."""

    joined: tuple[str, ...]
    apart: tuple[str, ...]
    silent: tuple[str, ...]
    contracted: frozenset[str]


@cache
def elisions() -> Elisions:
    """The lists that ship, read once."""
    return read_word_lists(ELISION_LISTS, Elisions)
