"""The random walk: bounds, no orientation, order or names; camps stand out from the null, mixed crowds do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evaluation.signals.random_walk import exact_controversy, planted_camps, sampled_controversy
from pipeline.signals.polarization.random_walk import (
    MIN_AUTHORS,
    MIN_LINKS,
    controversy,
    largest_part,
    largest_parts,
    random_walk,
)
from pipeline.signals.polarization.rewired_graph import rewired
from pipeline.signals.polarization.two_sides import SMALLEST_SIDE, Blocks, two_sides

Links = np.ndarray[tuple[int, int], np.dtype[np.int64]]


def camps(across: float = 0.02, links: int = 256, authors: int = 120, seed: int = 0) -> Links:
    made = planted_camps(links, authors, across, np.random.default_rng(seed))
    # camps that never touch are two graphs, of which only the larger is looked at
    return np.concatenate([made[1:], [[0, authors // 2]]])


# --- invariants -------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(links=st.integers(1, 250), authors=st.integers(4, 150), across=st.floats(0, 1), seed=st.integers(0, 50))
def test_every_graph_gives_a_bounded_value_or_none(links: int, authors: int, across: float, seed: int) -> None:
    found = random_walk(camps(across, links, authors, seed))
    if found is None:
        return
    assert -1 <= found.observed <= 1
    assert -1 <= found.null <= 1
    assert found.null_low <= found.null <= found.null_high
    assert found.excess.low <= found.excess.value <= found.excess.high
    assert found.excess.value == pytest.approx(found.observed - found.null)
    assert found.authors >= MIN_AUTHORS
    assert MIN_LINKS <= found.excess.n <= links


def test_order_direction_repetition_and_links_to_oneself_do_not_count() -> None:
    pairs = camps()
    rng = np.random.default_rng(1)
    told_otherwise = np.concatenate([pairs[:, ::-1], pairs, np.tile(pairs[:, :1], (1, 2))])
    assert random_walk(rng.permutation(told_otherwise)) == random_walk(pairs)


def test_names_matter_only_as_names() -> None:
    pairs = camps()
    renamed = random_walk(pairs * 10**12 + 5)
    assert renamed == random_walk(pairs)


def test_equal_seeds_give_equal_results_and_the_input_stays() -> None:
    pairs = camps()
    before = pairs.copy()
    assert random_walk(pairs, seed=3) == random_walk(pairs, seed=3)
    np.testing.assert_array_equal(pairs, before)


@pytest.mark.parametrize("pairs", [np.zeros((0, 2), np.int64), camps(links=15), np.stack([np.arange(40)] * 2, axis=1)])
def test_thin_evidence_is_none(pairs: Links) -> None:
    assert random_walk(pairs) is None


def test_camps_that_never_touch_are_not_seen_as_two() -> None:
    apart = planted_camps(256, 120, 0.0, np.random.default_rng(0))
    found = random_walk(apart)
    assert found is not None
    assert found.authors <= 60


def test_a_star_is_no_two_camps() -> None:
    star = np.stack([np.zeros(60, np.int64), np.arange(1, 61)], axis=1)
    found = random_walk(star)
    assert found is not None
    assert found.excess.low <= 0.01


def test_bad_input_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        random_walk(np.zeros((5, 3), np.int64))
    with pytest.raises(ValueError, match="nulls"):
        random_walk(camps(), nulls=0)


# --- what it tells apart ------------------------------------------------------------


def test_camps_stand_out_from_the_null_and_a_mixed_crowd_does_not() -> None:
    split = [random_walk(camps(0.02, seed=seed)) for seed in range(8)]
    mixed = [random_walk(camps(0.5, seed=seed)) for seed in range(20)]
    assert all(found is not None and found.excess.low > 0 for found in split)
    assert sum(found is not None and found.excess.low > 0 for found in mixed) <= 3  # one in twenty is due
    # without its null a mixed crowd looks divided too: that is why the null is shown
    assert np.mean([found.observed for found in mixed if found is not None]) > 0.5


def test_fewer_links_across_never_look_less_divided() -> None:
    means = [
        np.mean([found.excess.value for seed in range(6) if (found := random_walk(camps(across, seed=seed)))])
        for across in (0.02, 0.15, 0.5)
    ]
    assert means == sorted(means, reverse=True)


def test_followed_probabilities_are_what_walks_give() -> None:
    links, _ = largest_part(camps(0.1))
    blocks = Blocks.of([links])
    side = two_sides(blocks)
    followed = float(controversy(blocks)[0])
    assert followed == pytest.approx(exact_controversy(blocks, side), abs=0.02)
    assert followed == pytest.approx(sampled_controversy(blocks, side, np.random.default_rng(0)), abs=0.1)


def test_graphs_in_one_matrix_give_what_each_gives_alone() -> None:
    graphs = [largest_part(camps(seed=seed))[0] for seed in range(3)]
    together = controversy(Blocks.of(graphs))
    # the first guess of the split differs with a graph's place
    alone = [controversy(Blocks.of([graph]))[0] for graph in graphs]
    np.testing.assert_allclose(together, alone, atol=0.05)


# --- its parts ----------------------------------------------------------------------


def test_two_sides_find_planted_camps() -> None:
    pairs = camps(0.02)
    names, _ = np.unique(pairs, return_inverse=True)
    links, n = largest_part(pairs)
    side = two_sides(Blocks.of([links]))
    assert n == len(side)
    volume = np.bincount(links.ravel(), minlength=n)
    share = volume[side == 1].sum() / volume.sum()
    assert SMALLEST_SIDE <= share <= 1 - SMALLEST_SIDE
    if n == len(names):
        agreement = np.mean(side == (names >= 60))
        assert max(agreement, 1 - agreement) > 0.8


@settings(max_examples=25, deadline=None)
@given(links=st.integers(1, 200), authors=st.integers(4, 80), copies=st.integers(1, 4), seed=st.integers(0, 20))
def test_rewiring_keeps_every_degree_and_makes_simple_graphs(links: int, authors: int, copies: int, seed: int) -> None:
    graph, n = largest_part(camps(0.3, links, authors, seed))
    if not len(graph):
        return
    for copy in rewired(graph, n, copies, np.random.default_rng(seed)):
        np.testing.assert_array_equal(np.bincount(copy.ravel(), minlength=n), np.bincount(graph.ravel(), minlength=n))
        assert (copy[:, 0] != copy[:, 1]).all()
        assert len(np.unique(np.sort(copy, axis=1), axis=0)) == len(graph)


def test_rewiring_really_shuffles() -> None:
    graph, n = largest_part(camps(0.5, 256, 200))
    before = {tuple(link) for link in graph.tolist()}
    copy = rewired(graph, n, 1, np.random.default_rng(0))[0]
    kept = len(before & {tuple(sorted(link)) for link in copy.tolist()}) / len(before)
    assert kept < 0.5


def test_the_largest_part_of_many_graphs_is_that_of_each() -> None:
    graphs = rewired(*largest_part(camps(0.3, 120, 100)), 5, np.random.default_rng(0))
    n = int(graphs.max()) + 1
    for many, graph in zip(largest_parts(graphs, n), graphs, strict=True):
        one, size = largest_part(graph)
        assert (len(many), int(many.max()) + 1) == (len(one), size)
