"""Division (experimental): whether the people of a topic declare themselves for two opposite sides, and how evenly.

With shares of voices f for, a against and n undeclared: D = 4fa/(f + a)² · (1 − n). It counts declared sides only
("I support", "vote no", "boycott"), not moods: everybody angry at one thing is no division, nor are good and bad
reviews. Most topics declare too little to say anything; docs/signals-evaluation.md tells what was measured and what is
not proven.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.signals.intervals import INTERVAL, N_RESAMPLES
from pipeline.signals.polarization.camps import Camps, find_camps
from pipeline.types import Score
from pipeline.types.traces import PostTrace, TopicPosts

METHOD = "declared-sides/1"
MIN_POSTS = 50
MIN_VOICES = 20
"""Authors; a post of an unknown author counts as one."""
MIN_DECLARED = 10
MIN_DECLARED_SHARE = 0.05
"""In-topic check: below either, too few declare for their split to say anything about the topic."""

JEFFREYS = 0.5
"""Pseudo-count of each kind of voice in the interval."""


class Division:
    """Unit: share in [0, 1]; 1: everybody declares a side, half and half. ``n`` counts voices (authors).

    ``None`` below :data:`MIN_POSTS` distinct posts, :data:`MIN_VOICES` voices, or when too few of them declare a side.
    """

    def __init__(self) -> None:
        self._traces: list[PostTrace] = []

    def update(self, posts: TopicPosts) -> None:
        self._traces += [trace for trace in posts.traces if not trace.is_copy]

    def get(self) -> Score | None:
        if len(self._traces) < MIN_POSTS:
            return None
        camps = find_camps(self._traces)
        return division_of(*camps.counts) if says_enough(camps) else None


def division_of(one: int, other: int, undeclared: int, seed: int = 0) -> Score:
    """D of so many voices, at least one, with a 90 % interval.

    Shares are drawn from their posterior under Jeffreys' prior instead of from the voices themselves: resampling would
    call a camp that nobody has joined yet certainly empty.

    Source: the balance index 4fa/(f + a)² of a two-way split, damped by the undeclared; interval after Rubin, "The
    Bayesian bootstrap", Annals of Statistics 1981.

    Examples
    --------
    >>> division_of(30, 30, 0).value, division_of(60, 0, 0).value, round(division_of(30, 10, 40).value, 3)
    (1.0, 0.0, 0.375)
    """
    counts = np.array([one, other, undeclared], np.float64)
    total = int(counts.sum())
    drawn = np.random.default_rng(seed).dirichlet(counts + JEFFREYS, N_RESAMPLES)
    value = float(_balance(counts[None] / total)[0])
    low, high = np.quantile(_balance(drawn), INTERVAL).tolist()
    return Score(value, total, min(low, value), max(high, value), METHOD)


def _balance(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """D of each row of ``(k, 3)`` shares; 0 where nobody declares."""
    f, a = shares[:, 0], shares[:, 1]
    declared = f + a
    return np.asarray(4 * f * a / np.maximum(declared, 1e-12), np.float64)


def says_enough(camps: Camps) -> bool:
    """Whether so many voices declare a side that their split says something about the topic."""
    one, other, undeclared = camps.counts
    voices = one + other + undeclared
    declared = one + other
    return voices >= MIN_VOICES and declared >= max(MIN_DECLARED, MIN_DECLARED_SHARE * voices)
