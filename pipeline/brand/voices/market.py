"""Brand problem or market trend? Own and competitors' response, each account against its own baseline.

Every account has a level before and a level now: the logarithm of the mean response to its posts, the loudest cut to
the account's 95th percentile. (A mean of logarithms would do for large numbers, but with three likes a post a market
that halves looks like less than half, so small accounts would seem to do better than large ones.) The change of the
brand's accounts less that of its competitors' is the difference in differences: what the whole market did to everyone
alike is gone from it.

Uncertainty comes from resampling whole days, of all accounts together, so that a day that was good for everyone and
posts of one day that share their luck are not counted as evidence twice. With three competitors' accounts or more, how
much they differ from each other beyond chance widens the interval as well: a brand that differs from its competitors
no more than they do among themselves has no problem of its own.

Sources: Ashenfelter & Card, "Using the longitudinal structure of earnings to estimate the effect of training
programs", REStat 1985 (difference in differences); Cameron, Gelbach & Miller, "Bootstrap-based improvements for
inference with clustered errors", REStat 2008 (few clusters); Welch 1947 and Satterthwaite 1946 (degrees of freedom);
DerSimonian & Laird, "Meta-analysis in clinical trials", 1986 (variance between accounts).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from pipeline.brand.voices.account_book import Party
from pipeline.brand.voices.market_series import (
    DAY_S,
    AccountDays,
    Period,
    account_change,
    account_days,
    chart_days,
    is_enough,
    log_mean,
)
from pipeline.topics.memory.account_watch import AccountWatch
from pipeline.types import Score
from pipeline.types.voices import MarketKind, MarketReading

N_RESAMPLES = 400
SEED = 11
STEADY_WITHIN = math.log(1.5)
"""Nothing moved is said only where a rise or fall by half would have shown."""

MIN_FOR_SPREAD = 3
"""Fewer competitors' accounts say nothing about how different they are from each other."""


@dataclass(frozen=True)
class _Change:
    """A change on the log scale: its value, and a variance with its degrees of freedom from each of the two periods."""

    value: float
    variances: tuple[float, float]
    freedom: tuple[int, int]
    between: float = 0.0

    def score(self, n: int, method: str) -> Score:
        """As a ratio, with its 90 % interval."""
        variance = sum(self.variances)
        parts = sum(v * v / f for v, f in zip(self.variances, self.freedom, strict=True))
        freedom = variance * variance / parts if parts > 0 else float(min(self.freedom))
        half = float(stdtrit(freedom, 0.95)) * math.sqrt(variance + self.between)
        return Score(math.exp(self.value), n, math.exp(self.value - half), math.exp(self.value + half), method)


def read_market(
    brand_id: str, parties: Sequence[Party], watch: AccountWatch, today: int, period: Period
) -> MarketReading:
    """The reading on one day.

    Parameters
    ----------
    parties
        The brand itself and its competitors.
    watch
        What their accounts wrote, with the response known so far.
    today
        Day number (UTC days since the epoch); that day is the last of the recent ones.
    """
    first = today - period.days + 1
    accounts = [
        account_days(party.name, party.own, watch.of(account), first, period.days)
        for party in parties
        for account in party.accounts
    ]
    return compare(brand_id, [account for account in accounts if account.n.any()], today, period)


def compare(brand_id: str, accounts: Sequence[AccountDays], today: int, period: Period) -> MarketReading:
    """The reading of these accounts; pure and seeded, so the same days give the same intervals."""
    split = period.baseline_days
    enough = [account for account in accounts if is_enough(account, split)]
    own = [account for account in enough if account.own]
    rivals = [account for account in enough if not account.own]
    as_of = datetime.fromtimestamp(today * DAY_S, UTC)
    shown = tuple(account_change(account, split) for account in accounts)
    days = chart_days(enough, today, period)
    reading = MarketReading(
        brand_id=brand_id,
        as_of=as_of,
        kind=MarketKind.NOT_KNOWN,
        why=_missing(accounts, own, rivals),
        accounts=shown,
        days=days,
        recent_days=period.recent_days,
        baseline_days=period.baseline_days,
    )
    if reading.why:
        return reading
    mine, theirs, difference = _scores(own, rivals, split)
    kind = kind_of(mine, theirs, difference)
    why = "too_wide" if kind is MarketKind.NOT_KNOWN else ""
    return msgspec.structs.replace(reading, kind=kind, why=why, own=mine, rivals=theirs, difference=difference)


