"""The scale of similarity: robust to how dense topics are; the sample behind it is uniform and cut-independent."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from pipeline.topics.clustering.calibration import (
    CLUSTER_Z,
    LOWER_SIGMA_QUANTILE,
    Calibration,
    Reservoir,
    calibrate,
    splitmix64,
)
from pipeline.topics.clustering.link_rules import LINK_RULES
from pipeline.topics.clustering.post_vectors import unit
from pipeline.types import FloatArray


def posts(share_in_topics: float, n_topics: int = 20, n: int = 1_000, d: int = 64) -> FloatArray:
    """Noise, with a share of the posts in tight topics."""
    rng = np.random.default_rng(5)
    vectors = rng.normal(size=(n, d))
    n_topical = round(share_in_topics * n)
    centres = rng.normal(size=(n_topics, d))
    vectors[:n_topical] = centres[rng.integers(0, n_topics, n_topical)] + 0.2 * rng.normal(size=(n_topical, d))
    return unit(vectors.astype(np.float32))


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_the_share_of_same_topic_pairs_hardly_moves_the_scale(share: float) -> None:
    quiet, dense = calibrate(posts(0.0)), calibrate(posts(share))
    assert dense.mu == pytest.approx(quiet.mu, abs=0.02)
    assert dense.sigma == pytest.approx(quiet.sigma, rel=0.15)
    assert dense.threshold(CLUSTER_Z) == pytest.approx(quiet.threshold(CLUSTER_Z), abs=0.1)


def test_equal_input_gives_equal_output_and_another_sample_nearly_so() -> None:
    vectors = posts(0.3)
    assert calibrate(vectors) == calibrate(vectors.copy())
    shuffled = calibrate(vectors[np.random.default_rng(2).permutation(len(vectors))])
    assert shuffled.mu == pytest.approx(calibrate(vectors).mu, abs=1e-6)
    assert shuffled.sigma == pytest.approx(calibrate(vectors).sigma, abs=1e-6)
    assert calibrate(vectors[::2]).sigma == pytest.approx(calibrate(vectors[1::2]).sigma, rel=0.1)


def test_mu_is_the_median_of_all_pairs_and_sigma_lies_below_it() -> None:
    vectors = posts(0.3, n=201)
    similarities = [float(vectors[i] @ vectors[j]) for i in range(201) for j in range(i)]
    found = calibrate(vectors)
    assert found.n == 201
    assert found.mu == pytest.approx(np.median(similarities), abs=1e-3)
    assert found.mu - found.sigma == pytest.approx(np.quantile(similarities, LOWER_SIGMA_QUANTILE), abs=1e-3)


@pytest.mark.parametrize("n", [2, 3])
def test_two_posts_are_enough(n: int) -> None:
    found = calibrate(posts(0.0, n=n))
    assert np.isfinite([found.mu, found.sigma]).all()
    assert found.sigma > 0


def test_identical_posts_leave_a_usable_scale() -> None:
    found = calibrate(np.repeat(posts(0.0)[:1], 50, axis=0))
    assert found.sigma > 0
    assert found.threshold(CLUSTER_Z) <= 0.98


def test_coarser_means_readier_to_link() -> None:
    """Clusters are equally pure at every granularity; what differs is how readily they are linked."""
    assert set(LINK_RULES) == {"coarse", "normal", "fine"}
    coarse, normal, fine = (LINK_RULES[name] for name in ("coarse", "normal", "fine"))
    for bound in ("event_weight", "dominant_share", "attach_z"):
        assert getattr(coarse, bound) <= getattr(normal, bound) <= getattr(fine, bound)
        assert getattr(coarse, bound) < getattr(fine, bound)


def test_threshold_and_z_are_inverse() -> None:
    calibration = Calibration(0.1, 0.05, 10)
    assert calibration.z(calibration.threshold(CLUSTER_Z)) == pytest.approx(CLUSTER_Z)
    assert calibration.threshold(1000) == 0.98


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 300), max_size=8), seed=st.integers(0, 1_000))
def test_the_sample_does_not_depend_on_the_cut(cuts: list[int], seed: int) -> None:
    vectors = np.arange(300, dtype=np.float32)[:, None]
    whole, pieces = Reservoir(20, 1, seed), Reservoir(20, 1, seed)
    whole.offer(vectors)
    edges = sorted({0, *cuts, 300})
    for a, b in pairwise(edges):
        pieces.offer(vectors[a:b])
    np.testing.assert_array_equal(whole.sample(), pieces.sample())
    restored = Reservoir(20, 1, seed)
    restored.restore(whole.sample(), whole.n_seen)
    restored.offer(vectors)
    whole.offer(vectors)
    np.testing.assert_array_equal(whole.sample(), restored.sample())


def test_the_sample_is_uniform() -> None:
    """Chi-square over ten age classes, many seeds together; the bound is loose, a biased sampler misses it widely."""
    kept = np.zeros(10)
    for seed in range(150):
        reservoir = Reservoir(20, 1, seed)
        reservoir.offer(np.arange(400, dtype=np.float32)[:, None])
        kept += np.bincount((reservoir.sample().ravel() // 40).astype(int), minlength=10)
    assert kept.sum() == 150 * 20
    assert chisquare(kept).pvalue > 1e-4


def test_a_young_sample_holds_everything() -> None:
    reservoir = Reservoir(20, 1, 1)
    assert len(reservoir) == 0
    reservoir.offer(np.arange(7, dtype=np.float32)[:, None])
    assert reservoir.sample().ravel().tolist() == list(range(7))


def test_the_hash_spreads() -> None:
    values = [splitmix64(i) for i in range(10_000)]
    assert len(set(values)) == 10_000
    assert chisquare(np.bincount([value % 16 for value in values], minlength=16)).pvalue > 1e-4
