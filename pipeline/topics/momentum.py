"""How fast a topic moves against its own past: event-time bins and their moving average.

Source: Schubert, Weiler, Kriegel, "SigniTrend", KDD 2014: significance of a new value is
its distance from the exponentially weighted mean in exponentially weighted deviations,
with a bias that keeps tiny counts from looking significant.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime

import msgspec

from pipeline.types import Burst, Momentum

ALPHA = 0.2
"""Weight of the newest bin in the moving average: half of it is forgotten in about 3 bins."""

BIAS_POSTS = 3.0
BURST_SIGNIFICANCE = 3.0
BURST_END_SHARE = 0.4
KEPT_BINS = 288


class Pulse(msgspec.Struct):
    """Posts per bin of one topic and the moving statistics of its closed bins.

    ``posts`` holds the last ``KEPT_BINS`` bins by bin number; ``fresh`` the same without
    copies, on which significance is computed, so that copy-paste does not look like a trend.
    """

    posts: dict[int, int] = msgspec.field(default_factory=dict)
    fresh: dict[int, int] = msgspec.field(default_factory=dict)
    mean: float = 0.0
    variance: float = 0.0
    open_bin: int | None = None
    significance: float = 0.0
    peak_posts: int = 0
    burst_onset: int | None = None
    burst_peak: int | None = None
    bursts: list[tuple[int, int]] = msgspec.field(default_factory=list)

    def count(self, bin_number: int, is_copy: bool) -> None:
        """One post in a bin. A late post still counts in its bin, but does not reopen it."""
        self.posts[bin_number] = self.posts.get(bin_number, 0) + 1
        if not is_copy:
            self.fresh[bin_number] = self.fresh.get(bin_number, 0) + 1
        if self.open_bin is None:
            self.open_bin = bin_number

    def close_until(self, bin_number: int) -> None:
        """Event time reached ``bin_number``: learn every full bin before it, empty ones too."""
        if self.open_bin is None:
            return
        for number in range(max(self.open_bin, bin_number - KEPT_BINS), bin_number):
            self._close(number)
        self.open_bin = max(self.open_bin, bin_number)
        for column in (self.posts, self.fresh):
            for old in [b for b in column if b <= bin_number - KEPT_BINS]:
                del column[old]

    def merge(self, other: Pulse) -> None:
        """Add the bins of a topic that became part of this one; the larger past sets the baseline."""
        for mine, theirs in ((self.posts, other.posts), (self.fresh, other.fresh)):
            for number, count in theirs.items():
                mine[number] = mine.get(number, 0) + count
        self.mean += other.mean
        self.variance += other.variance
        self.peak_posts = max(self.peak_posts, other.peak_posts, *self.posts.values(), 0)
        known = [b for b in (self.open_bin, other.open_bin) if b is not None]
        self.open_bin = max(known, default=None)

    def momentum(self, bin_number: int, bin_s: int, n_bins: int) -> Momentum:
        """Rate in the last full bin (or the open one, if already busier) against the baseline."""
        now = max(self.posts.get(bin_number, 0), self.posts.get(bin_number - 1, 0))
        per_h = 3600.0 / bin_s
        series = tuple(self.posts.get(b, 0) for b in range(bin_number - n_bins + 1, bin_number + 1))
        open_significance = self._significance(self.fresh.get(bin_number, 0))
        return Momentum(
            rate_per_h=now * per_h,
            baseline_per_h=self.mean * per_h,
            significance=max(self.significance, open_significance),
            series=series,
            bin_s=bin_s,
        )

    def burst_times(self, bin_s: int) -> tuple[Burst, ...]:
        """Finished bursts and the running one, oldest first."""
        spans = list(self.bursts)
        if self.burst_onset is not None and self.burst_peak is not None:
            spans.append((self.burst_onset, self.burst_peak))
        return tuple(Burst(bin_start(onset, bin_s), bin_start(peak, bin_s)) for onset, peak in spans)

    def _close(self, number: int) -> None:
        count = self.fresh.get(number, 0)
        self.significance = self._significance(count)
        self._follow_burst(number, count)
        self.peak_posts = max(self.peak_posts, self.posts.get(number, 0))
        delta = count - self.mean
        self.mean += ALPHA * delta
        self.variance = (1 - ALPHA) * (self.variance + ALPHA * delta * delta)

    def _significance(self, count: int) -> float:
        return (count - max(self.mean, BIAS_POSTS)) / (math.sqrt(self.variance) + BIAS_POSTS)

    def _follow_burst(self, number: int, count: int) -> None:
        if self.burst_onset is None or self.burst_peak is None:
            if self.significance >= BURST_SIGNIFICANCE:
                self.burst_onset = self.burst_peak = number
            return
        peak_count = self.fresh.get(self.burst_peak, 0)
        if count > peak_count:
            self.burst_peak = number
        elif count < BURST_END_SHARE * peak_count:
            self.bursts.append((self.burst_onset, self.burst_peak))
            self.burst_onset = self.burst_peak = None


def bin_start(number: int, bin_s: int) -> datetime:
    """Start of a bin as aware UTC."""
    return datetime.fromtimestamp(number * bin_s, UTC)
