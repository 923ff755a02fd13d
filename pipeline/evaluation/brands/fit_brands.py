"""The brands that fit is measured with: profiles in Italian, in English and in both, and what belongs to each.

They are fictional and ours. ``fit_brands/ID.LANGUAGE.toml`` are ordinary brand files of one language;
``fit_brands/categories.toml`` says which lab categories belong to whom, decided before any score was seen.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from configs.settings import convert, read_toml
from pipeline.brand.profile.profile import BrandProfile, Facet, load_profile

FOLDER = Path(__file__).parent / "fit_brands"
LANGUAGES = ("it", "en")
BOTH = "both"
SPOKEN = (*LANGUAGES, BOTH)
"""The languages a profile is written in."""


class FitBrand(msgspec.Struct, frozen=True):
    """One brand. ``profiles`` in the order of :data:`SPOKEN`; ``own`` categories fit, ``near`` ones are not counted."""

    id: str
    profiles: tuple[BrandProfile, ...]
    own: tuple[str, ...]
    near: tuple[str, ...]


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    own: tuple[str, ...]
    near: tuple[str, ...]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    brands: tuple[_Row, ...]


def load_fit_brands(folder: Path = FOLDER) -> tuple[FitBrand, ...]:
    """Read the brands, in file order.

    Raises
    ------
    ConfigError
        A file is missing or wrong.

    Examples
    --------
    >>> brands = load_fit_brands()
    >>> brands[0].id, len(brands[0].profiles)
    ('sentiero-largo', 3)
    """
    path = folder / "categories.toml"
    rows = convert(read_toml(path), _Table, str(path)).brands
    brands = []
    for row in rows:
        spoken = [load_profile(folder / f"{row.id}.{language}.toml") for language in LANGUAGES]
        brands.append(FitBrand(row.id, (*spoken, in_both_languages(*spoken)), row.own, row.near))
    return tuple(brands)


def in_both_languages(italian: BrandProfile, english: BrandProfile) -> BrandProfile:
    """One profile whose facets carry the texts and examples of both, matched by name.

    Examples
    --------
    >>> one, other = (load_profile(FOLDER / f"corsa-viva.{language}.toml") for language in LANGUAGES)
    >>> len(in_both_languages(one, other).facets[0].texts())
    2
    """
    english_of = {facet.name: facet for facet in english.facets}
    facets = tuple(
        msgspec.structs.replace(
            facet,
            text={"it": facet.texts()[0], "en": english_of[facet.name].texts()[0]},
            examples=facet.examples + english_of[facet.name].examples,
        )
        for facet in italian.facets
    )
    return msgspec.structs.replace(italian, facets=facets)


def shuffled(profiles: tuple[BrandProfile, ...], seed: int) -> tuple[BrandProfile, ...]:
    """The control: all facets dealt out again at random, each brand keeping its number of facets.

    Examples
    --------
    >>> profiles = tuple(brand.profiles[2] for brand in load_fit_brands())
    >>> dealt = shuffled(profiles, seed=1)
    >>> sum(len(p.facets) for p in dealt) == sum(len(p.facets) for p in profiles)
    True
    """
    every = [facet for profile in profiles for facet in profile.facets]
    order = np.random.default_rng(seed).permutation(len(every)).tolist()
    dealt, start = [], 0
    for profile in profiles:
        stop = start + len(profile.facets)
        facets: tuple[Facet, ...] = tuple(every[i] for i in order[start:stop])
        dealt.append(msgspec.structs.replace(profile, facets=facets))
        start = stop
    return tuple(dealt)
