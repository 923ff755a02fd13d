"""Brand problem or market trend? On synthetic streams whose truth is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.brand.profile.profile import BrandProfile, Competitor, Facet
from pipeline.brand.voices.account_book import AccountBook
from pipeline.brand.voices.market import compare, kind_of, read_market
from pipeline.brand.voices.market_series import DAY_S, MIN_DAYS, MIN_POSTS, AccountDays, Period, account_days
from pipeline.evaluation.brands.rivals import World, draw
from pipeline.topics.memory.account_watch import AccountPost, AccountWatch
from pipeline.types import Score
from pipeline.types.pseudonyms import handle_hash
from pipeline.types.voices import MarketKind, MarketReading

PERIOD = Period()
TODAY = 20_000


def account(own: bool, before: float, now: float, per_day: int = 2, name: str = "x") -> AccountDays:
    """An account whose posts find exactly so much."""
    levels = np.concatenate([np.full(PERIOD.baseline_days, before), np.full(PERIOD.recent_days, now)])
    n = np.full(PERIOD.days, float(per_day))
    return AccountDays(name, own, levels * n, n)


def reading(*accounts: AccountDays) -> MarketReading:
    return compare("b", accounts, TODAY, PERIOD)


@pytest.mark.parametrize(
    ("own", "rivals", "kind"),
    [
        ((100, 40), (50, 50), MarketKind.BRAND_PROBLEM),
        ((100, 40), (50, 20), MarketKind.MARKET_TREND),
        ((40, 100), (20, 50), MarketKind.MARKET_TREND),
        ((100, 100), (50, 20), MarketKind.RIVALS_PROBLEM),
        ((100, 250), (50, 50), MarketKind.BRAND_AHEAD),
        ((100, 100), (50, 120), MarketKind.RIVALS_AHEAD),
        ((100, 101), (50, 60), MarketKind.RIVALS_AHEAD),
        ((100, 20), (50, 40), MarketKind.BRAND_PROBLEM),
    ],
)
def test_without_any_chance_the_reading_is_the_truth(
    own: tuple[float, float], rivals: tuple[float, float], kind: MarketKind
) -> None:
    found = reading(account(True, *own), account(False, *rivals), account(False, *rivals))

    assert found.kind is kind
    assert found.difference is not None
    assert found.difference.value == pytest.approx((own[1] / own[0]) / (rivals[1] / rivals[0]), rel=0.02)


def test_nothing_moved_is_said_when_a_move_would_have_shown() -> None:
    assert reading(account(True, 30, 30), account(False, 80, 80)).kind is MarketKind.STEADY


def thin(own: bool, days: Sequence[int]) -> AccountDays:
    posts = [
        AccountPost(str(i), (TODAY - PERIOD.days + 1 + day) * DAY_S + 5.0, 1, None, 9.0) for i, day in enumerate(days)
    ]
    return account_days("thin", own, posts, TODAY - PERIOD.days + 1, PERIOD.days)


FEW = [0, 1, 2, 3, *range(PERIOD.baseline_days, PERIOD.days)]
"""Four posts before, plenty now."""


@pytest.mark.parametrize(
    ("accounts", "why"),
    [
        ((), "no_own_posts"),
        ((account(False, 9, 9),), "no_own_posts"),
        ((thin(True, FEW), account(False, 9, 9)), "too_few_own"),
        ((account(True, 9, 9),), "no_rival_posts"),
        ((account(True, 9, 9), thin(False, FEW)), "too_few_rivals"),
        ((account(True, 9, 9), thin(False, [0] * 9 + FEW[4:])), "too_few_rivals"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_made_up(accounts: tuple[AccountDays, ...], why: str) -> None:
    found = reading(*accounts)

    assert (found.kind, found.why) == (MarketKind.NOT_KNOWN, why)
    assert (found.own, found.rivals, found.difference) == (None, None, None)
    assert len(found.accounts) == len(accounts)
    assert MIN_POSTS == 5
    assert MIN_DAYS == 3


def test_accounts_that_nobody_answers_are_no_evidence_of_anything() -> None:
    assert reading(account(True, 0, 0), account(False, 0, 0)).kind is MarketKind.NOT_KNOWN
    assert reading(account(True, 0, 0), account(False, 50, 50)).kind is MarketKind.NOT_KNOWN


def test_too_much_chance_is_not_known_with_its_figures() -> None:
    found = reading(*draw(World(own=20.0, rivals=(20.0,), per_day=0.5), np.random.default_rng(2), PERIOD))

    assert (found.kind, found.why) == (MarketKind.NOT_KNOWN, "too_wide")
    assert found.difference is not None


logs = st.floats(-2, 2)


@given(logs, st.floats(0, 2), logs, st.floats(0, 2), st.floats(0, 2))
def test_a_problem_is_only_ever_claimed_where_the_difference_is_beyond_chance(
    own: float, own_half: float, rivals: float, rivals_half: float, half: float
) -> None:
    def score(value: float, wide: float) -> Score:
        return Score(math.exp(value), 40, math.exp(value - wide), math.exp(value + wide), "x")

    difference = score(own - rivals, half)
    kind = kind_of(score(own, own_half), score(rivals, rivals_half), difference)

    beyond = difference.high < 1 or difference.low > 1
    assert beyond == (kind.value.startswith(("brand_", "rivals_")))
    if kind is MarketKind.BRAND_PROBLEM:
        assert own < 0
        assert difference.value < 1
    if kind is MarketKind.MARKET_TREND:
        assert (own < 0) == (rivals < 0)


@given(st.floats(0.1, 10))
def test_what_the_whole_market_does_leaves_the_difference_as_it_was(shift: float) -> None:
    worlds = [account(True, 200, 150), account(False, 900, 880), account(False, 40 * 50, 41 * 50)]
    shifted = [
        AccountDays(one.name, one.own, np.where(np.arange(PERIOD.days) < 42, one.total, one.total * shift), one.n)
        for one in worlds
    ]
    before, after = reading(*worlds).difference, reading(*shifted).difference

    assert before is not None
    assert after is not None
    assert after.value == pytest.approx(before.value, rel=0.01)


def test_the_same_days_give_the_same_reading_in_any_order_of_posts() -> None:
    accounts = draw(World(own=30.0, rivals=(60.0, 10.0)), np.random.default_rng(4), PERIOD)

    assert reading(*accounts) == reading(*accounts)


def test_a_reading_from_the_watch_takes_the_window_alone() -> None:
    profile = BrandProfile("b", "Own", (Facet("x"),), handles=("own",), competitors=(Competitor("Rival", ("rival",)),))
    book, watch = AccountBook([profile]), AccountWatch()
    for handle in ("own", "rival"):
        for day in range(-30, PERIOD.days + 5):
            at_s = (TODAY - PERIOD.days + 1 + day) * DAY_S + 60.0
            response = 1e6 if not 0 <= day < PERIOD.days else 20.0 if handle == "rival" or day < 42 else 4.0
            watch.add(handle_hash(handle), AccountPost(f"{handle}{day}", at_s, 1, None, response))
    found = read_market("b", book.parties[0], watch, TODAY, PERIOD)

    assert found.kind is MarketKind.BRAND_PROBLEM
    assert [(one.n_before, one.n_now) for one in found.accounts] == [(42, 14), (42, 14)]
    assert len(found.days) == PERIOD.days
    assert found.days[0].own == pytest.approx(1.0, abs=0.05)
    assert found.days[-1].own == pytest.approx(0.2, abs=0.05)
    assert (found.days[-1].day - found.days[0].day).days == PERIOD.days - 1


@pytest.mark.slow
def test_intervals_hold_the_truth_and_a_falling_market_is_seldom_called_a_problem_of_the_brand() -> None:
    from pipeline.evaluation.brands.rivals import evaluate_rivals, measure

    for world in (World(own=50.0, rivals=(50.0, 20.0)), World(own=8.0, rivals=(50.0, 150.0, 20.0, 5.0))):
        for change in (1.0, 0.6):
            trial = measure(world, change, 1.0, 200)
            assert trial.coverage >= 0.8
            assert trial.share(MarketKind.BRAND_PROBLEM) <= 0.10
        assert measure(world, 0.6, 0.4, 200).share(MarketKind.BRAND_PROBLEM) >= 0.35
    assert "brand problem" in evaluate_rivals(20, lambda *_: None)
