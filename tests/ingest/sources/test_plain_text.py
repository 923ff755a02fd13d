"""Text at the door: storable, normal, bounded, never cut inside what a person sees as one character."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.graphemes import clusters, start_of
from ingest.sources.plain_text import (
    MAX_ITEMS,
    clean_text,
    find_hashtags,
    find_links,
    find_mentions,
    fold_hashtags,
)

PIECES = st.sampled_from(
    [
        "a",
        "è",
        "e\u0301",
        "👩‍🍳",
        "👨‍👩‍👧‍👦",
        "🇮🇹",
        "🇫🇷",
        "👍🏽",
        "❤️",
        "1️⃣",
        "각",
        "\u1100\u1161\u11a8",
        "\r\n",
        "n\u0303\u0323",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        " ",
        "한",
    ]
)
ANY_TEXT = st.text(st.characters(), max_size=60) | st.text(
    st.sampled_from("a\x00\ud800\udc00\udfffe\u0301\u200d👩🇮"), max_size=60
)


@given(st.lists(PIECES, max_size=30), st.integers(1, 60))
def test_a_cut_falls_between_graphemes(graphemes: list[str], limit: int) -> None:
    text = "".join(graphemes)
    assert list(clusters(text)) == graphemes
    got = start_of(text, limit)
    expected = ""
    for grapheme in graphemes:
        if len(expected) + len(grapheme) > limit:
            break
        expected += grapheme
    assert len(got) <= limit
    assert got == expected or (not expected and got == text[:limit])


@given(ANY_TEXT, st.integers(1, 30))
def test_clean_text_is_storable_normal_and_bounded(text: str, limit: int) -> None:
    got = clean_text(text, limit)
    assert len(got) <= limit
    assert "\x00" not in got
    got.encode("utf-8")
    assert unicodedata.is_normalized("NFC", got)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=50))
def test_clean_text_only_normalises_what_is_storable(text: str) -> None:
    assert clean_text(text, 200) == unicodedata.normalize("NFC", text)


def test_endless_marks_cost_no_endless_time() -> None:
    text = "a" + "\u0301\u0323" * 500_000 + "b"
    begin = time.process_time()
    got = clean_text(text, 20_000)
    assert time.process_time() - begin < 1.0  # seconds, where composing them all takes minutes
    assert len(got) <= 66
    assert clean_text(text[-5_000:], 20_000).endswith("b")


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#Pane #pane #PANE", ("pane",)),
        ("#Straße", ("strasse",)),
        ("#हिन्दी #日本語 #한국어", ("हिन्दी", "日本語", "한국어")),
        ("(#forno) “#caffè”…", ("forno", "caffè")),
        ("#1 #2026 #", ()),
        ("#4ever", ("4ever",)),
        ("https://a.example/x#top a#b &#39; ##c", ()),
        ("＃全角", ("全角",)),
        ("1️⃣ #️⃣", ()),
    ],
)
def test_hashtags(text: str, tags: tuple[str, ...]) -> None:
    assert find_hashtags(text) == tags


def test_hashtags_of_a_field_lose_the_sign() -> None:
    assert fold_hashtags(["#Forno", " forno ", "12", "", "Caffe\u0300"]) == ("forno", "caffè")


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("@a, @b_c! (@d.e.f)", ("a", "b_c", "d.e.f")),
        ("mail anna@forno.it now", ()),
        ("@anna@mastodon.uno.", ("anna@mastodon.uno",)),
        ("https://x.example/@anna", ()),
        ("@ nobody", ()),
    ],
)
def test_mentions(text: str, mentions: tuple[str, ...]) -> None:
    assert find_mentions(text) == mentions


def test_links_lose_the_punctuation_behind_them() -> None:
    text = "Vedi (https://a.example/x?y=1), HTTP://B.example/… e https://a.example/x?y=1!"
    assert find_links(text) == ("https://a.example/x?y=1", "HTTP://B.example/")


def test_lists_are_bounded() -> None:
    assert len(find_hashtags(" ".join(f"#tag{i}" for i in range(1000)))) == MAX_ITEMS
