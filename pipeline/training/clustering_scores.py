"""How well found clusters match the true ones: NMI, ARI, B-cubed, homogeneity, completeness.

Everything is computed from the non-empty cells of the contingency table, so the cost is a
sort of the rows, not classes times clusters.

Sources: Strehl & Ghosh 2002 (NMI), Hubert & Arabie 1985 (ARI), Bagga & Baldwin 1998
(B-cubed), Rosenberg & Hirschberg 2007 (homogeneity, completeness).
"""

from __future__ import annotations

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
    cells, cell_sizes = np.unique(classes * n_found + clusters, return_counts=True)
    class_sizes, cluster_sizes = np.bincount(classes), np.bincount(clusters)
    of_class, of_cluster = class_sizes[cells // n_found], cluster_sizes[cells % n_found]
    h_class, h_cluster = _entropy(class_sizes), _entropy(cluster_sizes)
    shared = _mutual_information(cell_sizes, of_class, of_cluster)
    precision = float(np.sum(cell_sizes**2 / of_cluster) / len(rows))
    recall = float(np.sum(cell_sizes**2 / of_class) / len(rows))
    return ClusteringScores(
        nmi_geometric=_normalised(shared, float(np.sqrt(h_class * h_cluster)), h_class == h_cluster == 0.0),
        nmi_arithmetic=_normalised(shared, (h_class + h_cluster) / 2, h_class == h_cluster == 0.0),
        ari=_adjusted_rand(cell_sizes, class_sizes, cluster_sizes),
        bcubed_precision=precision,
        bcubed_recall=recall,
        bcubed_f1=2 * precision * recall / (precision + recall),
        homogeneity=_normalised(shared, h_class, h_class == 0.0),
        completeness=_normalised(shared, h_cluster, h_cluster == 0.0),
        n_true=n_true,
        n_found=n_found,
        n_scored=len(rows),
    )


def _numbered(labels: Sequence[str]) -> tuple[Counts, int]:
    """Labels as 0 … k-1 in order of appearance, and k. A dict beats sorting strings by far."""
    numbers: dict[str, int] = {}
    codes = np.fromiter((numbers.setdefault(label, len(numbers)) for label in labels), np.int64, len(labels))
    return codes, len(numbers)


def _entropy(sizes: Counts) -> float:
    """In nats; exactly 0 for a single group."""
    shares = sizes / sizes.sum()
    return float(-np.sum(shares * np.log(shares))) if len(sizes) > 1 else 0.0


def _mutual_information(cells: Counts, of_class: Counts, of_cluster: Counts) -> float:
    n = cells.sum()
    # logs of the parts, not of a product of counts: the product overflows int64 on large tables
    terms = cells / n * (np.log(cells) + np.log(n) - np.log(of_class) - np.log(of_cluster))
    return max(float(terms.sum()), 0.0)


def _normalised(shared: float, scale: float, trivial: bool) -> float:
    """``shared / scale`` within [0, 1]. ``trivial``: nothing to know, so everything is known."""
    if trivial:
        return 1.0
    return min(shared / scale, 1.0) if scale > 0.0 else 0.0


def _adjusted_rand(cells: Counts, classes: Counts, clusters: Counts) -> float:
    together, in_class, in_cluster = (_pairs(sizes) for sizes in (cells, classes, clusters))
    n = int(classes.sum())
    if in_class == in_cluster == together:
        return 1.0
    expected = in_class * in_cluster / (n * (n - 1) / 2)
    return (together - expected) / ((in_class + in_cluster) / 2 - expected)


def _pairs(sizes: Counts) -> int:
    return int(np.sum(sizes * (sizes - 1) // 2))
