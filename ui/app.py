"""The Streamlit script of the board: ``streamlit run ui/app.py -- --store URL --settings FILE``.

It reads the store and nothing else. Without ``--store`` the address comes from the settings
(``TRENDSIEVE_STORE__URL``). ``ui.server.board_command`` has the full command line.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import streamlit as st

from configs.errors import UsageError
from configs.loading import load_settings
from configs.settings import Settings
from pipeline.i18n.texts import load_texts
from ui.board.markup import header_markup
from ui.board.page import render_board
from ui.draft.page import render_draft
from ui.elements.element import el
from ui.elements.pieces import empty_markup
from ui.elements.theme import ICON, apply_theme
from ui.market.page import render_market
from ui.query import PageName
from ui.shared.parts import EmptyView
from ui.skips.page import render_skips
from ui.studio.page import render_studio
from ui.topic.page import render_topic
from ui.visit import Visit, begin_visit

# Every page that can be opened, in the order of its links; a new page is one folder of ``ui`` and one line here.
# Its words are ``nav.<page>`` in ``pipeline/i18n``. (Not a string below: Streamlit writes such strings onto the page.)
PAGES: Mapping[PageName, Callable[[Visit], None]] = {
    "board": render_board,
    "studio": render_studio,
    "draft": render_draft,
    "skips": render_skips,
    "market": render_market,
}


def main(arguments: Sequence[str]) -> None:
    """Run the script once for one viewer.

    Parameters
    ----------
    arguments
        Command-line arguments after ``--``; unknown ones are left to Streamlit.
    """
    given = _given(arguments)
    try:
        settings = _settings(given)
    except UsageError as error:
        _explain(error)
        return
    visit = begin_visit(settings.store.url, settings.board, settings.verdict, given.settings)
    text = visit.locale.text
    title = f"{text(f'nav.{_open_page(visit)}')} · {text('app.name')}"
    st.set_page_config(page_title=title, page_icon=str(ICON), layout="wide", initial_sidebar_state="collapsed")
    apply_theme()
    page = st.navigation(
        [st.Page(lambda: _page(visit), title=title, url_path="board", default=True)], position="hidden"
    )
    page.run()


def _page(visit: Visit) -> None:
    page = _open_page(visit)
    st.html(header_markup(msgspec.structs.replace(visit.query, page=page), visit.locale.texts, tuple(PAGES)))
    try:
        if visit.query.topic is None:
            PAGES[page](visit)
        else:
            render_topic(visit)
    except UsageError as error:
        _explain(error)


def _open_page(visit: Visit) -> PageName:
    return visit.query.page if visit.query.page in PAGES else "board"


def _given(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument("--store")
    parser.add_argument("--settings", type=Path)
    return parser.parse_known_args(arguments)[0]


def _settings(given: argparse.Namespace) -> Settings:
    settings = load_settings(given.settings, os.environ)
    if given.store is None:
        return settings
    return msgspec.structs.replace(settings, store=msgspec.structs.replace(settings.store, url=given.store))


def _explain(error: UsageError) -> None:
    """A board that cannot start says why, in both languages' common ground: the error itself."""
    title = load_texts("en").text("empty.settings_title")
    st.html(el("section", empty_markup(EmptyView(title=title, text=str(error)))))


if __name__ == "__main__":
    main(sys.argv[1:])
