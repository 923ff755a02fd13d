"""The lexical half of a vector: independent of the cut, bounded, of length one or zero."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics import lexical_projection
from pipeline.topics.lexical_projection import N_SLOTS, LexicalProjection

DIMENSION = 64
WORDS = st.text(alphabet="abcdeèß🙂", min_size=1, max_size=4)
DOCUMENTS = st.lists(st.lists(WORDS, max_size=8), min_size=1, max_size=30)


@settings(max_examples=15, deadline=None)
@given(documents=DOCUMENTS, cuts=st.lists(st.integers(0, 30), max_size=6))
def test_any_cut_gives_the_same_vectors(documents: list[list[str]], cuts: list[int]) -> None:
    whole, pieces = LexicalProjection(DIMENSION), LexicalProjection(DIMENSION)
    edges = sorted({0, *(min(cut, len(documents)) for cut in cuts), len(documents)})
    parts = [pieces.learn(documents[a:b]) for a, b in pairwise(edges)]
    np.testing.assert_array_equal(np.vstack(parts), whole.learn(documents))
    np.testing.assert_array_equal(pieces.document_frequency, whole.document_frequency)
    assert pieces.n_documents == whole.n_documents == len(documents)


@settings(max_examples=15, deadline=None)
@given(documents=DOCUMENTS)
def test_vectors_have_length_one_or_zero(documents: list[list[str]]) -> None:
    vectors = LexicalProjection(DIMENSION).learn(documents)
    assert vectors.dtype == np.float32
    norms = np.linalg.norm(vectors, axis=1)
    for norm, document in zip(norms, documents, strict=True):
        assert norm == pytest.approx(1.0 if document else 0.0, abs=1e-5)


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
    other.restore(one.document_frequency, one.n_documents)
    np.testing.assert_array_equal(one.learn([("red", "car")]), other.learn([("red", "car")]))
    assert one.document_share("red") == other.document_share("red") == pytest.approx(2 / 3)


def test_rare_words_say_more_than_common_ones() -> None:
    lexical = LexicalProjection(256)
    lexical.learn([("the", f"filler{i}") for i in range(200)])
    a, b, c = lexical.learn([("the", "valdena"), ("the", "flood", "valdena"), ("the", "football")])
    assert a @ b > a @ c + 0.3


def test_memory_is_bounded_on_an_endless_vocabulary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical_projection, "N_SLOTS", 64)
    lexical = LexicalProjection(16)
    for i in range(200):
        lexical.learn([tuple(f"w{i}n{j}" for j in range(5))])
        assert len(lexical._slot_of) <= 4 * 64 + 5
    assert lexical.document_frequency.shape == (64,)
    assert N_SLOTS == 1 << 18
