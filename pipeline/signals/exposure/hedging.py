"""Words with which a post says itself that what it tells is not confirmed. They say nothing about its truth."""

from __future__ import annotations

from functools import cache

import msgspec

from configs.word_lists import CUES_DIR, read_word_lists


class _Hedges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    phrases: tuple[str, ...]


@cache
def hedges() -> tuple[str, ...]:
    """Phrases for :class:`pipeline.text.quick_phrases.QuickPhrases`, read once."""
    return read_word_lists(CUES_DIR / "hedges.toml", _Hedges).phrases
