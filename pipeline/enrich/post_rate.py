"""How many posts a second are handled lately."""

from __future__ import annotations

from datetime import datetime
from typing import Final

HALF_LIFE_S: Final = 10.0
KNOWN_AFTER_S: Final = 5.0
"""A shorter look says little: the first batch after a start also loads models."""


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
