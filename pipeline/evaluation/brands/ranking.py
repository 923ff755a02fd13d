"""How well scores put what belongs before what does not: AUC and nDCG.

Sources: Hanley & McNeil 1982 (AUC as a probability); Järvelin & Kekäläinen 2002 (nDCG).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]


def auc(scores: NDArray[np.float64], is_own: BoolArray) -> float | None:
    """Probability that one of the own scores above one of the others; ties count half. ``None`` with one side empty.

    Examples
    --------
    >>> auc(np.array([3.0, 1.0, 2.0, 1.0]), np.array([True, True, False, False]))
    0.625
    """
    from scipy.stats import rankdata

    n_own = int(is_own.sum())
    n_other = len(is_own) - n_own
    if not n_own or not n_other:
        return None
    ranks = rankdata(scores)
    return float((ranks[is_own].sum() - n_own * (n_own + 1) / 2) / (n_own * n_other))


def ndcg(scores: NDArray[np.float64], is_own: BoolArray, depth: int = 10) -> float | None:
    """Discounted gain of the first ``depth`` by score, over the best possible; ``None`` when nothing is own.

    Examples
    --------
    >>> round(ndcg(np.array([3.0, 1.0, 2.0]), np.array([False, False, True]), depth=2), 3)
    0.631
    """
    if not is_own.any():
        return None
    discounts = 1.0 / np.log2(np.arange(2, depth + 2))
    first = is_own[np.argsort(-scores, kind="stable")[:depth]]
    best = discounts[: min(depth, int(is_own.sum()))].sum()
    return float(discounts[: len(first)][first].sum() / best)
