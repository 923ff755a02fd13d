"""The pages' words: order, movement, unknown, filters, evidence. Pure, no Streamlit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.settings import VerdictSettings
from pipeline.alerts.sinks.wording import topic_url
from pipeline.i18n.numbers import make_locale
from pipeline.i18n.sentences import percentile
from pipeline.store.records import BoardRow
from pipeline.types import Burst, FacetFit, Momentum, Reason, Stage, VerdictKind
from tests.samples import NOW, make_post, make_report, make_score, make_verdict
from tests.ui.page_data import board, topic_data
from ui.board.pace import movement_view
from ui.board.view_model import board_view, row_view
from ui.query import PAGE_NAMES, BoardQuery, href, parse_query, to_params, toggled
from ui.shared.facts import fact_views
from ui.shared.freshness import freshness
from ui.shared.parts import outside_link, quote_view, reason_line, score_view
from ui.topic.cards.timeline import timeline_view
from ui.topic.markup import topic_markup
from ui.topic.view_model import ParentView, evidence_ids, topic_view

EN, IT = make_locale("en"), make_locale("it")

queries = st.builds(
    BoardQuery,
    brand=st.none() | st.text(min_size=1),
    verdicts=st.sets(st.sampled_from(VerdictKind)).map(
        lambda kinds: tuple(kind for kind in VerdictKind if kind in kinds)
    ),
    stages=st.sets(st.sampled_from(Stage)).map(lambda stages: tuple(stage for stage in Stage if stage in stages)),
    min_posts=st.integers(min_value=0, max_value=10**6),
    search=st.text(max_size=60).map(str.strip),
    topic=st.none() | st.text(min_size=1),
    language=st.sampled_from(["en", "it"]) | st.none(),
    paused=st.booleans(),
    page=st.sampled_from(PAGE_NAMES),
)


def row(
    topic_id: str, rank: int, previous: int | None = None, kind: VerdictKind | None = VerdictKind.RIDE, **report: Any
):
    verdict = None if kind is None else make_verdict(topic_id=topic_id, kind=kind)
    return BoardRow(make_report(topic_id, **report), verdict, rank, previous)


# --- the address -----------------------------------------------------------------


@given(queries)
def test_a_query_survives_the_address(query: BoardQuery) -> None:
    assert parse_query(to_params(query)) == query


@given(
    st.dictionaries(
        st.sampled_from(["brand", "verdict", "stage", "min", "q", "topic", "lang", "pause", "page"]), st.text()
    )
)
def test_any_address_gives_some_query(params: dict[str, str]) -> None:
    query = parse_query(params)
    assert query.min_posts >= 0
    assert parse_query(to_params(query)) == query


@given(queries, st.sampled_from(VerdictKind))
def test_two_clicks_on_a_verdict_change_nothing(query: BoardQuery, kind: VerdictKind) -> None:
    once = parse_query(to_params(query) | {"verdict": ",".join(toggled(query, kind))})
    assert (kind in once.verdicts) != (kind in query.verdicts)
    assert toggled(once, kind) == query.verdicts


# --- the board -------------------------------------------------------------------


@given(st.permutations([1, 2, 3, 4, 5, 6]))
def test_rows_come_in_the_order_of_their_ranks(ranks: list[int]) -> None:
    view = board_view(board(*(row(f"t{rank}", rank) for rank in ranks)), BoardQuery(), EN, NOW)
    assert [shown.topic_id for shown in view.rows] == ["t1", "t2", "t3", "t4", "t5", "t6"]


@given(st.integers(1, 200), st.none() | st.integers(1, 200))
def test_movement_says_which_way_and_how_far(rank: int, previous: int | None) -> None:
    view = movement_view(rank, previous, EN)
    if previous is None:
        assert (view.direction, view.spoken) == ("new", "New")
    elif rank == previous:
        assert (view.direction, view.spoken) == ("same", "unchanged")
    else:
        direction = "up" if rank < previous else "down"
        assert (view.direction, view.spoken) == (direction, f"{direction} {abs(rank - previous)}")
        assert view.text[0] == ("▲" if direction == "up" else "▼")


def test_unknown_is_said_and_never_shown_as_zero() -> None:
    bare = row("t1", 1, heat=None, window=None, momentum=Momentum(9.0, 0.0, 0.0, (), 600))
    bare = BoardRow(bare.report, make_verdict(fit=None, nuance=None), 1, None)
    view = row_view(bare, BoardQuery(), EN, NOW, VerdictSettings(hot=0.45))
    for score in (view.fit, view.heat):
        assert (score.known, score.share, score.text, score.detail) == (False, None, "n/a", "not enough evidence")
    assert view.pace.versus == "no baseline yet"
    assert view.window is None
    assert not view.heated


def test_a_topic_without_a_verdict_says_so() -> None:
    view = row_view(row("t1", 1, kind=None), BoardQuery(), IT, NOW, VerdictSettings(hot=0.45))
    assert (view.badge.word, view.why, view.fit.text) == ("Non valutato", "", "n/d")


def test_zero_is_a_value_not_an_unknown() -> None:
    assert score_view(make_score(0.0), EN).text == "0"
    assert score_view(make_score(0.0), EN).known


@pytest.mark.parametrize(("value", "shown"), [(99.96, "99.9"), (100.0, "100"), (98.2, "98.2"), (0.04, "0.0")])
def test_only_a_hundred_reads_as_a_hundred(value: float, shown: str) -> None:
    assert percentile(value, EN) == shown


def test_a_row_in_italian() -> None:
    shown = row("t1", 1, 3, n_posts=1234, n_authors=1)
    view = row_view(shown, BoardQuery(brand="forno-aurora", language="it"), IT, NOW, VerdictSettings(hot=0.45))
    assert (view.posts, view.authors, view.badge.word, view.stage_word) == (
        "1.234 post",
        "1 autore",
        "Cavalca",
        "In crescita",
    )
    assert (view.pace.rate, view.pace.versus, view.window, view.seen) == (
        "12/h",
        "3× il solito",
        "Finestra 2–9 h",
        "5 h fa",
    )
    assert view.href == "?topic=t1&brand=forno-aurora&lang=it"


def test_filters_hide_and_tiles_count_what_the_other_filters_leave() -> None:
    rows = (
        row("t1", 1, kind=VerdictKind.RIDE, label="Slow breakfast"),
        row("t2", 2, kind=VerdictKind.RISKY, label="Butter price", stage=Stage.PEAK),
        row("t3", 3, kind=VerdictKind.RIDE, label="Night bakers", n_posts=3),
    )
    view = board_view(board(*rows), BoardQuery(verdicts=(VerdictKind.RIDE,), min_posts=5), EN, NOW)
    assert [shown.topic_id for shown in view.rows] == ["t1"]
    assert [(tile.badge.word, tile.count, tile.pressed) for tile in view.tiles][:3] == [
        ("All", "2", False),
        ("Ride", "1", True),
        ("Nuance", "0", False),
    ]
    assert view.shown == "1 of 3 topics"
    searched = board_view(board(*rows), BoardQuery(search="PRICE butter"), EN, NOW)
    assert [shown.topic_id for shown in searched.rows] == ["t2"]
    staged = board_view(board(*rows), BoardQuery(stages=(Stage.PEAK,)), EN, NOW)
    assert [shown.topic_id for shown in staged.rows] == ["t2"]


def test_every_empty_board_says_what_to_do() -> None:
    no_brand = board_view(board(brands=(), brand_id=None), BoardQuery(), EN, NOW).empty
    no_topic = board_view(board(), BoardQuery(), EN, NOW).empty
    assert no_brand is not None
    assert no_topic is not None
    assert "brand file" in no_brand.text
    assert "trendsieve run" in no_topic.text
    hidden = board_view(board(row("t1", 1)), BoardQuery(search="zzz", brand="forno-aurora"), EN, NOW).empty
    assert hidden is not None
    assert (hidden.text, hidden.href) == ("1 topic is hidden by the filters.", "?brand=forno-aurora")


def test_topics_without_any_brand_are_listed_with_a_note_and_without_movement() -> None:
    view = board_view(board(row("t1", 1, kind=None), brands=(), brand_id=None), BoardQuery(), EN, NOW)
    assert view.empty is None
    assert "brand file" in (view.note or "")
    assert view.rows[0].movement.direction == "same"


# --- how fresh -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("silence_s", "paused", "state", "alarmed"),
    [(0, False, "live", False), (121, False, "stale", True), (0, True, "paused", False), (121, True, "paused", True)],
)
def test_silence_raises_the_alarm(silence_s: int, paused: bool, state: str, alarmed: bool) -> None:
    status = freshness(NOW, NOW - timedelta(seconds=silence_s), EN, NOW, 120, paused)
    assert (status.state, status.alarm is not None) == (state, alarmed)
    if status.alarm is not None:
        assert "2 min" in status.alarm[1]


def test_an_empty_store_has_no_age() -> None:
    status = freshness(None, None, EN, NOW, 120)
    assert (status.state, status.as_of, status.alarm) == ("empty", "", None)


def test_old_data_shows_its_day() -> None:
    assert "1 Mar 2026" in freshness(NOW, NOW, EN, NOW + timedelta(days=2), 120).as_of


# --- reasons and quotes ------------------------------------------------------------


def test_reasons_are_translated_by_code_with_their_numbers() -> None:
    params = (("hazard", "self_harm"), ("share", "0.31"), ("n", "240"))
    reason = Reason("hazard_floor", "self harm in 31% of posts (n = 240)", (), params)
    assert reason_line(reason, EN) == "Never ride: self-harm in 31% of posts (n = 240)"
    assert reason_line(reason, IT) == "Mai cavalcare: autolesionismo nel 31% dei post (n = 240)"
    warm = Reason("hot", "the tone is heated", (), (("value", "0.57"), ("low", "0.52"), ("high", "0.62"), ("n", "300")))
    assert reason_line(warm, IT) == "Il tono è acceso: 57 su 100 (52–62), n = 300"
    near = Reason("fits_facet", "", (), (("facet", "1.5 litri"), ("z", "3.1"), ("percentile", "99")))
    assert reason_line(near, IT) == "Parla a «1.5 litri»: 3,1 σ sopra lo sfondo"


def test_a_reason_without_its_numbers_falls_back_and_an_unknown_code_keeps_its_text() -> None:
    bare = Reason("fits_facet", "It speaks to the facet breakfast.")
    assert reason_line(bare, EN) == "It speaks to the facet breakfast."
    assert reason_line(bare, IT) == "È adatto al brand"
    assert reason_line(Reason("brand_new", "Something else."), IT) == "Something else."
    assert reason_line(Reason("brand_new", ""), EN) == "brand_new"


@given(st.text(), st.text(), st.lists(st.tuples(st.text(), st.text()), max_size=3))
def test_any_reason_has_a_sentence(code: str, text: str, params: list[tuple[str, str]]) -> None:
    assert isinstance(reason_line(Reason(code, text, (), tuple(params)), IT), str)


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "//example.org",
        "ftp://x.org",
        "https://",
        "http://[",
        "https://a b",
    ],
)
def test_only_plain_web_addresses_are_linked(url: str | None) -> None:
    assert outside_link(url) is None
    assert quote_view(make_post(url=url), EN, NOW).href is None


@given(st.text())
def test_a_linked_address_is_always_http(url: str) -> None:
    linked = outside_link(url)
    assert linked is None or linked.lower().startswith(("http://", "https://"))


# --- the topic page ----------------------------------------------------------------


def test_the_chosen_brand_comes_first_and_the_others_follow() -> None:
    view = topic_view(topic_data(), BoardQuery(topic="t1", brand="lido"), EN, NOW)
    assert view.selected is not None
    assert (view.selected.brand, [other.brand for other in view.others]) == ("Lido Sport", ["Forno Aurora"])
    default = topic_view(topic_data(), BoardQuery(topic="t1"), EN, NOW)
    assert default.selected is not None
    assert default.selected.brand == "Forno Aurora"
    assert [word.word for _, word in default.selected.history] == ["Ride", "Watch"]


def test_a_nuance_is_shown_as_the_brand_s_own_only_where_the_verdict_says_so() -> None:
    shown = {}
    for kind in VerdictKind:
        verdicts = (make_verdict(kind=kind),)
        view = topic_view(topic_data(verdicts=verdicts), BoardQuery(topic="t1"), EN, NOW)
        assert verdicts[0].nuance is not None
        shown[kind] = view.selected is not None and view.selected.nuance is not None
    assert {kind for kind, is_shown in shown.items() if is_shown} == {VerdictKind.RIDE, VerdictKind.NUANCE}


def test_the_way_back_keeps_the_filters() -> None:
    query = BoardQuery(topic="t1", brand="lido", verdicts=(VerdictKind.RIDE,), search="pane", language="it")
    assert topic_view(topic_data(), query, IT, NOW).back == "?brand=lido&verdict=RIDE&q=pane&lang=it"
    assert href(query, topic=None) == topic_view(topic_data(), query, IT, NOW).back


def test_an_old_link_says_where_it_came_from() -> None:
    assert topic_view(topic_data(), BoardQuery(topic="t9"), EN, NOW).moved_from == "t9"
    assert topic_view(topic_data(), BoardQuery(topic="t1"), EN, NOW).moved_from is None


def test_a_split_topic_leads_to_the_one_it_came_from() -> None:
    whole = make_report(topic_id="t0", label="Pane & rose")
    view = topic_view(topic_data(parent=whole), BoardQuery(topic="t1", brand="lido"), EN, NOW)
    assert view.parent == ParentView("Pane & rose", "?topic=t0&brand=lido")
    status = freshness(NOW, NOW, IT, NOW, 120.0)
    page = topic_markup(topic_view(topic_data(parent=whole), BoardQuery(topic="t1"), IT, NOW), status, IT.texts)
    assert 'Nato da <a href="?topic=t0" dir="auto">Pane &amp; rose</a>' in str(page)
    merged_again = make_report(topic_id="t1")
    assert topic_view(topic_data(parent=merged_again), BoardQuery(topic="t1"), EN, NOW).parent is None


def test_facets_stand_on_the_side_of_their_sign() -> None:
    fit = make_verdict().fit
    assert fit is not None
    facets = tuple(FacetFit(name, z, ()) for name, z in (("a", 1.0), ("b", -2.0), ("c", 3.0), ("d", -0.5)))
    verdict = make_verdict(fit=type(fit)(fit.value, fit.percentile, fit.n, facets))
    view = topic_view(topic_data(verdicts=(verdict,)), BoardQuery(topic="t1"), EN, NOW).selected
    assert view is not None
    assert [facet.name for facet in view.facets_for] == ["c", "a"]
    assert [(facet.name, facet.z) for facet in view.facets_against] == [("b", "z −2.0"), ("d", "z −0.5")]
    assert all(0 <= facet.share <= 100 for facet in (*view.facets_for, *view.facets_against))


def test_deleted_evidence_is_left_out_and_equal_texts_are_quoted_once() -> None:
    same = tuple(make_post(post_id, text="the same words") for post_id in ("p1", "p2", "p3"))
    verdict = make_verdict(reasons=(Reason("fits_facet", "x", ("gone", "p1", "p2", "p3")),))
    view = topic_view(topic_data(verdicts=(verdict,), newest=same, quoted=()), BoardQuery(topic="t1"), EN, NOW)
    assert view.selected is not None
    assert [post.post_id for post in view.selected.reasons[0].quotes] == ["p1"]


def test_every_quoted_post_is_asked_for() -> None:
    asked = set(evidence_ids(make_report(hot_posts=("p9",)), [make_verdict()]))
    assert {"p1", "p2", "p3", "p4"} <= asked


def test_missing_measures_are_said_in_words() -> None:
    facts = fact_views(make_report(window=None, n_authors=0), IT, ("tone.title",))
    assert [fact.name for fact in facts.known] == ["Post", "Post all’ora"]
    assert facts.unknown == "Prove insufficienti: autori unici, finestra utile, tono"
    assert fact_views(make_report(), IT).unknown is None


@given(st.lists(st.integers(min_value=0, max_value=10**6), max_size=60), st.integers(60, 3600))
def test_a_timeline_has_one_bar_a_bin_and_ends_at_the_report(series: list[int], bin_s: int) -> None:
    momentum = Momentum(1.0, 1.0, 0.0, tuple(series), bin_s)
    view = timeline_view(momentum, (Burst(NOW - timedelta(hours=2), NOW - timedelta(hours=1)),), NOW, EN)
    if not series:
        assert view is None
        return
    assert view is not None
    assert len(view.bars) == len(series)
    assert all(0 <= bar.height <= 100 for bar in view.bars)
    assert view.ticks[-1] == "12:00"


def test_bursts_mark_their_bins() -> None:
    momentum = Momentum(1.0, 1.0, 0.0, (1, 1, 9, 9, 1, 1), 600)
    burst = Burst(NOW - timedelta(minutes=40), NOW - timedelta(minutes=25))
    view = timeline_view(momentum, (burst,), NOW, EN)
    assert view is not None
    assert [bar.burst for bar in view.bars] == [False, False, True, True, False, False]


def test_the_link_of_an_alert_is_the_address_of_the_topic_page() -> None:
    url = topic_url("https://trends.example", "forno-aurora", "t7")
    assert url == "https://trends.example/" + href(BoardQuery(brand="forno-aurora", topic="t7"))
