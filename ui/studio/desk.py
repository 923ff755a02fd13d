"""What is being edited in the studio, brand by brand, for as long as a viewer's session lasts."""

from __future__ import annotations

import msgspec
import streamlit as st

from configs.errors import ConfigError
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.profile.toml import parse_profile
from pipeline.brand.profile.versions import profile_of
from pipeline.store.records import ProfileVersion, StoredBrand
from ui.elements.element import el
from ui.loading import shared_store
from ui.studio.fields import show_form
from ui.studio.form import StudioForm, form_of
from ui.visit import Visit, change_query

DESKS = "studio_desks"
"""Session key: what is being edited, by brand."""
SHOWN = "studio_shown"
"""Session key: the brand whose fields the widgets show."""
SAID = "studio_said"
"""Session key: a line to show once."""


class Desk(msgspec.Struct, frozen=True):
    """A profile being edited. ``saved``: as in the store, ``None`` for a brand that is not there; ``origin``: what the
    form was filled with; ``version``: of ``saved``."""

    saved: BrandProfile | None
    origin: BrandProfile
    version: int | None
    form: StudioForm


def desk_of(brand_id: str, brands: tuple[StoredBrand, ...], versions: list[ProfileVersion]) -> None:
    """See to it that the form shows this brand: as it was left, or as it is in force."""
    desks: dict[str, Desk] = st.session_state[DESKS]
    desk = desks.get(brand_id)
    newest = next(((v.version, p) for v in versions if (p := profile_of(v)) is not None), None)
    untouched = desk is not None and desk.saved is not None and desk.form == form_of(desk.saved)
    if newest is not None and (desk is None or (untouched and desk.version != newest[0])):
        fill(brand_id, Desk(newest[1], newest[1], newest[0], form_of(newest[1])))
    elif desk is None:
        toml = next(brand.toml for brand in brands if brand.brand_id == brand_id)
        profile = parse_profile(toml, brand_id)
        fill(brand_id, Desk(profile, profile, None, form_of(profile)))
    elif st.session_state.get(SHOWN) != brand_id:
        fill(brand_id, desk)


def fill(brand_id: str, desk: Desk) -> None:
    """Show this in the form."""
    st.session_state[DESKS][brand_id] = desk
    st.session_state[SHOWN] = brand_id
    show_form(desk.form)


def discard(brand_id: str) -> None:
    """Forget what was edited; the next run shows what is in force."""
    st.session_state[DESKS].pop(brand_id, None)
    st.session_state.pop(SHOWN, None)


def go_on(said: str) -> None:
    """Show everything anew, with one line on top."""
    st.session_state[SAID] = said
    st.cache_data.clear()  # pages show the profile's name
    st.rerun()


def take(visit: Visit, toml: str, source: str, said: str) -> None:
    """Put a profile into the form: as a change of its brand, or as a new brand."""
    try:
        profile = parse_profile(toml, source)
    except ConfigError as error:
        st.html(el("p", str(error), class_="ts-note", role="alert"))
        return
    desks: dict[str, Desk] = st.session_state[DESKS]
    desk = desks.get(profile.id) or _stored_desk(visit, profile)
    fill(profile.id, msgspec.structs.replace(desk, origin=profile, form=form_of(profile)))
    change_query(brand=profile.id)
    go_on(said)


def _stored_desk(visit: Visit, profile: BrandProfile) -> Desk:
    store = shared_store(visit.store_url)
    for version in store.profile_versions(profile.id):
        saved = profile_of(version)
        if saved is not None:
            return Desk(saved, profile, version.version, form_of(profile))
    known = next((brand for brand in store.brands() if brand.brand_id == profile.id), None)
    saved = None if known is None else parse_profile(known.toml, profile.id)
    return Desk(saved, profile, None, form_of(profile))
