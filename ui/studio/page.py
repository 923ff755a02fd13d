"""The profile studio: edit a brand's profile, see which verdicts would flip, save it as a version, bring one back."""

from __future__ import annotations

import msgspec
import streamlit as st

from configs.errors import ConfigError, StoreUnavailable
from pipeline.brand.profile.profile import BrandProfile
from pipeline.brand.profile.toml import parse_profile, profile_toml
from pipeline.brand.profile.versions import save_version
from pipeline.services.backtest.comparison import BacktestReport
from pipeline.store.records import ProfileVersion
from ui.board.page import store_problem
from ui.commands import CommandResult, run_command
from ui.elements.element import el
from ui.elements.pieces import NOTHING, empty_markup
from ui.feedback.page import render_proposal
from ui.loading import load_board, now, shared_store
from ui.shared.card import card
from ui.shared.parts import EmptyView
from ui.studio.desk import DESKS, SAID, Desk, desk_of, discard, fill, go_on
from ui.studio.fields import essence_fields, facet_fields, limit_fields, people_fields
from ui.studio.form import form_of, profile_from
from ui.studio.markup import changes_markup, preview_markup
from ui.studio.versions import AUTHOR, render_file, render_history, render_newcomers
from ui.studio.view_model import change_texts, preview_view
from ui.visit import Visit, change_query

PREVIEW = "studio_preview"
"""Session key: the last preview, with the profile it is of."""
DAYS = 30
MAX_DAYS = 365
PREVIEW_S = 300.0


class Preview(msgspec.Struct, frozen=True):
    """An answer of the backtest, and the profile it is about."""

    toml: str
    result: CommandResult


def render_studio(visit: Visit) -> None:
    """The page."""
    text = visit.locale.text
    try:
        brands = load_board(visit.store_url, visit.query.brand).brands
        desks: dict[str, Desk] = st.session_state.setdefault(DESKS, {})
        names = {brand.brand_id: brand.name for brand in brands}
        names |= {brand_id: desk.origin.name for brand_id, desk in desks.items() if brand_id not in names}
        chosen = visit.query.brand if visit.query.brand in names else next(iter(names), None)
        versions = [] if chosen is None else shared_store(visit.store_url).profile_versions(chosen)
    except StoreUnavailable:
        st.html(store_problem(visit))
        return
    head = (el("h1", text("studio.title")), el("p", text("studio.lead")))
    st.html(el("section", *head, class_="ts-page", lang=visit.locale.language))
    said = st.session_state.pop(SAID, None)
    st.html(el("p", said, class_="ts-note ts-said", role="status") if said else NOTHING)
    if chosen is None:
        view = EmptyView(title=text("studio.no_brand_title"), text=text("studio.no_brand_text"))
        st.html(el("section", empty_markup(view), lang=visit.locale.language))
        render_newcomers(visit)
        return
    _brand_choice(visit, names, chosen)
    desk_of(chosen, brands, versions)
    _edit(visit, chosen, versions)


def _brand_choice(visit: Visit, names: dict[str, str], chosen: str) -> None:
    st.session_state["studio_brand"] = chosen
    st.selectbox(
        visit.locale.text("studio.brand"),
        list(names),
        format_func=lambda brand_id: names[brand_id],
        key="studio_brand",
        width=340,
        on_change=lambda: change_query(brand=st.session_state["studio_brand"]),
    )


def _edit(visit: Visit, brand_id: str, versions: list[ProfileVersion]) -> None:
    text, locale = visit.locale.text, visit.locale
    desk: Desk = st.session_state[DESKS][brand_id]
    fields, beside = st.columns([1.75, 1.0], gap="medium")
    with fields:
        labels = [text(f"studio.tab_{name}") for name in ("facets", "essence", "limits", "people", "history", "file")]
        facets, essence, limits, people, history, file = st.tabs([*labels[:5], labels[5]])
        with facets:
            form = facet_fields(desk.form, locale)
        with essence:
            form = essence_fields(form, locale)
        with limits:
            form = limit_fields(form, locale, visit.verdict)
        with people:
            form = people_fields(form, locale)
        desk = st.session_state[DESKS][brand_id] = msgspec.structs.replace(desk, form=form)
        problem: ConfigError | None = None
        profile: BrandProfile | None = None
        try:
            profile = profile_from(form, desk.origin)
        except ConfigError as error:
            problem = error
        with history:
            render_history(visit, brand_id, versions)
            if desk.saved is not None:
                render_proposal(visit, brand_id)
        with file:
            render_file(visit, profile)
    with beside:
        _changes(visit, brand_id, desk, profile, problem, versions)
        if profile is not None:
            _save(visit, desk, profile)
            _ask_preview(visit, profile)
            _show_preview(visit, brand_id, profile)


