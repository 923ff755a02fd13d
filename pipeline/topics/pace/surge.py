"""Whether something is suddenly heard more often than its past, its stream and chance explain.

Source: Schubert, Weiler, Kriegel, "SigniTrend", KDD 2014: significance is the distance from
an exponentially weighted baseline in standard deviations, with a bias that keeps tiny counts
from looking significant. Differences, each for a reason: counting is per post instead of per
bin (a bin of ten minutes is a delay of ten minutes); the spread is that of overdispersed
counts instead of a second moving average, so that topics merge exactly; the baseline follows
the pace of the whole stream; and a voice that pastes the same text again is not heard again.
"""

from __future__ import annotations

import math

import msgspec

from pipeline.topics.pace.decayed_rate import USUAL_FACTOR, DecayedRate

BURST_SIGNIFICANCE = 4.5
"""Measured on two months of posts with 60 listed bursts: from 4 to 5 the same ones are found, with 5 to 2
alarms a day that match none; above 5 some are lost."""

MIN_AUTHORS = 3
"""Fewer known authors within ``VOICE_S`` are no burst, whatever they post."""

VOICE_S = 3600.0
KEPT_AUTHORS = 16
BIAS_POSTS = 1.0
BIAS_OF_STREAM = 0.1
"""The bias grows with the square root of the stream: more posts make more coincidences."""

DISPERSION = 0.2
"""Counts vary by this share of their mean beyond chance; so a large topic has to grow by 90 %."""

END_SHARE = 0.4
END_SIGNIFICANCE = 1.0
MIN_STREAM_PAST = 20.0


class StreamPace(msgspec.Struct, frozen=True):
    """What a topic's past says about its present: times ``factor``, and at least ``bias``.

    The larger of two expectations: the topic goes on as ever, or it keeps its share of the
    stream. When the whole stream wakes up, a topic may wake up with it; when the stream
    sleeps, a topic that goes on did not burst.
    """

    factor: float
    bias: float


def pace_of(stream: DecayedRate, now_s: float) -> StreamPace:
    """How fast the stream runs now against its own past."""
    lately, past = stream.levels(now_s)
    bias = max(BIAS_POSTS, BIAS_OF_STREAM * math.sqrt(lately))
    return StreamPace(max(USUAL_FACTOR, lately / max(past, MIN_STREAM_PAST)), bias)


class Surge(msgspec.Struct, array_like=True):
    """Rate and latest authors of one topic or hashtag, and whether a burst is running.

    ``authors`` are the ``KEPT_AUTHORS`` heard last, (hash, event time), oldest first;
    ``top`` is the highest rate of the running burst.
    """

    rate: DecayedRate = msgspec.field(default_factory=DecayedRate)
    authors: list[tuple[int, float]] = msgspec.field(default_factory=list)
    running: bool = False
    top: float = 0.0

    def hear(self, at_s: float, author: int | None, is_copy: bool) -> float:
        """Count one post; gives its weight: 0 for a copy that adds no new voice, else 1.

        A copy by somebody not heard here for an hour is spread and counts; a copy by the
        same or an unknown account is paste and does not.
        """
        heard_s = self._note(author, at_s)
        new_voice = author is not None and (heard_s is None or at_s - heard_s > VOICE_S)
        weight = 1.0 if new_voice or not is_copy else 0.0
        self.rate.add(at_s, weight)
        return weight

    def significance(self, pace: StreamPace, now_s: float) -> float:
        """Standard deviations above what was to be expected now, given the stream's pace now."""
        lately, past = self.rate.levels(now_s)
        base = max(past * pace.factor, pace.bias)
        return (lately - base) / math.sqrt(base + (DISPERSION * base) ** 2)

    def enough_authors(self, now_s: float) -> bool:
        """Whether enough different people are behind it; a stream without authors cannot say no."""
        if not self.authors:
            return True
        return sum(at_s >= now_s - VOICE_S for _, at_s in self.authors) >= MIN_AUTHORS

    def follow(self, significance: float) -> None:
        """A running burst grows, or ends when it fell far below its top or became the usual."""
        if not self.running:
            return
        lately = self.rate.short
        if lately < END_SHARE * self.top or significance < END_SIGNIFICANCE:
            self.running = False
        self.top = max(self.top, lately)

    def start(self) -> None:
        """A burst begins now."""
        self.running = True
        self.top = self.rate.short

    def merge(self, other: Surge) -> None:
        """Add what the other heard."""
        self.rate.merge(other.rate)
        latest = dict(self.authors)
        for author, at_s in other.authors:
            latest[author] = max(at_s, latest.get(author, at_s))
        ordered = sorted(latest.items(), key=lambda item: (item[1], item[0]))
        self.authors = ordered[-KEPT_AUTHORS:]
        self.running = self.running or other.running
        self.top = max(self.top, other.top)

    def _note(self, author: int | None, at_s: float) -> float | None:
        """Remember who spoke; gives when they were heard before."""
        if author is None:
            return None
        before = next((heard_s for known, heard_s in self.authors if known == author), None)
        if before is not None:
            self.authors = [item for item in self.authors if item[0] != author]
        self.authors.append((author, at_s if before is None else max(at_s, before)))
        del self.authors[:-KEPT_AUTHORS]
        return before
