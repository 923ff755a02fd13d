"""Voices and market on the board: in words, with ranges, unknown said as unknown, in both languages."""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.i18n.numbers import Locale, make_locale
from pipeline.types import Score
from pipeline.types.voices import AudienceShare, BrandContext, ExpertMatch, MarketKind, MarketReading, RivalPresence
from tests.samples import NOW, make_post, make_report, make_score, make_verdict
from tests.ui.page_data import topic_data
from tests.ui.seed_voices import market_of
from tests.ui.seen_markup import STATUS, Seen
from ui.market.markup import chart_source, market_markup
from ui.market.view_model import change_text, market_view
from ui.query import BoardQuery
from ui.topic.cards.voices import voices_markup, voices_view
from ui.topic.markup import topic_markup
from ui.topic.view_model import evidence_ids, topic_view

EN, IT = make_locale("en"), make_locale("it")
SHARE = make_score(0.4, 50)
FULL = BrandContext(
    AudienceShare(SHARE, 20, make_score(0.1, 900), Score(4.0, 50, 2.5, 6.0, "x")),
    ExpertMatch("Chiara <B>", "baker", "bread", 99.6, 266, "q1", "flour"),
    (
        RivalPresence(name="Forno Aurora", own=True, n_named=3, voice=SHARE, named_in=("q2",)),
        RivalPresence(name="Rivali", n_posts=2, first_at=NOW, post_ids=("q3", "q4"), standing=SHARE, doubtful=1),
    ),
)
POSTS = {post_id: make_post(post_id, text=f"text {post_id}") for post_id in ("q1", "q2", "q3", "q4")}
READING = market_of("forno-aurora", NOW)


def said(context: BrandContext, locale: Locale = EN) -> str:
    view = voices_view(context, POSTS, locale, NOW)
    assert view is not None
    return " ".join(" ".join(Seen(voices_markup(view, locale.texts)).texts).split())


@pytest.mark.parametrize("context", [None, BrandContext()])
def test_a_topic_of_which_nothing_is_known_has_no_card(context: BrandContext | None) -> None:
    assert voices_view(context, POSTS, EN, NOW) is None


def test_everything_known_is_said_with_its_range_and_its_post() -> None:
    text = said(FULL)

    for words in ("20 of 50 known voices", "4 times as many", "more than chance", "Chiara <B>, baker", "“bread”"):
        assert words in text
    for words in ("text q1", "text q2", "text q3", "“flour”", "99.6% of 266", "Better received than 40% of 50"):
        assert words in text
    assert "your brand" in text
    assert "1 more post carries the name" in text
    assert "più che per caso" in said(FULL, IT)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(1.2, 3.0, "more than chance"), (0.2, 0.9, "fewer than by chance"), (0.8, 1.4, "it may be chance")],
)
def test_a_lift_whose_range_holds_one_is_never_called_more_than_chance(low: float, high: float, words: str) -> None:
    lift = Score((low + high) / 2, 50, low, high, "x")

    assert words in said(BrandContext(AudienceShare(SHARE, 20, SHARE, lift)))


def test_what_is_not_known_is_said_and_not_shown_as_zero() -> None:
    text = said(BrandContext(AudienceShare(SHARE, 20), None, (RivalPresence(name="R", n_posts=1, first_at=NOW),)))

    assert "not known: too few known voices" in text
    assert "How it was received against their other posts is not known." in text
    assert "0 times" not in text


def test_a_question_that_is_no_longer_stored_is_not_announced() -> None:
    view = voices_view(FULL, {}, EN, NOW)

    assert view is not None
    assert view.expert is not None
    assert (view.expert.question, view.expert.quotes) == (None, ())