def kind_of(own: Score, rivals: Score, difference: Score) -> MarketKind:
    """What moved, from the three ratios.

    Examples
    --------
    >>> fell, stayed = Score(0.5, 40, 0.4, 0.7, "x"), Score(1.0, 40, 0.8, 1.2, "x")
    >>> kind_of(fell, stayed, fell).value, kind_of(fell, fell, stayed).value, kind_of(stayed, stayed, stayed).value
    ('brand_problem', 'market_trend', 'steady')
    """
    own_log, rivals_log = math.log(own.value), math.log(rivals.value)
    if difference.high < 1:
        return MarketKind.BRAND_PROBLEM if own_log < 0 and -own_log >= rivals_log else MarketKind.RIVALS_AHEAD
    if difference.low > 1:
        return MarketKind.RIVALS_PROBLEM if rivals_log < 0 and -rivals_log >= own_log else MarketKind.BRAND_AHEAD
    together = (own.high < 1 and rivals.high < 1) or (own.low > 1 and rivals.low > 1)
    if together and abs(math.log(difference.value)) <= abs(rivals_log):  # else half of it or more may be the brand's
        return MarketKind.MARKET_TREND
    widest = max(max(abs(math.log(s.low)), abs(math.log(s.high))) for s in (own, rivals, difference))
    return MarketKind.STEADY if widest <= STEADY_WITHIN else MarketKind.NOT_KNOWN


def _missing(accounts: Sequence[AccountDays], own: Sequence[AccountDays], rivals: Sequence[AccountDays]) -> str:
    """Code of what a reading lacks; empty when there is enough."""
    if not own:
        return "too_few_own" if any(account.own for account in accounts) else "no_own_posts"
    if not rivals:
        return "no_rival_posts" if all(account.own for account in accounts) else "too_few_rivals"
    return ""


def _scores(own: Sequence[AccountDays], rivals: Sequence[AccountDays], split: int) -> tuple[Score, Score, Score]:
    """Own change, rivals' change, and the difference of the two."""
    everyone = [*own, *rivals]
    total = np.stack([account.total for account in everyone])
    n = np.stack([account.n for account in everyone])
    rng = np.random.default_rng(SEED)
    before = _levels(total[:, :split], n[:, :split], rng)
    now = _levels(total[:, split:], n[:, split:], rng)
    change = now.level - before.level
    mine, theirs = slice(0, len(own)), slice(len(own), None)
    spread = _between(change[theirs], before.variance()[theirs] + now.variance()[theirs])
    counts = (int(n[mine].sum()), int(n[theirs].sum()))

    def of(weights: NDArray[np.float64], between: float) -> _Change:
        variances = (before.variance_of(weights), now.variance_of(weights))
        return _Change(float(weights @ change), variances, (before.n_days - 1, now.n_days - 1), between)

    mine_weights, their_weights = np.zeros(len(everyone)), np.zeros(len(everyone))
    mine_weights[mine], their_weights[theirs] = 1 / len(own), 1 / len(rivals)
    return (
        of(mine_weights, 0.0).score(counts[0], "response-change/1"),
        of(their_weights, spread / len(rivals)).score(counts[1], "response-change/1"),
        of(mine_weights - their_weights, spread * (1 / len(own) + 1 / len(rivals))).score(
            sum(counts), "difference-in-differences/1"
        ),
    )


@dataclass(frozen=True)
class _Levels:
    """``level`` ``(accounts,)`` of one period, and ``resampled`` ``(resamples, accounts)``; ``n_days`` with posts.

    ``counting`` ``(accounts,)``: the variance that counting alone gives a level. Where resampling sees less (equal
    responses, or none at all) this is what is left of chance.
    """

    level: NDArray[np.float64]
    resampled: NDArray[np.float64]
    counting: NDArray[np.float64]
    n_days: int

    def variance(self) -> NDArray[np.float64]:
        """``(accounts,)``: of each level."""
        drawn = np.var(self.resampled, axis=0) * self.n_days / (self.n_days - 1)
        result: NDArray[np.float64] = np.maximum(drawn, self.counting)
        return result

    def variance_of(self, weights: NDArray[np.float64]) -> float:
        """Of a weighted sum of levels, whose days are common."""
        drawn = float(np.var(self.resampled @ weights)) * self.n_days / (self.n_days - 1)
        return max(drawn, float(weights**2 @ self.counting))


def _levels(total: NDArray[np.float64], n: NDArray[np.float64], rng: np.random.Generator) -> _Levels:
    days = np.flatnonzero(n.any(axis=0))
    total, n = total[:, days], n[:, days]
    weights = rng.multinomial(len(days), np.full(len(days), 1 / len(days)), N_RESAMPLES).astype(np.float64)
    sums = total.sum(axis=1)
    level = log_mean(sums, n.sum(axis=1))
    posts = weights @ n.T
    drawn = log_mean(weights @ total.T, np.maximum(posts, 1.0))
    # a resample without any post of an account says nothing about it
    return _Levels(level, np.where(posts > 0, drawn, level), 1 / (sums + 0.5), len(days))


def _between(changes: NDArray[np.float64], variances: NDArray[np.float64]) -> float:
    """Variance between accounts beyond what chance makes of their changes; 0 where too few are known."""
    if len(changes) < MIN_FOR_SPREAD:
        return 0.0
    return max(0.0, float(np.var(changes, ddof=1) - variances.mean()))
