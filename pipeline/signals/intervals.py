"""Shares and means of posts with intervals that know that the posts of one author are not independent.

For shares a Wilson interval on an effective sample size: the number of posts divided by the design effect of
their clustering in authors (Korn & Graubard, "Confidence intervals for proportions with small
expected number of positive counts", Survey Methodology 1998). Against the author bootstrap it
stays honest at shares of 0 and 1, where resampling sees no spread at all, and costs a few
microseconds: every topic has a dozen shares. Means have the bootstrap.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from pipeline.types import Score

LEVEL, INTERVAL = 0.90, (0.05, 0.95)
"""Of every interval here: how much it holds, and the quantiles that bound it."""
N_RESAMPLES = 400


class AuthorShares:
    """Shares among the posts of one topic.

    Parameters
    ----------
    authors
        Author hash of each post; every unknown author (``None``) counts as one of its own.

    Examples
    --------
    >>> shares = AuthorShares([1, 1, 1, 1, 2, 3])
    >>> score = shares.share(np.array([True, True, True, True, False, False]), "share/1")
    >>> round(score.value, 2), score.n, score.low < 0.3
    (0.67, 6, True)
    """

    def __init__(self, authors: Sequence[int | None]) -> None:
        numbers: dict[int, int] = {}
        self._group = np.array(
            [
                numbers.setdefault(-1 - i if author is None else author, len(numbers))
                for i, author in enumerate(authors)
            ],
            np.int64,
        )
        self._n_groups = len(numbers)

    def share(self, flags: NDArray[np.bool_], method: str, among: NDArray[np.bool_] | None = None) -> Score | None:
        """Share of posts with the flag, ``flags`` ``(n,) bool``, among those in ``among`` (all); ``None`` of none."""
        group = self._group
        if among is not None:
            group, flags = group[among], flags[among]
        n = len(group)
        if n == 0:
            return None
        sizes = np.bincount(group, minlength=self._n_groups).astype(np.float64)
        marked = np.bincount(group[flags], minlength=self._n_groups).astype(np.float64)
        value = float(marked.sum()) / n
        low, high = wilson(value, _effective_n(value, sizes, marked))
        return Score(value, n, low, high, method)


def wilson(value: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Wilson score interval of a share, inside [0, 1]; ``n > 0`` need not be whole.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.

    Examples
    --------
    >>> [round(bound, 2) for bound in wilson(0.0, 10)]
    [0.0, 0.21]
    """
    z = _z(level)
    shrink = 1 + z * z / n
    centre = (value + z * z / (2 * n)) / shrink
    half = z * ((value * (1 - value) + z * z / (4 * n)) / n) ** 0.5 / shrink
    # rounding may push a bound past the share itself when it is 0 or 1
    return max(0.0, min(value, centre - half)), min(1.0, max(value, centre + half))


def bootstrap_mean(values: NDArray[np.float64], authors: Sequence[int | None], method: str, seed: int = 0) -> Score:
    """Mean of ``values`` ``(n ≥ 1,)`` with a 90 % interval from resampling whole authors.

    Posts of an unknown author count as one author each. The generator is seeded, so equal
    posts give equal intervals.

    Source: Field & Welsh, "Bootstrapping clustered data", JRSS B 2007.

    Examples
    --------
    >>> score = bootstrap_mean(np.array([0.0, 1.0, 1.0, 0.0]), [1, 2, 3, 4], "share/1")
    >>> score.value, score.n, score.low < 0.5 < score.high
    (0.5, 4, True)
    """
    groups: dict[int, int] = {}
    group = np.array(
        [groups.setdefault(author if author is not None else -1 - i, len(groups)) for i, author in enumerate(authors)]
    )
    totals = np.bincount(group, values, len(groups))
    sizes = np.bincount(group, minlength=len(groups)).astype(np.float64)
    weights = _resamples(len(groups), seed)
    means = (weights @ totals) / np.maximum(weights @ sizes, 1e-9)
    value = float(values.mean())
    low, high = np.quantile(means, INTERVAL).tolist()
    # equal values differ from their mean in the last bit, and very uneven authors by more: the bounds hold the value
    return Score(value, len(values), min(low, value), max(high, value), method)


def _effective_n(value: float, sizes: NDArray[np.float64], marked: NDArray[np.float64]) -> float:
    n = float(sizes.sum())
    spread = float(((marked - value * sizes) ** 2).sum())
    if spread == 0.0 or not 0.0 < value < 1.0:
        return n * n / float((sizes**2).sum())  # as many voices as there are evenly loud ones
    groups = float(np.count_nonzero(sizes))
    variance = spread / (n * n) * (groups / max(groups - 1.0, 1.0))
    return max(1.0, min(n, value * (1.0 - value) / variance))


@lru_cache(maxsize=8)
def _z(level: float) -> float:
    return NormalDist().inv_cdf(0.5 + level / 2)


@lru_cache(maxsize=8)
def _resamples(n_groups: int, seed: int) -> NDArray[np.float64]:
    """``(N_RESAMPLES, n_groups)``: how often each group is drawn. Kept, because a topic has several means of the
    same authors and drawing costs ten times as much as the mean."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), N_RESAMPLES).astype(np.float64)
    weights.flags.writeable = False  # shared by all callers
    return weights
