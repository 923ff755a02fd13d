"""The judge's fit: log-odds that a topic is this brand's rather than any subject's.

``value = log-mean-exp of the brand's best facets (cosine / T) − log-mean-exp of all subjects (cosine / T)``, in one
unit for every brand: no z-score, no scale of a brand's own, no percentile among topics. How it was found, on events
and brands of others left out in turn: ``docs/fit-judge.md``.
Source: the NCE view of softmax classifiers (Gutmann & Hyvärinen 2010).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.brand.fit.judge_space import JudgeSpace
from pipeline.types import FloatArray

TEMPERATURE = 0.12
BEST_FACETS = 5
"""More facets than these do not make a brand fit more: the best ones for a topic count."""
SLOPE, MIDPOINT = 4.72, -0.174
"""Of the logistic curve from a value to a percentile: 95 at .45, 99 at .80."""

Values = NDArray[np.float64]


def fit_values(space: JudgeSpace, placed: FloatArray, facets: FloatArray, weights: Values) -> Values:
    """``(n,)`` log-odds of topics for one brand.

    Parameters
    ----------
    placed
        ``(n, d)`` topics, as :meth:`JudgeSpace.place` gives them.
    facets
        ``(k, d)`` of the brand, as :meth:`JudgeSpace.place_facets` gives them.
    weights
        ``(k,)`` of the facets; the heaviest counts in full.
    """
    cosines = (placed @ facets.T).astype(np.float64)
    own = cosines / TEMPERATURE + np.log(weights / weights.max())
    best = -np.sort(-own, axis=1)[:, :BEST_FACETS]
    rivals = (placed @ space.subjects.T).astype(np.float64) / TEMPERATURE
    values: Values = _log_mean_exp(best) - _log_mean_exp(rivals)
    return values


def percentile(values: Values) -> Values:
    """``(n,)`` from 0 to 100: share of the topics that are not the brand's and fit it less.

    Examples
    --------
    >>> percentile(np.array([0.45, 0.80])).round(1).tolist()
    [95.0, 99.0]
    """
    result: Values = 100.0 / (1.0 + np.exp(-SLOPE * (values - MIDPOINT)))
    return result


def _log_mean_exp(values: Values) -> Values:
    """Row by row, without overflow."""
    top = values.max(axis=1, keepdims=True)
    result: Values = top[:, 0] + np.log(np.exp(values - top).mean(axis=1))
    return result
