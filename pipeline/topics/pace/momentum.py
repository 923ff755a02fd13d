"""How fast a topic moves against its own past: its series, its rates, its bursts and its life."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from pipeline.topics.pace.decayed_rate import DecayedRate, per_h
from pipeline.topics.pace.lifecycle import RISE_SIGNIFICANCE, Life
from pipeline.topics.pace.surge import StreamPace, Surge
from pipeline.types import Burst, Momentum

KEPT_BINS = 288
KEPT_BURSTS = 32


class BurstSpan(msgspec.Struct, array_like=True):
    """One burst: when it was noticed, when it was strongest, and how strong; event time, seconds."""

    onset_s: float
    peak_s: float
    top: float


class Pulse(msgspec.Struct):
    """Everything about the pace of one topic, in bounded memory.

    ``posts`` holds the last ``KEPT_BINS`` bins by bin number, copies included, ``all_posts``
    the rate of the same; ``surge`` hears each voice's copies once and decides on bursts.
    """

    posts: dict[int, int] = msgspec.field(default_factory=dict)
    all_posts: DecayedRate = msgspec.field(default_factory=DecayedRate)
    surge: Surge = msgspec.field(default_factory=Surge)
    bursts: list[BurstSpan] = msgspec.field(default_factory=list)
    life: Life = msgspec.field(default_factory=Life)

    def count(self, at_s: float, bin_s: int, author: int | None, is_copy: bool) -> float:
        """One post at event time ``at_s``; gives the weight it has for bursts."""
        number = int(at_s // bin_s)
        if number in self.posts:
            self.posts[number] += 1
        else:
            self.posts[number] = 1
            self._forget_bins()
        self.all_posts.add(at_s)
        return self.surge.hear(at_s, author, is_copy)

    def follow(self, significance: float, *, news: bool) -> None:
        """What the post just counted means for the running burst and the topic's life.

        ``news`` is ``False`` while the stream has no past to compare with.
        """
        now_s, lately = self.surge.rate.at_s, self.surge.rate.short
        self.surge.follow(significance)
        if self.surge.running and self.bursts and lately > self.bursts[-1].top:
            self.bursts[-1].peak_s, self.bursts[-1].top = now_s, lately
        rises = news and significance >= RISE_SIGNIFICANCE and self.surge.enough_authors(now_s)
        self.life.follow(lately, now_s, rises=rises)

    def start_burst(self) -> None:
        """A burst begins with the newest post: of the topic, or of something said in it."""
        self.surge.start()
        self.bursts.append(BurstSpan(self.surge.rate.at_s, self.surge.rate.at_s, self.surge.top))
        del self.bursts[:-KEPT_BURSTS]

    def end_life(self) -> None:
        """The topic is over; should it wake up, a new life begins."""
        self.life = Life()

    def merge(self, other: Pulse) -> None:
        """Add a topic that became part of this one: bins and rates add up exactly."""
        for number, count in other.posts.items():
            self.posts[number] = self.posts.get(number, 0) + count
        self._forget_bins()
        self.all_posts.merge(other.all_posts)
        self.surge.merge(other.surge)
        self.bursts = sorted([*self.bursts, *other.bursts], key=lambda span: (span.onset_s, span.peak_s))
        del self.bursts[:-KEPT_BURSTS]
        self.life.merge(other.life)

    def remove(self, part: Pulse) -> None:
        """Posts that were counted here belong to another topic; what they started stays noted."""
        for number, count in part.posts.items():
            left = self.posts.get(number, 0) - count
            if left > 0:
                self.posts[number] = left
            else:
                self.posts.pop(number, None)
        self.all_posts.remove(part.all_posts)
        self.surge.rate.remove(part.surge.rate)

    def momentum(self, now_s: float, bin_s: int, n_bins: int, pace: StreamPace) -> Momentum:
        """Rate in the last full bin (or the open one, if already busier) against the baseline.

        Parameters
        ----------
        now_s
            Event time of the measurement.
        bin_s, n_bins
            Length of a bin, seconds, and how many the series shows.
        pace
            Of the stream now; see :meth:`pipeline.topics.pace.burst_watch.BurstWatch.pace`.
        """
        newest = int(now_s // bin_s)
        series = [0] * n_bins
        for number, count in self.posts.items():
            if 0 <= newest - number < n_bins:
                series[number - newest - 1] = count
        busiest = max(self.posts.get(newest, 0), self.posts.get(newest - 1, 0))
        return Momentum(
            rate_per_h=busiest * 3600.0 / bin_s,
            baseline_per_h=per_h(self.all_posts.usual(now_s)),
            significance=self.surge.significance(pace, now_s),
            series=tuple(series),
            bin_s=bin_s,
        )

    def burst_times(self) -> tuple[Burst, ...]:
        """The latest bursts, the running one included, oldest first."""
        return tuple(Burst(_moment(span.onset_s), _moment(span.peak_s)) for span in self.bursts)

    def _forget_bins(self) -> None:
        oldest = max(self.posts, default=0) - KEPT_BINS
        if min(self.posts, default=0) <= oldest:
            self.posts = {number: count for number, count in self.posts.items() if number > oldest}


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