def _changes(
    visit: Visit,
    brand_id: str,
    desk: Desk,
    profile: BrandProfile | None,
    problem: ConfigError | None,
    versions: list[ProfileVersion],
) -> None:
    """What is different from what is saved, or why it cannot be saved."""
    text, texts = visit.locale.text, visit.locale.texts
    if problem is not None or profile is None:
        said = f"{problem.key}: {problem.problem}; {problem.fix}" if problem is not None else ""
        body = card(text("studio.problem"), el("p", said, role="alert"), class_="ts-problem")
    elif desk.saved is None:
        body = card(text("studio.changes"), el("p", text("studio.new_brand", name=profile.name)))
    else:
        changes = change_texts(desk.saved, profile, visit.locale)
        body = card(text("studio.changes"), changes_markup(changes, texts))
    newest = versions[0] if versions else None
    newer = None
    if newest is not None and desk.version is not None and newest.version != desk.version:
        newer = el(
            "p", text("studio.newer", version=str(newest.version), author=newest.author), class_="ts-note", role="alert"
        )
    st.html(el("div", newer, body, class_="ts-beside", lang=visit.locale.language))
    if desk.saved is None or desk.form != form_of(desk.saved):
        st.button(text("studio.discard"), key="studio_discard", on_click=discard, args=(brand_id,))


def _save(visit: Visit, desk: Desk, profile: BrandProfile) -> None:
    text = visit.locale.text
    with st.form("studio_save", border=True):
        author = st.text_input(text("studio.author"), key=AUTHOR, max_chars=60)
        note = st.text_input(text("studio.note"), key="studio_note", max_chars=300)
        asked = st.form_submit_button(text("studio.save"), type="primary", disabled=profile == desk.saved)
    if not asked:
        return
    if not author.strip():
        st.html(el("p", text("studio.author_missing"), class_="ts-note", role="alert"))
        return
    version = save_version(shared_store(visit.store_url), profile, author, note, now())
    fill(profile.id, Desk(profile, profile, version, form_of(profile)))
    go_on(text("studio.saved", version=str(version)))


def _ask_preview(visit: Visit, profile: BrandProfile) -> None:
    text = visit.locale.text
    days_column, button_column = st.columns([1, 1], vertical_alignment="bottom")
    with days_column:
        days = st.number_input(
            text("studio.preview_days"), min_value=1, max_value=MAX_DAYS, value=DAYS, key="studio_days"
        )
    with button_column:
        asked = st.button(text("studio.preview"), key="studio_ask", width="stretch", icon=":material/visibility:")
    if not asked:
        return
    toml = profile_toml(profile)
    with st.spinner(text("studio.previewing")):
        result = run_command(
            ["backtest", "--brand", "-", "--days", str(int(days)), "--json"],
            toml,
            store_url=visit.store_url,
            settings_path=visit.settings_path,
            timeout_s=PREVIEW_S,
        )
    st.session_state[PREVIEW] = Preview(toml, result)


def _show_preview(visit: Visit, brand_id: str, profile: BrandProfile) -> None:
    text = visit.locale.text
    preview: Preview | None = st.session_state.get(PREVIEW)
    if preview is None or parse_profile(preview.toml, brand_id).id != brand_id:
        return
    old = preview.toml != profile_toml(profile)
    note = el("p", text("studio.preview_old"), class_="ts-note", role="status") if old else None
    st.html(el("div", note, _answered(visit, preview.result), lang=visit.locale.language))


def _answered(visit: Visit, result: CommandResult) -> str:
    text = visit.locale.text
    if not result.done:
        return empty_markup(EmptyView(title=text("studio.preview_failed"), text=result.message))
    try:
        report = msgspec.json.decode(result.output, type=BacktestReport)
    except msgspec.MsgspecError:
        return empty_markup(EmptyView(title=text("studio.preview_failed"), text=text("studio.preview_unreadable")))
    return preview_markup(preview_view(report, visit.query, visit.locale), visit.locale.texts)
