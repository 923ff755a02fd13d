"""The skip log's page on a real store, in both languages."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pipeline.i18n.texts import LANGUAGES
from pipeline.store.database import open_store
from pipeline.types import VerdictKind
from tests.samples import make_report, make_verdict
from tests.ui.seed_store import seed
from ui.server import APP


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name in [name for name in os.environ if name.startswith("TRENDSIEVE_")]:
        monkeypatch.delenv(name)
    url = f"sqlite:///{tmp_path}/board.db"
    monkeypatch.setenv("TRENDSIEVE_STORE__URL", url)
    st.cache_data.clear()
    st.cache_resource.clear()
    return url


def shown(language: str) -> str:
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.query_params["page"], app.query_params["lang"] = "skips", language
    app.run()
    assert not app.exception
    return "".join(element.value for element in app.get("html"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_let_pass_is_listed(url: str, language: str) -> None:
    now = datetime.now(UTC)
    seed(url, now)
    store = open_store(url, lambda: now)
    with store.transaction() as tx:
        tx.save_reports("default", [make_report("t900", label="<i>carro</i>", as_of=now, last_seen=now, n_posts=300)])
        tx.save_verdicts([make_verdict("forno-aurora", "t900", kind=VerdictKind.RISKY, as_of=now)])
    store.close()
    page = shown(language)
    assert "&lt;i&gt;carro" in page
    assert "topic=t900" in page
    assert "page=skips" not in page.split("topic=t900")[1].split('"')[0], "a trend opens on its own page"
    st.cache_data.clear()
    st.cache_resource.clear()


def test_a_store_without_brands_says_what_to_do(url: str) -> None:
    open_store(url, lambda: datetime.now(UTC)).close()
    assert "ts-empty" in shown("en")
    st.cache_data.clear()
    st.cache_resource.clear()
