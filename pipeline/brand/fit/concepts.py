"""The concept bank: everyday subjects that stand in for background topics until there are real ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from configs.errors import ConfigError
from configs.settings import CONFIGS_DIR, convert, read_toml

CONCEPTS_PATH = CONFIGS_DIR / "concepts.toml"
"""The bank that ships: Italian and English, all sentences our own."""

MIN_CONCEPTS = 30
"""Fewer give no usable spread of background similarities."""


Tone = Literal["everyday", "reference"]
"""How a concept is told: as people post, or as dictionaries, guides and newspapers write."""


class Concept(msgspec.Struct, frozen=True):
    """One everyday subject, with short posts about it in both languages."""

    name: str
    category: str
    english: tuple[str, ...]
    italian: tuple[str, ...]
    tone: Tone = "everyday"

    @property
    def texts(self) -> tuple[str, ...]:
        """All posts, English before Italian."""
        return self.english + self.italian


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    category: str
    en: tuple[str, ...]
    it: tuple[str, ...]
    tone: Tone = "everyday"


class _Bank(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    concepts: tuple[_Row, ...]


def load_concepts(path: Path = CONCEPTS_PATH) -> tuple[Concept, ...]:
    """Read a concept bank, in file order.

    Raises
    ------
    ConfigError
        The file is missing or malformed, a name is used twice, a concept lacks a language,
        or there are fewer than :data:`MIN_CONCEPTS`.

    Examples
    --------
    >>> load_concepts()[0].name
    'football league'
    """
    bank = convert(read_toml(path), _Bank, str(path))
    if len(bank.concepts) < MIN_CONCEPTS:
        raise ConfigError(str(path), "concepts", f"has {len(bank.concepts)} entries", f"write {MIN_CONCEPTS} or more")
    seen: set[str] = set()
    for row in bank.concepts:
        if row.name in seen:
            raise ConfigError(str(path), f"concepts.{row.name}", "is defined twice", "keep one of them")
        seen.add(row.name)
        for language, texts in (("en", row.en), ("it", row.it)):
            if not texts or not all(text.strip() for text in texts):
                raise ConfigError(str(path), f"concepts.{row.name}.{language}", "has no sentence", "write one or more")
    return tuple(Concept(row.name, row.category, row.en, row.it, row.tone) for row in bank.concepts)


def as_posted(concepts: Sequence[Concept]) -> tuple[Concept, ...]:
    """The concepts that sound like posts: what a stream is made of before its own posts are known.

    Examples
    --------
    >>> {concept.tone for concept in as_posted(load_concepts())}
    {'everyday'}
    """
    return tuple(concept for concept in concepts if concept.tone == "everyday")
