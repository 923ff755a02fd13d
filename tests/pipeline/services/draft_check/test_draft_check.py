"""The draft check: more to worry about never makes the advice milder, and nothing it says clears a draft."""

from __future__ import annotations

import re
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.i18n.numbers import make_locale
from pipeline.i18n.texts import LANGUAGES, Language, load_texts
from pipeline.services.draft_check.draft_check import (
    Code,
    DraftAdvice,
    DraftBrand,
    DraftDay,
    DraftReading,
    DraftTopic,
    SpokenHazard,
    check_draft,
)
from pipeline.services.draft_check.draft_words import PersonalData, load_draft_words, shouts
from pipeline.types import BrandFit, FacetFit, Hazard, Score, ThemeFit
from ui.draft.markup import advice_markup
from ui.draft.view_model import ICON_OF, advice_view

BRAND = DraftBrand("forno-aurora", ("warm",))
HARMLESS = DraftReading(
    text="Buongiorno dal forno",
    language="it",
    joy=0.2,
    negative=0.1,
    offensive=0.0,
    is_promotion=False,
    is_joking=False,
    is_shouting=False,
)
SHARE = Score(0.6, 40, 0.5, 0.7, "test")
MOURNING = DraftDay("Memorial day", "Giornata del ricordo", grieves=True)
AWARENESS = DraftDay("Women's day", "Giornata della donna", grieves=False)
ORDER = ("nothing_found", "caution", "stop")


def topic(*hazards: tuple[str, str], mood: str = "joy") -> DraftTopic:
    spoken = tuple(Hazard(name, tier, SHARE, ("p1",)) for name, tier in hazards)  # type: ignore[arg-type] # as text
    return DraftTopic("storm", spoken, ((mood, SHARE),))


def codes(advice: DraftAdvice) -> set[str]:
    return {finding.code for finding in advice.findings}


hazards = st.lists(
    st.tuples(st.sampled_from(["disaster", "labour", "politics"]), st.sampled_from(["floor", "high", "medium", "low"])),
    max_size=3,
)
strengths = st.floats(min_value=0, max_value=1)
drafts = st.builds(
    DraftReading,
    text=st.text(max_size=40),
    language=st.sampled_from(["it", "en", None]),
    joy=strengths,
    negative=strengths,
    offensive=strengths,
    is_promotion=st.booleans(),
    is_joking=st.booleans(),
    is_shouting=st.booleans(),
    hazards=st.lists(
        st.builds(SpokenHazard, st.just("death"), st.sampled_from(["floor", "high", "medium"]), strengths), max_size=2
    ).map(tuple),
    risks=st.lists(
        st.tuples(st.sampled_from(["stereotype", "grief_joke", "crisis_promo", "cause_washing"]), strengths),
        max_size=3,
        unique_by=lambda risk: risk[0],
    ).map(tuple),
    causes=st.sampled_from([(), ("pride",)]),
    fit=st.sampled_from([None, BrandFit(1.0, 99.0, 400, ()), BrandFit(0.0, 10.0, 400, ())]),
)


@given(drafts, hazards, st.sampled_from(["floor", "high"]), st.booleans())
def test_a_graver_topic_never_makes_the_advice_milder(
    draft: DraftReading, given_hazards: list[tuple[str, str]], tier: str, solemn: bool
) -> None:
    days = (MOURNING,) if solemn else ()
    before = check_draft(draft, BRAND, topic(*given_hazards), days)
    after = check_draft(draft, BRAND, topic(("death", tier), *given_hazards), days)
    assert ORDER.index(after.outcome) >= ORDER.index(before.outcome)


@given(drafts, st.sampled_from([(), (AWARENESS,), (MOURNING,)]))
def test_selling_and_joking_never_make_the_advice_milder(draft: DraftReading, days: tuple[DraftDay, ...]) -> None:
    before = check_draft(msgspec.structs.replace(draft, is_promotion=False, is_joking=False), BRAND, None, days)
    after = check_draft(msgspec.structs.replace(draft, is_promotion=True, is_joking=True), BRAND, None, days)
    assert ORDER.index(after.outcome) >= ORDER.index(before.outcome)


@given(drafts, hazards)
def test_the_outcome_is_that_of_the_gravest_finding(draft: DraftReading, given_hazards: list[tuple[str, str]]) -> None:
    advice = check_draft(draft, BRAND, topic(*given_hazards))
    severities = [finding.severity for finding in advice.findings]
    assert severities == sorted(severities, key=("stop", "caution", "note").index)
    worst = severities[0] if severities and severities[0] != "note" else "nothing_found"
    assert advice.outcome == worst


def test_a_harmless_draft_passes_without_a_word_of_clearance() -> None:
    advice = check_draft(HARMLESS, BRAND)
    assert (advice.outcome, advice.findings) == ("nothing_found", ())
    assert "not all" in advice.limits


