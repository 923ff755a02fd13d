"""Topics follow the links of their clusters: they grow, merge and split, keep their numbers, and tell every move."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics.clustering.calibration import Calibration
from pipeline.topics.clustering.centroid_index import CentroidIndex
from pipeline.topics.clustering.cluster_graph import ClusterGraph
from pipeline.topics.clustering.grouping import MIN_SPLIT_POSTS, SPLIT_Z, regroup
from pipeline.topics.clustering.link_rules import LINK_RULES
from pipeline.topics.clustering.post_vectors import unit
from pipeline.topics.clustering.succession import ClusterMove, TopicChanges, TopicMerge, TopicSplit
from pipeline.types import FloatArray

CALIBRATION = Calibration(0.0, 0.1, 100)
DIMENSION = 64
NOW_S = 1_772_000_000.0


class Shard:
    """Clusters numbered 1, 2, 3 … whose links a test sets, and a book kept from the changes alone."""

    def __init__(self, granularity: str = "normal") -> None:
        self.index = CentroidIndex(DIMENSION)
        self.graph = ClusterGraph(LINK_RULES[granularity])
        self.next_number = 1
        self.book: dict[int, int] = {}
        self.used: set[int] = set()

    def add(self, n_posts: int, centre: FloatArray | None = None) -> int:
        if centre is None:
            centre = np.eye(DIMENSION, dtype=np.float32)[self.index.n % DIMENSION]
        row = self.index.add(centre, NOW_S, self.next_number)
        for _ in range(n_posts - 1):
            self.index.update(row, centre, NOW_S, 60.0)
        self.graph.add()
        self.book[self.next_number] = self.next_number
        self.used.add(self.next_number)
        self.next_number += 1
        return row

    def link(self, *edges: tuple[int, int], weight: float = 1.0) -> None:
        """Only these edges exist from now on."""
        self.graph.links[:] = 0
        for pair in edges:
            for one, other in (pair, pair[::-1]):
                place = int(np.flatnonzero(self.graph.links[one] == 0)[0])
                self.graph.links[one, place] = self.index.cluster[other]
                self.graph.weights[one, place] = weight

    def regroup(self, *touched: int) -> TopicChanges:
        rows = np.array(sorted(touched or range(self.index.n)), np.int64)
        changes, self.next_number = regroup(rows, self.index, self.graph, CALIBRATION, self.next_number, NOW_S)
        for split in changes.splits:
            assert split.child not in self.used, "no number twice"
            self.used.add(split.child)
        for move in changes.moves:
            assert self.book[move.cluster] == move.old != move.new
            self.book[move.cluster] = move.new
        return changes

    def topics(self) -> list[int]:
        found: list[int] = self.index.topic[: self.index.n].tolist()
        return found

    def keep(self, rows: Sequence[int]) -> None:
        for part in (self.index, self.graph):
            part.keep(np.array(rows, np.int64))

    def check(self) -> None:
        n = self.index.n
        assert self.topics() == [self.book[cluster] for cluster in self.index.cluster[:n].tolist()]
        pairs = set(zip(self.index.community[:n].tolist(), self.topics(), strict=True))
        assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
        assert all(number < self.next_number for pair in pairs for number in pair)


def shard(*sizes: int) -> Shard:
    built = Shard()
    for size in sizes:
        built.add(size)
    return built


# --- communities that vote as a whole -----------------------------------------------


@pytest.mark.parametrize(
    ("granularity", "across", "n_topics"), [("coarse", 1.0, 1), ("coarse", 0.9, 2), ("normal", 1.0, 2)]
)
def test_half_as_many_links_outwards_as_inwards_make_one_topic_at_coarse(
    granularity: str, across: float, n_topics: int
) -> None:
    world = Shard(granularity)
    for _ in range(6):
        world.add(3)
    inside = [(0, 1), (1, 2), (0, 2), (3, 4), (4, 5), (3, 5)]
    world.link(*inside)
    world.regroup()
    assert len(set(world.topics())) == 2
    world.link(*inside, (0, 3), (1, 4), (2, 5))
    for row in range(6):
        foreign = (world.graph.links[row] != 0) & ((world.graph.links[row] <= 3) != (row < 3))
        world.graph.weights[row, foreign] = across
    world.regroup()
    world.check()
    assert len(set(world.topics())) == n_topics
    assert not world.regroup().moves, "what has settled stays"


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_voting_as_a_whole_only_ever_joins(seed: int) -> None:
    found = []
    for granularity in ("normal", "coarse"):
        rng = np.random.default_rng(seed)
        world = Shard(granularity)
        for _ in range(14):
            world.add(int(rng.integers(1, 9)))
        pairs = rng.integers(0, 14, (18, 2))
        world.link(*{(min(a, b), max(a, b)) for a, b in pairs.tolist() if a != b})
        world.regroup()
        world.check()
        found.append(len(set(world.topics())))
    assert found[1] <= found[0]


# --- what always holds ------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_the_changes_tell_everything_whatever_is_linked(seed: int) -> None:
    rng = np.random.default_rng(seed)
    world = Shard()
    for _ in range(12):
        for _ in range(int(rng.integers(0, 4))):
            world.add(int(rng.integers(1, 20)), unit(rng.normal(size=(1, DIMENSION)).astype(np.float32))[0])
        n = world.index.n
        if n < 2:
            continue
        drawn = {tuple(sorted(rng.choice(n, 2, replace=False).tolist())) for _ in range(int(rng.integers(0, 2 * n)))}
        world.link(*((one, other) for one, other in sorted(drawn)), weight=float(rng.uniform(0.1, 2)))
        topics_before = set(world.topics())
        changes = world.regroup(*rng.choice(n, int(rng.integers(1, n + 1)), replace=False).tolist())
        world.check()
        now = set(world.topics())
        assert {merge.old for merge in changes.merges} == topics_before - now
        assert {merge.new for merge in changes.merges} <= now
        assert {split.child for split in changes.splits} == now - topics_before
        assert {split.parent for split in changes.splits} <= topics_before & now
        assert {merge.at_s for merge in changes.merges} | {split.at_s for split in changes.splits} <= {NOW_S}
        if n > 15:
            world.keep(np.flatnonzero(rng.random(n) < 0.6).tolist())
            world.check()


def test_nothing_linked_and_nothing_touched_is_legal() -> None:
    empty = Shard()
    assert not empty.regroup()
    alone = shard(3, 4)
    assert not alone.regroup()
    assert alone.topics() == [1, 2]


# --- growth and merges --------------------------------------------------------------


def test_a_new_cluster_joins_the_old_topic() -> None:
    world = shard(30, 20)
    world.link((0, 1))
    world.regroup()
    assert world.topics() == [1, 1]
    new = world.add(1)
    world.link((0, 1), (1, new))
    changes = world.regroup(new)
    assert world.topics() == [1, 1, 1]
    assert changes.moves == (ClusterMove(3, 3, 1, n_posts=1),)
    assert changes.merges == (TopicMerge(3, 1, NOW_S),)


def test_in_a_merge_the_larger_wins_and_the_older_on_a_tie() -> None:
    for sizes, winner in (((3, 9), 2), ((9, 3), 1), ((5, 5), 1)):
        world = shard(*sizes)
        world.link((0, 1))
        changes = world.regroup()
        assert world.topics() == [winner, winner]
        assert changes.merges == (TopicMerge(3 - winner, winner, NOW_S),)
        assert not changes.splits


def test_what_is_settled_stays_when_it_is_looked_at_again() -> None:
    world = shard(9, 9, 9, 9)
    world.link((0, 1), (2, 3))
    assert world.regroup()
    assert not world.regroup()
    assert not world.regroup(2)


def test_a_cluster_that_links_elsewhere_moves() -> None:
    world = shard(20, 6, 20)
    world.link((0, 1))
    world.regroup()
    world.link((1, 2))
    changes = world.regroup(1)
    assert world.topics() == [1, 3, 3]
    assert changes == TopicChanges((ClusterMove(2, 1, 3, n_posts=6),))


# --- splits -------------------------------------------------------------------------


def linked_then_not(*sizes: int, centres: FloatArray | None = None) -> tuple[Shard, TopicChanges]:
    """All clusters of one topic in a chain; then the last one is linked to none of them any more."""
    world = Shard()
    for i, size in enumerate(sizes):
        world.add(size, None if centres is None else centres[i])
    chain = [(i, i + 1) for i in range(len(sizes) - 1)]
    world.link(*chain)
    world.regroup()
    assert len(set(world.topics())) == 1
    world.link(*chain[:-1])
    return world, world.regroup()


def test_parts_that_nothing_links_any_more_are_split_and_the_child_names_its_parent() -> None:
    world, changes = linked_then_not(20, 12, 10)
    assert changes.splits == (TopicSplit(world.topics()[2], 1, NOW_S),)
    assert world.topics()[:2] == [1, 1]
    assert world.topics()[2] not in {1, 2, 3}
    world.check()


def test_in_a_split_the_larger_part_keeps_the_number() -> None:
    world, changes = linked_then_not(9, 9, 40)
    parent = changes.splits[0].parent
    assert world.topics()[2] == parent
    assert len(set(world.topics()[:2])) == 1
    assert world.topics()[0] == changes.splits[0].child


def test_a_few_posts_are_not_split_off() -> None:
    for last in (MIN_SPLIT_POSTS - 1, MIN_SPLIT_POSTS):
        _, changes = linked_then_not(20, 12, last)
        assert bool(changes.splits) == (last >= MIN_SPLIT_POSTS)
    _, changes = linked_then_not(200, 120, MIN_SPLIT_POSTS)
    assert not changes.splits, "too small a share of a large topic"


def test_parts_stay_together_while_their_centres_are_near() -> None:
    east, north = np.eye(2, DIMENSION, dtype=np.float32)
    for z, parted in ((SPLIT_Z + 0.5, False), (SPLIT_Z - 0.5, True)):
        cosine = z * CALIBRATION.sigma
        near = (cosine * east + np.sqrt(1 - cosine**2) * north).astype(np.float32)
        _, changes = linked_then_not(20, 12, 15, centres=np.stack([east, east, near]))
        assert bool(changes.splits) == parted


def test_a_topic_of_many_parts_falls_apart_at_once() -> None:
    world = shard(30, 20, 15, 10)
    world.link((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3))
    world.regroup()
    world.link()
    changes = world.regroup()
    assert world.topics()[0] == 1
    assert len(set(world.topics())) == 4
    assert {split.parent for split in changes.splits} == {1}
    assert not changes.merges
    world.check()


def test_a_topic_whose_bridge_expired_is_split_when_it_is_next_looked_at() -> None:
    world = shard(20, 9, 20)
    world.link((0, 1), (1, 2))
    world.regroup()
    world.keep([0, 2])
    changes = world.regroup(1)
    assert len(changes.splits) == 1
    assert world.topics()[0] != world.topics()[1]
    world.check()
