"""When to hand the stream to the distilled student, and when to take it back. A pure decision, and the speed it needs.

Enter when the backlog would take too long at the present speed. Leave when the queue has been
nearly empty for a while *and* the posts that come in now are few enough for the default encoder;
without the second condition a steady flood would make the worker change encoders for ever.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from configs.settings import EncoderSettings

HALF_LIFE_S: Final = 10.0
KNOWN_AFTER_S: Final = 5.0
"""A shorter look says little: the first batch after a start also loads models."""

_HEADROOM: Final = 0.9
"""Share of the default encoder's speed that arrivals may need before it takes over again."""


class Mode(StrEnum):
    """Which encoder reads the stream."""

    DEFAULT = "default"
    FIREHOSE = "firehose"


class Decision(msgspec.Struct, frozen=True):
    """A mode, why, and what the next decision has to remember.

    ``code`` is stable: ``keeping_up``, ``unknown_speed``, ``backlog``, ``backlog_remains``, ``calming``,
    ``still_too_fast``, ``calm``, ``resumed``. ``calm_since``: since when the queue has been nearly empty;
    ``default_posts_per_s``: the speed at which the default encoder was overrun.
    """

    mode: Mode
    code: str
    reason: str
    calm_since: datetime | None = None
    default_posts_per_s: float | None = None


START = Decision(Mode.DEFAULT, "keeping_up", "nothing has been measured yet")
"""The decision before the first."""

RESUMED = Decision(Mode.FIREHOSE, "resumed", "the student was reading when this process started")
"""The decision before the first where the student read last."""


class FirehoseSwitch:
    """Decides the mode from the lag.

    Parameters
    ----------
    settings
        ``firehose_enter_lag_s``, ``firehose_leave_lag_s``, ``firehose_calm_s``.

    Examples
    --------
    >>> from datetime import UTC
    >>> switch = FirehoseSwitch(EncoderSettings(firehose_enter_lag_s=60.0))
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> switch.decide(START, 10_000, 500.0, noon).mode
    <Mode.DEFAULT: 'default'>
    >>> print(switch.decide(START, 90_000, 500.0, noon).reason)
    90000 posts wait, 180 s at 500 posts/s: more than 60 s
    """

    def __init__(self, settings: EncoderSettings) -> None:
        self._enter_s = settings.firehose_enter_lag_s
        self._leave_s = settings.firehose_leave_lag_s
        self._calm_s = settings.firehose_calm_s

    def decide(self, before: Decision, lag_posts: int | None, posts_per_s: float | None, now: datetime) -> Decision:
        """The mode from now on; nothing is remembered but what ``before`` holds.

        Parameters
        ----------
        before
            The previous decision; :data:`START` at first.
        lag_posts
            Posts waiting in the stream; ``None`` when the stream does not say.
        posts_per_s
            Posts handled a second lately; ``None`` before that is known.
        now
            The current time.
        """
        if lag_posts is None or posts_per_s is None or posts_per_s <= 0:
            reason = "lag or speed is unknown: no change"
            return msgspec.structs.replace(before, code="unknown_speed", reason=reason, calm_since=None)
        lag_s = lag_posts / posts_per_s
        facts = f"{lag_posts} posts wait, {lag_s:.0f} s at {posts_per_s:.0f} posts/s"
        if before.mode is Mode.FIREHOSE:
            return self._in_firehose(before, lag_s, posts_per_s, now, facts)
        if lag_s <= self._enter_s:
            return Decision(Mode.DEFAULT, "keeping_up", f"{facts}: at most {self._enter_s:.0f} s")
        reason = f"{facts}: more than {self._enter_s:.0f} s"
        return Decision(Mode.FIREHOSE, "backlog", reason, default_posts_per_s=posts_per_s)

    def _in_firehose(self, before: Decision, lag_s: float, posts_per_s: float, now: datetime, facts: str) -> Decision:
        speed = before.default_posts_per_s
        if lag_s > self._leave_s:
            return Decision(Mode.FIREHOSE, "backlog_remains", facts, None, speed)
        # with an empty queue, what is handled is what arrives
        if speed is not None and posts_per_s > _HEADROOM * speed:
            reason = f"{posts_per_s:.0f} posts/s arrive, the default encoder was overrun at {speed:.0f}"
            return Decision(Mode.FIREHOSE, "still_too_fast", reason, None, speed)
        since = before.calm_since or now
        calm_s = (now - since).total_seconds()
        if calm_s < self._calm_s:
            reason = f"nearly empty for {calm_s:.0f} of {self._calm_s:.0f} s"
            return Decision(Mode.FIREHOSE, "calming", reason, since, speed)
        return Decision(Mode.DEFAULT, "calm", f"nearly empty for {calm_s:.0f} s, {posts_per_s:.0f} posts/s arrive")


class PostRate:
    """Posts and time since a moment, both fading with :data:`HALF_LIFE_S`.

    Waiting counts as time: when the queue is empty, this is the rate at which posts arrive.

    Examples
    --------
    >>> from datetime import UTC, timedelta
    >>> noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    >>> rate = PostRate()
    >>> for second in range(10):
    ...     rate.learn(300, noon + timedelta(seconds=second))
    >>> round(rate.posts_per_s)
    300
    """

    def __init__(self) -> None:
        self._posts = 0.0
        self._seconds = 0.0
        self._elapsed_s = 0.0
        self._last: datetime | None = None

    def learn(self, n_posts: int, now: datetime) -> None:
        """``n_posts`` were handled between the last call and ``now``; the first call starts the watch."""
        if self._last is not None:
            step_s = max(0.0, (now - self._last).total_seconds())
            kept = 0.5 ** (step_s / HALF_LIFE_S)
            self._posts = self._posts * kept + n_posts
            self._seconds = self._seconds * kept + step_s
            self._elapsed_s += step_s
        self._last = now

    @property
    def posts_per_s(self) -> float | None:
        """``None`` before :data:`KNOWN_AFTER_S`."""
        return self._posts / self._seconds if self._elapsed_s >= KNOWN_AFTER_S else None
