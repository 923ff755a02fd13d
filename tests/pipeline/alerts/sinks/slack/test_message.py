"""Slack messages: inside Slack's limits, harmless and readable whatever people post."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
import regex  # type: ignore[import-untyped] # no types are published with it
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.settings import CONFIGS_DIR, read_toml
from ingest.graphemes import clusters, cut
from pipeline.alerts.sinks.slack.message import slack_message, to_payload
from pipeline.alerts.sinks.wording import topic_url
from pipeline.i18n.numbers import far_locale
from pipeline.i18n.sentences import change_line, hazard_name, reason_text
from pipeline.i18n.texts import Language
from pipeline.types import Alert, Change, Confidence, Hazard, Reason, Stage, VerdictKind
from pipeline.types.reason_codes import ChangeCode
from pipeline.verdict.judge import judge
from pipeline.verdict.rules import VerdictRules
from tests.samples import NOW, make_alert, make_report, make_score, make_verdict
from tests.slack_stub import acting_parts, first_problem, shown, texts

SNAPSHOTS = Path(__file__).parent / "snapshots"
BOARD = "https://trends.example"
LANGUAGES: tuple[Language, ...] = ("en", "it")

_snippets = st.sampled_from(
    [
        "<!channel>", "<!here|here>", "<@U123>", "<#C1|general>", "<!subteam^S1>", "<https://evil.example|click>",
        "@channel", "@here", "@everyone", "https://evil.example/x", "mailto:a@b.example", "&lt;!channel&gt;", "&amp;",
        "```", "`", "*", "_", "~", "> ", ">>>", "\n", "\r\n", "\u2028", "\x00", "\x1b[31m", "👩‍👩‍👧‍👦", "🇮🇹", "❤️",
        "👋🏽", "שלום", "مرحبا", "\u202e", "\u2067", "\u2066", "नमस्ते", "각", "e\u0301", "\u0301" * 40,
        "\ud800", "\udfff", "ﷺ",
    ]
)  # fmt: skip
wild_text = st.lists(st.one_of(_snippets, st.text(max_size=20)), max_size=12).map("".join)
long_text = st.builds(lambda part, times: part * times, wild_text, st.integers(1, 400))
any_text = st.one_of(wild_text, long_text)


@st.composite
def alerts(draw: st.DrawFn) -> Alert:
    """Alerts in which everything that comes from outside is as wild as it gets."""
    hazard = Hazard(name=draw(wild_text), tier="high", share=make_score(0.2), evidence=())
    report = make_report(
        label=draw(any_text),
        heat=draw(st.sampled_from([None, make_score(0.5)])),
        hazards=(hazard,) * draw(st.integers(0, 60)),
    )
    reasons = (Reason("any", draw(any_text)),) * draw(st.integers(0, 2))
    kind = draw(st.sampled_from(VerdictKind))
    quotes = tuple((f"p{i}", draw(any_text)) for i in range(draw(st.integers(0, 3))))
    verdict = make_verdict(brand_id=draw(any_text), reasons=reasons, kind=kind)
    return make_alert(brand_id=verdict.brand_id, report=report, verdict=verdict, quotes=quotes)


def payload_of(alert: Alert, language: Language = "en", board_url: str = BOARD) -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(to_payload(slack_message(alert, language, board_url)))
    return payload


@settings(max_examples=150, deadline=None)
@given(alert=alerts(), language=st.sampled_from(LANGUAGES), brand_name=st.one_of(st.none(), any_text))
def test_any_text_gives_a_message_that_slack_takes_and_that_acts_on_nobody(
    alert: Alert, language: Language, brand_name: str | None
) -> None:
    body = to_payload(slack_message(alert, language, BOARD, brand_name))
    assert first_problem(body) is None
    payload = json.loads(body)
    assert acting_parts(payload) == []
    assert all(part.get("verbatim", True) for block in payload["blocks"] for part in block.get("fields", ()))
    every = "".join(texts(payload))
    assert not any(unicodedata.category(char) in ("Cc", "Cs") and char != "\n" for char in every)
    assert not any("\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" for char in every)


@settings(max_examples=150, deadline=None)
@given(text=any_text, limit=st.integers(3, 60))
def test_a_cut_never_tears_a_grapheme_and_says_that_it_cut(text: str, limit: int) -> None:
    known = "".join(char for char in text if unicodedata.category(char) not in ("Cn", "Co"))
    assert "".join(clusters(known)) == known
    ends = {0, *(found.end() for found in regex.finditer(r"\X", known))}
    at = 0
    for cluster in clusters(known):
        at += len(cluster)
        assert at in ends
    short = cut(known, limit)
    assert len(short) <= limit
    assert short == known or short.endswith("…")


def test_a_quote_reads_as_it_was_written() -> None:
    said = "Io & @anna <3 il *pane*: https://forno.example 👩‍🍳"
    payload = payload_of(make_alert(quotes=(("p9", said),)))
    quote = next(text for text in texts(payload) if "\n> " in text)
    assert shown(quote) == f"*A post*\n> {said}"
    assert "&amp; @\u2060anna &lt;3" in quote


def test_a_cut_quote_keeps_whole_entities_and_families() -> None:
    for filling in ("&", "<>", "👩‍👩‍👧‍👦", "🇮🇹"):
        payload = payload_of(make_alert(quotes=(("p9", filling * 2_000),)))
        quote = next(text for text in texts(payload) if "\n> " in text)
        seen = shown(quote).removeprefix("*A post*\n> ").removesuffix("…")
        assert set(clusters(seen)) <= set(clusters(filling))
        assert len(seen) > len(filling) * 20


def test_the_two_sides_are_quoted_apart() -> None:
    alert = make_alert(quotes=(("p1", "Sempre!"), ("p2", "Mai!")))
    seen = list(texts(payload_of(alert, "it")))
    assert "*Una parte*\n> Sempre!" in seen
    assert "*L’altra parte*\n> Mai!" in seen


@pytest.mark.parametrize(("language", "unknown"), [("en", "not enough evidence"), ("it", "prove insufficienti")])
def test_unknown_is_said_to_be_unknown_never_zero(language: Language, unknown: str) -> None:
    alert = make_alert(report=make_report(heat=None), verdict=make_verdict(fit=None))
    facts = next(block for block in payload_of(alert, language)["blocks"] if "fields" in block)["fields"]
    assert [fact["text"].split("\n")[1] for fact in facts[:2]] == [unknown, unknown]


def test_hazards_appear_only_when_there_are_any() -> None:
    with_hazard, without = payload_of(make_alert()), payload_of(make_alert(report=make_report(hazards=())))
    assert any(text.startswith("*Hazards*") for text in texts(with_hazard))
    assert not any("Hazards" in text for text in texts(without))


def test_an_italian_message_falls_back_to_the_verdict_s_meaning_never_to_english() -> None:
    reason = Reason("made_up_code", "An English sentence.")
    alert = make_alert(verdict=make_verdict(reasons=(reason,)))
    assert any("English sentence" in text for text in texts(payload_of(alert, "en")))
    assert not any("English sentence" in text for text in texts(payload_of(alert, "it")))
    assert any("nelle corde" in text for text in texts(payload_of(alert, "it")))


@pytest.mark.parametrize("heat", [0.2, 0.7])
@pytest.mark.parametrize("tier", ["floor", "high", "medium", None])
@pytest.mark.parametrize("fit", [None, 50.0, 96.0, 99.9])
@pytest.mark.parametrize("n_posts", [2, 400])
def test_every_reason_the_verdict_gives_has_an_italian_sentence(
    heat: float, tier: Literal["floor", "high", "medium"] | None, fit: float | None, n_posts: int
) -> None:
    hazards = () if tier is None else (Hazard("politics", tier, make_score(0.3), ("p1",)),)
    report = make_report(
        heat=make_score(heat), hazards=hazards, n_posts=n_posts, n_copies=0, n_authors=n_posts, stage=Stage.FADING
    )
    sample = make_verdict()
    assert sample.fit is not None
    brand_fit = None if fit is None else msgspec.structs.replace(sample.fit, percentile=fit)
    assert sample.nuance is not None
    for nuance in (None, msgspec.structs.replace(sample.nuance, percentile=99.5, share=0.25)):
        verdict = judge(
            "forno-aurora", report, brand_fit, nuance, VerdictRules(99.0, 95.0, 0.45, 12, 5, 0.5, 0.3, 0.5), NOW
        )
        for reason in verdict.reasons:
            told = reason_text(reason, far_locale("it"))
            assert told is not None, reason.code
            assert "{" not in told
            assert "politics" not in told


def test_every_change_has_an_italian_sentence() -> None:
    shown = ("more", "needed", "percentile", "value", "threshold", "hazard")
    params = (*((name, "0.5") for name in shown), ("until", NOW.isoformat()))
    for code in ChangeCode:
        told = change_line(Change(code, VerdictKind.RIDE, 0.0, 1.0, "in English", params=params), far_locale("it"))
        assert told is not None, code
        assert told.endswith(": RIDE")
        assert "{" not in told
    assert change_line(Change("made_up", VerdictKind.RIDE, 0.0, 1.0, "in English"), far_locale("it")) is None


def test_every_hazard_of_the_catalogue_has_an_italian_name() -> None:
    catalogue = read_toml(CONFIGS_DIR / "hazards.toml")["hazards"]
    assert len(catalogue) > 5
    italian = far_locale("it")
    unnamed = [
        hazard["name"]
        for hazard in catalogue
        if hazard_name(hazard["name"], italian) != italian.text(f"hazard.{hazard['name']}")
    ]
    assert unnamed == []


def test_the_button_leads_to_the_topic_and_is_left_out_where_slack_would_refuse_it() -> None:
    assert payload_of(make_alert())["blocks"][-1]["elements"][0]["url"] == topic_url(BOARD, "forno-aurora", "t1")
    for board_url in ("trends.example", "https://" + "x" * 3_000):
        assert all(block["type"] != "actions" for block in payload_of(make_alert(), board_url=board_url)["blocks"])


def test_ids_cannot_smuggle_parameters_into_the_link() -> None:
    assert topic_url(BOARD + "/", "a&topic=x", "t 1#") == BOARD + "/?topic=t+1%23&brand=a%26topic%3Dx"


HAZARD_PARAMS = (("hazard", "politics"), ("share", "0.23"), ("n", "40"))

HAZARD_CHANGE = Change(
    "hazard_up",
    VerdictKind.RISKY,
    0.15,
    0.2,
    "if crime rose from 15% to 20% of the posts: RISKY",
    "crime",
    (("value", "0.15"), ("threshold", "0.20"), ("hazard", "crime")),
)

CASES = {
    "ride": make_alert(),
    "ride_tentative": make_alert(
        verdict=make_verdict(confidence=Confidence.TENTATIVE, doubts=("hazard_up",), changes=(HAZARD_CHANGE,))
    ),
    "risky_unknown": make_alert(
        verdict=make_verdict(
            kind=VerdictKind.RISKY,
            fit=None,
            reasons=(
                Reason("hazard_high", "politics in 23% of posts (n = 40)", ("p1",), HAZARD_PARAMS),
                Reason("no_background", "fit is unknown: there is no background to compare with yet"),
            ),
        ),
        report=make_report(heat=None, poles=None, n_posts=12_345),
        quotes=(("p1", "Boicottate @tutti <!channel> & via"), ("p2", "مرحبا 👩‍👩‍👧‍👦")),
    ),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", sorted(CASES))
def test_messages_read_as_agreed(case: str, language: Language) -> None:
    """Set ``UPDATE_SNAPSHOTS=1`` to accept a new reading, then look at the difference before committing it."""
    message = slack_message(CASES[case], language, BOARD, "Forno Aurora")
    text = msgspec.json.format(to_payload(message), indent=2).decode() + "\n"
    path = SNAPSHOTS / f"{case}.{language}.json"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text
