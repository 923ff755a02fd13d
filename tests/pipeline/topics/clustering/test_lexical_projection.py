"""The lexical half of a vector: independent of the cut, bounded, of length one or zero."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics.clustering import lexical_projection
from pipeline.topics.clustering.lexical_projection import N_SLOTS, LexicalProjection
from tests.pipeline.topics.stored import stored

DIMENSION = 64
WORDS = st.text(alphabet="abcdeèß🙂", min_size=1, max_size=4)
DOCUMENTS = st.lists(st.lists(WORDS, max_size=8), min_size=1, max_size=30)


@settings(max_examples=15, deadline=None)
@given(documents=DOCUMENTS, cuts=st.lists(st.integers(0, 30), max_size=6))
def test_any_cut_gives_the_same_vectors(documents: list[list[str]], cuts: list[int]) -> None:
    whole, pieces = LexicalProjection(DIMENSION), LexicalProjection(DIMENSION)
    edges = sorted({0, *(min(cut, len(documents)) for cut in cuts), len(documents)})
    parts = [pieces.learn(documents[a:b]) for a, b in pairwise(edges)]
    expected = whole.learn(documents)
    np.testing.assert_array_equal(np.vstack([part.vectors for part in parts]), expected.vectors)
    np.testing.assert_array_equal(np.concatenate([part.slots for part in parts]), expected.slots)
    np.testing.assert_array_equal(np.concatenate([part.surprising for part in parts]), expected.surprising)
    np.testing.assert_array_equal(pieces.bursts.open_terms(), whole.bursts.open_terms())
    np.testing.assert_array_equal(pieces.document_frequency, whole.document_frequency)
    assert pieces.n_documents == whole.n_documents == len(documents)


@settings(max_examples=15, deadline=None)
@given(documents=DOCUMENTS)
def test_vectors_have_length_one_or_zero(documents: list[list[str]]) -> None:
    vectors = LexicalProjection(DIMENSION).learn(documents).vectors
    assert vectors.dtype == np.float32
    norms = np.linalg.norm(vectors, axis=1)
    for norm, document in zip(norms, documents, strict=True):
        assert norm == pytest.approx(1.0 if document else 0.0, abs=1e-5)


@settings(max_examples=15, deadline=None)
@given(documents=DOCUMENTS)
def test_each_document_is_told_its_own_distinct_terms(documents: list[list[str]]) -> None:
    lexical = LexicalProjection(DIMENSION)
    terms = lexical.learn(documents)
    for i, document in enumerate(documents):
        slots, surprising = terms.of(i)
        assert slots.tolist() == sorted({int(slot) for slot in lexical._slots(document)})
        assert len(surprising) == len(slots)
    assert terms.starts.tolist() == [0, *np.cumsum([len(terms.of(i)[0]) for i in range(len(documents))]).tolist()]
    assert int(lexical.document_frequency.sum()) == len(terms.slots)


def test_no_documents_are_legal() -> None:
    lexical = LexicalProjection(DIMENSION)
    assert lexical.learn([]).vectors.shape == lexical.transform([]).shape == (0, DIMENSION)
    assert lexical.n_documents == 0


def test_a_word_everybody_suddenly_says_is_surprising_to_the_documents_that_have_it() -> None:
    lexical = LexicalProjection(DIMENSION)
    for block in range(40):
        lexical.learn([(f"old{i % 25}",) for i in range(50)])
        lexical.bursts.close_block(50, 10_800.0 * block)
    terms = lexical.learn([(f"old{i % 25}", "valdena") if i % 5 == 0 else (f"old{i % 25}",) for i in range(50)])
    slot = int(lexical._slots(("valdena",))[0])
    surprising = [set(slots[mask].tolist()) for slots, mask in (terms.of(i) for i in range(50))]
    assert [slot in found for found in surprising[::5]] == [False] * 3 + [True] * 7
    assert all(not found - {slot} for found in surprising), "what was always said is no surprise"


def test_everyday_language_counts_as_a_past() -> None:
    """A stream that just began would take its subject for a stop word, and a stop word for its subject."""
    everyday = [("the", f"word{i}") for i in range(500)]
    young, taught = LexicalProjection(DIMENSION), LexicalProjection(DIMENSION, everyday)
    documents = [("the", "valdena")] * 20
    young.learn(documents)
    terms = taught.learn(documents)
    slots = {word: int(taught._slots((word,))[0]) for word in ("the", "valdena")}
    both = np.array([slots["the"], slots["valdena"]])
    assert young.rarity(both)[0] == young.rarity(both)[1]
    assert taught.rarity(both)[1] > 20 * taught.rarity(both)[0] > 0
    last, surprising = terms.of(19)
    assert last[surprising].tolist() == [slots["valdena"]]
    assert (taught.n_documents, taught.document_share("valdena")) == (20, 1.0), "it is counted apart"


def test_transform_agrees_with_rarity_and_learning_a_copy() -> None:
    lexical = LexicalProjection(256)
    lexical.learn([("red", "bike"), ("blue", "bike")] * 20)
    (now,) = lexical.transform([("red", "bike")])
    (then,) = lexical.learn([("red", "bike")]).vectors
    assert now @ then > 0.999
    rare, common = lexical.rarity(lexical._slots(("red", "bike")))
    assert rare > common > 0


def test_transform_counts_nothing() -> None:
    lexical = LexicalProjection(DIMENSION)
    lexical.learn([("red", "bike")])
    before = lexical.document_frequency.copy()
    lexical.transform([("red", "bike"), ("blue",)])
    assert lexical.n_documents == 1
    np.testing.assert_array_equal(lexical.document_frequency, before)


def test_a_restored_projection_goes_on_as_the_first_would() -> None:
    one = LexicalProjection(DIMENSION)
    one.learn([("red", "bike"), ("blue", "bike")])
    other = LexicalProjection(DIMENSION)
    other.restore(stored(one.state()))
    more = [("red", "car")]
    np.testing.assert_array_equal(one.learn(more).vectors, other.learn(more).vectors)
    assert one.document_share("red") == other.document_share("red") == pytest.approx(2 / 3)


def test_rare_words_say_more_than_common_ones() -> None:
    lexical = LexicalProjection(256)
    lexical.learn([("the", f"filler{i}") for i in range(200)])
    a, b, c = lexical.learn([("the", "valdena"), ("the", "flood", "valdena"), ("the", "football")]).vectors
    assert a @ b > a @ c + 0.3


def test_memory_is_bounded_on_an_endless_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical_projection, "N_SLOTS", 64)
    lexical = LexicalProjection(16)
    for i in range(200):
        lexical.learn([tuple(f"w{i}n{j}" for j in range(5))])
        assert len(lexical._slot_of) <= 4 * 64 + 5
    assert lexical.document_frequency.shape == (64,)
    assert N_SLOTS == 1 << 18
