"""Name collisions and bait: topics that share a brand's name or its hashtags, not its subject."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from configs.settings import CONFIGS_DIR, convert, read_toml
from ingest.sources.plain_text import find_hashtags
from pipeline.brand.fit.closing_tags import carried_without_tags
from pipeline.brand.profile.profile import load_profiles
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.evaluation.brands.fit_trial import MakeFitter
from pipeline.text.words import clean
from pipeline.training.figures import Figure

CASES = Path(__file__).with_name("fit_cases.toml")

Kind = Literal["own", "collision", "bait"]


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One small topic and the shipped brand it is meant to please or to tempt."""

    brand: str
    kind: Kind
    language: Literal["it", "en"]
    posts: tuple[str, ...]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    cases: tuple[Case, ...]


def load_cases(path: Path = CASES) -> tuple[Case, ...]:
    """Read the cases, in file order.

    Raises
    ------
    ConfigError
        The file is missing or wrong.

    Examples
    --------
    >>> sorted({case.kind for case in load_cases()})
    ['bait', 'collision', 'own']
    """
    return convert(read_toml(path), _Table, str(path)).cases


def case_figures(make: MakeFitter, encoder: Encoder, ride_percentile: float) -> list[Figure]:
    """Which cases a brand would ride with everyday concepts as its only background, and whether its own come first."""
    profiles = load_profiles(("brands/*.toml",), CONFIGS_DIR)
    ids = [profile.id for profile in profiles]
    cases = load_cases()
    fitter = make(profiles)
    centres = np.stack([encoder.encode([clean(post) for post in case.posts]).mean(axis=0) for case in cases])
    standing = fitter.stand(centres)
    said = {row: _bodies(case) for row, case in enumerate(cases)}
    standing = fitter.stand_without(standing, {row: some for row, some in said.items() if some})
    column = [ids.index(case.brand) for case in cases]
    rows = range(len(cases))
    value = [float(standing.value[row, column[row]]) for row in rows]
    passes = [bool(standing.percentile[row, column[row]] >= ride_percentile) for row in rows]
    figures = []
    for kind, bar in (("collision", 0.10), ("bait", 0.10), ("own", None)):
        chosen = [row for row in rows if cases[row].kind == kind]
        share = sum(passes[row] for row in chosen) / len(chosen)
        figures.append(Figure(f"{kind} cases ridden", share, len(chosen), bar, lower_is_better=True))
    pairs = [
        value[own] > value[other]
        for own in rows
        for other in rows
        if cases[own].kind == "own" and cases[other].kind != "own" and cases[own].brand == cases[other].brand
    ]
    note = "pairs of one brand, any language"
    figures.append(Figure("own above collision or bait", sum(pairs) / len(pairs), len(pairs), note=note))
    return figures


def _bodies(case: Case) -> tuple[str, ...]:
    tagged = [(clean(post), find_hashtags(post)) for post in case.posts]
    return carried_without_tags(tagged)
