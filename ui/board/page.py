"""The trend board: filters that live in the address, and a list that keeps itself fresh."""

from __future__ import annotations

import msgspec
import streamlit as st

from configs.errors import StoreUnavailable
from pipeline.store.records import StoredBrand
from pipeline.types import Stage
from ui.board.markup import alarm_markup, table_markup, tiles_markup
from ui.board.view_model import BoardData, board_view
from ui.elements.element import el
from ui.elements.pieces import NOTHING, empty_markup
from ui.loading import load_board, now
from ui.shared.freshness import freshness
from ui.shared.parts import EmptyView
from ui.visit import Visit, change_query

HELD = "held_board"
"""Session key of the list a paused viewer is reading."""


def render_board(visit: Visit) -> None:
    """The page: controls once per run, the list again every ``refresh_s``."""
    try:
        data = load_board(visit.store_url, visit.query.brand)
    except StoreUnavailable:
        data = BoardData(brands=(), brand_id=None, rows=(), as_of=None, written_at=None)
    _controls(visit, data)
    # the address may name no brand or an unknown one; links name the one that is shown
    chosen = msgspec.structs.replace(visit, query=msgspec.structs.replace(visit.query, brand=data.brand_id))
    st.fragment(_live_list, run_every=visit.board.refresh_s)(chosen, data.brands)


def store_problem(visit: Visit) -> str:
    """What to show while the store is away."""
    text = visit.locale.text
    return el("div", empty_markup(EmptyView(title=text("empty.store_title"), text=text("empty.store_text"))))


def _live_list(visit: Visit, offered: tuple[StoredBrand, ...]) -> None:
    texts, moment = visit.locale.texts, now()
    try:
        data = _held(load_board(visit.store_url, visit.query.brand), visit)
    except StoreUnavailable:
        st.html(store_problem(visit))
        return
    if data.brands != offered:  # the controls offer other brands than there are now
        st.rerun()
    view = board_view(data, visit.query, visit.locale, data.as_of or moment, visit.verdict)
    status = freshness(data.as_of, data.written_at, visit.locale, moment, visit.board.stale_after_s, visit.query.paused)
    st.html(alarm_markup(status) or NOTHING)
    st.html(tiles_markup(view, status, texts))
    st.html(table_markup(view, texts))


def _held(fresh: BoardData, visit: Visit) -> BoardData:
    """While paused the list stays as it was; only the feed's sign of life goes on."""
    if not visit.query.paused:
        st.session_state.pop(HELD, None)
        return fresh
    held: BoardData = st.session_state.setdefault(HELD, fresh)
    if held.brand_id != fresh.brand_id:
        held = st.session_state[HELD] = fresh
    return msgspec.structs.replace(held, brands=fresh.brands, written_at=fresh.written_at)


def _controls(visit: Visit, data: BoardData) -> None:
    query, text, state = visit.query, visit.locale.text, st.session_state
    names = {brand.brand_id: brand.name for brand in data.brands}
    # the address is the truth; a search being typed may differ from it by blanks only
    if state.get("search", "").strip() != query.search:
        state["search"] = query.search
    shown = {"brand": data.brand_id, "stages": list(query.stages), "min_posts": query.min_posts, "pause": query.paused}
    for key, value in shown.items():
        state[key] = value
    brand, search, stages, minimum, pause = st.columns([1.5, 2.2, 3.0, 0.9, 0.8], vertical_alignment="bottom")
    with brand:
        st.selectbox(
            text("filter.brand"),
            list(names),
            format_func=lambda brand_id: names.get(brand_id, brand_id),
            key="brand",
            disabled=not names,
            on_change=lambda: change_query(brand=st.session_state["brand"]),
        )
    with search:
        st.text_input(
            text("filter.search"),
            key="search",
            placeholder=text("filter.search_hint"),
            max_chars=120,
            live=True,
            on_change=lambda: change_query(search=st.session_state["search"].strip()),
        )
    with stages:
        st.pills(
            text("filter.stage"),
            list(Stage),
            selection_mode="multi",
            format_func=lambda stage: text(f"stage.{stage}"),
            key="stages",
            on_change=lambda: change_query(stages=tuple(st.session_state["stages"])),
        )
    with minimum:
        st.number_input(
            text("filter.min_posts"),
            min_value=0,
            step=5,
            key="min_posts",
            on_change=lambda: change_query(min_posts=int(st.session_state["min_posts"] or 0)),
        )
    with pause:
        st.toggle(
            text("filter.pause"),
            key="pause",
            help=text("filter.pause_help"),
            on_change=lambda: change_query(paused=st.session_state["pause"]),
        )
