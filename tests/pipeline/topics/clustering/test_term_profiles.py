"""The words of a cluster: counted rightly, in fixed room, and only surprising ones make an event."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.topics.clustering.term_profiles import N_TERMS, NO_TERM, TermProfiles
from pipeline.types import FloatArray
from tests.pipeline.topics.stored import stored


def slots_of(*terms: int) -> NDArray[np.int64]:
    return np.array(sorted(terms), np.int64)


def learnt(*posts: tuple[list[int], list[int]]) -> TermProfiles:
    """One row; each post is (terms, surprising ones)."""
    profiles = TermProfiles()
    profiles.add()
    for terms, surprising in posts:
        slots = slots_of(*terms)
        profiles.learn(0, slots, np.isin(slots, surprising))
    return profiles


def row_of(profiles: TermProfiles, row: int = 0) -> dict[int, tuple[float, float]]:
    used = profiles.terms[row] != NO_TERM
    columns = (profiles.terms[row][used], profiles.counts[row][used], profiles.surprising[row][used])
    return {term: (count, surprising) for term, count, surprising in zip(*(c.tolist() for c in columns), strict=True)}


def even(terms: NDArray[np.int32]) -> FloatArray:
    return np.ones(terms.shape, np.float32)


TERMS = st.sets(st.integers(0, 25), max_size=10)


@settings(max_examples=50, deadline=None)
@given(posts=st.lists(st.tuples(TERMS, TERMS), max_size=20))
def test_while_there_is_room_counts_are_exact(posts: list[tuple[set[int], set[int]]]) -> None:
    profiles = learnt(*((sorted(terms), sorted(surprising)) for terms, surprising in posts))
    counts = Counter(term for terms, _ in posts for term in terms)
    surprised = Counter(term for terms, surprising in posts for term in terms & surprising)
    assert row_of(profiles) == {term: (counts[term], surprised[term]) for term in counts}


@settings(max_examples=30, deadline=None)
@given(posts=st.lists(st.sets(st.integers(0, 400), max_size=40), max_size=30))
def test_a_full_row_stays_full_and_without_doubles(posts: list[set[int]]) -> None:
    profiles = learnt(*((sorted(terms), sorted(terms)[::2]) for terms in posts))
    row = row_of(profiles)
    used = profiles.terms[0][profiles.terms[0] != NO_TERM].tolist()
    assert len(used) == len(set(used)) <= N_TERMS
    assert all(surprising <= count for count, surprising in row.values())
    if posts:
        assert set(sorted(posts[-1])[:N_TERMS]) <= set(used), "the terms of the newest post are all there"


def test_when_the_row_is_full_the_rarest_term_leaves() -> None:
    often = list(range(N_TERMS - 1))
    profiles = learnt((often, []), (often, []), ([900], [900]), ([901], []))
    row = row_of(profiles)
    assert 900 not in row
    assert row[901] == (1.0, 0.0), "it does not inherit what was counted for the one before"
    assert all(row[term] == (2.0, 0.0) for term in often)


def test_rows_grow_are_dropped_and_restored_in_order() -> None:
    profiles = TermProfiles()
    for i in range(2_500):
        profiles.add()
        profiles.learn(i, slots_of(i), np.array([True]))
    kept = np.arange(0, 2_500, 9)
    profiles.keep(kept)
    assert profiles.n == len(kept)
    assert profiles.terms[: profiles.n, 0].tolist() == kept.tolist()
    profiles.add()
    assert row_of(profiles, profiles.n - 1) == {}, "a new row knows nothing of who was there before"
    again = TermProfiles()
    again.restore(stored(profiles.state()))
    for ours, theirs in zip(profiles.columns(), again.columns(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    again.add()
    assert again.n == profiles.n + 1


def test_only_terms_surprising_in_half_of_their_posts_make_an_event() -> None:
    profiles = learnt(([1, 2, 3], [1, 2]), ([1, 2, 3], [1]), ([1, 2, 3], []))
    weights = profiles.event_weights(np.array([0]), even).toarray()[0]
    assert np.flatnonzero(weights).tolist() == [1]
    assert weights[1] == pytest.approx(1 / np.sqrt(3), rel=1e-5)


def test_the_product_is_the_part_of_the_cosine_that_events_account_for() -> None:
    profiles = TermProfiles()
    for terms, surprising in (([1, 2], [1, 2]), ([1, 2], [1, 2]), ([1, 7, 8, 9], [1]), ([1, 2], [])):
        profiles.add()
        slots = slots_of(*terms)
        profiles.learn(profiles.n - 1, slots, np.isin(slots, surprising))
    events = profiles.event_weights(np.arange(4), even)
    shared = (events @ events.T).toarray()
    np.testing.assert_array_equal(shared, shared.T)
    assert shared[0, 1] == pytest.approx(1.0, rel=1e-5)
    assert shared[0, 2] == pytest.approx(1 / np.sqrt(2) / 2, rel=1e-5)
    assert not shared[3].any(), "the same words without surprise are no event"
    assert (shared <= 1.0001).all()


def test_a_rare_term_weighs_more_and_rows_may_come_in_any_order() -> None:
    def rarity(terms: NDArray[np.int32]) -> FloatArray:
        return np.where(terms == 1, 5.0, 1.0).astype(np.float32)

    profiles = TermProfiles()
    for terms in ([1, 2], [3, 4], []):
        profiles.add()
        slots = slots_of(*terms)
        profiles.learn(profiles.n - 1, slots, np.ones(len(slots), np.bool_))
    weights = profiles.event_weights(np.array([1, 2, 0]), rarity).toarray()
    assert weights[2, 1] > 4 * weights[2, 2] > 0
    assert np.flatnonzero(weights[0]).tolist() == [3, 4]
    assert not weights[1].any(), "a cluster without words shares nothing"
    assert profiles.event_weights(np.zeros(0, np.int64), rarity).shape[0] == 0
