"""Sentences of our own for heat: public quarrels, the calm posts about them, grumbles, and everyday subjects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.settings import CONFIGS_DIR, convert, read_toml
from pipeline.brand.fit.concepts import as_posted, load_concepts
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.enrich.hazards.heads import HazardModel
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.enrich.sentiment import SignalHeads
from pipeline.signals.polarization.heat_scale import HOSTILE_FROM, HOSTILITY, NEGATIVE_FROM
from pipeline.text.words import clean

QUARRELS_PATH = CONFIGS_DIR / "quarrels.toml"
LANGUAGES = ("en", "it")


class Quarrel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One invented quarrel: ``heated`` posts of both camps and ``calm`` ones, by language."""

    name: str
    heated: Mapping[str, tuple[str, ...]]
    calm: Mapping[str, tuple[str, ...]]


class Quarrels(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: quarrels, and grumbles (negative, nobody quarrels) by language."""

    version: int
    quarrels: tuple[Quarrel, ...]
    grumbles: Mapping[str, tuple[str, ...]]


class SentenceSignals(msgspec.Struct, frozen=True):
    """Features of the sentences of one language, ``(n, 3) float64``: is negative, offensiveness, hostility.

    ``heated`` and ``calm`` hold one array a quarrel; ``everyday`` and ``grumbles`` one each.
    """

    heated: tuple[NDArray[np.float64], ...]
    calm: tuple[NDArray[np.float64], ...]
    everyday: NDArray[np.float64]
    grumbles: NDArray[np.float64]


def load_quarrels(path: Path = QUARRELS_PATH) -> Quarrels:
    """Read the quarrels, in file order.

    Raises
    ------
    ConfigError
        The file is missing or malformed.

    Examples
    --------
    >>> load_quarrels().quarrels[0].name
    'pension reform'
    """
    return convert(read_toml(path), Quarrels, str(path))


def sentence_signals(language: str, encoder: Encoder, heads: SignalHeads, hazards: HazardModel) -> SentenceSignals:
    """Signals of every sentence of ours in ``language``, as the pipeline would give them."""
    own = load_quarrels()
    place = LANGUAGES.index(language)
    # a concept's texts are English before Italian, as many of each
    everyday = [
        text
        for concept in as_posted(load_concepts())
        for text in np.array_split(np.array(concept.texts, dtype=object), len(LANGUAGES))[place].tolist()
    ]
    seeds = load_seeds(CONFIGS_DIR / "hazards.toml").everyday
    everyday += seeds.en if language == "en" else seeds.it

    def features(texts: tuple[str, ...] | list[str]) -> NDArray[np.float64]:
        cleaned = [clean(text) for text in texts]
        vectors = encoder.encode(cleaned)
        signals = heads.score(vectors, cleaned)
        strengths = hazards.score(vectors, cleaned, signals.disaster)
        return heat_features(signals.negative, signals.offensive, strengths[:, hazards.names.index(HOSTILITY)])

    return SentenceSignals(
        heated=tuple(features(quarrel.heated[language]) for quarrel in own.quarrels),
        calm=tuple(features(quarrel.calm[language]) for quarrel in own.quarrels),
        everyday=features(everyday),
        grumbles=features(own.grumbles[language]),
    )


def heat_features(
    negative: NDArray[np.floating], offensive: NDArray[np.floating], hostility: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Columns ``(n, 3) float64`` whose mean over posts is what heat looks at.

    Examples
    --------
    >>> heat_features(np.array([0.7]), np.array([0.25]), np.array([0.1])).tolist()
    [[1.0, 0.25, 0.0]]
    """
    loud = np.where(hostility >= HOSTILE_FROM, hostility, 0.0)
    return np.stack([(negative >= NEGATIVE_FROM).astype(np.float64), offensive, loud], axis=1).astype(np.float64)
