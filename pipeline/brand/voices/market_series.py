"""What watched accounts found in response, day by day: the series that a market reading compares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.memory.account_watch import AccountPost
from pipeline.types.voices import MarketDay, RivalChange

DAY_S = 86_400
MIN_POSTS = 5
"""An account with fewer posts before or now has no level there."""

MIN_DAYS = 3
"""Posts of fewer days, before or now, cannot be told from the luck of a day."""

LOUDEST = 0.95
"""Responses above this quantile of an account's are cut to it: one post that went round the world is no level."""


@dataclass(frozen=True)
class Period:
    """``recent_days`` are held against the ``baseline_days`` before them."""

    recent_days: int = 14
    baseline_days: int = 42

    @property
    def days(self) -> int:
        """Both together."""
        return self.recent_days + self.baseline_days


@dataclass(frozen=True)
class AccountDays:
    """Response to one account's posts: ``total`` and ``n`` ``(days,)``, the oldest day first."""

    name: str
    own: bool
    total: NDArray[np.float64]
    n: NDArray[np.float64]


def account_days(name: str, own: bool, posts: Sequence[AccountPost], first: int, days: int) -> AccountDays:
    """Posts with a known response by day, from day number ``first`` on."""
    known = [(int(post.at_s // DAY_S) - first, post.response) for post in posts if post.response is not None]
    inside = [(day, value) for day, value in known if 0 <= day < days]
    total, n = np.zeros(days), np.zeros(days)
    if inside:
        values = np.array([value for _, value in inside])
        at = np.array([day for day, _ in inside])
        np.add.at(total, at, np.minimum(values, np.quantile(values, LOUDEST)))
        np.add.at(n, at, 1.0)
    return AccountDays(name, own, total, n)


def is_enough(account: AccountDays, split: int) -> bool:
    """Whether the account has a level before day number ``split`` and one from then on."""
    return all(
        part.sum() >= MIN_POSTS and np.count_nonzero(part) >= MIN_DAYS
        for part in (account.n[:split], account.n[split:])
    )


def log_mean(total: NDArray[np.float64], n: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half a like is added to all posts together, so that a period without any response has a level, too."""
    result: NDArray[np.float64] = np.log((total + 0.5) / n)
    return result


def account_change(account: AccountDays, split: int) -> RivalChange:
    """One line of the table: posts before and from day ``split`` on, and the ratio of the levels where both are known.

    Examples
    --------
    >>> days = AccountDays("Rival", False, np.array([30.0, 30, 30, 15, 15, 15]), np.full(6, 3.0))
    >>> change = account_change(days, 3)
    >>> change.n_before, change.n_now, round(change.change, 1)
    (9, 9, 0.5)
    """
    n_before, n_now = int(account.n[:split].sum()), int(account.n[split:].sum())
    change = None
    if is_enough(account, split):
        sums = np.array([account.total[:split].sum(), account.total[split:].sum()])
        before, now = log_mean(sums, np.array([n_before, n_now], np.float64)).tolist()
        change = math.exp(now - before)
    return RivalChange(account.name, account.own, n_before, n_now, change)


def chart_days(accounts: Sequence[AccountDays], today: int, period: Period) -> tuple[MarketDay, ...]:
    """For the chart: each day as a multiple of the account's baseline, the mean over accounts."""
    if not accounts:
        return ()
    first = date(1970, 1, 1) + timedelta(days=today - period.days + 1)
    indices: Mapping[bool, list[NDArray[np.float64]]] = {True: [], False: []}
    for account in accounts:
        base = (account.total[: period.baseline_days].sum() + 0.5) / account.n[: period.baseline_days].sum()
        daily = np.full(len(account.n), np.nan)
        np.divide(account.total, account.n * base, out=daily, where=account.n > 0)
        indices[account.own].append(daily)
    found = []
    for day in range(period.days):
        own, rivals = (_mean_known([index[day] for index in indices[own]]) for own in (True, False))
        found.append(MarketDay(first + timedelta(days=day), own, rivals))
    return tuple(found)


def _mean_known(values: Sequence[float]) -> float | None:
    known = [float(value) for value in values if not math.isnan(value)]
    return round(sum(known) / len(known), 4) if known else None
