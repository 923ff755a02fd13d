"""One catalogue: a verdict says the same in a file, in a message and on the board, and old verdicts still read."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.alerts.sinks.slack.message import slack_message, to_payload
from pipeline.i18n.numbers import far_locale, make_locale
from pipeline.i18n.sentences import change_line, change_text, reason_text
from pipeline.i18n.texts import LANGUAGES, Language
from pipeline.types import BrandFit, BrandNuance, Change, Confidence, Hazard, Reason, TopicReport, Verdict, VerdictKind
from pipeline.types.reason_codes import RETIRED, ChangeCode, ReasonCode
from pipeline.verdict.in_words import make_change, make_reason
from pipeline.verdict.rules import VerdictRules
from tests.samples import make_alert, make_report, make_score, make_verdict
from tests.slack_stub import texts
from tests.verdict_cases import decide as verdict_of
from tests.verdict_cases import fits, nuances, reports, rules
from ui.shared.parts import fit_view, reason_line, score_view
from ui.topic.cards.sureness import changes_view

OLD = b"""{"brand_id": "b", "topic_id": "t1", "kind": "WATCH", "fit": null, "nuance": null,
"as_of": "2026-03-01T12:00:00Z",
"reasons": [{"code": "rising", "text": "it is rising"}, {"code": "false_fit", "text": "it only sounds like the brand"},
{"code": "of_another_release", "text": "Said by another release."},
{"code": "hot", "text": "the tone is heated: chance of a quarrel 0.52 [0.40\xe2\x80\x930.60], n = 34",
"evidence": ["p1"], "params": [["value", "0.52"], ["low", "0.40"], ["high", "0.60"], ["n", "34"]]}],
"changes": [{"code": "wait", "kind": "RIDE", "now": 0.0, "needed": 60.0, "text": "if it stays so until 12:35 UTC: RIDE",
"params": [["until", "2026-03-01T12:35:00+00:00"]]}], "doubts": ["held", "heat_up", "of_another_release"]}"""
"""A verdict as releases before the catalogue stored it, with codes no rule gives any more."""

names = st.sampled_from(
    ["share", "value", "n", "z", "until", "kind", "hazard", "facet", "day_it", "threshold", "needed"]
)
written = (
    st.text(max_size=12) | st.floats().map(str) | st.integers().map(str) | st.sampled_from(["1.5%", "-0", "9" * 40])
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_verdict_stored_long_ago_decodes_and_reads(language: Language) -> None:
    old = msgspec.json.decode(OLD, type=Verdict)
    told = [reason_line(reason, make_locale(language)) for reason in old.reasons]
    english = ["Interest is rising", "It only sounds like the brand: shared words, another subject"]
    italian = ["L’interesse sta crescendo", "Somiglia al brand solo a parole: il soggetto è un altro"]
    assert told[:2] == (english if language == "en" else italian)
    assert told[2] == "Said by another release."
    assert told[3].startswith("The tone is heated: 52 of 100 (40–60)" if language == "en" else "Il tono è acceso: 52")
    assert old.reasons[3].code == ReasonCode.HOT
    assert change_text(old.changes[0], make_locale(language)) in (
        "If it stays so until 12:35",
        "Se resta così fino alle 12:35",
    )


def test_codes_are_plain_text_on_the_wire() -> None:
    verdict = make_verdict(reasons=(make_reason(ReasonCode.THIN_POSTS, n=7, needed=20),))
    read = msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict)
    assert read == verdict
    assert type(read.reasons[0].code) is str
    assert msgspec.to_builtins(verdict)["reasons"][0]["code"] == "thin_posts"


@settings(max_examples=100, deadline=None)
@given(report=reports(), fit=st.none() | fits, nuance=st.none() | nuances, rules=rules)
def test_the_english_text_of_a_verdict_is_the_catalogue_s_and_gives_no_retired_code(
    report: TopicReport, fit: BrandFit | None, nuance: BrandNuance | None, rules: VerdictRules
) -> None:
    verdict = verdict_of(report, fit, nuance, rules)
    for reason in verdict.reasons:
        assert reason.code in set(ReasonCode) - RETIRED
        assert reason.text == reason_text(msgspec.structs.replace(reason, text=""), far_locale("en")) != ""
        assert "{" not in reason.text
    for change in verdict.changes:
        assert change.code in set(ChangeCode)
        assert change.text == f"{change_text(change, far_locale('en'))}: {change.kind}"


@given(st.sampled_from([*ReasonCode, "strange"]), st.lists(st.tuples(names, written), max_size=5), st.text(max_size=5))
def test_a_stored_reason_reads_whatever_is_in_it(code: str, params: list[tuple[str, str]], text: str) -> None:
    for language in LANGUAGES:
        told = reason_text(Reason(code, text, (), tuple(params)), make_locale(language))
        assert told or code == "strange"
        change_line(Change("hazard_up", VerdictKind.RIDE, 0.0, 1.0, text, "", tuple(params)), make_locale(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_and_the_board_say_the_same_in_the_same_numbers(language: Language) -> None:
    share = make_score(0.083)
    reason = make_reason(ReasonCode.HAZARD_HIGH, hazard="health", share="0.08", n=41)
    steps = {"value": "0.198", "threshold": "0.20", "hazard": "crime"}
    change = make_change(ChangeCode.HAZARD_UP, VerdictKind.RISKY, 0.198, 0.2, steps, "crime")
    report = make_report(heat=make_score(0.305), hazards=(Hazard("health", "high", share, ()),))
    verdict = make_verdict(reasons=(reason,), changes=(change,), confidence=Confidence.FAIR)
    said = "\n".join(
        texts(msgspec.json.decode(to_payload(slack_message(make_alert(report=report, verdict=verdict), language, ""))))
    )
    board = make_locale(language)
    page = changes_view(verdict, board)
    assert page is not None
    for shown in (
        reason_line(reason, board),
        page.changes[0].text,
        score_view(report.heat, board).detail,
        fit_view(verdict.fit, board).detail,
        board.percent(0.083),
        board.count("board.posts", report.n_posts, n=board.number(report.n_posts)),
    ):
        assert shown in said, shown


def test_italian_messages_elide_and_write_percentages_as_the_board_does() -> None:
    reason = make_reason(ReasonCode.HAZARD_HIGH, hazard="death", share="0.08", n=41)
    assert reason_text(reason, far_locale("it")) == "Rischio alto: morte nell’8% dei post (n = 41)"
    part = make_reason(ReasonCode.NUANCE_FITS, label="2024", facet="1.5 litri", share="0.11")
    assert reason_text(part, far_locale("it")) == "La parte su «2024» (l’11% dei post) parla a «1.5 litri»"


def test_a_reason_that_lacks_a_part_has_a_shorter_sentence() -> None:
    assert (
        make_reason(ReasonCode.NUANCE_FITS, label="crumbs", facet="bread").text
        == "The part about “crumbs” speaks to “bread”"
    )
    assert make_reason(ReasonCode.WEAK_FIT, percentile="96").text == "Comes near the brand as a whole: percentile 96"
