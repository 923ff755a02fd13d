"""The page of one topic; it keeps itself fresh like the board."""

from __future__ import annotations

import streamlit as st

from configs.errors import StoreUnavailable
from ui.board.markup import alarm_markup
from ui.board.page import store_problem
from ui.elements.element import el
from ui.elements.pieces import NOTHING, empty_markup
from ui.feedback.page import render_opinion
from ui.loading import load_topic, now
from ui.query import href
from ui.shared.freshness import freshness
from ui.shared.parts import EmptyView
from ui.topic.markup import topic_markup
from ui.topic.view_model import topic_view
from ui.visit import Visit


def render_topic(visit: Visit) -> None:
    """The page of ``visit.query.topic``, read again every ``refresh_s``."""
    render_opinion(visit)
    st.fragment(_live_topic, run_every=visit.board.refresh_s)(visit)


def _live_topic(visit: Visit) -> None:
    query, locale, moment = visit.query, visit.locale, now()
    try:
        data = load_topic(visit.store_url, query.topic or "")
    except StoreUnavailable:
        st.html(store_problem(visit))
        return
    if data is None:
        view = EmptyView(
            title=locale.text("empty.no_topic_title"),
            text=locale.text("empty.no_topic_text"),
            action=locale.text("topic.back"),
            href=href(query, topic=None),
        )
        st.html(el("section", empty_markup(view), lang=locale.language))
        return
    status = freshness(data.as_of, data.written_at, locale, moment, visit.board.stale_after_s)
    st.html(alarm_markup(status) or NOTHING)
    st.html(topic_markup(topic_view(data, query, locale, data.as_of or moment), status, locale.texts))
