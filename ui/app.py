"""The Streamlit script of the board: ``streamlit run ui/app.py -- --store URL --settings FILE``.

It reads the store and nothing else. Without ``--store`` the address comes from the settings
(``TRENDSIEVE_STORE__URL``). ``ui.server.board_command`` has the full command line.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import streamlit as st

from configs.errors import UsageError
from configs.settings import Settings, load_settings
from ui.i18n import load_texts
from ui.markup.board import header_markup
from ui.markup.element import el
from ui.markup.pieces import empty_markup
from ui.theme import ICON, apply_theme
from ui.view_models.parts import EmptyView
from ui.views.board import render_board
from ui.views.topic import render_topic
from ui.visit import Visit, begin_visit


def main(arguments: Sequence[str]) -> None:
    """Run the script once for one viewer.

    Parameters
    ----------
    arguments
        Command-line arguments after ``--``; unknown ones are left to Streamlit.
    """
    try:
        settings = _settings(arguments)
    except UsageError as error:
        _explain(error)
        return
    visit = begin_visit(settings.store.url, settings.board, settings.verdict)
    text = visit.locale.text
    title = f"{text('app.board')} · {text('app.name')}"
    st.set_page_config(page_title=title, page_icon=str(ICON), layout="wide", initial_sidebar_state="collapsed")
    apply_theme()
    page = st.navigation(
        [st.Page(lambda: _page(visit), title=title, url_path="board", default=True)], position="hidden"
    )
    page.run()


def _page(visit: Visit) -> None:
    st.html(header_markup(visit.query, visit.locale.texts))
    try:
        if visit.query.topic is None:
            render_board(visit)
        else:
            render_topic(visit)
    except UsageError as error:
        _explain(error)


def _settings(arguments: Sequence[str]) -> Settings:
    parser = argparse.ArgumentParser(allow_abbrev=False, add_help=False)
    parser.add_argument("--store")
    parser.add_argument("--settings", type=Path)
    given, _ = parser.parse_known_args(arguments)
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
