"""When a post happened: the author's claim, believed only where it is plausible.

Everything downstream computes with ``Post.event_time``, so one absurd date must not move
the stream: a claim is clamped and flagged instead of believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from configs.errors import BadRecord, StateMismatch
from ingest.post import TimeFlag

BEHIND = timedelta(hours=24)
AHEAD = timedelta(minutes=2)
JUMP = timedelta(hours=24)
AGREEING = 3
"""Consecutive posts beyond ``JUMP`` that together are believed."""

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UNKNOWN = "-"


class Stamp(msgspec.Struct, frozen=True):
    """The answer for one post: aware UTC times, and why they differ (``None``: they do not)."""

    event_time: datetime
    created_at: datetime | None
    flag: TimeFlag | None


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time.

    Examples
    --------
    >>> to_micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Aware UTC time of microseconds since 1970.

    Raises
    ------
    BadRecord
        The number is outside years 1–9999.
    """
    try:
        return _EPOCH + timedelta(microseconds=micros)
    except OverflowError as error:
        raise BadRecord("unreadable_time", "the number is no time between years 1 and 9999") from error


def read_time(value: object) -> datetime | None:
    """Read a claimed time; ``None`` and blank text are missing.

    Parameters
    ----------
    value
        ISO 8601 text (``Z``, an offset, or naive = UTC), or seconds, milliseconds or
        microseconds since 1970 as a number or as digits; the magnitude tells which.
        An aware ``datetime`` is taken as it is.

    Raises
    ------
    BadRecord
        There is a value and it is no time.

    Examples
    --------
    >>> read_time("2026-11-21T10:00:00+02:00").isoformat()
    '2026-11-21T08:00:00+00:00'
    >>> read_time(1_700_000_000) == read_time("1700000000000")
    True
    """
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        # nine digits or more are no basic ISO date, which has eight
        return _from_number(float(text)) if _is_epoch_text(text) else _from_iso(text)
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _from_number(value)
    raise BadRecord("unreadable_time", f"a {type(value).__name__} is no time")


def _is_epoch_text(text: str) -> bool:
    whole, _, fraction = text.partition(".")
    return len(whole) >= 9 and whole.isascii() and whole.isdigit() and (not fraction or fraction.isdecimal())


