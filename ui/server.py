"""The command that serves the board; the CLI starts it as its own process, by name:

``python -m ui.server STORE_URL HOST PORT [SETTINGS_FILE]``
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from configs.settings import BoardSettings, Settings

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


def board_command(settings: Settings, store_url: str | None, settings_path: Path | str | None = None) -> list[str]:
    """The argv that serves the board of one store.

    Parameters
    ----------
    settings
        ``board.host`` and ``board.port`` are used; port 0 lets Streamlit pick a free one.
    store_url
        SQLAlchemy URL of the store the board reads; ``None`` leaves it to ``TRENDSIEVE_STORE__URL``,
        because arguments can be read by everybody on the machine and a URL may hold a password.
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
    command += ["--"]
    command += [] if store_url is None else ["--store", store_url]
    return command if settings_path is None else [*command, "--settings", str(settings_path)]


def main(arguments: Sequence[str]) -> None:
    """Become the board's server: the process is replaced, so a signal sent to it reaches Streamlit."""
    store_url, host, port, *settings_path = arguments
    settings = Settings(board=BoardSettings(host=host, port=int(port)))
    command = board_command(settings, None, *settings_path)
    os.execve(command[0], command, {**os.environ, "TRENDSIEVE_STORE__URL": store_url})


if __name__ == "__main__":
    main(sys.argv[1:])
