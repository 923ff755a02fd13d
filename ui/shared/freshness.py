"""How fresh the data is, and the alarm when the feed goes silent."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from pipeline.i18n.numbers import Locale


class StatusView(msgspec.Struct, frozen=True):
    """How fresh the data is. ``alarm`` is set when the feed went silent."""

    state: Literal["live", "paused", "stale", "empty"]
    word: str
    as_of: str
    alarm: tuple[str, str] | None


def freshness(
    as_of: datetime | None,
    written_at: datetime | None,
    locale: Locale,
    now: datetime,
    stale_after_s: float,
    paused: bool = False,
) -> StatusView:
    """How fresh data is; silence longer than ``stale_after_s`` raises the alarm, paused or not.

    Parameters
    ----------
    as_of
        Event time of the newest report, ``None`` before the first.
    written_at, now
        Wall-clock time of the last commit, and of this look.
    """
    if as_of is None or written_at is None:
        return StatusView(state="empty", word=locale.text("status.no_data"), as_of="", alarm=None)
    silence_s = (now - written_at).total_seconds()
    alarm = None
    if silence_s > stale_after_s:
        alarm = (locale.text("status.stale_title"), locale.text("status.stale_text", age=locale.span(silence_s)))
    state: Literal["live", "paused", "stale"] = "paused" if paused else "stale" if alarm else "live"
    shown = locale.clock(as_of, seconds=True) if (now - as_of).total_seconds() < 43_200 else locale.moment(as_of)
    return StatusView(
        state=state,
        word=locale.text(f"status.{state}"),
        as_of=locale.text("status.data_as_of", time=shown),
        alarm=alarm,
    )
