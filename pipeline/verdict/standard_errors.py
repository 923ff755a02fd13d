"""How far a finding is from a threshold, in standard errors of what was measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod, sqrt
from statistics import NormalDist

from pipeline.types import Score

TOPIC_NOISE = 1.5
"""Standard error of the fit of a topic of one post, on the normal scale of percentiles; with n posts, less by √n.
``trendsieve eval verdicts`` measures it: between 0.6 by the median and 2.6 by the mean square; ``docs/verdicts.md``."""
WIDTH_OF_90 = 3.29
"""Standard errors in a 90 % interval."""
MIN_ERROR = 0.005
"""No share of posts is known better than this."""

MIN_CHANCE = 1e-9

_NORMAL = NormalDist()


@lru_cache(maxsize=4096)
def on_normal_scale(percentile: float, n: int) -> float:
    """The percentile as a normal quantile; the ends are as far out as ``n`` background topics can tell.

    Examples
    --------
    >>> round(on_normal_scale(97.5, 1000), 2), round(on_normal_scale(100.0, 200), 2)
    (1.96, 2.81)
    """
    edge = 50.0 / max(n, 1)
    return _NORMAL.inv_cdf(min(max(percentile, edge), 100.0 - edge) / 100.0) if n > 0 else 0.0


def fit_gap(percentile: float, needed: float, n_background: int, n_posts: int) -> float:
    """Standard errors between a fit and the percentile ``needed``.

    Two things blur it: which posts a topic of ``n_posts`` happens to have, and which ``n_background`` topics the
    percentile was read off.

    Examples
    --------
    >>> fit_gap(99.0, 99.0, 400, 50)
    0.0
    >>> fit_gap(60.0, 95.0, 400, 50) > fit_gap(90.0, 95.0, 400, 50) > fit_gap(90.0, 95.0, 400, 10)
    True
    """
    if n_background <= 0:
        return 0.0
    there = on_normal_scale(needed, n_background)
    share = min(max(needed, 0.5), 99.5) / 100.0
    of_background = sqrt(share * (1 - share) / n_background) / _NORMAL.pdf(_NORMAL.inv_cdf(share))
    error = sqrt(TOPIC_NOISE**2 / max(n_posts, 1) + of_background**2)
    return abs(on_normal_scale(percentile, n_background) - there) / error


def score_gap(score: Score, step: float) -> float:
    """Standard errors in a ``step`` of a score that carries a 90 % interval.

    Examples
    --------
    >>> round(score_gap(Score(0.3, 40, 0.2, 0.4, "m"), -0.1), 2)
    1.65
    """
    return abs(step) / max((score.high - score.low) / WIDTH_OF_90, MIN_ERROR)


def joint_gap(gaps: Sequence[float]) -> float:
    """Standard errors of one step that is as unlikely as all these together, were they independent.

    Examples
    --------
    >>> round(joint_gap([1.0]), 2), round(joint_gap([1.0, 1.0]), 2)
    (1.0, 1.96)
    """
    chance = prod(_NORMAL.cdf(-gap) for gap in gaps)
    return -_NORMAL.inv_cdf(max(chance, MIN_CHANCE))
