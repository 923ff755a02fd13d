"""How well found clusters match the true ones: NMI, ARI, homogeneity, completeness, B-cubed.

All but B-cubed are scikit-learn's. B-cubed is computed from the non-empty cells of the contingency table, so the cost
is a sort of the rows, not classes times clusters.

Sources: Strehl & Ghosh 2002 (NMI), Hubert & Arabie 1985 (ARI), Rosenberg & Hirschberg 2007 (homogeneity,
completeness), Bagga & Baldwin 1998 (B-cubed).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.errors import InputError

Counts = NDArray[np.int64]


class ClusteringScores(msgspec.Struct, frozen=True, kw_only=True):
    """Scores over the rows with a known truth; all are at most 1 (same partition), ARI may be negative.

    ``n_true`` and ``n_found`` count the classes and clusters among the ``n_scored`` rows.
    """

    nmi_geometric: float
    nmi_arithmetic: float
    ari: float
    bcubed_precision: float
    bcubed_recall: float
    bcubed_f1: float
    homogeneity: float
    completeness: float
    n_true: int
    n_found: int
    n_scored: int


def score_clustering(truth: Sequence[str | None], predicted: Sequence[str]) -> ClusteringScores | None:
    """Compare two labellings of the same rows.

    Parameters
    ----------
    truth
        True class of each row; a row with ``None`` is left out of every count.
    predicted
        Cluster found for each row.

    Returns
    -------
    ClusteringScores or None
        ``None`` when no row has a known truth: there is nothing to score.

    Raises
    ------
    InputError
        The two sequences differ in length.

    Examples
    --------
    >>> scores = score_clustering(["a", "a", "b", None], ["1", "1", "1", "2"])
    >>> round(scores.bcubed_precision, 3), scores.bcubed_recall, scores.n_found
    (0.556, 1.0, 1)
    """
    if len(truth) != len(predicted):
        raise InputError(f"{len(truth)} true labels but {len(predicted)} found ones: one of each is needed for a row")
    rows = [(label, found) for label, found in zip(truth, predicted, strict=True) if label is not None]
    if not rows:
        return None
    classes, n_true = _numbered([label for label, _ in rows])
    clusters, n_found = _numbered([found for _, found in rows])
    from sklearn import metrics  # takes a second, which most commands need not wait

    with warnings.catch_warnings():
        # many classes of few rows are what streams have: no sign of a mistake
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        homogeneity, completeness, arithmetic = metrics.homogeneity_completeness_v_measure(classes, clusters)
        geometric = metrics.normalized_mutual_info_score(classes, clusters, average_method="geometric")
        ari = metrics.adjusted_rand_score(classes, clusters)
    precision, recall = _bcubed(classes, clusters, n_found)
    return ClusteringScores(
        nmi_geometric=float(geometric),
        nmi_arithmetic=float(arithmetic),  # the V-measure is just that
        ari=float(ari),
        bcubed_precision=precision,
        bcubed_recall=recall,
        bcubed_f1=2 * precision * recall / (precision + recall),
        homogeneity=float(homogeneity),
        completeness=float(completeness),
        n_true=n_true,
        n_found=n_found,
        n_scored=len(rows),
    )


def _numbered(labels: Sequence[str]) -> tuple[Counts, int]:
    """Labels as 0 … k-1 in order of appearance, and k. A dict beats sorting strings by far."""
    numbers: dict[str, int] = {}
    codes = np.fromiter((numbers.setdefault(label, len(numbers)) for label in labels), np.int64, len(labels))
    return codes, len(numbers)


def _bcubed(classes: Counts, clusters: Counts, n_found: int) -> tuple[float, float]:
    """Precision and recall, the mean over rows of how much of a row's cluster is of its class, and the other way."""
    cells, sizes = np.unique(classes * n_found + clusters, return_counts=True)
    of_class, of_cluster = np.bincount(classes)[cells // n_found], np.bincount(clusters)[cells % n_found]
    return float(np.sum(sizes**2 / of_cluster) / len(classes)), float(np.sum(sizes**2 / of_class) / len(classes))
