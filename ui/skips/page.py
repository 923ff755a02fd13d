"""The skip log: bandwagons that were let pass, and how they ended."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from configs.errors import StoreUnavailable, UsageError
from pipeline.brand.profile.toml import parse_profile
from pipeline.services.skip_log import SkipLog, read_skips
from pipeline.store.records import StoredBrand
from ui.board.page import store_problem
from ui.elements.element import el
from ui.elements.pieces import empty_markup
from ui.loading import load_board, now, shared_store
from ui.shared.parts import EmptyView
from ui.skips.markup import skips_markup
from ui.skips.view_model import skips_view
from ui.visit import Visit, change_query

DAYS = (7, 30, 90, 365)
SHARED_FOR_S = 30.0
"""The past changes slowly; reading it costs more than a board."""


def render_skips(visit: Visit) -> None:
    """The page of the chosen brand."""
    text = visit.locale.text
    try:
        data = load_board(visit.store_url, visit.query.brand)
        names = {brand.brand_id: brand.name for brand in data.brands}
        if data.brand_id is None:
            view = EmptyView(title=text("draft.no_brand_title"), text=text("skips.none"))
            st.html(el("section", empty_markup(view), lang=visit.locale.language))
            return
        brand, days, _ = st.columns([1.5, 1.5, 4.0], vertical_alignment="bottom")
        brand.selectbox(
            text("filter.brand"),
            list(names),
            index=list(names).index(data.brand_id),
            format_func=lambda brand_id: names[brand_id],
            key="skips_brand",
            on_change=lambda: change_query(brand=st.session_state["skips_brand"]),
        )
        n_days = days.selectbox(
            text("skips.days"),
            DAYS,
            index=1,
            format_func=lambda n: visit.locale.count("time.days", n, n=visit.locale.number(n)),
            key="skips_days",
        )
        stored = next(brand for brand in data.brands if brand.brand_id == data.brand_id)
        watch = _watch_percentile(stored, visit.verdict.watch_percentile)
        log = _read(visit.store_url, data.brand_id, int(n_days), watch)
    except StoreUnavailable:
        st.html(store_problem(visit))
        return
    st.html(skips_markup(skips_view(log, visit.query, visit.locale), visit.locale.texts))


@st.cache_data(ttl=SHARED_FOR_S, max_entries=32, show_spinner=False)
def _read(store_url: str, brand_id: str, days: int, watch: float) -> SkipLog:
    return read_skips(shared_store(store_url), brand_id, timedelta(days=days), now(), watch)


def _watch_percentile(brand: StoredBrand, default: float) -> float:
    """The brand's own, where its profile can be read and has one."""
    try:
        own = parse_profile(brand.toml, brand.brand_id).thresholds.watch_percentile
    except UsageError:
        return default
    return default if own is None else own
