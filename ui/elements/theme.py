"""The look of the board and the script that makes its links soft; both ship as files beside this one."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from ui.elements.pieces import NOTHING

STATIC = Path(__file__).parent / "static"
ICON = STATIC / "icon.svg"


def apply_theme() -> None:
    """Add the style sheet and the link script to the page. Neither carries any data."""
    st.html(STATIC / "theme.css")
    script = (STATIC / "soft_links.js").read_text(encoding="utf-8")
    st.html(f"{NOTHING}<script>{script}</script>", unsafe_allow_javascript=True)
