"""The cards of the signals: unknown stays unknown, no number without n, every quote fetched, no accusation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.settings import VerdictSettings
from pipeline.i18n.numbers import Locale, make_locale
from pipeline.store.records import BoardRow, StoredPost
from pipeline.types import (
    Controversy,
    Creator,
    CreatorSignal,
    DatedPost,
    Dialogue,
    DialogueQuestion,
    Exposure,
    Invitation,
    ListedDomain,
    Origin,
    Poles,
    Saturation,
    Score,
    SolemnDay,
    TopicReport,
)
from pipeline.verdict.findings import CROWDED, MIN_LINKED_POSTS
from tests.samples import NOW, make_post, make_report, make_score, make_verdict
from tests.ui.page_data import board, topic_data
from tests.ui.seen_markup import STATUS, Seen
from ui.board.markers import MAX_MARKERS, marker_views
from ui.board.markup import table_markup
from ui.board.view_model import board_view
from ui.query import BoardQuery
from ui.shared.credit import LICENSE_URL, LIST_URL
from ui.shared.facts import share_fact
from ui.shared.solemn_days import MAX_DAYS, shared_by_all, solemn_views
from ui.topic.cards.creators import MAX_CREATORS, MAX_EXAMPLES, creator_views
from ui.topic.cards.dialogue import dialogue_view
from ui.topic.cards.division import sides_view
from ui.topic.cards.exposure import exposure_view
from ui.topic.cards.saturation import saturation_view
from ui.topic.cards.tone import tone_view
from ui.topic.markup import topic_markup
from ui.topic.view_model import MAX_QUOTED, TopicView, evidence_ids, topic_view

EN, IT = make_locale("en"), make_locale("it")
DAY = SolemnDay("memory_day", "remembrance", (("en", "Day of Memory"), ("it", "Giorno della Memoria")))

scores = st.builds(
    lambda value, n, spread: Score(value, n, max(0.0, value - spread), min(1.0, value + spread), "sample.v1"),
    st.floats(0, 1),
    st.integers(1, 10**6),
    st.floats(0, 0.5),
)


def stored(*ids: str, **changes: Any) -> dict[str, StoredPost]:
    return {post_id: make_post(post_id, **changes) for post_id in ids}


def page(report: TopicReport, locale: Locale = EN, quoted: tuple[StoredPost, ...] = ()) -> str:
    data = topic_data(report=report, newest=(), quoted=quoted)
    return topic_markup(topic_view(data, BoardQuery(topic="t1"), locale, NOW), STATUS, locale.texts)


def said(markup: str) -> str:
    return " ".join(" ".join(Seen(markup).texts).split())


def rich_report() -> TopicReport:
    """Every card with more posts than it may quote."""
    ids = [f"q{number}" for number in range(40)]
    share = make_score(0.4, 50)
    dated = tuple(DatedPost(post_id, NOW - timedelta(hours=1)) for post_id in ids[30:34])
    return make_report(
        exposure=Exposure(
            n=50,
            hedged_share=share,
            hedged=tuple(ids[0:3]),
            unreliable_share=share,
            listed_share=share,
            unreliable=(ListedDomain("listed.example", "fake", 3, tuple(ids[3:6])),),
            origin=Origin("post", ids[6], share, tuple(ids[7:9])),
        ),
        saturation=Saturation(
            n_brands=4,
            share=share,
            post_share=share,
            n_disclosed=1,
            evidence=tuple(ids[9:14]),
            answers_negative=share,
            answers_positive=share,
            answers=tuple(ids[14:19]),
        ),
        dialogue=Dialogue(
            n=50,
            reply_share=share,
            question_share=share,
            questions=(DialogueQuestion(ids[19], 3, 3, tuple(ids[19:22])),),
            self_made_share=share,
            self_made=tuple(ids[22:25]),
            invitations=(Invitation("telegram", 3, 2, tuple(ids[25:28])),),
        ),
        creators=(
            Creator("99", 5, 0.1, 12, 900, None, (CreatorSignal("copied", share, dated[:2]),), dated[2:]),
            Creator("98", 4, 0.08),
        ),
    )


# --- unknown ---------------------------------------------------------------------


def test_a_topic_nothing_is_known_of_draws_no_card_and_names_them_once() -> None:
    bare = make_report(heat=None, division=None, poles=None, exposure=None, saturation=None, dialogue=None, creators=())
    view = topic_view(topic_data(report=bare), BoardQuery(), EN, NOW)
    assert (view.tone, view.dialogue, view.exposure, view.saturation, view.sides) == (None,) * 5
    assert view.facts.unknown == (
        "Not enough evidence: tone, where people talk, where it comes from, who already jumped"
    )
    assert said(page(bare)).count("ot enough evidence") == 1


def test_unknown_numbers_of_a_card_share_one_line() -> None:
    found = exposure_view(make_report(exposure=Exposure(n=9, copy_share=make_score(0.0))), {}, IT, NOW)
    assert found is not None
    assert [(fact.name, fact.value) for fact in found.facts.known] == [("Testo copiato", "0%")]
    assert found.facts.unknown is not None
    assert found.facts.unknown.startswith("Prove insufficienti: post che lo danno per non confermato, autore")
    nothing = exposure_view(make_report(exposure=Exposure(n=9)), {}, IT, NOW)
    assert nothing is not None
    assert (nothing.facts.known, nothing.facts.unknown) == ((), "Per ora prove insufficienti.")


@given(scores)
def test_a_share_never_stands_without_its_n_and_range(score: Score) -> None:
    _, fact = share_fact("exposure.copy_share", score, EN)
    assert fact is not None
    assert f"n = {EN.number(score.n)}" in fact.detail
    assert f"{EN.number(100 * score.low)}–{EN.number(100 * score.high)}%" in fact.detail
    assert fact.hint.startswith("90% interval")
    assert share_fact("exposure.copy_share", None, EN)[1] is None


def test_no_promotional_account_is_a_finding_and_no_author_is_unknown() -> None:
    none = Saturation(n_brands=0, share=make_score(0.0, 31), post_share=make_score(0.0), n_disclosed=0)
    view = saturation_view(none, {}, EN, NOW)
    assert view is not None
    assert view.none == "No promotional account so far, among 31."
    nameless = Saturation(n_brands=None, share=None, post_share=make_score(0.2), n_disclosed=0)
    view = saturation_view(nameless, {}, EN, NOW)
    assert view is not None
    assert (view.none, view.answers) == (None, None)
    assert view.facts.unknown == "Not enough evidence: promotional accounts"


def test_a_stream_without_authors_counts_posts_instead_of_people() -> None:
    asked = (DialogueQuestion("p1", 4, 0, ("p1",)), DialogueQuestion("p2", 1, 1, ("p2",)))
    view = dialogue_view(Dialogue(n=9, questions=asked), stored("p1", "p2"), EN, NOW)
    assert view is not None
    assert [question.people for question in view.questions] == ["asked in 4 posts", "1 person asks"]


def test_another_post_stands_in_for_a_deleted_question() -> None:
    asked = (DialogueQuestion("gone", 4, 3, ("gone", "p2")), DialogueQuestion("lost", 4, 3, ("lost",)))
    view = dialogue_view(Dialogue(n=9, questions=asked), stored("p2"), IT, NOW)
    assert view is not None
    assert [(question.people, question.quotes[0].post_id) for question in view.questions] == [
        ("Lo chiedono in 3", "p2")
    ]


# --- evidence ----------------------------------------------------------------------


def test_what_the_page_asks_for_is_all_it_quotes() -> None:
    report = rich_report()
    everything = tuple(stored(*(f"q{number}" for number in range(40))).values())
    asked = set(evidence_ids(report, ()))

    def shown(posts: tuple[StoredPost, ...]) -> TopicView:
        return topic_view(topic_data(report=report, verdicts=(), newest=(), quoted=posts), BoardQuery(), EN, NOW)

    assert shown(tuple(post for post in everything if post.post_id in asked)) == shown(everything)


@given(st.integers(0, 3000))
def test_a_page_asks_for_a_bounded_number_of_posts(n: int) -> None:
    evidence = tuple(f"q{number}" for number in range(n))
    report = make_report(exposure=Exposure(n=n, hedged=evidence))
    asked = evidence_ids(report, [make_verdict()])
    assert len(asked) == len(set(asked)) <= MAX_QUOTED


def test_cards_quote_few_posts() -> None:
    ids = [f"q{number}" for number in range(40)]
    posts = {post_id: make_post(post_id) for post_id in ids}
    report = rich_report()
    origin, jumped = exposure_view(report, posts, EN, NOW), saturation_view(report.saturation, posts, EN, NOW)
    talk = dialogue_view(report.dialogue, posts, EN, NOW)
    assert origin is not None
    assert origin.origin is not None
    assert jumped is not None
    assert talk is not None
    sizes = [len(origin.hedged), len(jumped.quotes), len(jumped.answer_quotes), len(talk.self_made)]
    assert sizes == [2, 2, 2, 2]
    assert [quote.post_id for quote in origin.origin.quotes] == ["q6"]


# --- where it comes from -------------------------------------------------------------


def test_a_listed_domain_shows_the_list_s_word_and_the_list_is_credited() -> None:
    for locale, category in ((EN, "category “fake”"), (IT, "categoria «fake»")):
        markup = page(rich_report(), locale)
        assert f"listed.example {category}" in said(markup)
        links = [value for name, value in Seen(markup).attributes if name == "href"]
        assert (links.count(LIST_URL), links.count(LICENSE_URL)) == (1, 1)
        assert "Alexander Loth" in said(markup)
    assert LIST_URL not in page(make_report())


def test_a_creator_s_links_are_credited_where_the_card_of_domains_is_not_there() -> None:
    signal = CreatorSignal("unreliable_links", make_score(0.3), ())
    markup = page(make_report(exposure=None, creators=(Creator("9", 3, 0.1, 9, None, None, (signal,)),)))
    assert markup.count(LIST_URL) == 1


def test_an_origin_is_named_only_where_a_stored_post_tells_who_it_is() -> None:
    latest = (DatedPost("p1", NOW),)
    report = make_report(
        exposure=Exposure(n=9, origin=Origin("author", "77", make_score(0.6, 20), ("p1",))),
        creators=(Creator("77", 5, 0.5, latest=latest),),
    )
    known, unknown = exposure_view(report, stored("p1"), EN, NOW), exposure_view(report, {}, EN, NOW)
    assert known is not None
    assert unknown is not None
    assert known.origin is not None
    assert unknown.origin is not None
    assert known.origin.text == "60% of the posts come from @baker or pass them on"
    assert unknown.origin.text == "60% of the posts come from one author or pass them on"
    assert (known.origin.detail, unknown.origin.quotes) == ("50–70%, n = 20", ())


# --- top voices ----------------------------------------------------------------------


def one_creator(**changes: Any) -> Creator:
    values: dict[str, Any] = {"author_id": "7345", "n_posts": 5, "share": 0.1, "n_known": 12}
    return Creator(**(values | changes))


def test_a_voice_is_named_by_its_own_posts_although_its_id_is_a_hash() -> None:
    posts = stored("p1", "p2", author_id="did:plc:abc")
    named = one_creator(latest=(DatedPost("gone", NOW), DatedPost("p2", NOW)))
    by_signal = one_creator(signals=(CreatorSignal("copied", make_score(), (DatedPost("p1", NOW),)),))
    nameless = one_creator(latest=(DatedPost("gone", NOW),))
    assert [creator_views([found], posts, EN)[0].name for found in (named, by_signal, nameless)] == [
        "@baker",
        "@baker",
        "unknown author",
    ]
    assert creator_views([named], posts, EN)[0].count == "5 posts of 50 · 10%"


def test_signals_are_said_with_value_range_n_and_dated_posts() -> None:
    evidence = tuple(DatedPost(f"p{number}", NOW) for number in range(9))
    signals = (
        CreatorSignal("even_intervals", Score(-0.82, 41, -0.9, -0.7, "x"), evidence),
        CreatorSignal("busiest_hour", Score(6.25, 20, 2.0, 14.0, "x"), ()),
        CreatorSignal("follower_jump", Score(1.4, 30, 1.4, 1.4, "x"), ()),
        CreatorSignal("copied", Score(0.25, 12, 0.1, 0.45, "x"), ()),
        CreatorSignal("hostile", Score(0.0, 12, 0.0, 0.2, "x"), ()),
    )
    view = creator_views([one_creator(signals=signals, followers=1200, is_bot=True)], stored("p0"), EN)[0]
    assert [(signal.name, signal.value, signal.detail) for signal in view.signals] == [
        ("Posts at regular intervals", "−0.82", "−0.90 to −0.70, n = 41; −1 like a clock, 0 random, 1 in bursts"),
        ("Busiest hour against the usual pace", "6.2×", "2.0–14.0, n = 20; small values are normal"),
        ("Largest change of followers between two posts", "+140%", "n = 30"),
        ("Text that had been posted before", "25%", "10–45%, n = 12"),
    ]
    assert view.none == "In none of them: posts with an insulting tone."
    assert view.facts == ("1,200 followers", "the platform labels the account as automated")
    first, second, *_ = view.signals[0].examples
    assert len(view.signals[0].examples) == MAX_EXAMPLES
    assert (first.at, first.href) == ("1 Mar 2026, 12:00", "https://example.org/p0")
    assert (second.text, second.href) == (None, None)  # deleted: only the date is left


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.9, -0.1, "Pubblica a intervalli regolari"),
        (0.1, 0.9, "Pubblica a raffica"),
        (-0.2, 0.3, "Intervalli tra i post senza un ritmo chiaro"),
    ],
)
def test_a_rhythm_is_named_only_when_its_whole_range_is(low: float, high: float, words: str) -> None:
    signal = CreatorSignal("even_intervals", Score((low + high) / 2, 20, low, high, "x"), ())
    assert creator_views([one_creator(signals=(signal,))], {}, IT)[0].signals[0].name == words


def test_few_posts_say_nothing_and_an_unknown_signal_keeps_its_name() -> None:
    view = creator_views([one_creator(n_known=3)], {}, EN)[0]
    assert (view.too_few, view.signals, view.none) == ("3 posts known: too few to say more.", (), None)
    new = CreatorSignal("brand_new", make_score(0.2), ())
    assert creator_views([one_creator(signals=(new,))], {}, EN)[0].signals[0].name == "brand new"


@given(st.integers(0, 30))
def test_only_a_few_voices_are_shown(n: int) -> None:
    shown = creator_views([one_creator(author_id=str(number)) for number in range(n)], {}, EN)
    assert len(shown) == min(n, MAX_CREATORS)


def test_signals_stay_closed_until_they_are_asked_for() -> None:
    seen = Seen(page(rich_report()))
    assert "details" in seen.tags
    assert "open" not in {name for name, _ in seen.attributes}
    assert "A signal is not an accusation" in said(page(rich_report()))


# --- two camps, tone -------------------------------------------------------------------


def test_division_is_always_called_experimental_and_not_validated_in_italian() -> None:
    report = make_report(controversy=Controversy(Score(0.21, 96, 0.12, 0.3, "x"), 0.38, 0.17))
    italian = said(page(report, IT, tuple(stored("p1", "p2", "p3").values())))
    assert "Le due parti a confronto sperimentale, non validata in italiano Una parte" in italian
    assert "Divisione 20 intervallo al 90% 10–30, n = 40" in italian
    assert "controversia 0,38, per caso 0,17, differenza 0,21 (da 0,12 a 0,30), n = 96" in italian
    english = said(page(report))
    assert "experimental" in english
    assert "Not validated in Italian" in english


def test_one_camp_alone_is_not_quoted_as_two() -> None:
    report = make_report(poles=Poles(("p1",), ("gone",), ()), division=None)
    assert sides_view(report, stored("p1"), EN, NOW) is None
    both = sides_view(report, stored("p1") | {"gone": make_post("gone", text="No.")}, EN, NOW)
    assert both is not None
    assert both.poles is not None
    assert (len(both.poles.one), len(both.poles.other)) == (1, 1)


def test_who_answers_whom_is_told_with_the_tone_where_no_camps_are() -> None:
    told = Controversy(Score(-0.03, 96, -0.1, 0.05, "x"), 0.14, 0.17)
    tone = tone_view(make_report(division=None, poles=None, controversy=told), EN)
    assert tone is not None
    assert tone.controversy is not None
    assert "difference −0.03 (−0.10 to 0.05), n = 96" in tone.controversy
    with_camps = tone_view(make_report(controversy=told), EN)
    assert with_camps is not None
    assert with_camps.controversy is None


@given(st.lists(st.tuples(st.sampled_from(["anger", "joy", "optimism", "sadness", "awe"]), scores), max_size=5))
def test_every_emotion_has_word_percent_range_and_bar(mood: list[tuple[str, Score]]) -> None:
    tone = tone_view(make_report(mood=tuple(mood)), IT)
    assert tone is not None
    assert len(tone.emotions) == len(mood)
    for shown, (_, score) in zip(tone.emotions, mood, strict=True):
        assert 0 <= shown.share <= 100
        assert shown.name
        assert shown.value.endswith("%")
        assert f"n = {IT.number(score.n)}" in shown.detail
    assert ("emozioni" in (tone.missing or "")) == (not mood)


# --- solemn days and markers --------------------------------------------------------------


def test_a_solemn_day_is_today_only_on_the_day() -> None:
    report = make_report(solemn_days=(DAY,) * 9)
    today = solemn_views(report, IT, NOW)
    assert len(today) == MAX_DAYS
    assert (today[0].text, today[0].advice) == ("Oggi: Giorno della Memoria", "una promozione può offendere")
    later = solemn_views(report, EN, NOW + timedelta(days=1))
    assert later[0].text == "1 Mar 2026: Day of Memory"
    new_kind = msgspec.structs.replace(DAY, kind="vigil", names=())
    assert solemn_views(make_report(solemn_days=(new_kind,)), EN, NOW)[0].text == "Today: memory day"
    assert "Today: Day of Memory — a promotion may offend" in said(page(make_report(solemn_days=(DAY,))))
    assert "ts-solemn" not in page(make_report())


def test_a_day_of_every_topic_is_said_once_above_the_board() -> None:
    with_day, plain = make_report(solemn_days=(DAY,)), make_report("t2")
    all_rows = [BoardRow(with_day, make_verdict(), rank, None) for rank in (1, 2)]
    view = board_view(board(*all_rows), BoardQuery(), EN, NOW)
    assert [day.text for day in view.solemn_days] == ["Today: Day of Memory"]
    assert all(row.markers == () for row in view.rows)
    assert said(table_markup(view, EN.texts)).count("Day of Memory") == 1
    mixed = board_view(board(all_rows[0], BoardRow(plain, make_verdict(), 2, None)), BoardQuery(), EN, NOW)
    assert (mixed.solemn_days, [[m.text for m in row.markers] for row in mixed.rows]) == ((), [["solemn day"], []])
    assert shared_by_all([]) == ()


def exposed(**changes: Any) -> TopicReport:
    return make_report(saturation=None, exposure=Exposure(n=50, **changes))


def test_a_row_is_marked_from_where_a_verdict_would_mention_it() -> None:
    least, narrow = VerdictSettings().unverified_share, VerdictSettings().narrow_share
    cases = [
        (exposed(hedged_share=make_score(least)), ["unverified"]),
        (exposed(hedged_share=make_score(least - 0.01)), []),
        (exposed(unreliable_share=make_score(least, MIN_LINKED_POSTS)), ["listed links"]),
        (exposed(unreliable_share=make_score(1.0, MIN_LINKED_POSTS - 1)), []),
        (exposed(origin=Origin("post", None, make_score(narrow), ())), ["one origin"]),
        (exposed(), []),
        (make_report(exposure=None, saturation=None), []),
    ]
    for n, words in ((CROWDED, [f"promo accounts: {CROWDED}"]), (CROWDED - 1, []), (None, [])):
        jumped = Saturation(n_brands=n, share=None, post_share=make_score(), n_disclosed=0)
        cases.append((make_report(exposure=None, saturation=jumped), words))
    for report, words in cases:
        assert [marker.text for marker in marker_views(report, (), VerdictSettings(), EN, NOW)] == words


def test_a_row_carries_few_markers_in_words_with_their_n() -> None:
    report = msgspec.structs.replace(rich_report(), solemn_days=(DAY,))
    markers = marker_views(report, (), VerdictSettings(), EN, NOW)
    assert [marker.text for marker in markers] == ["solemn day", "unverified"]
    assert len(markers) == MAX_MARKERS
    assert markers[1].hint == "40% of the posts say themselves that it is not confirmed (n = 50)"
    rows = board(BoardRow(report, make_verdict(), 1, None), BoardRow(make_report("t2"), make_verdict(), 2, None))
    table = said(table_markup(board_view(rows, BoardQuery(), EN, NOW), EN.texts))
    assert "unverified (40% of the posts" in table
