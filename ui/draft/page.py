"""The draft check: paste a post, get what speaks against it. The command line reads it; nothing is kept."""

from __future__ import annotations

import msgspec
import streamlit as st

from configs.errors import StoreUnavailable
from pipeline.services.draft_check.draft_check import DraftAdvice
from ui.board.page import store_problem
from ui.commands import CommandResult, run_command
from ui.draft.markup import advice_markup
from ui.draft.view_model import advice_view
from ui.elements.element import el
from ui.elements.pieces import empty_markup
from ui.loading import load_board
from ui.shared.parts import EmptyView
from ui.visit import Visit

MAX_CHARS = 5_000
NO_TOPIC = ""
ANSWER = "draft_answer"
"""Session key of the last answer, so that a change of language repeats it."""


def render_draft(visit: Visit) -> None:
    """The form, and below it the last answer."""
    text = visit.locale.text
    try:
        data = load_board(visit.store_url, visit.query.brand)
    except StoreUnavailable:
        st.html(store_problem(visit))
        return
    names = {brand.brand_id: brand.name for brand in data.brands}
    if not names:
        view = EmptyView(title=text("draft.no_brand_title"), text=text("draft.no_brand_text"))
        st.html(el("section", empty_markup(view), lang=visit.locale.language))
        return
    labels = {row.report.topic_id: row.report.label for row in data.rows}
    st.html(el("section", el("h1", text("draft.title")), el("p", text("draft.lead")), lang=visit.locale.language))
    with st.form("draft", border=False):
        brand, topic, day = st.columns([1.2, 2.4, 1.0], vertical_alignment="bottom")
        chosen = brand.selectbox(
            text("filter.brand"),
            list(names),
            index=list(names).index(data.brand_id) if data.brand_id in names else 0,
            format_func=lambda brand_id: names[brand_id],
            key="draft_brand",
        )
        joined = topic.selectbox(
            text("draft.topic"),
            [NO_TOPIC, *labels],
            format_func=lambda topic_id: labels.get(topic_id, text("draft.no_topic")),
            key="draft_topic",
        )
        appears = day.date_input(text("draft.day"), key="draft_day", format="DD/MM/YYYY")
        written = st.text_area(text("draft.text"), key="draft_text", max_chars=MAX_CHARS, height=160)
        asked = st.form_submit_button(text("draft.check"), type="primary")
    if asked and written.strip():
        arguments = ["draft", "--brand", str(chosen), "--at", str(appears), "--json"]
        with st.spinner(text("draft.working")):
            result = run_command(
                [*arguments, *(["--topic", joined] if joined else [])],
                written,
                store_url=visit.store_url,
                settings_path=visit.settings_path,
            )
        st.session_state[ANSWER] = result
    answer: CommandResult | None = st.session_state.get(ANSWER)
    if asked and not written.strip():
        st.html(_problem(visit, text("draft.empty")))
    elif answer is not None:
        st.html(_answered(visit, answer))


def _answered(visit: Visit, result: CommandResult) -> str:
    if not result.done:
        return _problem(visit, result.message)
    try:
        advice = msgspec.json.decode(result.output, type=DraftAdvice)
    except msgspec.DecodeError:
        return _problem(visit, visit.locale.text("draft.unreadable"))
    return advice_markup(advice_view(advice, visit.locale), visit.locale.texts)


def _problem(visit: Visit, message: str) -> str:
    view = EmptyView(title=visit.locale.text("draft.failed_title"), text=message)
    return el("section", empty_markup(view), lang=visit.locale.language)
