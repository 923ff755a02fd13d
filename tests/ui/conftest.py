"""A board on a store of its own: as a script (:mod:`tests.ui.app_pages`), and served to a real Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
import streamlit as st
from playwright.sync_api import Browser, Page, sync_playwright

from tests.ui.seed_store import seed
from tests.waiting import wait_until

REFRESH_S, STALE_AFTER_S = 1.0, 25.0


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TRENDSIEVE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def store_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The store that the script will open; nothing is there yet."""
    url = f"sqlite:///{tmp_path}/board.db"
    monkeypatch.setenv("TRENDSIEVE_STORE__URL", url)
    yield url
    st.cache_data.clear()
    st.cache_resource.clear()  # closes the store


@pytest.fixture
def seeded(store_url: str) -> str:
    """The same, with the trends of :mod:`tests.ui.seed_store` as of now."""
    seed(store_url, datetime.now(UTC))
    return store_url


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """A Chromium that asks nobody for updates."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@pytest.fixture
def address(seeded: str, tmp_path: Path) -> Iterator[str]:
    """A served board; the settings reach it through the file, as the CLI passes them."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings_path = tmp_path / "board.toml"
    settings_path.write_text(f"[board]\nrefresh_s = {REFRESH_S}\nstale_after_s = {STALE_AFTER_S}\n", encoding="utf-8")
    command = [sys.executable, "-m", "ui.server", seeded, "127.0.0.1", str(port), str(settings_path)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TRENDSIEVE_")}
    with (tmp_path / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log, env=environ)
        try:
            wait_until(lambda: _answers(f"http://127.0.0.1:{port}/_stcore/health"), 60, "the board is served")
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            server.wait(timeout=20)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A window that fails the test when a request leaves this machine or a script fails; closed before the server."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    requests: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("dialog", lambda dialog: errors.append(f"dialog: {dialog.message}"))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    page.close()
    hosts = {urlsplit(url).hostname for url in requests if urlsplit(url).scheme in ("http", "https", "ws", "wss")}
    assert hosts == {"127.0.0.1"}
    assert not errors


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2):
            return True
    except OSError:
        return False
