"""The draft page on a real store, with an answer in place of the command."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pipeline.services.draft_check.draft_check import DraftAdvice, DraftFinding
from tests.ui.seed_store import seed
from ui.commands import CommandResult
from ui.server import APP

ADVICE = DraftAdvice(
    brand_id="forno-aurora",
    outcome="stop",
    findings=(DraftFinding("solemn_day", "stop", "a promotion", (("day_en", "Memory"), ("day_it", "Memoria"))),),
    language="it",
    fit=None,
    topic=None,
)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[list[str], str | None]]]:
    """What the page asked the command line for; the store is there."""
    for name in [name for name in os.environ if name.startswith("TRENDSIEVE_")]:
        monkeypatch.delenv(name)
    url = f"sqlite:///{tmp_path}/board.db"
    monkeypatch.setenv("TRENDSIEVE_STORE__URL", url)
    seed(url, datetime.now(UTC))
    calls: list[tuple[list[str], str | None]] = []

    def answer(arguments: Sequence[str], stdin: str | None = None, **_: object) -> CommandResult:
        calls.append((list(arguments), stdin))
        if stdin == "broken":
            return CommandResult("failed", message="the encoder is away")
        return CommandResult("done", output=msgspec.json.encode(ADVICE).decode())

    monkeypatch.setattr("ui.draft.page.run_command", answer)
    yield calls
    st.cache_data.clear()
    st.cache_resource.clear()


def opened(language: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.query_params["page"], app.query_params["lang"] = "draft", language
    app.run()
    assert not app.exception
    return app


def shown(app: AppTest) -> str:
    return "".join(element.value for element in app.get("html"))


@pytest.mark.parametrize(
    ("language", "words"), [("it", ("Così non va pubblicata", "Memoria")), ("en", ("Do not publish", "Memory"))]
)
def test_a_draft_is_checked_for_brand_topic_and_day(
    asked: list[tuple[list[str], str | None]], language: str, words: tuple[str, ...]
) -> None:
    app = opened(language)
    topics = app.selectbox(key="draft_topic").options
    assert len(topics) > 1, "the board's topics are offered"
    app.text_area(key="draft_text").set_value("Oggi -20%")
    app.selectbox(key="draft_topic").set_value("t1")
    app.button[0].click().run()
    assert not app.exception
    arguments, stdin = asked[0]
    assert stdin == "Oggi -20%", "the text travels on standard input, where no process list shows it"
    assert arguments[:3] == ["draft", "--brand", "forno-aurora"]
    assert {"--at", "--topic", "--json"} <= set(arguments)
    assert all(word in shown(app) for word in words)


def test_an_empty_draft_and_a_failed_check_say_so(asked: list[tuple[list[str], str | None]]) -> None:
    app = opened("en")
    app.button[0].click().run()
    assert not asked
    assert "Write or paste" in shown(app)
    app.text_area(key="draft_text").set_value("broken")
    app.button[0].click().run()
    assert "the encoder is away" in shown(app)
