"""Where to go on: the cursor, the host and the protocol version, decided after every loss. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from configs.errors import StateMismatch
from ingest.position import START, Position
from ingest.sources.bluesky.connection import Loss, Protocol
from ingest.sources.bluesky.events import Event

REWIND_US = 10_000_000
"""Clocks of two hosts, and the order of events within one, may differ by this much."""

_AHEAD_US = 120_000_000
_SKIP_US = 10_000
_FAILURES_PER_HOST = 2


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """After the last event read: its host, that host's ``seq`` (version 2 only), the latest time seen."""

    host: str
    seq: int | None
    time_us: int


class Session:
    """What one ``fetch`` knows.

    Parameters
    ----------
    hosts
        Jetstream hosts, tried in order.
    position
        Where a former session ended; its host is tried first when it is still listed.

    Raises
    ------
    StateMismatch
        The position was made by another source.
    """

    def __init__(self, hosts: Sequence[str], position: Position) -> None:
        self._hosts = hosts
        self._position = position
        self._cursor = _read_cursor(position)
        self._host = hosts.index(self._cursor.host) if self._cursor and self._cursor.host in hosts else 0
        self._old_hosts: set[str] = set()
        self._from_now = False
        self._skips = 0
        self._requested_seq: int | None = None
        self.failures = 0
        """Losses since the stream last went on."""

    @property
    def host(self) -> str:
        """The host to connect to."""
        return self._hosts[self._host]

    @property
    def protocol(self) -> Protocol:
        """The version to ask this host for; a host that refused version 2 is remembered."""
        return "v1" if self.host in self._old_hosts else "v2"

    @property
    def position(self) -> Position:
        """After the last event that was handed to :meth:`advance`."""
        return self._position

    def request(self, now_us: int) -> int | None:
        """The cursor to ask for; ``None`` starts live.

        The same host continues at its own ``seq``. Everything else is a time, set back by
        :data:`REWIND_US`: repeats are recognised downstream, a gap could not be.
        """
        self._requested_seq = None
        cursor = self._cursor
        if cursor is None or self._from_now:
            return None
        # a frame no buffer may hold is stepped over, further with every failed attempt
        step = 4**self._skips if self._skips else 0
        if cursor.seq is not None and cursor.host == self.host and self.protocol == "v2":
            self._requested_seq = cursor.seq
            return cursor.seq + step
        return min(cursor.time_us, now_us) + (step * _SKIP_US if step else -REWIND_US)

    def advance(self, event: Event, now_us: int) -> bool:
        """Move the cursor past the event; false when it is the one the inclusive cursor repeats."""
        repeated = event.seq is not None and event.seq == self._requested_seq
        self._requested_seq = None
        if repeated:
            return False
        latest = 0 if self._cursor is None else self._cursor.time_us
        # one event from the far future must not carry the time cursor over what is still to come
        seen = event.time_us if event.time_us <= now_us + _AHEAD_US else 0
        self._cursor = Cursor(self.host, event.seq, max(latest, seen) or now_us)
        self._position = Position(msgspec.json.encode(self._cursor).decode())
        self.failures = self._skips = 0
        self._from_now = False
        return True

    def lose(self, loss: Loss) -> None:
        """Decide what to try next after a loss."""
        self.failures += 1
        if loss is Loss.NOT_SPOKEN:
            self._old_hosts ^= {self.host}
        elif loss is Loss.CURSOR_TOO_OLD:
            self._forget_cursor()
        elif loss is Loss.FRAME_TOO_LARGE:
            self._skips += 1
            return
        if self.failures % _FAILURES_PER_HOST == 0:
            self._host = (self._host + 1) % len(self._hosts)

    def _forget_cursor(self) -> None:
        if self._cursor is not None and self._cursor.seq is not None and self._cursor.host == self.host:
            self._cursor = Cursor(self._cursor.host, None, self._cursor.time_us)
        else:
            self._from_now = True


def _read_cursor(position: Position) -> Cursor | None:
    if position == START:
        return None
    try:
        return msgspec.json.decode(position.token, type=Cursor)
    except msgspec.DecodeError as error:
        raise StateMismatch("the stored position was not made by the bluesky source; clear it") from error
