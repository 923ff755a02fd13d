"""Brand problem or market trend, on synthetic streams whose truth is known: ``trendsieve eval rivals``.

Response to a post is Poisson around a log-normal level of its own (σ 1: most posts find little, a few a lot); days are
good or bad for the whole market (σ .2) and for each account (σ .3). From the recent days on the market is multiplied
by one factor, the brand by another on top, and where accounts differ each by one of its own.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.brand.voices.market import compare
from pipeline.brand.voices.market_series import DAY_S, AccountDays, Period, account_days
from pipeline.topics.memory.account_watch import AccountPost
from pipeline.types.voices import MarketKind

SEED = 20_260_314
TRIALS = 400
POST_SIGMA, MARKET_SIGMA, ACCOUNT_SIGMA = 1.0, 0.2, 0.3


@dataclass(frozen=True)
class World:
    """What the accounts find at the median, and how many posts a day each writes; ``spread``: σ of what each does apart
    from the market, on the log scale."""

    own: float
    rivals: tuple[float, ...]
    per_day: float = 1.0
    spread: float = 0.0


@dataclass(frozen=True)
class Trial:
    """Outcomes of many draws of one world."""

    kinds: Counter[MarketKind]
    n_known: int
    n_held: int

    @property
    def coverage(self) -> float:
        """Of the intervals of the difference: those that hold the truth."""
        return self.n_held / max(self.n_known, 1)

    def share(self, kind: MarketKind) -> float:
        """Of all draws."""
        return self.kinds[kind] / self.kinds.total()


WORLDS = {
    "one competitor": World(50.0, (50.0,)),
    "two competitors": World(50.0, (50.0, 50.0)),
    "four, large and small": World(8.0, (50.0, 150.0, 20.0, 3.0)),
    "four, four posts a day": World(50.0, (50.0,) * 4, per_day=4.0),
    "two, a post every third day": World(20.0, (20.0, 20.0), per_day=0.35),
    "four that differ (σ .3)": World(50.0, (50.0,) * 4, spread=0.3),
    "two that differ (σ .3)": World(50.0, (50.0,) * 2, spread=0.3),
}
MOVES = (
    ("nothing moves", 1.0, 1.0),
    ("the market falls by 40 %", 0.6, 1.0),
    ("the market rises by 60 %", 1.6, 1.0),
    ("the brand halves", 1.0, 0.5),
    ("both: market -40 %, brand half of that", 0.6, 0.5),
)


def draw(
    world: World, rng: np.random.Generator, period: Period, market: float = 1.0, brand: float = 1.0
) -> tuple[AccountDays, ...]:
    """One draw: the brand's account, then its competitors'."""
    days = period.days
    weather = rng.normal(0, MARKET_SIGMA, days)
    found = []
    for number, level in enumerate((world.own, *world.rivals)):
        moved = math.log(market * (brand if number == 0 else 1.0)) + rng.normal(0, 1) * world.spread
        own_weather = rng.normal(0, ACCOUNT_SIGMA, days)
        posts = []
        for day in range(days):
            mean = math.log(level) + weather[day] + own_weather[day] + (moved if day >= period.baseline_days else 0.0)
            for _ in range(rng.poisson(world.per_day)):
                response = float(rng.poisson(math.exp(mean + rng.normal(0, POST_SIGMA))))
                posts.append(AccountPost("", day * DAY_S + 1.0, 1, None, response))
        found.append(account_days(f"account {number}", number == 0, posts, 0, days))
    return tuple(found)


def measure(world: World, market: float, brand: float, trials: int, period: Period | None = None) -> Trial:
    """Read many draws of one world.

    Parameters
    ----------
    market, brand
        Factors from the recent days on: of everyone, and of the brand on top.
    """
    period = period or Period()
    rng = np.random.default_rng(SEED)
    kinds: Counter[MarketKind] = Counter()
    known = held = 0
    for _ in range(trials):
        reading = compare("b", draw(world, rng, period, market, brand), period.days - 1, period)
        kinds[reading.kind] += 1
        if reading.difference is not None:
            known += 1
            held += reading.difference.low <= brand <= reading.difference.high
    return Trial(kinds, known, held)


def evaluate_rivals(trials: int, on_step: Callable[[str, int, int], None]) -> str:
    """A table of all worlds and moves, as Markdown."""
    head = ("world", "what moves", "coverage", *(kind.value.replace("_", " ") for kind in _SHOWN))
    rows: list[Sequence[str]] = [head, ["---"] * len(head)]
    for number, (name, world) in enumerate(WORLDS.items()):
        on_step(name, number, len(WORLDS))
        for move, market, brand in MOVES:
            trial = measure(world, market, brand, trials)
            shares = (f"{trial.share(kind):.2f}" for kind in _SHOWN)
            rows.append([name, move, f"{trial.coverage:.2f}", *shares])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


_SHOWN = (
    MarketKind.BRAND_PROBLEM,
    MarketKind.MARKET_TREND,
    MarketKind.RIVALS_PROBLEM,
    MarketKind.BRAND_AHEAD,
    MarketKind.RIVALS_AHEAD,
    MarketKind.STEADY,
    MarketKind.NOT_KNOWN,
)
