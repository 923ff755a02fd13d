"""Edges join what shares a surprise or lies near, on both sides, in fixed room, and end with the clusters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics.clustering.calibration import Calibration
from pipeline.topics.clustering.centroid_index import CentroidIndex
from pipeline.topics.clustering.cluster_graph import ATTACH_WEIGHT, N_LINKS, NEAR_HALF_LIVES, ClusterGraph
from pipeline.topics.clustering.lexical_projection import LexicalProjection
from pipeline.topics.clustering.link_rules import LINK_RULES
from pipeline.topics.clustering.post_vectors import unit
from pipeline.topics.clustering.term_profiles import TermProfiles
from pipeline.types import FloatArray
from tests.pipeline.topics.stored import stored

CALIBRATION = Calibration(0.0, 0.1, 100)
DIMENSION = 64


class World:
    """Clusters with chosen centres and words, and the graph over them; numbers are 10, 20, 30 …"""

    def __init__(self, granularity: str = "normal") -> None:
        self.index = CentroidIndex(DIMENSION)
        self.profiles = TermProfiles()
        self.lexical = LexicalProjection(16)
        self.graph = ClusterGraph(LINK_RULES[granularity])
        self.n_opened = 0

    def add(self, centre: FloatArray, words: Sequence[int] = (), n_posts: int = 1) -> int:
        """``words`` (hashed) are all surprising in every post."""
        self.n_opened += 1
        row = self.index.add(centre, 0.0, 10 * self.n_opened)
        self.profiles.add()
        self.graph.add()
        for i in range(n_posts):
            if i:
                self.index.update(row, centre, 0.0, 60.0)
            slots = np.array(sorted(words), np.int64)
            self.profiles.learn(row, slots, np.ones(len(slots), np.bool_))
        return row

    def link(self, *rows: int) -> None:
        touched = np.array(sorted(rows or range(self.index.n)), np.int64)
        self.graph.relink(touched, self.index, self.profiles, self.lexical, CALIBRATION)

    def keep(self, *rows: int) -> None:
        for part in (self.index, self.profiles, self.graph):
            part.keep(np.array(rows, np.int64))

    def later(self, half_lives: float) -> None:
        self.lexical.bursts.age += half_lives

    def links(self) -> dict[int, dict[int, float]]:
        """Edges of each row by row, as the propagation sees them."""
        found = {}
        for row in range(self.index.n):
            rows, weights = self.graph.neighbours(row, self.index)
            assert len(rows) == len(set(rows)), "no edge twice"
            assert row not in rows, "no edge to itself"
            found[row] = dict(zip(rows, weights, strict=True))
        return found


def apart(n: int) -> FloatArray:
    """Orthogonal centres: nothing but words can link them."""
    return np.eye(n, DIMENSION, dtype=np.float32)


def beside(centre: FloatArray, cosine: float, towards: FloatArray) -> FloatArray:
    found: FloatArray = (cosine * centre + np.sqrt(1 - cosine**2) * towards).astype(np.float32)
    return found


# --- what is linked ---------------------------------------------------------------


def test_a_shared_surprise_links_clusters_however_differently_they_are_worded() -> None:
    world = World()
    for centre, words in zip(apart(4), ([1, 2], [1, 3], [4, 5], [6]), strict=True):
        world.add(centre, words)
    world.link()
    assert {row: set(edges) for row, edges in world.links().items()} == {0: {1}, 1: {0}, 2: set(), 3: set()}


@pytest.mark.parametrize("granularity", ["normal", "coarse"])
def test_one_word_of_many_attaches_a_lonely_cluster_at_coarse_only(granularity: str) -> None:
    said = np.array([1, *range(100, 130)])
    surprising = said == 1
    world = World(granularity)
    for centre in apart(3):
        row = world.add(centre)
        for _ in range(2 if row else 1):
            world.profiles.learn(row, said + 1_000 * row * ~surprising, surprising & (row < 2))
        if row:
            world.index.update(row, centre, 0.0, 60.0)
    world.link()
    links = {row: set(edges) for row, edges in world.links().items()}
    assert links == ({0: {1}, 1: {0}, 2: set()} if granularity == "coarse" else {0: set(), 1: set(), 2: set()})


def test_two_posts_that_share_a_surprising_word_are_enough_at_coarse() -> None:
    said = np.array([1, *range(100, 130)])
    surprising = said == 1
    world = World("coarse")
    for centre in apart(2):
        row = world.add(centre)
        world.profiles.learn(row, said + 1_000 * row * ~surprising, surprising)
    world.link()
    assert {row: set(edges) for row, edges in world.links().items()} == {0: {1}, 1: {0}}


def test_the_same_words_without_surprise_link_nothing() -> None:
    world = World()
    for centre in apart(2):
        row = world.add(centre)
        world.profiles.learn(row, np.array([1, 2]), np.zeros(2, np.bool_))
    world.link()
    assert world.links() == {0: {}, 1: {}}


def test_an_edge_weighs_more_the_nearer_the_centres_are() -> None:
    east, north, up, west = apart(4)
    world = World()
    world.add(east, [1, 2])
    world.add(beside(east, 0.5, north), [1, 3])
    world.add(beside(east, 0.1, up), [1, 4])
    world.add(-east + 0 * west, [1, 5])
    world.link()
    edges = world.links()[0]
    assert edges[1] == pytest.approx(5 * edges[2], rel=0.01), "five sigma against one"
    assert edges[3] == pytest.approx(edges[2], rel=0.01), "never less than one sigma, or events would part"


def test_fine_asks_for_more_than_normal() -> None:
    found = []
    for granularity in ("fine", "normal", "coarse"):
        world = World(granularity)
        for centre, words in zip(apart(2), ([1, 2, 3], [1, 4, 5]), strict=True):
            world.add(centre, words)
        world.link()
        found.append(bool(world.links()[0]))
    assert found == [False, True, True]


def test_mutual_near_neighbours_are_linked_without_a_word_once_they_have_centres() -> None:
    east, north, up = apart(3)
    world = World()
    world.add(east, n_posts=2)
    world.add(beside(east, 0.95, north), n_posts=2)
    world.add(beside(east, 0.95, up))
    world.link()
    assert set(world.links()[0]) == {1}, "one post has no centre"
    world.index.update(2, beside(east, 0.95, up), 0.0, 60.0)
    world.link(2)
    assert set(world.links()[2]) == {0, 1}


def test_what_nothing_links_follows_the_most_similar_around_at_coarse_only() -> None:
    east, north, up = apart(3)
    for granularity, expected in (("coarse", {0: {1}, 1: {0}, 2: set()}), ("normal", {0: set(), 1: set(), 2: set()})):
        world = World(granularity)
        for centre in (east, beside(east, 0.3, north), up):
            world.add(centre)
        world.link()
        assert {row: set(edges) for row, edges in world.links().items()} == expected
        if granularity == "coarse":
            assert world.links()[0][1] == pytest.approx(ATTACH_WEIGHT * 3.0, rel=0.01)


def test_an_event_is_shared_only_by_clusters_of_the_same_time() -> None:
    for pause, linked in ((0.9 * NEAR_HALF_LIVES, True), (1.1 * NEAR_HALF_LIVES, False)):
        world = World()
        east, north = apart(2)
        world.add(east, [1])
        world.link()
        world.later(pause)
        new = world.add(north, [1])
        world.link(new)
        assert bool(world.links()[new]) == linked


# --- bookkeeping ------------------------------------------------------------------


def assert_both_sides_know(world: World) -> None:
    links = world.links()
    for row, edges in links.items():
        for other, weight in edges.items():
            assert links[other].get(row) == pytest.approx(weight), (row, other)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), granularity=st.sampled_from(["fine", "normal", "coarse"]))
def test_while_rows_have_room_both_sides_know_every_edge(seed: int, granularity: str) -> None:
    """Through growth, renewed linking, passing time and expiry."""
    rng = np.random.default_rng(seed)
    world = World(granularity)
    for _ in range(8):
        for _ in range(4):
            centre = unit(rng.normal(size=(1, DIMENSION)).astype(np.float32))[0]
            world.add(centre, rng.choice(12, 3, replace=False).tolist(), int(rng.integers(1, 4)))
        touched = {*range(world.index.n - 4, world.index.n), *rng.integers(0, world.index.n, 3).tolist()}
        for row in touched:
            slots = np.sort(rng.choice(12, 2, replace=False))
            world.profiles.learn(row, slots, rng.random(2) < 0.6)
        world.link(*touched)
        assert_both_sides_know(world)
        if world.index.n > 20:
            world.keep(*np.flatnonzero(rng.random(world.index.n) < 0.7).tolist())
            assert_both_sides_know(world)
        world.later(float(rng.uniform(0, 0.8)))


def test_every_cluster_keeps_its_strongest_edges_in_fixed_room() -> None:
    n = N_LINKS + 20
    world = World()
    hub = apart(1)[0]
    world.add(hub, [1])
    for i, other in enumerate(apart(n)[1:]):
        world.add(beside(hub, 0.1 + 0.01 * i, other), [1, 100 + i])
    world.link(0)
    edges = world.links()[0]
    assert set(edges) == set(range(n - N_LINKS, n)), "the nearest of all that share the word"
    world.link()
    assert all(len(edges) <= N_LINKS for edges in world.links().values())
    assert world.graph.links.shape[1] == N_LINKS


def test_linking_again_changes_nothing() -> None:
    rng = np.random.default_rng(3)
    world = World()
    for centre in unit(rng.normal(size=(30, DIMENSION)).astype(np.float32)):
        world.add(centre, rng.choice(15, 3, replace=False).tolist(), 2)
    world.link()
    before = world.links()
    world.link(*range(0, 30, 3))
    assert {row: set(edges) for row, edges in world.links().items()} == {row: set(e) for row, e in before.items()}


def test_an_edge_that_is_not_found_again_ends_on_both_sides() -> None:
    world = World()
    for centre in apart(2):
        world.add(centre, [1, 2])
    world.link()
    assert world.links() == {0: {1: pytest.approx(1.0)}, 1: {0: pytest.approx(1.0)}}
    for _ in range(20):
        world.profiles.learn(0, np.array([1, 2]), np.zeros(2, np.bool_))
    world.link(0)
    assert world.links() == {0: {}, 1: {}}


# --- the end of clusters -----------------------------------------------------------


def test_expired_clusters_vanish_from_the_links() -> None:
    world = World()
    for centre in apart(5):
        world.add(centre, [1])
    world.link()
    world.keep(0, 2, 4)
    assert {row: set(edges) for row, edges in world.links().items()} == {0: {1, 2}, 1: {0, 2}, 2: {0, 1}}
    start, end, weight = world.graph.edges_of(np.array([0, 2]), world.index)
    assert list(zip(start.tolist(), end.tolist(), strict=True)) == [(0, 1), (0, 2), (2, 0), (2, 1)]
    assert (weight > 0).all()
    new = world.add(apart(6)[5], [9])
    world.link(new)
    assert world.links()[new] == {}, "a new row knows nothing of who was there before"


def test_the_number_of_an_expired_cluster_is_not_taken_for_the_next_one_alive() -> None:
    world = World()
    for i, centre in enumerate(apart(3)):
        world.add(centre, [1] if i < 2 else [])
    world.link()
    world.keep(0, 2)
    world.graph.links[1, 0], world.graph.weights[1, 0] = 10, 1.0  # kept by one side only, for want of room
    world.profiles.surprising[0] = 0.0
    world.link(0)
    assert world.links() == {0: {}, 1: {0: 1.0}}


def test_rows_grow_and_are_restored() -> None:
    graph = ClusterGraph(LINK_RULES["normal"])
    for i in range(1_500):
        graph.add()
        graph.links[i, 0], graph.weights[i, 0], graph.last_age[i] = i + 1, 0.5, i
    again = ClusterGraph(LINK_RULES["normal"])
    again.restore(stored(graph.state()))
    for ours, theirs in zip(graph.columns(), again.columns(), strict=True):
        assert len(ours) == 1_500
        np.testing.assert_array_equal(ours, theirs)
    assert graph.links[:1_500, 0].tolist() == list(range(1, 1_501))
    graph.keep(np.arange(0, 1_500, 500))
    assert graph.columns()[0][:, 0].tolist() == [1, 501, 1_001]
    graph.add()
    assert not graph.links[3].any()


def test_an_empty_graph_and_a_single_cluster_are_legal() -> None:
    for granularity in ("fine", "normal", "coarse"):
        world = World(granularity)
        world.graph.relink(np.zeros(0, np.int64), world.index, world.profiles, world.lexical, CALIBRATION)
        world.add(apart(1)[0], [1], 3)
        world.link()
        assert world.links() == {0: {}}
