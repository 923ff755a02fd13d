"""Brand problem or market trend, in words, with the weeks it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time

import msgspec

from pipeline.i18n.numbers import MINUS, Locale
from pipeline.store.records import StoredBrand
from pipeline.types import Score
from pipeline.types.voices import MarketDay, MarketKind, MarketReading, RivalChange

WEEK = 7
FEW_RIVALS = 3
"""With fewer competitors' accounts nobody knows how much accounts differ by themselves."""

ICONS = {
    MarketKind.BRAND_PROBLEM: "risky",
    MarketKind.RIVALS_AHEAD: "watch",
    MarketKind.MARKET_TREND: "nuance",
    MarketKind.STEADY: "ride",
    MarketKind.BRAND_AHEAD: "ride",
    MarketKind.RIVALS_PROBLEM: "ride",
    MarketKind.NOT_KNOWN: "none",
}


class MarketData(msgspec.Struct, frozen=True):
    """What one read of the store gave the page."""

    brands: tuple[StoredBrand, ...]
    brand_id: str | None
    reading: MarketReading | None


class ChangeView(msgspec.Struct, frozen=True):
    """One change: whose, how much, and its range."""

    name: str
    value: str
    detail: str


class AccountView(msgspec.Struct, frozen=True):
    """One account in the table."""

    name: str
    own: bool
    before: str
    now: str
    change: str


class WeekView(msgspec.Struct, frozen=True):
    """One point of the chart: multiples of the baseline as numbers and in words; ``None`` without posts."""

    label: str
    own: float | None
    rivals: float | None
    own_text: str
    rivals_text: str
    recent: bool


class MarketView(msgspec.Struct, frozen=True):
    """The page of one brand. ``weeks`` are oldest first; ``chart_label`` says the chart in words."""

    icon: str
    title: str
    text: str
    changes: tuple[ChangeView, ...]
    notes: tuple[str, ...]
    accounts: tuple[AccountView, ...]
    weeks: tuple[WeekView, ...]
    chart_label: str


def market_view(reading: MarketReading, locale: Locale) -> MarketView:
    """The reading in words."""
    weeks = _weeks(reading, locale)
    kind = reading.kind.value
    why = locale.text(f"market.why.{reading.why}") if reading.why else ""
    days = {
        "recent": locale.number(reading.recent_days),
        "baseline": locale.number(reading.baseline_days),
        "day": locale.day(reading.as_of.replace(hour=12)),  # the same day wherever it is read
    }
    direction = "down" if reading.rivals is not None and reading.rivals.value < 1 else "up"
    key = f"market.text.market_{direction}" if reading.kind is MarketKind.MARKET_TREND else f"market.text.{kind}"
    changes = (("own", reading.own), ("rivals", reading.rivals), ("difference", reading.difference))
    rivals = sum(not account.own and account.change is not None for account in reading.accounts)
    few = reading.difference is not None and rivals < FEW_RIVALS
    return MarketView(
        icon=ICONS[reading.kind],
        title=locale.text(f"market.kind.{kind}"),
        text=why or locale.text(key),
        changes=tuple(_change(name, score, locale) for name, score in changes if score is not None),
        notes=(
            locale.text("market.period", **days),
            *([locale.count("market.few", rivals, n=locale.number(rivals))] if few else []),
        ),
        accounts=tuple(_account(account, locale) for account in reading.accounts),
        weeks=weeks,
        chart_label=locale.text("market.chart", n=locale.number(len(weeks)), **_last(weeks, locale)),
    )


def change_text(ratio: float, locale: Locale) -> str:
    """A ratio as people read it.

    Examples
    --------
    >>> from pipeline.i18n.numbers import make_locale
    >>> [change_text(ratio, make_locale("en")) for ratio in (0.7, 1.0, 1.25, 3.4)]
    ['−30%', '±0%', '+25%', '×3.4']
    """
    percent = round(100 * (ratio - 1))
    if percent > 100:
        return f"×{locale.short(ratio)}"
    if percent == 0:
        return "±0%"
    return f"{MINUS if percent < 0 else '+'}{locale.number(abs(percent))}%"


def _change(name: str, score: Score, locale: Locale) -> ChangeView:
    low, high = change_text(score.low, locale), change_text(score.high, locale)
    detail = locale.text("market.range", low=low, high=high, n=locale.number(score.n))
    return ChangeView(locale.text(f"market.change.{name}"), change_text(score.value, locale), detail)


def _account(account: RivalChange, locale: Locale) -> AccountView:
    change = locale.text("market.too_few") if account.change is None else change_text(account.change, locale)
    before, now = locale.number(account.n_before), locale.number(account.n_now)
    return AccountView(account.name, account.own, before, now, change)


def _weeks(reading: MarketReading, locale: Locale) -> tuple[WeekView, ...]:
    """Days in sevens from the last one back; what is left over at the beginning is a short week."""
    days = reading.days
    starts = sorted(range(len(days), 0, -WEEK))
    weeks = [days[max(0, stop - WEEK) : stop] for stop in starts]
    return tuple(
        _week(week, len(days) - stop < reading.recent_days, locale) for week, stop in zip(weeks, starts, strict=True)
    )


def _week(days: Sequence[MarketDay], recent: bool, locale: Locale) -> WeekView:
    own, rivals = _mean([day.own for day in days]), _mean([day.rivals for day in days])
    label = locale.day(datetime.combine(days[0].day, time(12), UTC))
    return WeekView(label, own, rivals, _times(own, locale), _times(rivals, locale), recent)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _times(value: float | None, locale: Locale) -> str:
    return locale.text("market.no_posts") if value is None else f"{locale.number(value, 2)}×"


def _last(weeks: Sequence[WeekView], locale: Locale) -> dict[str, str]:
    none = locale.text("market.no_posts")
    return {"own": weeks[-1].own_text, "rivals": weeks[-1].rivals_text} if weeks else {"own": none, "rivals": none}
