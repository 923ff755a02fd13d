"""Versions of brand profiles: which one is in force, how one is saved, how an old one comes back.

A profile lives in two places: the brand file a process is started with, and the versions in the store, which the
studio, the command line and feedback add to. The newest version is in force. A brand file that says something new
since it was last read becomes a version of its own first, so an edited file still counts; one that has not changed
never undoes what was saved in the meantime.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from configs.errors import ConfigError, InputError
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.profile.toml import parse_profile, profile_toml
from pipeline.store.contract import Store, StoreReader
from pipeline.store.records import ProfileVersion, StoredBrand

log = logging.getLogger("trendsieve.profiles")

FILE_AUTHOR = "brand file"
"""Author of the versions that a process read from its brand file."""
LOOK_EVERY = timedelta(seconds=2)
"""How often a running process asks the store for newer versions."""


class NumberedProfile(msgspec.Struct, frozen=True):
    """A profile with its number in the store; ``None``: it was never saved there."""

    profile: BrandProfile
    version: int | None = None


def brings_news(loaded: BrandProfile, versions: Sequence[ProfileVersion]) -> bool:
    """Whether a brand file says something that the store does not know yet.

    Parameters
    ----------
    loaded
        What the file says now.
    versions
        Of the brand, newest first.

    Returns
    -------
    False when the file still says what it said when it was last read, or what was saved since (an export put back in
    its place); True otherwise, also when the brand has no version at all.
    """
    for version in versions:
        if profile_of(version) == loaded:
            return False
        if version.author == FILE_AUTHOR:
            return True
    return True


def profile_of(version: ProfileVersion) -> BrandProfile | None:
    """The profile a version holds; ``None`` when it cannot be read any more (written by a newer release)."""
    try:
        return parse_profile(version.toml, f"version {version.version} of {version.brand_id}")
    except ConfigError:
        return None


def in_force(store: StoreReader, loaded: Sequence[BrandProfile]) -> tuple[NumberedProfile, ...]:
    """The newest readable version of each brand, in their order; a brand without any is as loaded."""
    return tuple(_newest(store.profile_versions(profile.id), profile) for profile in loaded)


def take_up(store: Store, loaded: Sequence[BrandProfile], at: datetime) -> tuple[NumberedProfile, ...]:
    """Record what brand files bring that is new, and give the profiles in force.

    Parameters
    ----------
    store
        Where versions are.
    loaded
        Profiles of the brand files a process starts with.
    at
        Now: when a new version is said to be saved.
    """
    for profile in loaded:
        if brings_news(profile, store.profile_versions(profile.id)):
            save_version(store, profile, FILE_AUTHOR, "", at)
    found = in_force(store, loaded)
    for profile, numbered in zip(loaded, found, strict=True):
        if numbered.profile != profile:
            log.warning(
                "brand file of %s is older than version %s of the store, which is used", profile.id, numbered.version
            )
    with store.transaction() as tx:
        tx.save_brands([stored_brand(numbered.profile) for numbered in found])
    return found


def save_version(store: Store, profile: BrandProfile, author: str, note: str, at: datetime) -> int:
    """Save a profile as the newest version of its brand, show it on the board, and return its number.

    The same profile as the newest version adds none.
    """
    with store.transaction() as tx:
        tx.save_brands([stored_brand(profile)])
        return tx.save_profile_version(profile.id, profile_toml(profile), author.strip(), note.strip(), at)


def find_version(store: StoreReader, brand_id: str, number: int | None = None) -> ProfileVersion:
    """One version of a brand, the newest without a number.

    Raises
    ------
    InputError
        The brand has none, or none of this number; says which there are.
    """
    versions = store.profile_versions(brand_id)
    if not versions:
        raise InputError(f"brand '{brand_id}': the store has no version of it; save one with 'trendsieve profile save'")
    if number is None:
        return versions[0]
    for version in versions:
        if version.version == number:
            return version
    last = versions[0].version
    raise InputError(f"brand '{brand_id}': has no version {number}; its versions are 1 to {last}")


def roll_back(store: Store, brand_id: str, number: int, author: str, note: str, at: datetime) -> int:
    """Make an old version the newest again, as a version of its own: nothing is ever taken out of a history.

    Raises
    ------
    InputError
        There is no such version, or this release cannot read it.
    """
    version = find_version(store, brand_id, number)
    profile = profile_of(version)
    if profile is None:
        raise InputError(f"brand '{brand_id}': version {number} cannot be read by this release; choose another")
    return save_version(store, profile, author, f"back to version {number}. {note}".strip(), at)


def stored_brand(profile: BrandProfile) -> StoredBrand:
    """A profile in the form the board reads."""
    return StoredBrand(profile.id, profile.name, profile_toml(profile))


class ProfileWatch:
    """The profiles a running process judges by.

    Parameters
    ----------
    loaded
        What it was started with: says which brands it follows.
    store
        Where newer versions appear.
    clock
        The wall clock, aware UTC; paces the looks.
    """

    def __init__(self, loaded: Sequence[BrandProfile], store: StoreReader, clock: Callable[[], datetime]) -> None:
        self._loaded = tuple(loaded)
        self._store = store
        self._clock = clock
        self._known: tuple[NumberedProfile, ...] | None = None
        self._looked_at: datetime | None = None

    def current(self) -> tuple[NumberedProfile, ...]:
        """The profiles in force now; from here on they are the known ones."""
        self._looked_at = self._clock()
        self._known = in_force(self._store, self._loaded)
        return self._known

    def outdated(self) -> bool:
        """Whether versions were saved since :meth:`current`; asks the store every :data:`LOOK_EVERY` at most."""
        now = self._clock()
        if self._known is None or (self._looked_at is not None and now - self._looked_at < LOOK_EVERY):
            return False
        self._looked_at = now
        return in_force(self._store, self._loaded) != self._known


def _newest(versions: Sequence[ProfileVersion], loaded: BrandProfile) -> NumberedProfile:
    for version in versions:
        profile = profile_of(version)
        if profile is not None:
            return NumberedProfile(profile, version.version)
        log.error("version %s of brand %s cannot be read and is passed over", version.version, version.brand_id)
    return NumberedProfile(loaded)
