"""Cleaning, words and hashes: total on any text, stable, and equal where a copy is a copy."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.enrich.language import LanguageDetector
from pipeline.text.words import clean, text_hash, words

ANY = st.text(max_size=200)


@settings(max_examples=200)
@given(text=ANY)
def test_any_text_is_cleaned_to_one_line_without_edges(text: str) -> None:
    result = clean(text)
    assert result == result.strip()
    assert "\n" not in result
    assert "  " not in result
    assert "#" not in result


@settings(max_examples=200)
@given(text=ANY)
def test_words_are_lower_case_and_never_single_letters(text: str) -> None:
    found = words(clean(text))
    assert all(len(word) > 1 and word == word.lower() for word in found)
    assert found == words(clean(text))


@settings(max_examples=200)
@given(text=ANY)
def test_a_hash_fits_63_bits_and_ignores_what_is_put_around_a_text(text: str) -> None:
    plain = text_hash(clean(text), text)
    assert 0 <= plain < 1 << 63
    if words(clean(text)):
        around = f" {clean(text)} @anna https://example.org/x"
        assert text_hash(clean(around), around) == text_hash(clean(clean(text)), text)


@pytest.mark.parametrize(
    "copy",
    [
        "Che sole oggi a Bologna!",
        "RT @anna: Che sole oggi a Bologna!",
        "che SOLE oggi a bologna",
        "Che sole oggi a Bologna! https://example.org/x?y=1",
        "@bea @carla Che sole oggi, a Bologna …",
        "Che #sole oggi   a #Bologna",
        "<p>Che sole oggi a Bologna!</p>",
    ],
)
def test_copies_hash_alike(copy: str) -> None:
    original = "Che sole oggi a Bologna"
    assert text_hash(clean(copy), copy) == text_hash(clean(original), original)


@pytest.mark.parametrize(
    ("one", "other"),
    [("sole", "sale"), ("🙂", "🙃"), ("non piove", "piove"), ("", "🙂"), ("3-0", "3-1"), ("東京", "大阪")],
)
def test_different_texts_hash_differently(one: str, other: str) -> None:
    assert text_hash(clean(one), one) != text_hash(clean(other), other)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Perché l'#Italia &amp; la Francia?", "Perché l' Italia & la Francia?"),
        ("see www.example.org now", "see now"),
        ("RT @a.b: hi", "hi"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ("a <b>bold</b> move", "a bold move"),
        ("mail anna@example.org", "mail anna"),
        ("🙂", "🙂"),
        ("  \n\t ", ""),
    ],
)
def test_clean_examples(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_words_keep_apostrophes_and_accents() -> None:
    assert words("L'Italia è campione, perché no? Don’t ask") == (
        "l'italia",
        "campione",
        "perché",
        "no",
        "don’t",
        "ask",
    )


def test_hostile_texts_are_quick() -> None:
    for text in ("<" * 20_000, "@" * 20_000, "&" * 20_000, "a" * 20_000, "http://" * 3_000, "’" * 20_000, "#" * 20_000):
        words(clean(text))
        assert text_hash(clean(text), text) >= 0


def test_language_of_real_sentences_and_of_what_tells_nothing() -> None:
    texts = [
        "Domenica mattina con caffè e biscotti appena sfornati",
        "Sunday morning with coffee and warm biscuits",
        "Dimanche matin avec du café et des biscuits",
        "🙂🙂",
        "",
        "🙂🙂",
        "12345",
    ]
    declared: list[tuple[str, ...]] = [("en",), (), (), (), (), ("it-IT", "en"), ("EN",)]
    assert LanguageDetector().detect(texts, declared) == ["it", "en", "fr", None, None, "it", "en"]


@settings(max_examples=60, deadline=None)
@given(text=ANY)
def test_any_text_has_a_language_or_none(text: str) -> None:
    (found,) = _detector().detect([text], [()])
    assert found is None or (found == found.lower() and found)


@cache
def _detector() -> LanguageDetector:
    return LanguageDetector()
