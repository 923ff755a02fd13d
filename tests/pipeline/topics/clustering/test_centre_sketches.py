"""The nearest centre is among the candidates, whatever happened to the centres before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.topics.clustering import centroid_index
from pipeline.topics.clustering.assignment import PostColumns
from pipeline.topics.clustering.centre_sketches import N_CANDIDATES, CentreSketches
from pipeline.topics.clustering.centroid_index import CentroidIndex
from pipeline.topics.clustering.post_vectors import unit
from pipeline.types import FloatArray
from tests.pipeline.topics.tracked_streams import assert_same, clustered, follow, new_tracker, story

DIMENSION = 600


def some_centres(n: int, rng: np.random.Generator) -> FloatArray:
    return unit(rng.normal(size=(n, DIMENSION)).astype(np.float32))


def near(centres: FloatArray, rng: np.random.Generator) -> FloatArray:
    """One vector for each centre, at a cosine of about .5 to it."""
    return unit(centres + 1.7 * unit(rng.normal(size=centres.shape).astype(np.float32)))


@pytest.mark.parametrize("n", [N_CANDIDATES, 100, 513, 3_001])
def test_the_nearest_of_many_is_among_the_candidates(n: int) -> None:
    rng = np.random.default_rng(n)
    centres = some_centres(n, rng)
    vectors = near(centres[: min(n, 200)], rng)
    found = CentreSketches(DIMENSION).candidates(vectors, centres)
    assert found.shape == (len(vectors), N_CANDIDATES)
    assert all(len(set(row)) == N_CANDIDATES for row in found.tolist())
    nearest = (vectors @ centres.T).argmax(axis=1)
    assert (found == nearest[:, None]).any(axis=1).mean() > 0.99


def test_candidates_come_from_the_slots_that_were_named() -> None:
    rng = np.random.default_rng(2)
    centres = some_centres(900, rng)
    among = np.flatnonzero(rng.random(900) < 0.5)
    vectors = near(centres[among[:50]], rng)
    found = CentreSketches(DIMENSION).candidates(vectors, centres, among=among)
    assert np.isin(found, among).all()
    assert (found == among[:50, None]).any(axis=1).mean() > 0.95


@settings(max_examples=20, deadline=None)
@given(steps=st.lists(st.sampled_from(["move", "add", "drop", "ask"]), max_size=12), seed=st.integers(0, 99))
def test_sketches_follow_centres_that_move_come_and_go(steps: list[str], seed: int) -> None:
    rng = np.random.default_rng(seed)
    sketches = CentreSketches(DIMENSION)
    centres = some_centres(200, rng)
    for step in steps:
        if step == "move":
            slot = int(rng.integers(len(centres)))
            centres[slot] = some_centres(1, rng)[0]
            sketches.changed(slot)
        elif step == "add":
            centres = np.concatenate((centres, some_centres(40, rng)))
        elif step == "drop":
            kept = np.flatnonzero(rng.random(len(centres)) < 0.9)
            centres = centres[kept]
            sketches.keep(kept)
        else:
            sketches.candidates(centres[:1], centres)
    as_new = CentreSketches(DIMENSION).candidates(centres, centres)
    np.testing.assert_array_equal(np.sort(sketches.candidates(centres, centres)), np.sort(as_new))


@pytest.mark.parametrize(
    "posts", [clustered(1_200, 300)[0], story(1_500, n_everyday=200)[0]], ids=["clustered", "story"]
)
def test_topics_are_the_same_with_sketches(posts: PostColumns, monkeypatch: pytest.MonkeyPatch) -> None:
    exact = follow(new_tracker(), posts)
    monkeypatch.setattr(centroid_index, "WORTH_CENTRES", 48)
    assert_same(follow(new_tracker(), posts), exact)


def test_an_index_compares_with_all_while_that_is_cheap() -> None:
    index = CentroidIndex(DIMENSION)
    assert index.nearest_few(np.zeros((2, DIMENSION), np.float32)) is None
