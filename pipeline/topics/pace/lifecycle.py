"""In which stage of its life a topic is, and until when it was worth joining.

A life is one wave of attention. Its stages, with bounds that are harder to enter than to stay
behind, so that a rate which wavers does not flicker:

* ``EMERGING``: it has not risen yet, it is young, and people speak of it;
* ``RISING``: it rose above its past, and made a new high within the last two hours;
* ``PEAK``: it rose, its last new high is less than a day old, and it holds a good part of it;
* ``FADING``: it lost most of its highest rate, or had no new high for a day, or never rose
  and is a day old or silent. A topic that goes on evenly ends here, slow or busy: it is no
  news any more, and there is no wave to catch.
"""

from __future__ import annotations

import math

import msgspec

from pipeline.topics.pace.decayed_rate import SHORT_S
from pipeline.types import Stage

EMERGING_S = 86_400.0
RISE_SIGNIFICANCE = 4.0
"""A rise takes less than a burst: it moves a topic on the board, it alarms nobody."""

NEW_HIGH_SHARE = 0.3
NEW_HIGH_SPREAD = 2.0
"""A high counts when it beats the one before by this share and by this many square roots of it:
chance sets small records, and the smaller the topic the larger they are."""

RISING_S = 7200.0
RISING_ENTER_SHARE = 0.7
RISING_STAY_SHARE = 0.5
PEAK_S = 86_400.0
PEAK_ENTER_SHARE = 0.6
PEAK_STAY_SHARE = 0.35
WORTH_SHARE = 0.25
WORTH_POSTS = 2.0
"""Below this share of its highest rate, or if it was never more than a few posts below this rate,
a topic is not worth joining any more: one late post does not prolong a small topic."""

OVER_S = 21_600.0
"""Below that for this long, a life is over; what comes later is a new one."""

WAVE_POSTS = 8.0
EBB_SHARE = 0.05
"""Once it was so many posts lately and is less than this share of them, a topic that never rose is over, too."""

SILENT = 2.0 ** -(OVER_S / SHORT_S)
"""What is left of one post after that long: below, nobody speaks of a topic any more."""


class Life(msgspec.Struct, array_like=True):
    """One wave of attention. Rates are :meth:`DecayedRate.lately`, times event seconds.

    ``top`` is the highest rate, ``high`` the last counted new high and ``high_s`` its time,
    ``rose_s`` the first rise above the past; ``worth_until_s`` the time at which the rate,
    as far as known, falls below what is worth joining.
    """

    began_s: float | None = None
    top: float = 0.0
    high: float = 0.0
    high_s: float | None = None
    rose_s: float | None = None
    worth_until_s: float | None = None

    def follow(self, lately: float, now_s: float, *, rises: bool) -> None:
        """The rate after one more post; ``rises`` when it is clearly above the past (:data:`RISE_SIGNIFICANCE`)."""
        if self.began_s is None:
            self.began_s = now_s
        self.top = max(self.top, lately)
        if self.rose_s is None and rises:
            self.rose_s = now_s
        beaten = self.high + max(NEW_HIGH_SHARE * self.high, NEW_HIGH_SPREAD * math.sqrt(self.high))
        if self.high_s is None or lately >= beaten:
            self.high, self.high_s = lately, now_s
        bound = max(WORTH_SHARE * self.top, min(WORTH_POSTS, self.top))
        if lately > 0 and lately >= bound:
            until_s = now_s + SHORT_S * math.log2(lately / bound)
            self.worth_until_s = max(until_s, now_s) if self.worth_until_s is None else max(until_s, self.worth_until_s)

    def merge(self, other: Life) -> None:
        """The life of a topic that became part of this one is part of this life."""
        self.began_s = _first(self.began_s, other.began_s)
        self.rose_s = _first(self.rose_s, other.rose_s)
        self.worth_until_s = _last(self.worth_until_s, other.worth_until_s)
        if other.high > self.high:
            self.high, self.high_s = other.high, other.high_s
        self.top = max(self.top, other.top)

    def over(self, now_s: float) -> bool:
        """Whether the rate fell for good."""
        return self.worth_until_s is not None and now_s - self.worth_until_s >= OVER_S


def stage_of(life: Life, lately: float, now_s: float, previous: Stage | None) -> Stage:
    """Stage of a topic at a moment.

    Parameters
    ----------
    life
        Its wave so far.
    lately
        Its rate now, :meth:`DecayedRate.lately`.
    now_s
        Event time.
    previous
        The stage at the last measurement, which is left reluctantly.

    Examples
    --------
    >>> life = Life()
    >>> life.follow(40.0, now_s=0.0, rises=True)
    >>> stage_of(life, 40.0, 60.0, None).value, stage_of(life, 9.0, 9000.0, Stage.PEAK).value
    ('rising', 'fading')
    """
    if life.rose_s is None or life.began_s is None or life.high_s is None:
        young = life.began_s is None or now_s - life.began_s < EMERGING_S
        ebbed = life.top >= WAVE_POSTS and lately < EBB_SHARE * life.top
        gone = ebbed or lately < SILENT or previous is Stage.FADING
        return Stage.EMERGING if young and not gone else Stage.FADING
    new_high = max(life.high_s, life.rose_s)
    bound = RISING_STAY_SHARE if previous is Stage.RISING else RISING_ENTER_SHARE
    if now_s - new_high < RISING_S and lately >= bound * life.top:
        return Stage.RISING
    if now_s - new_high >= PEAK_S:
        return Stage.FADING
    bound = PEAK_ENTER_SHARE if previous is Stage.FADING else PEAK_STAY_SHARE
    return Stage.PEAK if lately >= bound * life.top else Stage.FADING


def _first(one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    return min(known, default=None)


def _last(one: float | None, other: float | None) -> float | None:
    known = [value for value in (one, other) if value is not None]
    return max(known, default=None)
