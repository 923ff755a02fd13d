"""Both languages say the same things, in the way their readers write."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.settings import CONFIGS_DIR
from pipeline.types import Stage, VerdictKind
from ui.i18n import LANGUAGES, Language, load_texts
from ui.i18n.locale import make_locale

REASON_CODES = (
    "fits_facet",
    "weak_fit",
    "no_fit",
    "hazard_floor",
    "hazard_high",
    "hazard_medium",
    "hazard_low",
    "contested",
    "hot",
    "thin_posts",
    "thin_authors",
    "nuance_fits",
    "no_background",
    "bandwagon",
    "calm",
    "fading",
    "rising",
    "single_origin",
    "copy_burst",
    "false_fit",
)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def test_both_tables_have_the_same_keys_and_the_same_names_in_each_text() -> None:
    english, italian = load_texts("en"), load_texts("it")
    assert english.keys() == italian.keys()
    for key in english.keys():  # noqa: SIM118 - keys() is a method of Texts, not of a dict
        assert english.names(key) == italian.names(key), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_known_code_verdict_stage_and_hazard_has_a_text(language: Language) -> None:
    keys = load_texts(language).keys()
    hazards = tomllib.loads((CONFIGS_DIR / "hazards.toml").read_text(encoding="utf-8"))["hazards"]
    wanted = {f"reason.{code}" for code in REASON_CODES} | {f"reason_plain.{code}" for code in REASON_CODES}
    wanted |= {f"verdict.{kind}" for kind in VerdictKind} | {f"verdict_hint.{kind}" for kind in VerdictKind}
    wanted |= {f"stage.{stage}" for stage in Stage} | {f"hazard.{hazard['name']}" for hazard in hazards}
    assert wanted <= keys


def test_a_plain_reason_needs_no_numbers() -> None:
    texts = load_texts("it")
    assert all(not texts.names(f"reason_plain.{code}") for code in REASON_CODES)


def test_braces_inside_a_value_are_text() -> None:
    assert "{percentile}" in load_texts("en").text("topic.show_brand", brand="{percentile}")


def test_numbers_follow_the_language() -> None:
    english, italian = make_locale("en"), make_locale("it")
    assert (english.number(1234.5, 1), italian.number(1234.5, 1)) == ("1,234.5", "1.234,5")
    assert (english.percent(0.004), italian.percent(0.535)) == ("<1%", "54%")
    assert italian.written_number("0.53") == "0,53"
    assert italian.written_number("v1.2") == "v1.2"
    assert english.number(-0.01, 1) == "0.0"


@given(st.floats(min_value=-1e9, max_value=1e9), st.integers(min_value=0, max_value=3))
def test_a_number_reads_back_in_both_languages(value: float, digits: int) -> None:
    english, italian = make_locale("en").number(value, digits), make_locale("it").number(value, digits)
    plain_english = english.replace(",", "").replace("−", "-")
    plain_italian = italian.replace(".", "").replace(",", ".").replace("−", "-")
    assert float(plain_english) == float(plain_italian) == pytest.approx(value, abs=0.51 * 10**-digits)


def test_times_are_in_the_viewers_zone() -> None:
    rome = make_locale("it", "Europe/Rome")
    assert (rome.clock(NOON), rome.moment(NOON)) == ("13:00", "1 mar 2026, 13:00")
    assert make_locale("en", "No/Where").moment(NOON) == "1 Mar 2026, 12:00"
    assert make_locale("en", "/etc/passwd").clock(NOON) == "12:00"


@pytest.mark.parametrize(
    ("seconds", "english", "italian"),
    [
        (-5, "just now", "adesso"),
        (59, "59 s ago", "59 s fa"),
        (61, "1 min ago", "1 min fa"),
        (7200, "2 h ago", "2 h fa"),
        (3 * 86_400, "3 days ago", "3 giorni fa"),
    ],
)
def test_ages_in_words(seconds: int, english: str, italian: str) -> None:
    moment = NOON - timedelta(seconds=seconds)
    assert make_locale("en").ago(moment, NOON) == english
    assert make_locale("it").ago(moment, NOON) == italian