def _from_iso(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadRecord("unreadable_time", "the text is no ISO 8601 time") from error


def _from_number(number: float) -> datetime:
    try:
        size = abs(number)
        seconds = number / 1e6 if size >= 1e14 else number / 1e3 if size >= 1e11 else number
        return _EPOCH + timedelta(seconds=seconds)
    except (ValueError, OverflowError) as error:
        raise BadRecord("unreadable_time", "the number is no time between years 1 and 9999") from error


class EventClock:
    """Gives each post its event time.

    Parameters
    ----------
    clock
        The current time, aware UTC.
    mode
        ``"live"``: the source says when it saw a post; the author's claim counts within
        −24 h/+2 min of that. ``"archive"``: a file of old posts; claims count against
        the latest time believed so far, a jump of more than 24 h only once three posts
        in a row agree.
    state
        A former :meth:`state`, to go on exactly where it was taken.

    Examples
    --------
    >>> now = datetime(2026, 11, 21, tzinfo=UTC)
    >>> archive = EventClock(lambda: now, "archive")
    >>> [archive.stamp(t).flag for t in ("2016-09-15T00:00:00Z", "2016-09-15T00:05:00Z", None, "2025-01-01T00:00:00Z")]
    [None, None, 'missing', 'future']
    """

    def __init__(self, clock: Callable[[], datetime], mode: Literal["live", "archive"], state: str = "") -> None:
        self._clock = clock
        self._mode = mode
        self._last: datetime | None = None
        self._high: datetime | None = None
        self._jumps: tuple[datetime, ...] = ()
        self.restore(state)

    def stamp(self, created_at: object, observed_at: datetime | None = None) -> Stamp:
        """Decide the event time of the next post; in archive mode this advances the clock.

        Parameters
        ----------
        created_at
            The author's claim in any form :func:`read_time` knows.
        observed_at
            When the source saw the post (live mode; ``None``: now).
        """
        flag: TimeFlag | None = None
        try:
            claim = read_time(created_at)
            flag = "missing" if claim is None else None
        except BadRecord:
            claim, flag = None, "unreadable"
        if self._mode == "live":
            return self._stamp_live(claim, flag, observed_at or self._clock())
        event_time = self._without_claim()
        if claim is not None:
            event_time, flag = self._place(claim)
        self._last = event_time
        return Stamp(event_time, claim, flag)

    def prime(self, claims: Iterable[object]) -> None:
        """Let a fresh archive clock look ahead: start at the median of the first three plausible claims.

        Without it the first post alone would set the time, absurd or not. A clock that
        has already stamped or was restored ignores the call.
        """
        if self._mode == "live" or self._last is not None:
            return
        latest = self._clock() + AHEAD
        found: list[datetime] = []
        for value in claims:
            try:
                claim = read_time(value)
            except BadRecord:
                continue
            if claim is not None and EARLIEST <= claim <= latest:
                found.append(claim)
            if len(found) == AGREEING:
                break
        if found:
            self._high = self._last = sorted(found)[(len(found) - 1) // 2]

    def state(self) -> str:
        """Everything the clock remembers, as a short token; live mode remembers nothing."""
        if self._last is None:
            return ""
        high = _UNKNOWN if self._high is None else str(to_micros(self._high))
        return ",".join([str(to_micros(self._last)), high, *(str(to_micros(jump)) for jump in self._jumps)])

    def restore(self, state: str) -> None:
        """Go back to a former :meth:`state`; the empty one is a fresh clock.

        Raises
        ------
        StateMismatch
            The token was not made by an event clock.
        """
        try:
            last, high, *jumps = state.split(",") if state else ("", _UNKNOWN)
            self._last = from_micros(int(last)) if last else None
            self._high = None if high == _UNKNOWN else from_micros(int(high))
            self._jumps = tuple(from_micros(int(jump)) for jump in jumps)
        except (ValueError, BadRecord) as error:
            raise StateMismatch(
                "the stored position holds no event clock; clear the position of this source"
            ) from error

    def _stamp_live(self, claim: datetime | None, flag: TimeFlag | None, observed_at: datetime) -> Stamp:
        if claim is None:
            return Stamp(observed_at, None, flag)
        if claim > observed_at + AHEAD:
            return Stamp(observed_at, claim, "future")
        if claim < observed_at - BEHIND:
            return Stamp(observed_at, claim, "stale")
        return Stamp(claim, claim, None)

    def _without_claim(self) -> datetime:
        return self._last or self._clock()

    def _place(self, claim: datetime) -> tuple[datetime, TimeFlag | None]:
        # a date that no post can have says nothing, so it also leaves pending jumps alone
        if claim > self._clock() + AHEAD:
            return self._high or self._without_claim(), "future"
        if claim < EARLIEST:
            return self._high or self._without_claim(), "stale"
        if self._high is None:
            self._high = claim
            return claim, None
        if claim > self._high + JUMP:
            return self._jump(claim, self._high)
        self._jumps = ()
        if claim < self._high - BEHIND:
            return self._high - BEHIND, "out_of_order"
        self._high = max(self._high, claim)
        return claim, None

    def _jump(self, claim: datetime, high: datetime) -> tuple[datetime, TimeFlag | None]:
        self._jumps = (*self._jumps, claim)
        if len(self._jumps) < AGREEING:
            return high, "future"
        # the earliest of the three is what all of them agree on
        agreed = min(self._jumps)
        if claim > agreed + JUMP:
            self._high, self._jumps = agreed, self._jumps[1:]
            return agreed, "future"
        self._high, self._jumps = max(agreed, claim), ()
        return claim, None
