"""The hazard file: names, tiers, cue words and example sentences, read and checked once."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from configs.errors import ConfigError
from configs.settings import convert, read_toml

Tier = Literal["floor", "high", "medium", "low"]

MIN_SEEDS = 5
"""Sentences a language needs: a head fitted on fewer learns the sentences, not the subject."""


class HazardSeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One hazard: what it is called, how grave it is, and sentences that speak of it.

    ``related`` names hazards whose sentences are left out of this one's counter-examples.
    ``cues`` and ``strong`` follow the pattern language of :class:`pipeline.text.phrases.PhraseTable`.
    ``shift`` is added to the head's log-odds: how far its few sentences leave it too shy.
    """

    name: str
    tier: Tier
    en: tuple[str, ...]
    it: tuple[str, ...]
    iab: str | None = None
    shift: float = 0.0
    related: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """All example sentences."""
        return self.en + self.it


class Traps(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures of speech that only sound like hazards; ``phrases`` veto the cues beside them."""

    en: tuple[str, ...]
    it: tuple[str, ...]
    phrases: tuple[str, ...] = ()


class Everyday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ordinary posts without any hazard."""

    en: tuple[str, ...]
    it: tuple[str, ...]


class HazardSeeds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything the hazard heads are fitted from."""

    version: int
    hazards: tuple[HazardSeed, ...]
    traps: Traps
    everyday: Everyday

    @property
    def negatives(self) -> tuple[str, ...]:
        """Sentences that speak of no hazard at all."""
        return self.traps.en + self.traps.it + self.everyday.en + self.everyday.it


def load_seeds(path: Path) -> HazardSeeds:
    """Read and check a hazard file.

    Raises
    ------
    ConfigError
        The file is missing or malformed, a name is used twice or unknown, a language has
        fewer than :data:`MIN_SEEDS` sentences, or one sentence stands for and against a hazard.

    Examples
    --------
    >>> from configs.settings import CONFIGS_DIR
    >>> load_seeds(CONFIGS_DIR / "hazards.toml").hazards[0].name
    'disaster'
    """
    seeds = convert(read_toml(path), HazardSeeds, str(path))
    names = [hazard.name for hazard in seeds.hazards]
    if not names:
        raise ConfigError(str(path), "hazards", "is empty", "add at least one [[hazards]] table")
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(str(path), f"hazards.{name}", "is defined twice", "keep one of them")
    safe = frozenset(seeds.negatives)
    for hazard in seeds.hazards:
        _check(hazard, frozenset(names), safe, str(path))
    for key, group in (("traps", seeds.traps), ("everyday", seeds.everyday)):
        for language, texts in (("en", group.en), ("it", group.it)):
            if len(texts) < MIN_SEEDS:
                raise ConfigError(str(path), f"{key}.{language}", "has too few sentences", f"write {MIN_SEEDS} or more")
    return seeds


def _check(hazard: HazardSeed, names: frozenset[str], safe: frozenset[str], origin: str) -> None:
    key = f"hazards.{hazard.name}"
    unknown = sorted(set(hazard.related) - names)
    if unknown:
        raise ConfigError(
            origin, f"{key}.related", f"names unknown hazards ({', '.join(unknown)})", "correct the names"
        )
    for language, texts in (("en", hazard.en), ("it", hazard.it)):
        if len(texts) < MIN_SEEDS:
            raise ConfigError(origin, f"{key}.{language}", "has too few sentences", f"write {MIN_SEEDS} or more")
    for text in hazard.texts:
        if not text.strip():
            raise ConfigError(origin, key, "has an empty sentence", "remove it")
        if text in safe:
            raise ConfigError(origin, key, f"shares a sentence with the harmless ones ({text!r})", "keep one of them")
