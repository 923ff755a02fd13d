"""How sure a verdict is and what would change it, as people read it in both languages."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import msgspec
import pytest

from pipeline.i18n.numbers import make_locale
from pipeline.i18n.texts import LANGUAGES, Language, load_texts
from pipeline.types import BrandFit, Confidence, Hazard, Reason, Score, Verdict, VerdictKind
from pipeline.verdict.case import Case
from pipeline.verdict.hysteresis import hold
from pipeline.verdict.judge import judge
from tests.samples import NOW, make_verdict
from tests.verdict_cases import RULES, a_fit, a_hazard, a_report, decide
from ui.shared.parts import reason_line
from ui.topic.cards.sureness import changes_view, confidence_view, is_worth_marking
from ui.topic.markup import _changes, _confidence

NEAR = Hazard("crime", "high", Score(0.15, 60, 0.09, 0.24, "m"), ("p5",))


def on_a_large_background(percentile: float) -> BrandFit:
    return msgspec.structs.replace(a_fit(percentile), n=400)


def held() -> Verdict:
    rules = dataclasses.replace(RULES, hold_s=1800.0)
    last = judge("forno-aurora", a_report(), on_a_large_background(97.0), None, rules, NOW)
    report, fit = a_report(), on_a_large_background(99.2)
    later = judge("forno-aurora", report, fit, None, rules, NOW + timedelta(minutes=5))
    return hold(last, later, Case(report, fit, None), rules)


@pytest.mark.parametrize(
    ("verdict", "language", "texts"),
    [
        (decide(a_report(n_posts=8), a_fit(99.9)), "it", ["Con altri 4 post distinti (12 in tutto)"]),
        (decide(a_report(near_hazards=(NEAR,)), a_fit(100.0)), "en", ["If crime rose to 20% of the posts (now 15%)"]),
        (decide(a_report(), a_fit(96.0)), "it", ["Se l’affinità salisse dal percentile 96 al 99"]),
        (held(), "it", ["Se resta così fino alle 12:35"]),
    ],
)
def test_changes_read_as_sentences(verdict: Verdict, language: Language, texts: list[str]) -> None:
    view = changes_view(verdict, make_locale(language))
    assert view is not None
    assert set(texts) <= {change.text for change in view.changes}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_gate_is_said_to_be_final(language: Language) -> None:
    locale = make_locale(language)
    view = changes_view(decide(a_report(hazards=(a_hazard("floor"),)), a_fit(99.9)), locale)
    assert view is not None
    assert view.changes == ()
    assert view.final is not None
    assert locale.text("hazard.death").lower() in view.final
    assert "nothing" in view.final or "nulla" in view.final
    assert "ts-note" in _changes(view, load_texts(language))


def test_where_no_single_change_would_help_that_is_said() -> None:
    hot = Score(0.9, 40, 0.85, 0.95, "m")
    view = changes_view(decide(a_report(heat=hot, hazards=(a_hazard("medium"),)), a_fit(99.9)), make_locale("en"))
    assert view is not None
    assert view.final == "No single change would make it friendlier."


def test_a_verdict_stored_before_there_was_any_says_nothing() -> None:
    old = make_verdict()
    assert confidence_view(old, make_locale("en")) is None
    assert changes_view(old, make_locale("en")) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_confidence_is_a_word_with_its_doubts(language: Language) -> None:
    locale = make_locale(language)
    verdict = make_verdict(confidence=Confidence.TENTATIVE, doubts=("heat_up", "heat_down", "cold_start", "unheard_of"))
    view = confidence_view(verdict, locale)
    assert view is not None
    assert (view.level, view.word) == ("tentative", locale.text("confidence.tentative"))
    assert view.hint.count(locale.text("doubt.heat")) == 1
    assert locale.text("doubt.cold_start") in view.hint
    assert "unheard_of" not in view.hint
    assert view.word in _confidence(view, load_texts(language))


def test_rows_are_marked_only_where_nothing_else_says_it() -> None:
    tentative = make_verdict(confidence=Confidence.TENTATIVE, doubts=("fit_down",))
    assert is_worth_marking(tentative)
    for other in (
        make_verdict(confidence=Confidence.FAIR, doubts=("fit_down",)),
        make_verdict(kind=VerdictKind.IGNORE, confidence=Confidence.TENTATIVE, doubts=("fit_up",)),
        make_verdict(confidence=Confidence.TENTATIVE, doubts=("thin",)),
    ):
        assert not is_worth_marking(other)


def test_a_reason_tells_the_verdict_and_the_time_it_waits_for_in_the_viewers_words() -> None:
    params = (("kind", "RIDE"), ("until", "2026-03-01T12:35:00+00:00"))
    told = reason_line(Reason("held_back", "in English", params=params), make_locale("it", "Europe/Rome"))
    assert told == "Raggiunge appena ciò che serve: diventa «Cavalca» se dura fino alle 13:35"
