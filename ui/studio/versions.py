"""The studio's history, and the ways in and out of it: brand files and guidelines."""

from __future__ import annotations

import streamlit as st

from configs.errors import UsageError
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.profile.toml import profile_toml
from pipeline.brand.profile.versions import profile_of, roll_back
from pipeline.store.records import ProfileVersion
from ui.commands import run_command
from ui.elements.element import el
from ui.elements.pieces import empty_markup
from ui.loading import now, shared_store
from ui.shared.parts import EmptyView
from ui.studio.desk import discard, go_on, take
from ui.studio.markup import changes_markup, history_markup
from ui.studio.view_model import change_texts, history_rows
from ui.visit import Visit

AUTHOR = "studio_author"
"""Session key of the field that says who saves."""
DRAFT_S = 120.0


def render_history(visit: Visit, brand_id: str, versions: list[ProfileVersion]) -> None:
    text = visit.locale.text
    rows = history_rows(versions, visit.locale)
    st.html(el("div", history_markup(rows, visit.locale.texts), lang=visit.locale.language))
    if len(versions) < 2:
        return
    number = st.selectbox(
        text("studio.compare"),
        [version.version for version in versions[1:]],
        format_func=lambda found: text("studio.version", n=str(found)),
        key=f"studio_back_{brand_id}",
    )
    newest = profile_of(versions[0])
    old = next((profile_of(version) for version in versions if version.version == number), None)
    if newest is not None and old is not None:
        found = changes_markup(change_texts(old, newest, visit.locale), visit.locale.texts, "studio.nothing_changed")
        st.html(el("div", found, lang=visit.locale.language))
    if st.button(text("studio.bring_back", n=str(number)), key="studio_bring_back", disabled=old is None):
        author = str(st.session_state.get(AUTHOR, "")).strip()
        if not author:
            st.html(el("p", text("studio.author_missing"), class_="ts-note", role="alert"))
            return
        try:
            version = roll_back(shared_store(visit.store_url), brand_id, int(number), author, "", now())
        except UsageError as error:
            st.html(el("p", str(error), class_="ts-note", role="alert"))
            return
        discard(brand_id)
        go_on(text("studio.brought_back", n=str(number), version=str(version)))


def render_file(visit: Visit, profile: BrandProfile | None) -> None:
    """Out as a brand file, in from one, or from guidelines."""
    text = visit.locale.text
    if profile is not None:
        st.download_button(
            text("studio.export"),
            profile_toml(profile),
            file_name=f"{profile.id}.toml",
            mime="application/toml",
            key="studio_export",
            icon=":material/download:",
        )
    render_newcomers(visit)


def render_newcomers(visit: Visit) -> None:
    """A profile from a file or from guidelines, into the form."""
    text = visit.locale.text
    given = st.file_uploader(text("studio.import"), type=["toml"], key="studio_import", max_upload_size=1)
    if given is not None and st.session_state.get("studio_import_seen") != given.file_id:
        st.session_state["studio_import_seen"] = given.file_id
        take(visit, given.getvalue().decode("utf-8-sig", errors="replace"), given.name, text("studio.imported"))
    with st.form("studio_draft", border=True):
        guidelines = st.text_area(
            text("studio.guidelines"), key="studio_guidelines", height=180, help=text("studio.guidelines_help")
        )
        name_column, id_column = st.columns(2)
        name = name_column.text_input(text("studio.draft_name"), key="studio_draft_name")
        brand_id = id_column.text_input(text("studio.draft_id"), key="studio_draft_id")
        asked = st.form_submit_button(text("studio.draft"))
    if not asked or not guidelines.strip():
        return
    options = [*(["--name", name.strip()] if name.strip() else []), *(["--id", brand_id.strip()] if brand_id else [])]
    with st.spinner(text("studio.drafting")):
        result = run_command(
            ["profile", "draft", "-", *options], guidelines, settings_path=visit.settings_path, timeout_s=DRAFT_S
        )
    if not result.done:
        st.html(empty_markup(EmptyView(title=text("studio.draft_failed"), text=result.message)))
        return
    take(visit, result.output, "draft", text("studio.drafted"))
