"""One viewer's visit: what their address asks for, their language, and the settings of the board."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import streamlit as st

from configs.settings import BoardSettings, VerdictSettings
from pipeline.i18n.numbers import Locale, make_locale
from ui.query import BoardQuery, parse_query, to_params


class Visit(msgspec.Struct, frozen=True):
    """Everything a page needs besides the data.

    ``verdict`` holds the thresholds that a verdict uses; ``settings_path`` is the settings file this board was given.
    """

    store_url: str
    board: BoardSettings
    verdict: VerdictSettings
    query: BoardQuery
    locale: Locale
    settings_path: Path | None = None


def begin_visit(
    store_url: str, board: BoardSettings, verdict: VerdictSettings, settings_path: Path | None = None
) -> Visit:
    """Read the address and the browser's time zone."""
    query = parse_query(st.query_params.to_dict())
    locale = make_locale(query.language or board.language, st.context.timezone)
    return Visit(
        store_url=store_url, board=board, verdict=verdict, query=query, locale=locale, settings_path=settings_path
    )


def change_query(**changes: Any) -> None:
    """Write a changed filter to the address; the page follows the address."""
    query = parse_query(st.query_params.to_dict())
    st.query_params.from_dict(to_params(msgspec.structs.replace(query, **changes)))
