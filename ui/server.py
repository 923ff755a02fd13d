"""The command that serves the board; the CLI starts it as its own process."""

from __future__ import annotations

import sys
from pathlib import Path

from configs.settings import Settings

APP = Path(__file__).with_name("app.py")
THEME = {
    "base": "light",
    "primaryColor": "#0f5f6e",
    "backgroundColor": "#f5f6f8",
    "secondaryBackgroundColor": "#ffffff",
    "textColor": "#18202c",
    "borderColor": "#ccd3dc",
    "baseRadius": "8px",
    "showWidgetBorder": "true",
}
"""Colours of Streamlit's own widgets; ``theme.css`` has those of ours."""


def board_command(settings: Settings, store_url: str, settings_path: Path | str | None = None) -> list[str]:
    """The argv that serves the board of one store.

    Parameters
    ----------
    settings
        ``board.host`` and ``board.port`` are used; port 0 lets Streamlit pick a free one.
    store_url
        SQLAlchemy URL of the store the board reads.
    settings_path
        Settings file the board reads itself; ``None`` leaves it defaults and environment.

    Examples
    --------
    >>> board_command(Settings(), "sqlite:///trends.db")[1:4]
    ['-m', 'streamlit', 'run']
    """
    options = {
        "server.headless": "true",
        "server.address": settings.board.host,
        "server.port": str(settings.board.port),
        "server.fileWatcherType": "none",
        "server.runOnSave": "false",
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "type",
        "client.showSidebarNavigation": "false",
        "global.developmentMode": "false",
    } | {f"theme.{name}": value for name, value in THEME.items()}
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    command += [f"--{name}={value}" for name, value in options.items()]
    command += ["--", "--store", store_url]
    return command if settings_path is None else [*command, "--settings", str(settings_path)]
