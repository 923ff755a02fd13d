"""Label propagation ends, is deterministic, touches only what links to a change, and leaves what is settled alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics.clustering.communities import MAX_VISITS, STAY, propagate

Edges = Sequence[tuple[int, int, float]]
N = 12
EDGES = st.lists(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1), st.floats(0.01, 5.0)), max_size=40)


class Links:
    """An undirected graph that counts how often it is asked."""

    def __init__(self, edges: Edges) -> None:
        self.n_asked = 0
        self._of: dict[int, dict[int, float]] = {}
        for one, other, weight in edges:
            if one != other:
                self._of.setdefault(one, {})[other] = weight
                self._of.setdefault(other, {})[one] = weight

    def __call__(self, row: int) -> tuple[list[int], list[float]]:
        self.n_asked += 1
        own = self._of.get(row, {})
        return list(own), list(own.values())

    def reached_from(self, rows: Sequence[int]) -> set[int]:
        seen, todo = set(rows), list(rows)
        while todo:
            fresh = set(self._of.get(todo.pop(), {})) - seen
            seen |= fresh
            todo += fresh
        return seen


def clique(rows: Sequence[int], weight: float = 1.0) -> list[tuple[int, int, float]]:
    return [(one, other, weight) for one in rows for other in rows if one < other]


@settings(max_examples=80, deadline=None)
@given(
    edges=EDGES,
    frontier=st.lists(st.integers(0, N - 1), unique=True),
    labels=st.lists(st.integers(1, 5), min_size=N, max_size=N),
)
def test_it_ends_and_changes_only_what_links_to_the_frontier(
    edges: Edges, frontier: list[int], labels: list[int]
) -> None:
    links, community = Links(edges), np.array(labels)
    changed = propagate(community, frontier, links)
    assert links.n_asked <= MAX_VISITS * len(frontier)
    assert changed == sorted(set(changed))
    moved = np.flatnonzero(community != np.array(labels)).tolist()
    assert set(moved) <= set(changed), "who went and came back may be named, too"
    assert set(changed) <= links.reached_from(frontier)
    for row in changed:
        assert int(community[row]) in labels, "no community is invented"
    again = np.array(labels)
    assert propagate(again, frontier, Links(edges)) == changed
    np.testing.assert_array_equal(again, community)


@settings(max_examples=40, deadline=None)
@given(labels=st.lists(st.integers(1, 4), min_size=N, max_size=N), seed=st.integers(0, 99))
def test_the_order_of_the_links_does_not_matter_to_a_vote(labels: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 5, N) / 2  # halves: their sums are exact in every order
    results = set()
    for order in (np.arange(1, N), rng.permutation(np.arange(1, N))):
        links = {0: (order.tolist(), weights[order].tolist())}
        community = np.array(labels)
        propagate(community, [0], lambda row, links=links: links.get(row, ([], [])))  # type: ignore[misc] # a default binds the loop's links
        results.add(int(community[0]))
    assert len(results) == 1


def test_two_cliques_with_a_weak_bridge_are_two_communities() -> None:
    links = Links([*clique(range(5)), *clique(range(5, 10)), (4, 5, 0.3)])
    community = np.arange(100, 110)
    propagate(community, list(range(9, -1, -1)), links)
    assert len(set(community[:5].tolist())) == len(set(community[5:].tolist())) == 1
    assert community[0] != community[9]
    assert propagate(community, list(range(10)), links) == [], "what is settled stays"


def test_a_newcomer_joins_the_old_community_and_not_the_other_way_round() -> None:
    links = Links(clique(range(4)))
    community = np.array([10, 10, 10, 77])
    assert propagate(community, [3], links) == [3]
    assert community.tolist() == [10, 10, 10, 10]


def test_a_cluster_changes_sides_only_for_a_clear_majority() -> None:
    for factor, expected in ((STAY - 0.01, 1), (STAY + 0.01, 2)):
        community = np.array([1, 1, 2])
        propagate(community, [0], Links([(0, 1, 1.0), (0, 2, factor)]))
        assert community[0] == expected


def test_of_equals_the_oldest_wins() -> None:
    community = np.array([9, 5, 3, 7])
    propagate(community, [0], Links([(0, 1, 1.0), (0, 2, 1.0), (0, 3, 1.0)]))
    assert community[0] == 3


def test_without_links_nothing_happens() -> None:
    community = np.array([1, 2])
    assert propagate(community, [1, 0], Links([])) == []
    assert propagate(community, [], Links([(0, 1, 1.0)])) == []
    assert community.tolist() == [1, 2]


def test_sides_that_would_be_swapped_for_ever_are_cut_short() -> None:
    """Links that only one side kept for want of room are directed, and then three can chase each other."""
    links = {0: ([1, 2], [4.0, 2.0]), 1: ([0, 2], [4.0, 5.0]), 2: ([0, 1], [2.0, 1.0])}
    visits: list[int] = []

    def neighbours(row: int) -> tuple[list[int], list[float]]:
        visits.append(row)
        return links[row]

    propagate(np.array([0, 1, 2]), [0, 1, 2], neighbours)
    assert len(visits) == 3 * MAX_VISITS, "only the bound ends it"
