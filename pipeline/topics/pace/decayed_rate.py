"""How often something happens lately and over its past: two exponential sums on event time.

The sums do not depend on the order of the posts, add up exactly when topics merge, and
take the same memory for ten posts and ten million.
"""

from __future__ import annotations

import msgspec

SHORT_S = 1800.0
"""Half-life of "lately": long enough for three posts to meet, short against the hours a burst lasts."""

LONG_S = 43_200.0
"""Half-life of "the past": half a day, so that a baseline spans day and night."""

USUAL_FACTOR = SHORT_S / (LONG_S - SHORT_S)

_LN2 = 0.6931471805599453


class DecayedRate(msgspec.Struct, array_like=True):
    """Posts weighted by age at ``at_s``: ``short`` with the half-life ``SHORT_S``, ``long`` with ``LONG_S``.

    Examples
    --------
    >>> rate = DecayedRate()
    >>> for minute in range(600):
    ...     rate.add(60.0 * minute)
    >>> round(rate.per_h(60.0 * 600)), round(rate.per_h(60.0 * 630))
    (59, 30)
    """

    at_s: float = 0.0
    short: float = 0.0
    long: float = 0.0

    def add(self, at_s: float, weight: float = 1.0) -> None:
        """One post. A late one counts as it would count now, had it come in time."""
        if at_s >= self.at_s:
            self._advance(at_s)
            self.short += weight
            self.long += weight
        else:
            self.short += weight * _decay(self.at_s - at_s, SHORT_S)
            self.long += weight * _decay(self.at_s - at_s, LONG_S)

    def levels(self, now_s: float) -> tuple[float, float]:
        """Weighted posts (lately, of the time before). In the second the newest posts weigh nothing,
        so that a burst does not hide itself; times ``USUAL_FACTOR`` it is what lately usually is."""
        age_s = now_s - self.at_s
        if age_s <= 0:
            return self.short, max(self.long - self.short, 0.0)
        short = self.short * 2.0 ** -(age_s / SHORT_S)
        return short, max(self.long * 2.0 ** -(age_s / LONG_S) - short, 0.0)

    def lately(self, now_s: float) -> float:
        """Weighted posts of about the last ``SHORT_S`` seconds."""
        return self.levels(now_s)[0]

    def usual(self, now_s: float) -> float:
        """What :meth:`lately` would be if the past simply went on."""
        return self.levels(now_s)[1] * USUAL_FACTOR

    def per_h(self, now_s: float) -> float:
        """Posts an hour lately."""
        return per_h(self.lately(now_s))

    def merge(self, other: DecayedRate) -> None:
        """Add what the other counted; exactly what one rate would hold that had counted both."""
        if other.at_s > self.at_s:
            self._advance(other.at_s)
        self.short += other.lately(self.at_s)
        self.long += other.long * _decay(self.at_s - other.at_s, LONG_S)

    def remove(self, other: DecayedRate) -> None:
        """Take back what the other counted; the inverse of :meth:`merge` for a part that leaves."""
        self.short = max(0.0, self.short - other.short * _decay(self.at_s - other.at_s, SHORT_S))
        self.long = max(0.0, self.long - other.long * _decay(self.at_s - other.at_s, LONG_S))

    def _advance(self, at_s: float) -> None:
        if at_s == self.at_s:
            return
        self.short *= _decay(at_s - self.at_s, SHORT_S)
        self.long *= _decay(at_s - self.at_s, LONG_S)
        self.at_s = at_s


def per_h(lately: float) -> float:
    """Posts an hour that keep :meth:`DecayedRate.lately` at this level."""
    return lately * _LN2 * 3600.0 / SHORT_S


def _decay(age_s: float, half_life_s: float) -> float:
    return 1.0 if age_s <= 0 else 2.0 ** -(age_s / half_life_s)
