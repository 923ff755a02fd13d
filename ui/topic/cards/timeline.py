"""A momentum series as bars in time, with the bursts that ran through it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.types import Burst, Momentum

TICKS = 4


class BarView(msgspec.Struct, frozen=True):
    """One bin. ``height`` is 0–100 of the highest bin; ``burst`` when it lies in a burst."""

    height: float
    count: str
    label: str
    burst: bool


class TimelineView(msgspec.Struct, frozen=True):
    """The chart: bars oldest first, ``ticks`` at even steps of the time axis, bursts in words."""

    label: str
    top: str
    bars: tuple[BarView, ...]
    ticks: tuple[str, ...]
    bursts: tuple[str, ...]


def timeline_view(momentum: Momentum, bursts: Sequence[Burst], as_of: datetime, locale: Locale) -> TimelineView | None:
    """The chart of a series that ends at ``as_of``; ``None`` when there is no bin yet."""
    if not momentum.series:
        return None
    width = timedelta(seconds=momentum.bin_s)
    start = as_of - len(momentum.series) * width
    top = max(momentum.series)
    bars = []
    for place, count in enumerate(momentum.series):
        begin = start + place * width
        inside = any(burst.onset < begin + width and begin <= burst.peak for burst in bursts)
        bars.append(
            BarView(
                height=100 * count / top if top else 0.0,
                count=locale.number(count),
                label=f"{locale.clock(begin)}–{locale.clock(begin + width)}",
                burst=inside,
            )
        )
    span = as_of - start
    label = locale.text(
        "topic.timeline_label",
        bin=locale.span(momentum.bin_s),
        start=locale.moment(start),
        end=locale.moment(as_of),
        top=locale.number(top),
    )
    return TimelineView(
        label=label,
        top=locale.number(top),
        bars=tuple(bars),
        ticks=tuple(locale.clock(start + span * step / TICKS) for step in range(TICKS + 1)),
        bursts=tuple(
            locale.text("topic.burst_text", onset=locale.moment(burst.onset), peak=locale.clock(burst.peak))
            for burst in bursts
        ),
    )
