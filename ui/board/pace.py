"""How a topic moves: up or down the list, and faster or slower than usual."""

from __future__ import annotations

from typing import Literal

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.types import Momentum

STEADY = 0.15
"""A rate within this share of its baseline counts as steady."""

Direction = Literal["up", "down", "same", "new"]


class MovementView(msgspec.Struct, frozen=True):
    """Change of rank: a sign to see and words to hear."""

    direction: Direction
    text: str
    spoken: str


class PaceView(msgspec.Struct, frozen=True):
    """Rate now against the topic's own baseline, and the series behind it."""

    rate: str
    versus: str
    direction: Direction
    series: tuple[int, ...]
    spoken: str


def movement_view(rank: int, previous: int | None, locale: Locale) -> MovementView:
    """How a topic moved since the order before.

    Examples
    --------
    >>> from pipeline.i18n.numbers import make_locale
    >>> movement_view(2, 5, make_locale("en")).spoken
    'up 3'
    """
    if previous is None:
        word = locale.text("board.new")
        return MovementView(direction="new", text=word, spoken=word)
    if previous == rank:
        return MovementView(direction="same", text="–", spoken=locale.text("board.same"))
    direction: Direction = "up" if rank < previous else "down"
    steps = locale.number(abs(previous - rank))
    sign = "▲" if direction == "up" else "▼"
    return MovementView(direction=direction, text=f"{sign} {steps}", spoken=locale.text(f"board.{direction}", n=steps))


def pace_view(momentum: Momentum, locale: Locale) -> PaceView:
    """Velocity against baseline; without a baseline there is no comparison, only the rate."""
    direction: Direction = "new"
    versus = locale.text("board.no_baseline")
    if momentum.baseline_per_h > 0:
        ratio = momentum.rate_per_h / momentum.baseline_per_h
        direction = "same" if abs(ratio - 1) <= STEADY else "up" if ratio > 1 else "down"
        versus = locale.text("board.times_usual", ratio=locale.short(ratio))
    series = momentum.series
    spoken = locale.text(
        "board.spark",
        bin=locale.span(momentum.bin_s),
        last=locale.number(series[-1] if series else 0),
        top=locale.number(max(series, default=0)),
    )
    rate = locale.text("board.per_hour", rate=locale.short(momentum.rate_per_h))
    return PaceView(rate=rate, versus=versus, direction=direction, series=series, spoken=spoken)
