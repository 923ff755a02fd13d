"""Nothing a stranger wrote becomes markup, and what a sign says is also said in words."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.i18n.numbers import make_locale
from pipeline.store.records import BoardRow
from pipeline.types import (
    Creator,
    CreatorSignal,
    DatedPost,
    Dialogue,
    DialogueQuestion,
    Exposure,
    Hazard,
    Invitation,
    ListedDomain,
    Nuance,
    Origin,
    Reason,
    SolemnDay,
)
from tests.samples import NOW, make_post, make_report, make_score, make_verdict
from tests.ui.page_data import board, topic_data
from tests.ui.seen_markup import STATUS, Seen
from ui.board.markup import COLUMNS, NAMING, alarm_markup, header_markup, table_markup, tiles_markup
from ui.board.view_model import board_view
from ui.elements.element import Markup, el
from ui.elements.pieces import sparkline
from ui.elements.theme import STATIC
from ui.query import BoardQuery
from ui.shared.credit import LICENSE_URL, LIST_URL
from ui.topic.markup import topic_markup
from ui.topic.view_model import topic_view

EN, IT = make_locale("en"), make_locale("it")
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&{n}\x00"

hostile_texts = st.text(alphabet=st.sampled_from("<>\"'&=/ scriptonload:{}\x00\u202e"), min_size=1, max_size=40)


def hostile_pages(text: str) -> tuple[str, str]:
    """The board and a topic page in which everything that people write is ``text``."""
    reason = Reason("strange", text, ("p1",), (("facet", text),))
    verdict = make_verdict(reasons=(reason, Reason("fits_facet", text, (), (("facet", text), ("z", text)))))
    dated = (DatedPost("p1", NOW),)
    report = make_report(
        label=text,
        keywords=(text, text),
        languages=((text, 3),),
        sources=((text, 3),),
        hazards=(Hazard(text, "medium", make_score(), ("p1",)),),
        nuances=(Nuance(text, (text,), 0.2, 3, ("p1",)),),
        mood=((text, make_score()),),
        solemn_days=(SolemnDay(text, text, (("en", text),)),),
        exposure=Exposure(
            n=9,
            unreliable_share=make_score(),
            unreliable=(ListedDomain(text, text, 2, ("p1",)),),
            hedged=("p1",),
            origin=Origin("domain", text, make_score(), ("p1",)),
        ),
        dialogue=Dialogue(
            n=9, questions=(DialogueQuestion("p1", 2, 2, ()),), invitations=(Invitation(text, 2, 2, ("p1",)),)
        ),
        creators=(
            Creator("9", 2, 0.2, 5, signals=(CreatorSignal(text, make_score(), dated),), latest=dated),
            Creator("8", 2, 0.2),
        ),
    )
    post = make_post(text=text, author_handle=text, source=text, url=f"https://example.org/{text}", language=text)
    data = topic_data(report=report, verdicts=(verdict,), newest=(post,), quoted=(post,))
    query = BoardQuery(topic=text, brand=text, search=text)
    rows = board(BoardRow(report, verdict, 1, None))
    return (
        table_markup(board_view(rows, BoardQuery(brand=text), EN, NOW), EN.texts),
        topic_markup(topic_view(data, query, EN, NOW), STATUS, EN.texts),
    )


@settings(max_examples=60, deadline=None)
@given(hostile_texts)
def test_no_text_becomes_an_element_or_an_attribute(text: str) -> None:
    harmless = hostile_pages("plain")
    for page, reference in zip(hostile_pages(text), harmless, strict=True):
        seen, wanted = Seen(page), Seen(reference)
        assert set(seen.tags) <= set(wanted.tags)
        assert {name for name, _ in seen.attributes} <= {name for name, _ in wanted.attributes}
        for name, value in seen.attributes:
            assert not name.startswith("on")
            assert name != "href" or value.startswith(("?", "https://example.org/", LIST_URL, LICENSE_URL))


def test_hostile_texts_are_shown_as_they_are() -> None:
    table, page = hostile_pages(HOSTILE)
    shown = HOSTILE.replace("\x00", "")
    assert shown in Seen(table).texts
    assert shown in Seen(page).texts
    assert "<script" not in table + page


def test_plain_text_is_escaped_and_markup_is_not() -> None:
    assert el("p", "a<b", Markup("<b>c</b>"), ["d&", None], title='"') == '<p title="&quot;">a&lt;b<b>c</b>d&amp;</p>'
    assert el("a", "x", href=None, hidden=True, class_="y") == '<a hidden class="y">x</a>'


def test_every_sign_has_words() -> None:
    view = board_view(board(BoardRow(make_report(heat=make_score(0.95)), make_verdict(), 1, 3)), BoardQuery(), IT, NOW)
    texts = " ".join(Seen(table_markup(view, IT.texts)).texts)
    for word in ("Cavalca", "su di 2", "acceso", "In crescita", "Più affine del 99,4%", "95 su 100", "3× il solito"):
        assert word in texts, word


def test_an_unknown_score_draws_no_bar() -> None:
    bare = BoardRow(make_report(heat=None), make_verdict(fit=None), 1, None)
    page = table_markup(board_view(board(bare), BoardQuery(), EN, NOW), EN.texts)
    assert "ts-meter" not in page
    assert page.count("not enough evidence") == 4  # twice in words for screen readers, twice as a hint


def test_the_table_is_a_table_with_heads() -> None:
    rows = board(BoardRow(make_report(), make_verdict(), 1, None))
    seen = Seen(table_markup(board_view(rows, BoardQuery(), EN, NOW), EN.texts))
    assert seen.tags.count("table") == seen.tags.count("caption") == seen.tags.count("h1") == 1
    assert [value for name, value in seen.attributes if name == "scope"] == ["col"] * len(COLUMNS) + ["row"]


def test_tiles_and_languages_say_which_one_is_on() -> None:
    query = BoardQuery(language="it")
    view = board_view(board(BoardRow(make_report(), make_verdict(), 1, None)), query, IT, NOW)
    assert Seen(tiles_markup(view, STATUS, IT.texts)).attributes.count(("aria-current", "true")) == 1
    header = Seen(header_markup(query, IT.texts))
    assert ("lang", "it") in header.attributes
    assert header.attributes.count(("aria-current", "true")) == 1


def test_the_header_links_every_page_and_says_which_one_is_open() -> None:
    query = BoardQuery(brand="forno-aurora", page="studio", topic="t1", language="it")
    header = Seen(header_markup(query, IT.texts, ("board", "studio")))
    assert header.attributes.count(("aria-current", "page")) == 1
    assert ("href", "?brand=forno-aurora&lang=it") in header.attributes, "the board needs no name in the address"
    assert ("href", "?page=studio&brand=forno-aurora&lang=it") in header.attributes
    assert "Studio del profilo" in header.texts
    alone = Seen(header_markup(query, IT.texts, ("board",)))
    assert ("aria-current", "page") not in alone.attributes, "one page alone needs no links"


def test_the_alarm_is_announced() -> None:
    assert alarm_markup(STATUS) == ""
    stale = msgspec.structs.replace(STATUS, alarm=("Silent.", "Do this."))
    assert ("role", "alert") in Seen(alarm_markup(stale)).attributes


@given(st.lists(st.integers(min_value=0, max_value=10**9), max_size=80))
def test_a_sparkline_is_an_image_with_words(series: list[int]) -> None:
    image = sparkline(series, 'a "label"')
    if len(series) < 2:
        assert image == ""
        return
    attributes = dict(Seen(image).attributes)
    assert attributes["alt"] == 'a "label"'
    assert attributes["src"].startswith("data:image/svg+xml,")
    assert "<" not in attributes["src"]
    assert "nan" not in attributes["src"]


# --- the look ----------------------------------------------------------------------


def _colours() -> dict[str, str]:
    css = (STATIC / "theme.css").read_text(encoding="utf-8")
    return dict(re.findall(r"(--ts-[a-z-]+): (#[0-9a-f]{6});", css))


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


TONES = ("ride", "nuance", "watch", "risky", "ignore")
PAIRS: list[tuple[Any, Any]] = [(tone, f"{tone}-soft") for tone in (*TONES, "accent")]
PAIRS += [(text, ground) for text in ("ink", "muted", "accent", *TONES, "hot") for ground in ("paper", "card")]


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_has_enough_contrast(text: str, ground: str) -> None:
    colours = _colours()
    assert _contrast(colours[f"--ts-{text}"], colours[f"--ts-{ground}"]) >= 4.5


def test_muted_text_inside_the_nuance_box_is_readable() -> None:
    colours = _colours()
    assert _contrast(colours["--ts-muted"], colours["--ts-nuance-soft"]) >= 4.5


def test_the_look_fetches_nothing() -> None:
    for name in ("theme.css", "soft_links.js", "icon.svg"):
        text = (STATIC / name).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http" not in text
        assert "@import" not in text
        assert "url(" not in text.replace('url("data:', "")


def test_every_column_but_the_naming_one_has_a_width() -> None:
    css = (STATIC / "theme.css").read_text(encoding="utf-8")
    wide = {name for name in COLUMNS if re.search(rf"\.ts-col-{name}(?:,[^{{]*)?\s*{{[^}}]*width:", css)}
    assert wide == set(COLUMNS) - {NAMING}
