"""The window of opportunity: for how many more hours a topic will be worth joining.

Learned from this deployment's own finished topics and from nothing else. When a topic first
enters a stage, a forecast is written down: the range that held the remaining hours of
comparable topics (same stage, similar size and age if there are enough, alive for at least as long). When the topic
is over, the forecast is checked. Ranges widen while they miss more than promised and narrow
while they miss less, so the hit rate keeps to its promise though topics change.

Source: Gibbs and Candès, "Adaptive conformal inference under distribution shift", NeurIPS 2021.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort

import msgspec

from pipeline.topics.pace.lifecycle import Life
from pipeline.types import Stage, Window

COVERAGE = 0.8
"""Share of forecasts that shall hold."""

MIN_FINISHED = 20
MIN_CHECKED = 20
KEPT_FINISHED = 512
KEPT_CHECKED = 200
OLD_S = 21_600.0
"""A wave in a topic older than this is another matter than the first hours of a new one."""

MAX_SIZE = 12
STEP = 0.02
"""How far one checked forecast moves the share that may miss."""

MISS_BOUNDS = (0.01, 0.5)
BEYOND = 1.5
"""A range that needs more than the longest life seen ends at this multiple of it."""


class Forecast(msgspec.Struct, frozen=True, array_like=True):
    """What was said of a topic when it entered a stage; the range, seconds, is ``None`` without evidence.

    ``kind`` is the class of its size and age then.
    """

    at_s: float
    kind: int
    low_s: float | None
    high_s: float | None


class Lives(msgspec.Struct):
    """How long finished topics were worth joining, seconds: the latest ``KEPT_FINISHED`` in order of
    their end, and the same ranked, so that a look costs no more than a search."""

    latest: list[float] = msgspec.field(default_factory=list)
    ranked: list[float] = msgspec.field(default_factory=list)

    def add(self, life_s: float) -> None:
        """One more finished topic; the oldest makes room."""
        self.latest.append(life_s)
        insort(self.ranked, life_s)
        if len(self.latest) > KEPT_FINISHED:
            del self.ranked[bisect_left(self.ranked, self.latest.pop(0))]

    def remaining(self, elapsed_s: float, may_miss: float) -> tuple[float, float] | None:
        """Range of the remaining time of those that lived at least ``elapsed_s``, by rank as conformal
        prediction does; ``None`` if there are fewer than ``MIN_FINISHED``."""
        start = bisect_left(self.ranked, elapsed_s)
        n = len(self.ranked) - start
        if n < MIN_FINISHED:
            return None
        low_rank = math.floor((n + 1) * may_miss / 2)
        high_rank = math.ceil((n + 1) * (1 - may_miss / 2))
        low_s = self.ranked[start + low_rank - 1] - elapsed_s if low_rank >= 1 else 0.0
        if high_rank <= n:
            return low_s, self.ranked[start + high_rank - 1] - elapsed_s
        return low_s, BEYOND * (self.ranked[-1] - elapsed_s)


class StageRecord(msgspec.Struct):
    """Experience with one stage: lives of all finished topics and of each kind, the latest checked
    forecasts (held or not), and the share that may miss now."""

    lives: Lives = msgspec.field(default_factory=Lives)
    of_kind: dict[int, Lives] = msgspec.field(default_factory=dict)
    checked: list[bool] = msgspec.field(default_factory=list)
    may_miss: float = 1 - COVERAGE

    def remaining(self, kind: int, elapsed_s: float) -> tuple[float, float] | None:
        """Range for a topic of this kind that has been in the stage for ``elapsed_s``."""
        similar = self.of_kind.get(kind, Lives()).remaining(elapsed_s, self.may_miss)
        return similar or self.lives.remaining(elapsed_s, self.may_miss)

    def learn(self, forecast: Forecast, life_s: float) -> None:
        """Check a forecast against what came, then learn what came."""
        if forecast.low_s is not None and forecast.high_s is not None:
            holds = forecast.low_s <= life_s <= forecast.high_s
            self.checked.append(holds)
            self.may_miss += STEP * ((1 - COVERAGE) - (not holds))
            self.may_miss = min(max(self.may_miss, MISS_BOUNDS[0]), MISS_BOUNDS[1])
            del self.checked[:-KEPT_CHECKED]
        self.lives.add(life_s)
        self.of_kind.setdefault(forecast.kind, Lives()).add(life_s)


class WindowLearner(msgspec.Struct):
    """The experience of one shard. ``waiting`` holds the forecasts of running topics, by topic number.

    Examples
    --------
    >>> learner = WindowLearner()
    >>> for topic in range(60):
    ...     _ = learner.look(topic, Stage.RISING, Life(top=8.0), now_s=0.0)
    ...     learner.finish(topic, end_s=3600.0 * (1 + topic % 10))
    >>> learner.look(99, Stage.RISING, Life(top=8.0), now_s=0.0)
    Window(low_h=2.0, high_h=9.0, hit_rate=0.875, n=40)
    """

    stages: dict[Stage, StageRecord] = msgspec.field(default_factory=dict)
    waiting: dict[int, dict[Stage, Forecast]] = msgspec.field(default_factory=dict)

    def look(self, topic: int, stage: Stage, life: Life, now_s: float) -> Window | None:
        """The window of a topic now, ``None`` until there is evidence; notes the first look in a stage.

        Parameters
        ----------
        topic
            Its number.
        stage
            The stage it is in.
        life
            Its life so far.
        now_s
            Event time.
        """
        record = self.stages.setdefault(stage, StageRecord())
        forecasts = self.waiting.setdefault(topic, {})
        first = forecasts.get(stage)
        if first is None:
            kind = _kind(life, now_s)
            bounds = record.remaining(kind, 0.0)
            forecasts[stage] = Forecast(now_s, kind, *(bounds or (None, None)))
        else:
            bounds = record.remaining(first.kind, max(now_s - first.at_s, 0.0))
        if bounds is None or len(record.checked) < MIN_CHECKED:
            return None
        hit_rate = sum(record.checked) / len(record.checked)
        return Window(bounds[0] / 3600.0, bounds[1] / 3600.0, hit_rate, len(record.checked))

    def finish(self, topic: int, end_s: float) -> None:
        """A topic is over: it was worth joining until event time ``end_s``. Checks what was said of it."""
        for stage, forecast in self.waiting.pop(topic, {}).items():
            self.stages.setdefault(stage, StageRecord()).learn(forecast, max(end_s - forecast.at_s, 0.0))

    def forget(self, topic: int) -> None:
        """A topic became part of another one: its own end will never be known, so nothing is learned of it."""
        self.waiting.pop(topic, None)


def _kind(life: Life, now_s: float) -> int:
    """Class of topics that are compared: within a factor of four in size, and both young or both old."""
    size = min(int(math.log2(max(life.top, 1.0))) // 2, MAX_SIZE)
    old = life.began_s is not None and now_s - life.began_s >= OLD_S
    return 2 * size + old
