"""Clustering scores agree with scikit-learn and, for B-cubed, with the definition spelled out."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from configs.errors import InputError
from pipeline.training.clustering_scores import ClusteringScores, score_clustering

VALUES = (
    "nmi_geometric",
    "nmi_arithmetic",
    "ari",
    "bcubed_precision",
    "bcubed_recall",
    "bcubed_f1",
    "homogeneity",
    "completeness",
)


@dataclass
class Labelling:
    """Truth and prediction of the same rows."""

    truth: list[str | None]
    predicted: list[str]


@st.composite
def labellings(draw: st.DrawFn, unknown: bool = False) -> Labelling:
    truth: st.SearchStrategy[str | None] = st.sampled_from("abcd")
    if unknown:
        truth = st.one_of(st.none(), truth)
    rows = draw(st.lists(st.tuples(truth, st.sampled_from("1234")), min_size=1, max_size=30))
    return Labelling([row[0] for row in rows], [row[1] for row in rows])


def scored(truth: Sequence[str | None], predicted: Sequence[str]) -> ClusteringScores:
    scores = score_clustering(truth, predicted)
    assert scores is not None
    return scores


def brute_bcubed(truth: Sequence[str | None], predicted: Sequence[str]) -> tuple[float, float]:
    """Precision and recall of every row by looking at every other row."""
    n = len(truth)
    precision = recall = 0.0
    for i in range(n):
        same_class = {j for j in range(n) if truth[j] == truth[i]}
        same_cluster = {j for j in range(n) if predicted[j] == predicted[i]}
        precision += len(same_class & same_cluster) / len(same_cluster)
        recall += len(same_class & same_cluster) / len(same_class)
    return precision / n, recall / n


@settings(deadline=None)
@given(labellings())
def test_bcubed_is_what_its_definition_says(rows: Labelling) -> None:
    scores = scored(rows.truth, rows.predicted)
    precision, recall = brute_bcubed(rows.truth, rows.predicted)
    assert scores.bcubed_precision == pytest.approx(precision)
    assert scores.bcubed_recall == pytest.approx(recall)
    assert scores.bcubed_f1 == pytest.approx(2 * precision * recall / (precision + recall))


def reference(truth: Sequence[str | None], predicted: Sequence[str]) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it warns when there are many classes; we do not care here
        return {
            "nmi_geometric": metrics.normalized_mutual_info_score(truth, predicted, average_method="geometric"),
            "nmi_arithmetic": metrics.normalized_mutual_info_score(truth, predicted),
            "ari": metrics.adjusted_rand_score(truth, predicted),
            "homogeneity": metrics.homogeneity_score(truth, predicted),
            "completeness": metrics.completeness_score(truth, predicted),
        }


@settings(deadline=None)
@given(labellings())
def test_the_other_scores_agree_with_scikit_learn(rows: Labelling) -> None:
    scores = scored(rows.truth, rows.predicted)
    for name, expected in reference(rows.truth, rows.predicted).items():
        assert getattr(scores, name) == pytest.approx(expected, abs=1e-9), name


@settings(deadline=None)
@given(labellings(unknown=True))
def test_rows_without_truth_are_not_scored(rows: Labelling) -> None:
    known = [(truth, found) for truth, found in zip(rows.truth, rows.predicted, strict=True) if truth is not None]
    expected = score_clustering([truth for truth, _ in known], [found for _, found in known])
    assert score_clustering(rows.truth, rows.predicted) == expected
    assert (expected is None) == (not known)


@settings(deadline=None)
@given(labellings(), st.randoms(use_true_random=False))
def test_names_and_order_of_rows_do_not_matter_and_bounds_hold(rows: Labelling, random: Random) -> None:
    scores = scored(rows.truth, rows.predicted)
    order = list(range(len(rows.truth)))
    random.shuffle(order)
    renamed = scored([f"x{rows.truth[i]}" for i in order], [f"{rows.predicted[i]}!" for i in order])
    for name in VALUES:
        value = getattr(scores, name)
        assert getattr(renamed, name) == pytest.approx(value, abs=1e-9)
        assert -1.0 <= value <= 1.0 + 1e-12
        assert math.isfinite(value)
        assert value >= 0.0 or name == "ari"


@settings(deadline=None)
@given(labellings())
def test_truth_found_exactly_scores_one_and_swapping_swaps(rows: Labelling) -> None:
    known = [label or "" for label in rows.truth]
    perfect = scored(known, known)
    assert [getattr(perfect, name) for name in VALUES] == pytest.approx([1.0] * len(VALUES))
    there, back = scored(known, rows.predicted), scored(rows.predicted, known)
    assert there.homogeneity == pytest.approx(back.completeness)
    assert there.bcubed_precision == pytest.approx(back.bcubed_recall)
    assert (there.n_true, there.n_found) == (back.n_found, back.n_true)


def test_a_hundred_thousand_rows_take_a_moment_and_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(7)
    truth = [f"c{label}" for label in rng.zipf(1.4, 100_000) % 2_000]
    kept = rng.random(100_000) < 0.7
    predicted = [
        label if keep else f"k{other}"
        for label, keep, other in zip(truth, kept, rng.integers(0, 9_000, 100_000), strict=True)
    ]
    started = time.perf_counter()
    scores = scored(truth, predicted)
    assert time.perf_counter() - started < 2.0
    for name, expected in reference(truth, predicted).items():
        assert getattr(scores, name) == pytest.approx(expected, abs=1e-9), name
    assert scores.n_scored == 100_000


def test_nothing_to_score_is_none_and_unequal_lengths_are_refused() -> None:
    assert score_clustering([], []) is None
    assert score_clustering([None, None], ["1", "2"]) is None
    with pytest.raises(InputError, match="2 true labels but 1 found"):
        score_clustering(["a", "b"], ["1"])
