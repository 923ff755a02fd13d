"""Distinct authors: exact while few, within error bounds when many, whatever the order and however often they post."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics.memory.author_sketch import K_MINIMUM, AuthorSketch
from pipeline.types.pseudonyms import author_hash


def sketch_of(names: list[str]) -> AuthorSketch:
    sketch = AuthorSketch()
    for name in names:
        sketch.add(author_hash(name))
    return sketch


@settings(max_examples=50, deadline=None)
@given(names=st.lists(st.text(max_size=5), max_size=120))
def test_a_few_authors_are_counted_exactly(names: list[str]) -> None:
    assert sketch_of(names).count() == len(set(names))


@pytest.mark.parametrize("n", [K_MINIMUM, K_MINIMUM + 1, 1_000, 30_000])
def test_many_authors_are_estimated_within_four_standard_errors(n: int) -> None:
    assert sketch_of([f"author-{i}" for i in range(n)]).count() == pytest.approx(n, rel=0.25)


def test_order_and_repetition_do_not_count() -> None:
    names = [f"author-{i % 900}" for i in range(3_000)]
    shuffled = names[:]
    Random(1).shuffle(shuffled)
    assert sketch_of(names).minimums() == sketch_of(shuffled).minimums()


@settings(max_examples=30, deadline=None)
@given(one=st.sets(st.integers(0, 900)), other=st.sets(st.integers(0, 900)))
def test_a_merge_is_the_sketch_of_everybody(one: set[int], other: set[int]) -> None:
    merged = sketch_of([str(i) for i in one])
    merged.merge(sketch_of([str(i) for i in other]))
    assert merged.minimums() == sketch_of([str(i) for i in one | other]).minimums()


def test_memory_is_bounded_and_a_stored_sketch_goes_on() -> None:
    sketch = sketch_of([f"author-{i}" for i in range(5_000)])
    assert len(sketch.minimums()) == K_MINIMUM
    again = AuthorSketch(sketch.minimums())
    for more in ("author-1", "new-1", "new-2"):
        sketch.add(author_hash(more))
        again.add(author_hash(more))
    assert again.minimums() == sketch.minimums()
    assert again.count() == sketch.count()


def test_a_hash_fits_a_signed_64_bit_column_and_takes_any_text() -> None:
    for name in ("", "ann", "\ud800", "🙂" * 1_000):
        assert 0 <= author_hash(name) < 1 << 63