@pytest.mark.parametrize("locale", [EN, IT], ids=["en", "it"])
def test_the_topic_page_shows_the_voices_of_the_chosen_brand_and_asks_for_their_posts(locale: Locale) -> None:
    verdicts = (make_verdict(context=FULL), make_verdict("velo-brio"))
    report = make_report()
    data = topic_data(report=report, verdicts=verdicts, quoted=tuple(POSTS.values()))

    def page(brand: str) -> str:
        view = topic_view(data, BoardQuery(topic="t1", brand=brand), locale, NOW)
        return topic_markup(view, STATUS, locale.texts)

    assert {"q1", "q2", "q3", "q4"} <= set(evidence_ids(report, verdicts))
    assert locale.text("voices.expert_title") in page("forno-aurora")
    assert "Chiara &lt;B&gt;" in page("forno-aurora")
    assert locale.text("voices.expert_title") not in page("velo-brio")


@pytest.mark.parametrize("locale", [EN, IT], ids=["en", "it"])
@pytest.mark.parametrize("kind", list(MarketKind))
def test_every_reading_has_its_words(kind: MarketKind, locale: Locale) -> None:
    view = market_view(msgspec.structs.replace(READING, kind=kind), locale)
    text = " ".join(Seen(market_markup(view, locale.texts)).texts)

    assert view.title in text
    assert view.text in text
    assert "{" not in text


@pytest.mark.parametrize("why", ["no_own_posts", "too_few_own", "no_rival_posts", "too_few_rivals", "too_wide"])
def test_every_gap_is_said_with_what_to_do(why: str) -> None:
    empty = MarketReading(brand_id="b", as_of=NOW, kind=MarketKind.NOT_KNOWN, why=why, recent_days=14, baseline_days=42)
    for locale in (EN, IT):
        view = market_view(empty, locale)
        assert view.text == locale.text(f"market.why.{why}")
        assert (view.changes, view.accounts, view.weeks) == ((), (), ())
        assert "<img" not in market_markup(view, locale.texts)


def test_a_rising_market_is_not_said_to_fall() -> None:
    up = msgspec.structs.replace(READING, kind=MarketKind.MARKET_TREND, rivals=Score(1.5, 90, 1.2, 1.9, "x"))
    down = msgspec.structs.replace(up, rivals=Score(0.5, 90, 0.4, 0.7, "x"))

    assert "rose" in market_view(up, EN).text
    assert "fell" in market_view(down, EN).text


def test_few_competitors_are_a_warning_and_three_are_none() -> None:
    rival = next(one for one in READING.accounts if not one.own and one.change is not None)
    three = msgspec.structs.replace(READING, accounts=(*READING.accounts, rival, rival))

    assert len(market_view(READING, EN).notes) == len(market_view(three, EN).notes) + 1


def test_the_chart_has_a_point_for_every_known_week_and_the_table_the_same_numbers() -> None:
    view = market_view(READING, EN)
    source = unquote(chart_source(view.weeks))

    assert len(view.weeks) == 8
    assert [week.recent for week in view.weeks] == [False] * 6 + [True] * 2
    assert source.count("<circle") == sum(week.own is not None for week in view.weeks)
    numbers = [float(number) for number in re.findall(r"c[xy]='([\d.]+)'", source)]
    assert all(0 <= number <= 720 for number in numbers)
    page = market_markup(view, EN.texts)
    assert all(week.own_text in page for week in view.weeks)


@given(st.lists(st.tuples(st.none() | st.floats(0, 50), st.none() | st.floats(0, 50)), min_size=1, max_size=60))
def test_any_days_can_be_drawn(days: list[tuple[float | None, float | None]]) -> None:
    made = tuple(msgspec.structs.replace(READING.days[0], own=own, rivals=rivals) for own, rivals in days)
    view = market_view(msgspec.structs.replace(READING, days=made), EN)

    assert unquote(chart_source(view.weeks)).endswith("</svg>")
    assert "nan" not in chart_source(view.weeks)


@given(st.floats(0.01, 100))
def test_a_ratio_reads_as_what_it_is(ratio: float) -> None:
    text = change_text(ratio, EN)

    assert text.startswith(
        ("×", "+") if round(100 * (ratio - 1)) > 0 else ("±",) if round(100 * (ratio - 1)) == 0 else ("−",)
    )
