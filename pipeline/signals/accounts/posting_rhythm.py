"""How regularly an account posts: what schedulers and scripts do, and people hardly ever.

None of these proves a machine: newsrooms schedule, people queue posts. Times are event times.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.signals.intervals import wilson
from pipeline.types import Score

MIN_INTERVALS = 9
"""Burstiness of fewer intervals is mostly noise."""
MIN_NIGHT_POSTS = 24
MIN_NIGHT_DAYS = 3
MIN_BUSY_POSTS = 8
MIN_BUSY_HOURS = 6

_Z90 = 1.6449
_HOUR_S = 3600.0
_DAY_S = 86_400.0


def burstiness(at_s: NDArray[np.float64]) -> Score | None:
    """Burstiness of the intervals between posts: -1 metronome, 0 chance, towards 1 bursts.

    With Kim & Jo's correction for few events ("Measuring burstiness for finite event sequences",
    Physical Review E 2016; after Goh & Barabási, EPL 2008); interval by jackknife.

    Parameters
    ----------
    at_s
        ``(n,)`` seconds since the epoch, ascending.

    Examples
    --------
    >>> burstiness(np.arange(0.0, 7200.0, 600.0)).value
    -1.0
    >>> burstiness(np.arange(3.0)) is None
    True
    """
    intervals = np.diff(at_s)
    n = len(intervals)
    if n < MIN_INTERVALS or intervals.sum() <= 0:
        return None
    value = float(_burstiness(np.array([intervals.mean()]), np.array([intervals.std()]), n)[0])
    total, squares = intervals.sum(), (intervals**2).sum()
    means = (total - intervals) / (n - 1)
    spreads = np.sqrt(np.maximum((squares - intervals**2) / (n - 1) - means**2, 0.0))
    without = _burstiness(means, spreads, n - 1)
    half = _Z90 * float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    return Score(value, n + 1, max(-1.0, value - half), min(1.0, value + half), "burstiness/1")


def _burstiness(mean: NDArray[np.float64], spread: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    ratio = np.divide(spread, mean, out=np.zeros_like(mean), where=mean > 0)
    up, down = np.sqrt(n + 1.0), np.sqrt(n - 1.0)
    corrected: NDArray[np.float64] = (up * ratio - down) / ((up - 2.0) * ratio + down)
    return corrected.clip(-1.0, 1.0)


def on_the_minute(at_s: NDArray[np.float64]) -> tuple[Score, NDArray[np.intp]] | None:
    """Share of posts written at second 0 of a minute (by chance one in sixty), and which.

    ``None`` where all are: then the stream carries no seconds.

    Examples
    --------
    >>> score, rows = on_the_minute(np.array([60.0, 120.0, 190.0, 240.0, 300.0]))
    >>> score.value, rows.tolist()
    (0.8, [0, 1, 3, 4])
    """
    exact = np.floor(at_s) % 60 == 0
    if not len(at_s) or exact.all():
        return None
    value = float(exact.mean())
    return Score(value, len(at_s), *wilson(value, len(at_s)), "on-the-minute/1"), np.flatnonzero(exact)


def same_second(at_s: NDArray[np.float64]) -> tuple[Score, NDArray[np.intp]]:
    """Share of posts written in the same second as another one of the account, and which; ``(n ≥ 1,)``, ascending.

    Examples
    --------
    >>> score, rows = same_second(np.array([1.0, 1.5, 9.0, 20.0]))
    >>> score.value, rows.tolist()
    (0.5, [0, 1])
    """
    seconds = np.floor(at_s)
    equal = np.concatenate([[False], np.diff(seconds) == 0, [False]])
    twins = equal[:-1] | equal[1:]
    value = float(twins.mean())
    return Score(value, len(at_s), *wilson(value, len(at_s)), "same-second/1"), np.flatnonzero(twins)


def quiet_hours(at_s: NDArray[np.float64]) -> Score | None:
    """Hours of the longest part of the day in which the account never posts; people sleep, so some hours.

    The interval: from the value to what it would be without the most talkative night. ``None`` below
    ``MIN_NIGHT_POSTS`` posts on ``MIN_NIGHT_DAYS`` days: a few posts always leave gaps.

    Examples
    --------
    >>> day = np.arange(8, 23) * 3600.0
    >>> quiet_hours(np.concatenate([day + 86_400 * number for number in range(4)])).value
    10.0
    """
    days = np.floor(at_s / _DAY_S)
    different = np.unique(days)
    if len(at_s) < MIN_NIGHT_POSTS or len(different) < MIN_NIGHT_DAYS:
        return None
    hours = (at_s % _DAY_S) / _HOUR_S
    value = _widest_gap(hours)
    widest = max(_widest_gap(hours[days != day]) for day in different[:31])
    return Score(value, len(at_s), value, max(value, widest), "quiet-hours/1")


def _widest_gap(hours: NDArray[np.float64]) -> float:
    ordered = np.sort(hours)
    return float(max(np.diff(ordered).max(initial=0.0), 24.0 - ordered[-1] + ordered[0]))


def busiest_hour(at_s: NDArray[np.float64]) -> tuple[Score, slice] | None:
    """How many times faster the account posted in its busiest hour than in the rest of its time, and those posts.

    A rate ratio with its log-normal interval. ``None`` for a span below ``MIN_BUSY_HOURS`` hours. The busiest hour is
    picked afterwards, so a ratio of a few is what chance gives.

    Examples
    --------
    >>> slow, fast = np.arange(0.0, 36_000.0, 3_600.0), np.arange(36_000.0, 37_000.0, 100.0)
    >>> score, rows = busiest_hour(np.concatenate([slow, fast]))
    >>> score.value > 5, rows
    (True, slice(10, 20, None))
    """
    n = len(at_s)
    span_h = float(at_s[-1] - at_s[0]) / _HOUR_S if n else 0.0
    if n < MIN_BUSY_POSTS or span_h < MIN_BUSY_HOURS:
        return None
    stops = np.searchsorted(at_s, at_s + _HOUR_S, side="left")
    counts = stops - np.arange(n)
    start = int(np.argmax(counts))
    busy, rest = int(counts[start]), n - int(counts[start])
    # half a post where the rest has none: a rate of 0 has no ratio
    value = busy / (max(rest, 0.5) / (span_h - 1.0))
    half = float(np.exp(_Z90 * np.sqrt(1 / busy + 1 / max(rest, 0.5))))
    return Score(value, n, value / half, value * half, "busiest-hour/1"), slice(start, start + busy)
