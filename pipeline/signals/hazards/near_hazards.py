"""Hazards that do not count for a topic, but might: other posts of the same conversation could have made them count."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from pipeline.enrich.hazards.heads import POST_THRESHOLD
from pipeline.enrich.hazards.seeds import Tier
from pipeline.signals.hazards.topic_hazards import METHOD, MIN_SHARE
from pipeline.signals.intervals import wilson
from pipeline.types import FloatArray, Hazard, Score

MIN_LOUD = 2
"""One post is no sign of anything."""
MAX_EVIDENCE = 2


def near_hazards(
    names: Sequence[str],
    tiers: Sequence[Tier],
    strengths: FloatArray,
    post_ids: Sequence[str],
    counted: Collection[str],
    min_share: float = MIN_SHARE,
) -> tuple[Hazard, ...]:
    """Hazards of medium tier or worse whose share is below ``min_share`` while its 90 % interval reaches it.

    Parameters
    ----------
    names, tiers, strengths, post_ids
        As in :func:`pipeline.signals.hazards.topic_hazards.topic_hazards`.
    counted
        Names of those that count already.

    Returns
    -------
    Largest share first.

    Examples
    --------
    >>> strengths = np.array([[0.9], [0.8], *[[0.0]] * 10], np.float32)
    >>> ids = [f"p{i}" for i in range(12)]
    >>> [(near.name, near.evidence) for near in near_hazards(["crime"], ["high"], strengths, ids, ())]
    [('crime', ('p0', 'p1'))]
    >>> near_hazards(["crime"], ["high"], strengths, ids, ("crime",))
    ()
    """
    n = len(post_ids)
    found = []
    is_loud = strengths >= POST_THRESHOLD
    for column in np.flatnonzero(is_loud.sum(axis=0) >= MIN_LOUD).tolist():
        n_loud = int(is_loud[:, column].sum())
        low, high = wilson(n_loud / n, n)
        if tiers[column] == "low" or names[column] in counted or n_loud >= min_share * n or high < min_share:
            continue
        clearest = np.argsort(-strengths[:, column], kind="stable")[:MAX_EVIDENCE].tolist()
        share = Score(n_loud / n, n, low, high, METHOD)
        found.append(Hazard(names[column], tiers[column], share, tuple(post_ids[i] for i in clearest)))
    return tuple(sorted(found, key=lambda hazard: (-hazard.share.value, hazard.name)))
