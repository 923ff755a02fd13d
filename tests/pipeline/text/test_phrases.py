"""The phrase table finds what a plain search for whole words finds, wherever it stands."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.phrases import PhraseTable, a_bit_each, numbers
from pipeline.text.quick_phrases import QuickPhrases
from pipeline.text.words import folded_words, phrase_words

WORDS = st.sampled_from(["a", "ab", "abc", "b", "ba", "c"])
TEXTS = st.lists(WORDS, max_size=8).map(tuple)
PHRASES = st.builds(
    lambda words, stem: " ".join(words) + "*" * stem, st.lists(WORDS, min_size=1, max_size=3), st.booleans()
)
LISTS = st.lists(st.lists(PHRASES, max_size=4), max_size=4)


def stands_at(phrase: str, words: tuple[str, ...], at: int) -> bool:
    wanted = phrase.rstrip("*").split()
    here = words[at : at + len(wanted)]
    if phrase.endswith("*"):
        return len(here) == len(wanted) and (*here[:-1],) == (*wanted[:-1],) and here[-1].startswith(wanted[-1])
    return here == (*wanted,)


@settings(deadline=None, max_examples=300)
@given(LISTS, TEXTS)
def test_it_finds_just_the_lists_that_have_a_phrase_in_the_text(lists: list[list[str]], words: tuple[str, ...]) -> None:
    expected = [
        number
        for number, phrases in enumerate(lists)
        if any(stands_at(phrase, words, at) for phrase in phrases for at in range(len(words)))
    ]
    assert numbers(PhraseTable(a_bit_each(lists), folded_words).find(words)) == expected


@settings(deadline=None, max_examples=300)
@given(LISTS, TEXTS)
def test_spans_are_the_longest_at_each_place_and_never_overlap(lists: list[list[str]], words: tuple[str, ...]) -> None:
    expected, free = [], 0
    for at in range(len(words)):
        standing = [
            (at + len(phrase.split()), number)
            for number, phrases in enumerate(lists)
            for phrase in phrases
            if at >= free and stands_at(phrase, words, at)
        ]
        if standing:
            free = max(end for end, _ in standing)
            expected.append((at, free, sorted({number for end, number in standing if end == free})))
    found = PhraseTable(a_bit_each(lists), folded_words).spans(words)
    assert [(start, end, numbers(bits)) for start, end, bits in found] == expected


def test_accents_matter_where_they_are_kept() -> None:
    phrases = {1: ["perché no"], 2: ["citta*"]}
    kept, folded = PhraseTable(phrases), PhraseTable(phrases, folded_words)
    for text, by_kept, by_folded in (("Perché no?", 1, 1), ("perche no", 0, 1), ("CITTÀ", 0, 2), ("cittadina", 2, 2)):
        assert kept.find(phrase_words(text)) == by_kept
        assert folded.find(folded_words(text)) == by_folded


def test_a_quick_look_is_no_way_to_find_a_stem() -> None:
    with pytest.raises(ValueError, match="stem"):
        QuickPhrases({1: ["coupon*"]}, ())
