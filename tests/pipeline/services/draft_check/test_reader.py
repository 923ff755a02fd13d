"""A draft through the real models, and the command around it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from configs.settings import CONFIGS_DIR, Settings
from pipeline.brand.profile.profile import load_profile
from pipeline.cli import main
from pipeline.services.draft_check.draft_check import DraftAdvice
from pipeline.services.draft_check.reader import DraftReader, days_of, hashtag_topic
from pipeline.signals.hazards.solemn_days import load_solemn_days
from pipeline.store.database import open_store
from pipeline.types import Hazard
from pipeline.wiring.models import load_models
from pipeline.wiring.services import build_draft_reader
from tests.samples import make_report, make_score
from tests.ui.seed_store import seed

BRAND = CONFIGS_DIR / "brands" / "forno-aurora.toml"
NOON = datetime(2026, 5, 14, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def reader() -> DraftReader:
    return build_draft_reader(Settings(), load_models(Settings()), load_profile(BRAND))


def test_a_draft_is_read_as_its_posts_would_be(reader: DraftReader) -> None:
    read = reader.read("Solo oggi -20% su tutti i biscotti, passa in negozio 😄 @fornoaurora @anna.bici", NOON)
    assert read.language == "it"
    assert read.is_promotion
    assert read.is_joking
    assert [found.text for found in read.personal] == ["@anna.bici"], "the brand's own handle is nobody's secret"
    assert read.fit is not None
    assert read.fit.n > 100
    assert read == reader.read(read.text, NOON), "reading changes nothing"


def test_the_name_of_a_disaster_is_heard_and_a_figure_of_speech_is_not(reader: DraftReader) -> None:
    flood = reader.read("Bloccati dall'alluvione? Oggi -20% su tutti i biscotti", NOON)
    assert [hazard.name for hazard in flood.hazards if hazard.is_named] == ["disaster"]
    assert not any(hazard.is_named for hazard in reader.read("Oggi -20% su tutti i biscotti", NOON).hazards)


def test_the_calendar_of_the_market_is_read() -> None:
    calendar = load_solemn_days()
    capaci = datetime(2026, 5, 23, 12, tzinfo=UTC)
    assert [day.grieves for day in days_of(calendar, capaci, ["it"])] == [True]
    assert days_of(calendar, capaci, ["us"]) == ()
    assert len(days_of(calendar, capaci, ["it", "it"])) == 1


def test_the_command_answers_in_words_and_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["draft", "--brand", str(BRAND), "--at", "2026-01-27", "Oggi sconto del 20% su tutto, codice PANE20"]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert told.startswith("DO NOT PUBLISH")
    assert "[solemn_day]" in told
    assert main([*words, "--json"]) == 0
    advice = msgspec.json.decode(capsys.readouterr().out, type=DraftAdvice)
    assert (advice.brand_id, advice.outcome) == ("forno-aurora", "stop")


def test_a_topic_of_the_store_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    seed(url, NOON)
    store = open_store(url, lambda: NOON)
    grave = next(r for r in store.reports() if any(h.tier == "floor" for h in r.hazards))
    store.close()
    monkeypatch.setattr("sys.stdin", io.StringIO("Venite in negozio, oggi cornetto in omaggio"))
    assert main(["draft", "--brand", str(BRAND), "--store", url, "--topic", grave.topic_id, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["topic"] == grave.label
    assert "topic_hazard" in [finding["code"] for finding in found["findings"]]


def test_the_topic_of_a_hashtag_is_looked_at_without_being_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = open_store(url, lambda: NOON)
    death = (Hazard("violence", "floor", make_score(0.6), ("p1",)),)
    with store.transaction() as tx:
        tx.save_reports("default", [make_report("t1", label="Linwood · school", keywords=("shooting",), hazards=death)])
        tx.save_reports("default", [make_report("t2", label="Cream", keywords=("linwood",), n_posts=900)])
    store.close()
    words = ["draft", "--brand", str(BRAND), "--store", url, "--json", "Everybody talks about #Linwood: 20% off today"]
    assert main(words) == 0
    advice = msgspec.json.decode(capsys.readouterr().out, type=DraftAdvice)
    assert (advice.topic, advice.outcome) == ("Linwood · school", "stop"), "the hazardous one of the two"
    assert {"same_hashtag", "topic_hazard"} <= {finding.code for finding in advice.findings}


def test_a_hashtag_nobody_uses_leads_nowhere() -> None:
    assert hashtag_topic("#linwood", [make_report("t1", label="Pane", keywords=("caro pane",), hazards=())]) is None
    assert hashtag_topic("linwood", [make_report("t1", label="Linwood", hazards=())]) is None
    found = hashtag_topic("#CaroCaffè", [make_report("t1", label="x", keywords=("caro caffè",), hazards=())])
    assert found is not None
    assert found[1] == "carocaffe"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--brand", str(BRAND), "  "], "is empty"),
        (["--brand", str(BRAND), "--at", "soon", "text"], "write it like 2026-01-27"),
        (["--brand", "nobody", "--store", "sqlite:///nowhere/at/all.db", "text"], "does not exist"),
        (["--brand", "missing.toml", "text"], "missing.toml"),
    ],
)
def test_errors_say_what_to_do(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str], recwarn: Callable[..., object]
) -> None:
    assert main(["draft", *words]) == 2
    assert told in capsys.readouterr().err


def test_an_unknown_brand_and_topic_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    seed(url, NOON)
    assert main(["draft", "--brand", "nobody", "--store", url, "text"]) == 2
    assert "it knows: forno-aurora, lido-sport" in capsys.readouterr().err
    assert main(["draft", "--brand", str(BRAND), "--store", url, "--topic", "t0", "text"]) == 2
    assert "t0: is no topic" in capsys.readouterr().err
