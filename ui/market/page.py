"""Brand problem or market trend? Own and competitors' response, each against its own baseline."""

from __future__ import annotations

import streamlit as st

from configs.errors import StoreUnavailable
from ui.board.page import store_problem
from ui.elements.element import el
from ui.elements.pieces import empty_markup
from ui.loading import load_market
from ui.market.markup import market_markup
from ui.market.view_model import market_view
from ui.shared.parts import EmptyView
from ui.visit import Visit, change_query


def render_market(visit: Visit) -> None:
    """The choice of the brand, and its market as last read."""
    locale, text = visit.locale, visit.locale.text
    try:
        data = load_market(visit.store_url, visit.query.brand)
    except StoreUnavailable:
        st.html(store_problem(visit))
        return
    st.html(el("section", el("h1", text("market.title")), el("p", text("market.lead")), lang=locale.language))
    names = {brand.brand_id: brand.name for brand in data.brands}
    if not names:
        view = EmptyView(title=text("empty.no_brands_title"), text=text("empty.no_brands_text"))
        st.html(el("section", empty_markup(view), lang=locale.language))
        return
    st.session_state["market_brand"] = data.brand_id  # the address is the truth
    st.columns([1.5, 4])[0].selectbox(
        text("filter.brand"),
        list(names),
        format_func=lambda brand_id: names.get(brand_id, brand_id),
        key="market_brand",
        on_change=lambda: change_query(brand=st.session_state["market_brand"]),
    )
    if data.reading is None:
        view = EmptyView(title=text("market.none_title"), text=text("market.none_text"))
        st.html(el("section", empty_markup(view), lang=locale.language))
        return
    st.html(market_markup(market_view(data.reading, locale), locale.texts))
