"""Bursts of topics and of the hashtags inside them, noticed with the post that makes them.

A topic can be so large that a new turn in it drowns: ten posts of a new hashtag in an
election of a thousand posts. So hashtags are followed too, across the whole stream, and one
that breaks out starts a burst of the topic it breaks out in.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pipeline.topics.pace.decayed_rate import DecayedRate
from pipeline.topics.pace.momentum import Pulse
from pipeline.topics.pace.surge import BURST_SIGNIFICANCE, StreamPace, Surge, pace_of

WARM_UP_S = 3600.0
"""A stream this young has no past: everything in it is new, so nothing is news."""

SAME_BURST_S = 600.0
"""A hashtag that breaks out this shortly after its topic burst is part of that burst."""

COMPANION_SIGNIFICANCE = 2.5
"""Hashtags of the post that starts a burst, if they are on the way themselves, belong to it."""

KEPT_TAGS = 8_192
KEPT_ALARMS = 256


class Alarm(msgspec.Struct, frozen=True, array_like=True):
    """A burst was noticed: the ``number``-th of the shard, at event time ``at_s``, in topic number
    ``topic`` as of then; ``hashtag`` is set when it was not the topic as a whole."""

    number: int
    at_s: float
    topic: int
    hashtag: str | None


class BurstWatch(msgspec.Struct):
    """The pace of a shard: the whole stream, its hashtags and the latest alarms. Bounded.

    Examples
    --------
    >>> watch, pulse = BurstWatch(), Pulse()
    >>> for minute in range(120):  # a stream with a past
    ...     watch.take(1, Pulse(), 60.0 * minute, 600, author=1, is_copy=False, hashtags=())
    >>> for author in range(8):
    ...     watch.take(2, pulse, 7200.0 + author, 600, author=author, is_copy=False, hashtags=("new",))
    >>> [(alarm.topic, alarm.at_s) for alarm in watch.alarms]
    [(2, 7205.0)]
    """

    stream: DecayedRate = msgspec.field(default_factory=DecayedRate)
    began_s: float | None = None
    tags: dict[str, Surge] = msgspec.field(default_factory=dict)
    alarms: list[Alarm] = msgspec.field(default_factory=list)
    n_alarms: int = 0

    def take(
        self,
        topic: int,
        pulse: Pulse,
        at_s: float,
        bin_s: int,
        *,
        author: int | None,
        is_copy: bool,
        hashtags: Sequence[str],
    ) -> None:
        """Count one post of a topic in its pulse, its hashtags and the stream; start what it starts.

        Parameters
        ----------
        topic, pulse
            Number of the topic and its pulse, changed in place.
        at_s
            Event time of the post; late posts count less, as they would by now.
        bin_s
            Length of a bin of the series, seconds.
        author
            Hash of the author, ``None`` if unknown.
        """
        if self.began_s is None:
            self.began_s = at_s
        weight = pulse.count(at_s, bin_s, author, is_copy)
        now_s = pulse.surge.rate.at_s
        news = now_s - self.began_s >= WARM_UP_S
        pace = self.pace(now_s)
        significance = pulse.surge.significance(pace, now_s)
        pulse.follow(significance, news=news)
        moving = self._hear_tags(hashtags, pace, at_s, author, is_copy)
        if news and weight > 0:
            starts = _starts(pulse.surge, significance)
            hashtag = self._breaks_out(moving, pulse, now_s)
            if starts or hashtag is not None:
                pulse.start_burst()
                _join(moving)
                self._note(now_s, topic, None if starts else hashtag)
        self.stream.add(at_s, weight)

    def pace(self, now_s: float) -> StreamPace:
        """The stream's pace, which significance is measured against."""
        return pace_of(self.stream, now_s)

    def _hear_tags(
        self, hashtags: Sequence[str], pace: StreamPace, at_s: float, author: int | None, is_copy: bool
    ) -> list[tuple[str, Surge, float]]:
        """Count the post in its hashtags: (hashtag, surge, significance), without mere pastes."""
        moving = []
        for tag in dict.fromkeys(hashtags):
            surge = self.tags.get(tag)
            if surge is None:
                surge = self.tags[tag] = Surge()
            weight = surge.hear(at_s, author, is_copy)
            significance = surge.significance(pace, surge.rate.at_s)
            surge.follow(significance)
            if weight > 0:
                moving.append((tag, surge, significance))
        if len(self.tags) > KEPT_TAGS:
            self._forget_tags()
        return moving

    def _breaks_out(self, moving: Sequence[tuple[str, Surge, float]], pulse: Pulse, now_s: float) -> str | None:
        """The first hashtag that starts a burst of its own; all that start are running from now on."""
        found = [tag for tag, surge, significance in moving if _starts(surge, significance)]
        for tag in found:
            self.tags[tag].start()
        known = bool(pulse.bursts) and now_s - pulse.bursts[-1].onset_s < SAME_BURST_S
        return found[0] if found and not known else None

    def _forget_tags(self) -> None:
        """The quieter half goes, at a moment that follows from the posts alone."""
        newest_s = self.stream.at_s
        heard = sorted(self.tags, key=lambda tag: (-sum(self.tags[tag].rate.levels(newest_s)), tag))
        kept = set(heard[: KEPT_TAGS // 2])
        self.tags = {tag: surge for tag, surge in self.tags.items() if tag in kept}

    def _note(self, at_s: float, topic: int, hashtag: str | None) -> None:
        self.alarms.append(Alarm(self.n_alarms, at_s, topic, hashtag))
        self.n_alarms += 1
        del self.alarms[:-KEPT_ALARMS]


def _starts(surge: Surge, significance: float) -> bool:
    return not surge.running and significance >= BURST_SIGNIFICANCE and surge.enough_authors(surge.rate.at_s)


def _join(moving: Sequence[tuple[str, Surge, float]]) -> None:
    """Hashtags on the way when a burst starts are part of it, not the next one."""
    for _, surge, significance in moving:
        if not surge.running and significance >= COMPANION_SIGNIFICANCE:
            surge.start()
