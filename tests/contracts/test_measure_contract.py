"""What every polarization measure promises; a new line in ``MEASURES`` is run by itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.signals.intervals import bootstrap_mean
from pipeline.signals.polarization import MEASURES
from pipeline.signals.polarization.contract import Measure
from pipeline.topics.clustering.post_vectors import unit
from pipeline.types import Score
from pipeline.types.traces import PostTrace, TopicPosts
from tests.demo_shard import make_trace

Make = Callable[[], Measure]
MANY = 400
"""Enough for any measure to speak."""
SAID = ("slow breakfast", "I support the bridge", "stop the bridge")
"""A measure of what posts say hears both sides and neither."""

pytestmark = pytest.mark.parametrize("name", list(MEASURES))


@pytest.fixture
def make(name: str) -> Make:
    return MEASURES[name]


def posts(n: int, seed: int = 0, **changes: object) -> TopicPosts:
    rng = np.random.default_rng(seed)
    traces = [
        make_trace(
            i,
            author=int(rng.integers(0, max(2, n // 3))) if rng.random() < 0.9 else None,
            negative=float(rng.random()),
            positive=float(rng.random()),
            offensive=float(rng.random()),
            disaster=float(rng.random()),
            is_reply=bool(rng.random() < 0.3),
            text=SAID[int(rng.integers(0, len(SAID)))],
            **changes,
        )
        for i in range(n)
    ]
    return TopicPosts(traces, unit(rng.normal(size=(n, 16)).astype(np.float32)))


def part(posts: TopicPosts, rows: list[int]) -> TopicPosts:
    return TopicPosts([posts.traces[i] for i in rows], posts.embeddings[rows])


def score(make: Make, *parts: TopicPosts) -> Score | None:
    measure = make()
    for some in parts:
        measure.update(some)
    return measure.get()


def test_it_speaks_when_there_is_plenty_and_is_silent_on_nothing(make: Make) -> None:
    assert score(make) is None
    assert score(make, posts(0)) is None
    assert score(make, posts(1)) is None
    found = score(make, posts(MANY))
    assert found is not None
    assert found.method
    assert 0 < found.n <= MANY


def test_the_threshold_of_evidence_is_crossed_once(make: Make) -> None:
    spoken = [score(make, posts(n)) is not None for n in range(0, 120, 3)]
    assert spoken == sorted(spoken)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, MANY), max_size=5), seed=st.integers(0, 5))
def test_pieces_give_what_one_update_gives(name: str, cuts: list[int], seed: int) -> None:
    whole = posts(MANY, seed)
    edges = sorted({0, *cuts, MANY})
    pieces = [part(whole, list(range(*edge))) for edge in pairwise(edges)]
    assert score(MEASURES[name], *pieces) == score(MEASURES[name], whole)


def test_asking_twice_changes_nothing(make: Make) -> None:
    measure = make()
    measure.update(posts(MANY // 2))
    first = measure.get()
    assert measure.get() == first
    measure.update(posts(MANY, seed=9))
    other = make()
    other.update(posts(MANY // 2))
    other.update(posts(MANY, seed=9))
    assert measure.get() == other.get()


@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 120), seed=st.integers(0, 50))
def test_the_interval_holds_the_value_and_everything_is_a_share(name: str, n: int, seed: int) -> None:
    found = score(MEASURES[name], posts(n, seed))
    if found is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert found.n <= n


def test_copies_do_not_count(make: Make) -> None:
    original = posts(MANY)
    copies = posts(MANY, seed=3, is_copy=True)
    assert score(make, original, copies) == score(make, original)
    assert score(make, copies) is None


def test_the_order_of_posts_does_not_matter(make: Make) -> None:
    whole = posts(MANY)
    rows = list(range(MANY))
    Random(1).shuffle(rows)
    one, other = score(make, whole), score(make, part(whole, rows))
    assert one is not None
    assert other is not None
    assert (other.n, other.method) == (one.n, one.method)
    assert other.value == pytest.approx(one.value, abs=1e-9)
    # the bootstrap draws groups by place: the interval may move by its own noise
    assert other.low == pytest.approx(one.low, abs=0.03)
    assert other.high == pytest.approx(one.high, abs=0.03)


def test_equal_posts_give_equal_scores_and_are_not_altered(make: Make) -> None:
    whole = posts(MANY)
    before = [PostTrace(*(getattr(t, f) for f in t.__struct_fields__)) for t in whole.traces]
    vectors = whole.embeddings.copy()
    assert score(make, whole) == score(make, posts(MANY))
    assert list(whole.traces) == before
    np.testing.assert_array_equal(whole.embeddings, vectors)


def test_identical_posts_are_legal(make: Make) -> None:
    found = score(make, posts(60, 1))
    same = TopicPosts(
        [make_trace(i, author=None, text=SAID[1]) for i in range(60)], np.full((60, 16), 0.25, np.float32)
    )
    alike = score(make, same)
    assert (found is None) == (alike is None)
    if alike is not None:
        assert alike.low <= alike.value <= alike.high


def test_more_posts_of_one_voice_do_not_make_it_surer(name: str) -> None:
    """The interval knows that one author is one voice: what every measure should take its interval from."""
    rng = np.random.default_rng(4)
    values = rng.random(200)
    many = bootstrap_mean(values, list(range(200)), name)
    few = bootstrap_mean(values, [i % 4 for i in range(200)], name)
    blocks = bootstrap_mean(np.repeat(rng.random(4), 50), [i // 50 for i in range(200)], name)
    assert blocks.high - blocks.low > 3 * (many.high - many.low)
    assert few.value == many.value
