"""The brand profile: what a brand is about, in its own words. Part of the black-box contract."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from configs.errors import ConfigError
from configs.settings import convert, read_toml

Name = Annotated[str, Meta(min_length=1)]
Percentile = Annotated[float, Meta(ge=50, le=100)]


class Facet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One side of a brand. ``text`` is one text or one per language (``{it = …, en = …}``)."""

    text: str | dict[str, str] = ""
    name: str = ""
    weight: Annotated[float, Meta(gt=0)] = 1.0
    examples: tuple[str, ...] = ()

    def texts(self) -> tuple[str, ...]:
        """The describing texts, one per language, empty ones left out."""
        found = (self.text,) if isinstance(self.text, str) else tuple(self.text[k] for k in sorted(self.text))
        return tuple(text for text in found if text.strip())

    def label(self) -> str:
        """The name, or the beginning of the text where no name is given."""
        return self.name or self.texts()[0][:40]


class Competitor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rival, recognised by its handles and its name."""

    name: Name
    handles: tuple[str, ...] = ()


class Expert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody inside who can speak credibly on some fields."""

    name: Name
    role: str = ""
    fields: tuple[str, ...] = ()


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Fit percentiles against background topics; ``None`` takes the deployment's setting."""

    ride_percentile: Percentile | None = None
    watch_percentile: Percentile | None = None


class BrandProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One brand. Only ``id``, ``name`` and one facet with a text are required."""

    id: Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
    name: Name
    facets: Annotated[tuple[Facet, ...], Meta(min_length=1)]
    essence: str = ""
    tone: tuple[str, ...] = ()
    no_go: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    audience: tuple[str, ...] | str = ()
    competitors: tuple[Competitor, ...] = ()
    experts: tuple[Expert, ...] = ()
    thresholds: Thresholds = Thresholds()


def load_profile(path: Path) -> BrandProfile:
    """Read one brand file; the path of an audience file is taken from where it is.

    Raises
    ------
    ConfigError
        File, key, what is wrong and how to fix it.
    """
    profile = checked(convert(read_toml(path), BrandProfile, str(path)), str(path))
    if not isinstance(profile.audience, str) or not profile.audience:
        return profile
    return msgspec.structs.replace(profile, audience=str((path.parent / profile.audience).resolve()))


def checked(profile: BrandProfile, source: str) -> BrandProfile:
    """The profile itself, when its facets can be told apart and each says something.

    Raises
    ------
    ConfigError
        ``source``, the key, what is wrong and how to fix it.
    """
    for i, facet in enumerate(profile.facets):
        if not facet.texts():
            raise ConfigError(
                source, f"facets[{i}].text", "is empty", 'describe the facet, e.g. text = "slow breakfasts"'
            )
    labels = [facet.label() for facet in profile.facets]
    double = next((label for label in labels if labels.count(label) > 1), None)
    if double is not None:
        raise ConfigError(source, "facets.name", f"'{double}' is used twice", "give each facet its own name")
    return profile


def load_profiles(patterns: Sequence[str], base: Path) -> tuple[BrandProfile, ...]:
    """Read all brand files that match the patterns (relative to ``base``), sorted by file name.

    Raises
    ------
    ConfigError
        A pattern matches nothing, a file is wrong, or two files carry one id.
    """
    profiles: dict[str, BrandProfile] = {}
    for pattern in patterns:
        found = sorted(glob.glob(str(base / pattern)))
        if not found:
            raise ConfigError(
                "settings", "brands", f"'{pattern}' matches no file", "correct the path of the brand file"
            )
        for file in found:
            profile = load_profile(Path(file))
            if profile.id in profiles:
                raise ConfigError(
                    file, "id", f"'{profile.id}' is used by another brand file", "give each brand its own id"
                )
            profiles[profile.id] = profile
    return tuple(profiles.values())