@pytest.mark.parametrize(
    ("changes", "joined", "days", "wanted"),
    [
        ({"is_promotion": True}, topic(("disaster", "floor")), (), "crisis_promo"),
        ({"is_joking": True}, topic(("celebrity_death", "high")), (), "grief_joke"),
        ({"risks": (("grief_joke", 0.9),), "hazards": (SpokenHazard("death", "floor", 0.35),)}, None, (), "grief_joke"),
        ({"is_joking": True}, topic(mood="sadness"), (), "mood_clash"),
        ({"fit": BrandFit(2.0, 99.5, 400, ())}, topic(("violence", "floor")), (), "self_centred"),
        ({"is_promotion": True}, None, (MOURNING,), "solemn_day"),
        ({}, None, (MOURNING,), "solemn_today"),
        ({"risks": (("stereotype", 0.5),)}, None, (), "stereotype"),
        ({"causes": ("pride",), "is_promotion": True}, None, (), "cause_washing"),
        ({"causes": ("pride",)}, None, (), "cause"),
        ({"personal": (PersonalData("phone", "347 5512908"),)}, None, (), "personal_data"),
        ({"slang": ("yolo",)}, None, (), "stale_slang"),
        ({"fit": BrandFit(1.0, 90.0, 400, (), no_go=(ThemeFit("diet shaming", 99.9),))}, None, (), "no_go"),
        ({"fit": BrandFit(0.0, 10.0, 400, ())}, None, (), "off_brand"),
        ({"is_shouting": True}, None, (), "tone_shouting"),
    ],
)
def test_each_slip_is_named(
    changes: dict[str, object], joined: DraftTopic | None, days: tuple[DraftDay, ...], wanted: str
) -> None:
    without = check_draft(HARMLESS, BRAND)
    assert wanted not in codes(without)
    assert wanted in codes(check_draft(msgspec.structs.replace(HARMLESS, **changes), BRAND, joined, days))


def test_an_offer_beside_the_mere_name_of_a_disaster_is_at_least_a_caution() -> None:
    named = (SpokenHazard("disaster", "floor", 0.3, is_named=True),)
    offer = msgspec.structs.replace(HARMLESS, is_promotion=True, hazards=named)
    assert [(f.code, f.severity) for f in check_draft(offer, BRAND).findings] == [("crisis_promo", "caution")]
    hinted = msgspec.structs.replace(offer, hazards=(SpokenHazard("disaster", "floor", 0.3),))
    assert check_draft(hinted, BRAND).findings == (), "a faint head alone is no ground"


def test_a_joke_about_nothing_grave_is_a_joke() -> None:
    heard = msgspec.structs.replace(HARMLESS, is_joking=True, risks=(("grief_joke", 0.9), ("crisis_promo", 0.9)))
    assert codes(check_draft(heard, BRAND, topic())) == set()


def test_a_promotion_on_an_awareness_day_is_no_stop() -> None:
    sold = msgspec.structs.replace(HARMLESS, is_promotion=True)
    assert check_draft(sold, BRAND, None, (AWARENESS,)).outcome == "caution"


@given(st.text(max_size=200))
def test_any_text_can_be_read_for_words_and_people(text: str) -> None:
    words = load_draft_words()
    words.jokes(text), words.slang(text), words.causes(text), shouts(text)
    for found in words.personal_data(text):
        assert found.text.strip("@") in text


@pytest.mark.parametrize("text", ["In 10 000 000 l'hanno visto", "Aperti 9-19", "SPF 50, 120 ml, 12,90 €", "dal 1962"])
def test_plain_numbers_reach_nobody(text: str) -> None:
    assert load_draft_words().personal_data(text) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_words(language: Language) -> None:
    keys = load_texts(language).keys()
    assert {f"draft_finding.{code}" for code in get_args(Code)} <= keys
    stated = {"off_brand", "same_hashtag"}  # say all there is to say
    assert {f"draft_advice.{code}" for code in set(get_args(Code)) - stated} <= keys


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_of_the_check_clears_a_draft(language: Language) -> None:
    texts = load_texts(language)
    clearing = re.compile(r"\b(safe|sicur[oaie]|all clear|approved|approvat[oa]|go ahead|puoi pubblicar\w+)\b")
    for key in texts.keys():  # noqa: SIM118 - keys() is a method of Texts, not of a dict
        if key.startswith("draft"):
            assert not clearing.search(texts.text(key, **dict.fromkeys(texts.names(key), "")).lower()), key
    assert "ride" not in ICON_OF.values()


def test_the_page_says_it_in_the_viewers_language_and_escapes_the_draft() -> None:
    said = msgspec.structs.replace(
        HARMLESS,
        is_promotion=True,
        personal=(PersonalData("handle", "<b>@x</b>"),),
        fit=BrandFit(1.0, 96.0, 400, (FacetFit("slow-breakfast", 2.0, ("draft",)),)),
    )
    advice = check_draft(said, BRAND, topic(("disaster", "floor")), (MOURNING,))
    italian = advice_markup(advice_view(advice, make_locale("it")), load_texts("it"))
    assert "Vende accanto a una disgrazia (disastro)" in italian
    assert "Giornata del ricordo" in italian
    assert "account di altri" in italian
    assert "&lt;b&gt;@x&lt;/b&gt;" in italian
    assert "<b>" not in italian
    english = advice_markup(advice_view(advice, make_locale("en")), load_texts("en"))
    assert "It sells beside a misfortune (disaster)" in english
    assert "Memorial day" in english


def test_advice_survives_the_way_to_the_board() -> None:
    advice = check_draft(msgspec.structs.replace(HARMLESS, is_promotion=True), BRAND, topic(("disaster", "floor")))
    assert msgspec.json.decode(msgspec.json.encode(advice), type=DraftAdvice) == advice
