"""Words with which people say that they made something themselves.

Only what is said in the first person counts: pictures of a source carry no maker, so user-made
content without such words is not seen. The share is a lower bound.
"""

from __future__ import annotations

from functools import cache

import msgspec

from configs.word_lists import CUES_DIR, read_word_lists


class SelfMadeCues(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``self_made.toml``: phrases, and hashtags in lower case."""

    phrases: tuple[str, ...]
    tags: frozenset[str]


@cache
def self_made_cues() -> SelfMadeCues:
    """The lists that ship, read once."""
    return read_word_lists(CUES_DIR / "self_made.toml", SelfMadeCues)
