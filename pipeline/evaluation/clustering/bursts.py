"""How early bursts are noticed and how often in vain: ``trendsieve eval bursts FILE --truth FILE``.

The posts go through the real pipeline, in order; nothing is looked at twice or ahead.

* An **alarm** is a burst as the pipeline notices it, at the event time of the post that
  made it significant. Its posts are those that made it, in the hour up to then: of the
  topic, or, where a hashtag broke out inside it, those in the stream that carry the hashtag.
* It **detects** a listed burst if it comes between ``window_start`` and the end of
  ``peak_hour`` and the hashtag is on at least ``MIN_SHARE`` and ``MIN_POSTS`` of its posts.
  Only the first alarm that does so counts; an alarm may detect several listed bursts.
* The **delay** runs from ``onset`` to that alarm, in minutes of event time and in uses of
  the hashtag in the stream; an alarm before the onset has no delay. Medians are over all
  listed bursts: one that is missed counts as never noticed.
* A **false alarm** detects no listed burst and speaks of none that is under way (within 24 h
  of ``window_start``). This is strict: a real burst that the truth does not list is false too.
  **Repeats** speak of a listed burst that is already noticed, or past its peak; the sum of
  both is what somebody would call too many.

The truth is made of hashtags and the pipeline follows hashtags inside topics, so alarms
of topics as a whole are counted apart. That is a lower bound of what is noticed without this
help: a hashtag that breaks out first starts the burst of its topic, which then is not news.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import msgspec

from configs.errors import InputError
from configs.settings import Settings
from ingest.position import Position
from ingest.sources.contract import DeadLetter, Source, SourceBatch
from ingest.sources.jsonl.source import JsonlSource
from pipeline.topics.pace.burst_watch import Alarm
from pipeline.track.assess import Assessor
from pipeline.track.stage import TopicStage
from pipeline.types.traces import PostTrace
from pipeline.wiring.clock import utc_now
from pipeline.wiring.enrich import build_enricher
from pipeline.wiring.models import load_models
from pipeline.wiring.track import build_topic_stage

MIN_SHARE = 0.25
MIN_POSTS = 2
LOOK_BACK_S = 3600.0
UNDER_WAY_S = 86_400.0
BATCH_POSTS = 64
"""Small batches: the posts of an alarm are read from memory right after it."""

TICK_S = 6 * 3600.0
DAY_S = 86_400.0


class ListedBurst(msgspec.Struct, frozen=True):
    """One line of the truth; other fields are ignored."""

    hashtag: str
    onset: datetime
    window_start: datetime
    peak_hour: str

    def peak_end_s(self) -> float:
        """End of the busiest hour, seconds since the epoch."""
        return (datetime.fromisoformat(f"{self.peak_hour}:00:00+00:00") + timedelta(hours=1)).timestamp()


@dataclass(frozen=True)
class Noticed:
    """An alarm with how often each hashtag is on its ``n_posts`` posts; ``whole`` for a whole topic."""

    at_s: float
    n_posts: int
    hashtags: Mapping[str, int]
    whole: bool

    def speaks_of(self, hashtag: str) -> bool:
        """Whether a fair share of its posts carry the hashtag."""
        n = self.hashtags.get(hashtag, 0)
        return n >= MIN_POSTS and n >= MIN_SHARE * self.n_posts


@dataclass(frozen=True)
class BurstScores:
    """Figures of one run. Delays are medians over all listed bursts, infinite if most were missed."""

    n_listed: int
    n_detected: int
    n_detected_whole: int
    delay_min: float
    delay_posts: float
    n_alarms: int
    false_a_day: float
    repeats_a_day: float
    missed: tuple[str, ...]


def score_bursts(
    listed: Sequence[ListedBurst], noticed: Sequence[Noticed], uses: Mapping[str, Sequence[float]], days: float
) -> BurstScores:
    """Match alarms with listed bursts as the module says.

    Parameters
    ----------
    listed
        The truth.
    noticed
        All alarms, in the order of time.
    uses
        Event times of the uses of each listed hashtag, ascending.
    days
        Length of the stream.

    Examples
    --------
    >>> at = datetime.fromisoformat("2026-03-14T10:00:00+00:00")
    >>> truth = [ListedBurst("pane", onset=at, window_start=at, peak_hour="2026-03-14T11")]
    >>> alarm = Noticed(at.timestamp() + 300, 4, {"pane": 3}, whole=True)
    >>> scores = score_bursts(truth, [alarm], {"pane": [at.timestamp(), at.timestamp() + 200]}, days=1)
    >>> scores.n_detected, scores.delay_min, scores.delay_posts, scores.false_a_day
    (1, 5.0, 1, 0.0)
    """
    first: dict[str, float] = {}
    whole: set[str] = set()
    n_false = n_repeats = 0
    for alarm in noticed:
        about = [burst for burst in listed if alarm.speaks_of(burst.hashtag)]
        under_way = [b for b in about if 0 <= alarm.at_s - b.window_start.timestamp() <= UNDER_WAY_S]
        hits = [b.hashtag for b in under_way if alarm.at_s <= b.peak_end_s()]
        n_false += not under_way
        n_repeats += bool(under_way) and all(hashtag in first for hashtag in hits)
        whole.update(hits if alarm.whole else ())
        for hashtag in hits:
            first.setdefault(hashtag, alarm.at_s)
    delays = [_delay(burst, first.get(burst.hashtag), uses.get(burst.hashtag, ())) for burst in listed]
    return BurstScores(
        n_listed=len(listed),
        n_detected=len(first),
        n_detected_whole=len(whole),
        delay_min=median(minutes for minutes, _ in delays),
        delay_posts=median(posts for _, posts in delays),
        n_alarms=len(noticed),
        false_a_day=n_false / days,
        repeats_a_day=n_repeats / days,
        missed=tuple(burst.hashtag for burst in listed if burst.hashtag not in first),
    )


def _delay(burst: ListedBurst, at_s: float | None, uses: Sequence[float]) -> tuple[float, float]:
    if at_s is None:
        return math.inf, math.inf
    onset_s = burst.onset.timestamp()
    return max(at_s - onset_s, 0.0) / 60, max(bisect_right(uses, at_s) - bisect_right(uses, onset_s), 0)


def read_truth(path: Path, stream: str) -> list[ListedBurst]:
    """The listed bursts of a stream, named like its file without endings.

    Raises
    ------
    InputError
        The file cannot be read, is of another form or does not list the stream.
    """
    try:
        truth = msgspec.json.decode(path.read_bytes(), type=dict[str, list[ListedBurst]])
        for burst in (burst for bursts in truth.values() for burst in bursts):
            burst.peak_end_s()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{path}: is no list of bursts ({error})") from error
    if not truth.get(stream):
        known = ", ".join(sorted(truth)) or "no stream"
        raise InputError(f"{path}: lists no bursts of '{stream}'; it knows {known}")
    return truth[stream]


class _Watcher:
    """Looks at the stage after each batch: which alarms are new, and what their posts say."""

    def __init__(self, stage: TopicStage) -> None:
        self._stage = stage
        self._n_seen = 0
        self.noticed: list[Noticed] = []

    def look(self) -> None:
        """Note the alarms since the last look."""
        for alarm in self._stage.memory.ledger.watch.alarms:
            if alarm.number >= self._n_seen:
                self.noticed.append(self._with_posts(alarm))
        self._n_seen = self._stage.memory.ledger.watch.n_alarms

    def _with_posts(self, alarm: Alarm) -> Noticed:
        memory = self._stage.memory
        if alarm.hashtag is None:
            traces: Iterable[PostTrace] = memory.posts_of(alarm.topic).traces
        else:
            everything = (trace for segment in memory.recent.segments() for trace in segment.traces)
            traces = (trace for trace in everything if alarm.hashtag in trace.hashtags)
        posts = [set(trace.hashtags) for trace in traces if 0 <= alarm.at_s - trace.at_s <= LOOK_BACK_S]
        counts = Counter(hashtag for hashtags in posts for hashtag in hashtags)
        return Noticed(alarm.at_s, len(posts), counts, alarm.hashtag is None)


class _CountedSource:
    """A source that notes, on the way through, when the listed hashtags are used."""

    name = "counted"

    def __init__(self, source: Source, hashtags: Iterable[str]) -> None:
        self._source = source
        self.uses: dict[str, list[float]] = {hashtag: [] for hashtag in hashtags}
        self.first_s, self.last_s = math.inf, -math.inf

    def fetch(self, position: Position) -> Iterator[SourceBatch]:
        for batch in self._source.fetch(position):
            for post in batch.posts:
                at_s = post.event_time.timestamp()
                self.first_s, self.last_s = min(self.first_s, at_s), max(self.last_s, at_s)
                for hashtag in self.uses.keys() & set(post.hashtags):
                    self.uses[hashtag].append(at_s)
            yield batch


def evaluate_bursts(
    path: Path, truth_path: Path, settings: Settings, on_progress: Callable[[int, int], None] | None = None
) -> str:
    """Feed a file in order and compare the bursts noticed with the listed ones.

    Parameters
    ----------
    path, truth_path
        The posts, and the listed bursts by stream name.
    on_progress
        Called with (bytes read, posts so far).

    Raises
    ------
    InputError
        One of the files cannot be used.
    """
    stream = path.name.removesuffix(".gz").removesuffix(".jsonl")
    listed = read_truth(truth_path, stream)
    # bursts are noticed post by post: measuring topics in between would only take time
    report = msgspec.structs.replace(settings.report, min_posts=10**9, every_s=max(settings.report.every_s, TICK_S))
    settings = msgspec.structs.replace(settings, report=report)
    file = JsonlSource(path, utc_now, batch_posts=BATCH_POSTS)
    source = _CountedSource(file, [burst.hashtag for burst in listed])
    models = load_models(settings)
    stage = build_topic_stage(settings, models, ())
    watcher = _Watcher(stage)

    def on_batch(n_posts: int, letters: Sequence[DeadLetter]) -> None:
        watcher.look()
        if on_progress is not None:
            on_progress(file.bytes_read, n_posts)

    Assessor(build_enricher(settings, models), stage).run(source, on_batch)
    if source.last_s <= source.first_s:
        raise InputError(f"{path}: has no two posts at different times; bursts need time")
    uses = {hashtag: sorted(times) for hashtag, times in source.uses.items()}
    days = (source.last_s - source.first_s) / DAY_S
    return _table(path, score_bursts(listed, watcher.noticed, uses, days), days)


def _table(path: Path, scores: BurstScores, days: float) -> str:
    def share(n: int) -> str:
        return f"{n} / {scores.n_listed} = {n / scores.n_listed:.1%}"

    rows = (
        ("listed bursts detected", share(scores.n_detected)),
        ("  by a topic as a whole", share(scores.n_detected_whole)),
        ("median delay after onset, minutes", f"{scores.delay_min:.1f}"),
        ("median delay after onset, posts", f"{scores.delay_posts:.0f}"),
        ("false alarms a day (match no listed burst)", f"{scores.false_a_day:.2f}"),
        ("repeats a day (listed burst, already known)", f"{scores.repeats_a_day:.2f}"),
        ("alarms", f"{scores.n_alarms} in {days:.1f} days"),
    )
    lines = [path.name, *(f"  {name:<46}{value:>16}" for name, value in rows)]
    if scores.missed:
        lines.append("  missed: " + ", ".join(scores.missed))
    return "\n".join(lines)
