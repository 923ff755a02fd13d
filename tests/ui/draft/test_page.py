"""The draft page on a real store, with an answer in place of the command."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from pipeline.services.draft_check.draft_check import DraftAdvice, DraftFinding
from tests.ui.app_pages import page, visit
from ui.commands import CommandResult

ADVICE = DraftAdvice(
    brand_id="forno-aurora",
    outcome="stop",
    findings=(DraftFinding("solemn_day", "stop", "a promotion", (("day_en", "Memory"), ("day_it", "Memoria"))),),
    language="it",
    fit=None,
    topic=None,
)


@pytest.fixture
def asked(seeded: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], str | None]]:
    """What the page asked the command line for; the store is there."""
    calls: list[tuple[list[str], str | None]] = []

    def answer(arguments: Sequence[str], stdin: str | None = None, **_: object) -> CommandResult:
        calls.append((list(arguments), stdin))
        if stdin == "broken":
            return CommandResult("failed", message="the encoder is away")
        return CommandResult("done", output=msgspec.json.encode(ADVICE).decode())

    monkeypatch.setattr("ui.draft.page.run_command", answer)
    return calls


@pytest.mark.parametrize(
    ("language", "words"), [("it", ("Così non va pubblicata", "Memoria")), ("en", ("Do not publish", "Memory"))]
)
def test_a_draft_is_checked_for_brand_topic_and_day(
    asked: list[tuple[list[str], str | None]], language: str, words: tuple[str, ...]
) -> None:
    app = visit(page="draft", lang=language)
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
    assert all(word in page(app) for word in words)


def test_an_empty_draft_and_a_failed_check_say_so(asked: list[tuple[list[str], str | None]]) -> None:
    app = visit(page="draft", lang="en")
    app.button[0].click().run()
    assert not asked
    assert "Write or paste" in page(app)
    app.text_area(key="draft_text").set_value("broken")
    app.button[0].click().run()
    assert "the encoder is away" in page(app)
