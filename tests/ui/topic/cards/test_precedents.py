"""Precedents on the topic's page, in both languages."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from pipeline.i18n.numbers import make_locale
from pipeline.i18n.texts import LANGUAGES, Language, load_texts
from pipeline.types import Precedent, PrecedentEnd
from tests.samples import NOW
from ui.query import BoardQuery
from ui.topic.cards.precedents import TONE_OF, precedent_views, precedents_markup

ONE = Precedent(
    topic_id="t7",
    label="<b>alluvione</b>",
    standing=9.26,
    similarity=0.71,
    first_seen=NOW,
    lasted_h=50.0,
    n_posts=1234,
    languages=("it", "en"),
    hazards=("disaster",),
    verdicts=(("forno-aurora", "RISKY"),),
    ended="grave",
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_precedent_says_what_it_was_and_how_it_ended(language: Language) -> None:
    texts, locale = load_texts(language), make_locale(language)
    (view,) = precedent_views((ONE,), "forno-aurora", BoardQuery(brand="forno-aurora", topic="t90"), locale)
    shown = precedents_markup((view,), texts)
    assert "<b>" not in shown
    assert "topic=t7" in shown
    assert texts.text("precedents.ended_grave") in shown
    assert texts.text("verdict.RISKY") in shown
    assert locale.number(1234) in shown
    assert locale.number(9.26, 1) in shown


def test_a_brand_that_was_not_told_has_no_badge_and_nothing_is_no_card() -> None:
    (view,) = precedent_views((ONE,), "another", BoardQuery(), make_locale("en"))
    assert view.badge is None
    assert precedents_markup((), load_texts("en")) == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_end_has_words_and_a_tone(language: Language) -> None:
    assert set(TONE_OF) == set(get_args(PrecedentEnd))
    assert {f"precedents.ended_{end}" for end in get_args(PrecedentEnd)} <= load_texts(language).keys()


def test_a_precedent_survives_the_store() -> None:
    assert msgspec.json.decode(msgspec.json.encode(ONE), type=Precedent) == ONE
