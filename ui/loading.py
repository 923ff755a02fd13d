"""Reads of the store, shared by all viewers for a moment: explicit arguments in, frozen structs out."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pipeline.store.database import DatabaseStore, open_store
from ui.board.view_model import BoardData
from ui.market.view_model import MarketData
from ui.topic.view_model import TopicData, evidence_ids

SHARED_FOR_S = 1.0
"""One read serves every viewer who asks within this time; well below any refresh interval."""
BOARD_ROWS = 100
NEWEST_POSTS = 50


def now() -> datetime:
    """The wall clock of the board, aware UTC."""
    return datetime.now(UTC)


def load_board(store_url: str, brand_id: str | None) -> BoardData:
    """The board of ``brand_id``, or of the first brand when it is unknown or ``None``.

    Raises
    ------
    StoreUnavailable
        The database is locked, full or away.
    """
    data: BoardData = _cached_board(store_url, brand_id)
    return data


def load_topic(store_url: str, topic_id: str) -> TopicData | None:
    """A topic with its verdicts and the posts its page quotes; ``None`` when it is not stored.

    Raises
    ------
    StoreUnavailable
        The database is locked, full or away.
    """
    data: TopicData | None = _cached_topic(store_url, topic_id)
    return data


def shared_store(store_url: str) -> DatabaseStore:
    """The store itself, for what the board may write: profiles, opinions and alert rules."""
    store: DatabaseStore = _store(store_url)
    return store


def load_market(store_url: str, brand_id: str | None) -> MarketData:
    """The market of ``brand_id``, or of the first brand when it is unknown or ``None``.

    Raises
    ------
    StoreUnavailable
        The database is locked, full or away.
    """
    data: MarketData = _cached_market(store_url, brand_id)
    return data


@st.cache_resource(show_spinner=False, on_release=DatabaseStore.close)
def _store(store_url: str) -> DatabaseStore:
    return open_store(store_url, now)


@st.cache_data(ttl=SHARED_FOR_S, max_entries=64, show_spinner=False)
def _cached_board(store_url: str, brand_id: str | None) -> BoardData:
    store = _store(store_url)
    brands = tuple(store.brands())
    known = [brand.brand_id for brand in brands]
    chosen = brand_id if brand_id in known else next(iter(known), None)
    return BoardData(
        brands=brands,
        brand_id=chosen,
        rows=tuple(store.board(chosen or "", BOARD_ROWS)),
        as_of=store.data_as_of(),
        written_at=store.written_at(),
    )


@st.cache_data(ttl=SHARED_FOR_S, max_entries=64, show_spinner=False)
def _cached_topic(store_url: str, topic_id: str) -> TopicData | None:
    store = _store(store_url)
    report = store.report(topic_id)
    if report is None:
        return None
    verdicts = tuple(store.verdicts(report.topic_id))
    return TopicData(
        report=report,
        parent=None if report.parent is None else store.report(report.parent),
        verdicts=verdicts,
        histories=tuple(
            (verdict.brand_id, tuple(store.verdict_history(verdict.brand_id, report.topic_id))) for verdict in verdicts
        ),
        newest=tuple(store.posts(report.topic_id, NEWEST_POSTS)),
        quoted=tuple(store.posts_by_id(evidence_ids(report, verdicts))),
        brands=tuple(store.brands()),
        as_of=store.data_as_of(),
        written_at=store.written_at(),
    )


@st.cache_data(ttl=SHARED_FOR_S, max_entries=64, show_spinner=False)
def _cached_market(store_url: str, brand_id: str | None) -> MarketData:
    store = _store(store_url)
    brands = tuple(store.brands())
    known = [brand.brand_id for brand in brands]
    chosen = brand_id if brand_id in known else next(iter(known), None)
    return MarketData(brands, chosen, None if chosen is None else store.market(chosen))
