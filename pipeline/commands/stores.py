"""The store a command opens or looks into, and the brands it knows."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from configs.errors import ConfigError, InputError
from configs.settings import Settings

if TYPE_CHECKING:
    from pipeline.brand.profile.profile import BrandProfile
    from pipeline.store.contract import Store

SQLITE = "sqlite:///"


@contextmanager
def opened_store(settings: Settings, profiles: tuple[BrandProfile, ...]) -> Iterator[Store]:
    """The store, knowing these brands: what their files bring that is new is a version there from now on."""
    from pipeline.brand.profile.versions import take_up
    from pipeline.store.database import open_store
    from pipeline.wiring.clock import utc_now

    store = open_store(settings.store.url, utc_now)
    try:
        if profiles:
            take_up(store, profiles, utc_now())
        yield store
    finally:
        store.close()


def store_argument(parser: argparse.ArgumentParser) -> None:
    """``--store URL``."""
    parser.add_argument("--store", metavar="URL", help="the store to look into (default: store.url of the settings)")


def with_store(settings: Settings, url: str | None) -> Settings:
    """Settings with the store that the flag names."""
    if url is None:
        return settings
    return msgspec.structs.replace(settings, store=msgspec.structs.replace(settings.store, url=url))


@contextmanager
def existing_store(settings: Settings) -> Iterator[Store]:
    """The store of the settings, which has to be there already.

    Raises
    ------
    ConfigError
        There is no such file: a store that is made by looking into it would only say "nothing".
    """
    from pipeline.store.database import open_store
    from pipeline.wiring.clock import utc_now

    url = settings.store.url
    if not store_is_there(settings):
        problem, fix = f"names a file that does not exist ({url})", "fill it with 'trendsieve run', or give --store"
        raise ConfigError("settings", "store.url", problem, fix)
    store = open_store(url, utc_now)
    try:
        yield store
    finally:
        store.close()


def store_is_there(settings: Settings) -> bool:
    """Whether the store of the settings can be looked into; a server is taken to be there."""
    url = settings.store.url
    return not url.startswith(SQLITE) or Path(url.removeprefix(SQLITE)).is_file()


def stored_profile(store: Store, brand_id: str) -> BrandProfile:
    """The profile a store knows by this id.

    Raises
    ------
    InputError
        It knows none; the message lists those it does.
    """
    from pipeline.brand.profile.toml import parse_profile

    brands = {brand.brand_id: brand for brand in store.brands()}
    if brand_id not in brands:
        known = ", ".join(sorted(brands)) or "none"
        raise InputError(f"{brand_id}: is not a brand of the store; it knows: {known}")
    return parse_profile(brands[brand_id].toml, f"the stored profile of {brand_id}")


def profile_of(brand: str, settings: Settings) -> BrandProfile:
    """A brand given as a file or, where no such file is, as an id of the store.

    Raises
    ------
    ConfigError, InputError
        The file is wrong, or neither file nor store knows the brand.
    """
    from pipeline.brand.profile.profile import load_profile

    path = Path(brand)
    if path.suffix == ".toml" or path.is_file():
        return load_profile(path)
    with existing_store(settings) as store:
        return stored_profile(store, brand)
