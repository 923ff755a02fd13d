"""Opinions on the board: right or wrong on a topic's page; in the studio what they would change, before they do."""

from __future__ import annotations

import streamlit as st

from configs.errors import StoreUnavailable, UsageError
from pipeline.services.feedback.desk import apply_proposal, give_opinion, proposal_of
from pipeline.types import Verdict, VerdictKind
from ui.elements.element import el
from ui.feedback.markup import proposal_markup
from ui.feedback.view_model import proposal_view
from ui.loading import load_topic, now, shared_store
from ui.visit import Visit

NOBODY = "board"
"""Who gave an opinion without a name: all of these together are one person."""
UNDECIDED = ""
SHOWN = "proposal_shown"
"""Session key: digest of the proposal that was drawn last."""
DONE = "opinion_kept"
"""Session key: of which topic and brand an opinion was kept just now."""


def render_opinion(visit: Visit) -> None:
    """Right or wrong? For the verdict of the chosen brand on ``visit.query.topic``; nothing where there is none."""
    try:
        data = load_topic(visit.store_url, visit.query.topic or "")
    except StoreUnavailable:
        return  # the page below says so
    if data is None or not data.verdicts:
        return
    verdict = next((v for v in data.verdicts if v.brand_id == visit.query.brand), data.verdicts[0])
    names = {brand.brand_id: brand.name for brand in data.brands}
    text = visit.locale.text
    with st.expander(
        text("feedback.ask", kind=text(f"verdict.{verdict.kind}"), brand=names.get(verdict.brand_id, verdict.brand_id))
    ):
        if st.session_state.get(DONE) == (verdict.topic_id, verdict.brand_id):
            st.html(el("p", text("feedback.kept"), class_="ts-note", role="status"))
        _form(visit, verdict)


def _form(visit: Visit, verdict: Verdict) -> None:
    text = visit.locale.text
    with st.form("opinion", border=False):
        wanted, name, note = st.columns([1.4, 1.2, 2.4], vertical_alignment="bottom")
        instead = wanted.selectbox(
            text("feedback.wanted"),
            [UNDECIDED, *(kind.value for kind in VerdictKind if kind is not verdict.kind)],
            format_func=lambda kind: text(f"verdict.{kind}") if kind else text("feedback.undecided"),
            key="opinion_wanted",
        )
        by = name.text_input(text("feedback.name"), key="opinion_by", max_chars=60)
        why = note.text_input(text("feedback.note"), key="opinion_note", max_chars=300)
        yes, no, _ = st.columns([1, 1, 4])
        right = yes.form_submit_button(text("feedback.right"), use_container_width=True)
        wrong = no.form_submit_button(text("feedback.wrong"), use_container_width=True)
    if not (right or wrong):
        return
    try:
        give_opinion(
            shared_store(visit.store_url),
            verdict.topic_id,
            verdict.brand_id,
            right,
            now(),
            by=by.strip() or NOBODY,
            channel="board",
            wanted=VerdictKind(instead) if instead and wrong else None,
            note=why,
        )
    except (UsageError, StoreUnavailable) as error:
        st.html(el("p", str(error), class_="ts-note", role="alert"))
        return
    st.session_state[DONE] = (verdict.topic_id, verdict.brand_id)
    st.rerun()


def render_proposal(visit: Visit, brand_id: str) -> None:
    """The section of the studio: what the opinions on a brand ask for, and the button that applies just that."""
    text = visit.locale.text
    defaults = (visit.verdict.ride_percentile, visit.verdict.watch_percentile)
    store = shared_store(visit.store_url)
    try:
        proposal = proposal_of(store, brand_id, defaults, now())
    except (UsageError, StoreUnavailable) as error:
        st.html(el("p", str(error), class_="ts-note", role="alert"))
        return
    st.html(proposal_markup(proposal_view(proposal, visit.locale), visit.locale.texts))
    if not proposal.changes:
        return
    with st.form("apply_proposal", border=False):
        name, note = st.columns([1.2, 3.0])
        author = name.text_input(text("feedback.name"), key="proposal_by", max_chars=60)
        why = note.text_input(text("feedback.note"), key="proposal_note", max_chars=300)
        asked = st.form_submit_button(text("feedback.apply"), type="primary")
    # what is applied is what was on the page when the button was pressed, not what opinions ask for by now
    shown = st.session_state.get(SHOWN, proposal.digest)
    st.session_state[SHOWN] = proposal.digest
    if not asked:
        return
    try:
        apply_proposal(store, brand_id, shown, defaults, now(), author=author.strip() or NOBODY, note=why)
    except (UsageError, StoreUnavailable) as error:
        st.html(el("p", str(error), class_="ts-note", role="alert"))
        return
    st.cache_data.clear()  # the profile the pages show is another one now
    st.rerun()
