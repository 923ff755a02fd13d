"""Both languages say the same things, in the way their readers write."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.settings import CONFIGS_DIR
from pipeline.enrich.sentiment import EMOTIONS
from pipeline.i18n.numbers import make_locale
from pipeline.i18n.texts import LANGUAGES, Language, load_texts
from pipeline.signals.accounts.creators import SIGNALS
from pipeline.signals.dialogue.invitations import invitation_cues
from pipeline.types import Confidence, Stage, VerdictKind
from pipeline.types.reason_codes import ChangeCode, DoubtCode, ReasonCode, finding_of

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DOUBTS = {finding_of(code) for code in ChangeCode if not code.startswith("more_") and code is not ChangeCode.WAIT}


def test_both_tables_have_the_same_keys_and_the_same_names_in_each_text() -> None:
    english, italian = load_texts("en"), load_texts("it")
    assert english.keys() == italian.keys()
    for key in english.keys():  # noqa: SIM118 - keys() is a method of Texts, not of a dict
        assert english.names(key) == italian.names(key), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_known_code_verdict_stage_and_hazard_has_a_text(language: Language) -> None:
    keys = load_texts(language).keys()
    hazards = tomllib.loads((CONFIGS_DIR / "hazards.toml").read_text(encoding="utf-8"))["hazards"]
    wanted = {f"reason.{code}" for code in ReasonCode} | {f"reason_plain.{code}" for code in ReasonCode}
    wanted |= {f"change.{code}" for code in ChangeCode} | {f"confidence.{word}" for word in Confidence}
    wanted |= {f"doubt.{finding}" for finding in (*DOUBTS, *DoubtCode)}
    wanted |= {f"verdict.{kind}" for kind in VerdictKind} | {f"verdict_hint.{kind}" for kind in VerdictKind}
    wanted |= {f"stage.{stage}" for stage in Stage} | {f"hazard.{hazard['name']}" for hazard in hazards}
    assert wanted <= keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_no_sentence_that_nothing_gives(language: Language) -> None:
    keys = load_texts(language).keys()
    assert {key.partition(".")[2] for key in keys if key.startswith("reason.")} == set(ReasonCode)
    assert {key.partition(".")[2] for key in keys if key.startswith("reason_plain.")} == set(ReasonCode)
    assert {key.partition(".")[2] for key in keys if key.startswith("reason_short.")} <= set(ReasonCode)
    assert {key.partition(".")[2] for key in keys if key.startswith("doubt.")} == DOUBTS | set(DoubtCode)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_signal_has_words(language: Language) -> None:
    days = tomllib.loads((CONFIGS_DIR / "solemn_days.toml").read_text(encoding="utf-8"))["days"]
    wanted = {f"creator_signal.{name}" for name in SIGNALS} | {f"invitation.{kind}" for kind in invitation_cues().kinds}
    wanted |= {f"solemn.{day['kind']}" for day in days} | {f"emotion.{name}" for name in EMOTIONS}
    assert not wanted - load_texts(language).keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_judges_what_is_true(language: Language) -> None:
    texts = load_texts(language)
    judging = re.compile(
        r"\b(fake|bufal\w+|menzogn\w+|lies?|hoax\w*|truth|verità|disinformazione|misinformation|troll|bot)\b"
    )
    shown = {
        key: texts.text(key, **dict.fromkeys(texts.names(key), "")).lower()
        for key in texts.keys()  # noqa: SIM118 - keys() is a method of Texts, not of a dict
        if key.split(".")[0] in ("exposure", "creator", "creator_signal", "marker", "credit")
    }
    assert not {key: text for key, text in shown.items() if judging.search(text)}


def test_a_plain_reason_needs_no_numbers() -> None:
    texts = load_texts("it")
    assert all(not texts.names(f"reason_plain.{code}") for code in ReasonCode)


def test_braces_inside_a_value_are_text() -> None:
    assert "{percentile}" in load_texts("en").text("topic.show_brand", brand="{percentile}")


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.08, "nell’8% dei post"), (0.11, "nell’11%"), (0.83, "nell’83%"), (0.18, "nel 18%"), (0.004, "nel <1%")],
)
def test_italian_articles_elide_before_a_vowel(share: float, words: str) -> None:
    italian = make_locale("it")
    assert words in italian.text("reason.hazard_high", hazard="salute", share=italian.percent(share), n="40")
    assert "L’8% " in italian.text("exposure.origin_post", share="8%")
    assert "in 8% of posts" in make_locale("en").text("reason.hazard_high", hazard="health", share="8%", n="40")


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
