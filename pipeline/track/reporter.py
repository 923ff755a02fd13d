"""Measures topics: what is cheap at every tick, what is not only when a topic has grown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.settings import ReportSettings
from pipeline.signals.reader import SignalReader
from pipeline.topics.clustering.nuances import MIN_TOPIC_POSTS, sub_conversations
from pipeline.topics.memory.ledger import TopicEntry, topic_id, topic_number
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.topics.naming.entities import PhraseKinds
from pipeline.topics.naming.key_phrases import DocumentShare
from pipeline.topics.naming.naming import TopicName, TopicNamer
from pipeline.topics.naming.representatives import representatives
from pipeline.topics.pace.lifecycle import stage_of
from pipeline.types import FloatArray, Hazard, Nuance, SolemnDay, Stage, TopicReport
from pipeline.types.traces import PostTrace, TopicPosts

GROWTH_SHARE = 0.1
"""A topic's contents are looked at again when it gained this share of posts."""

QUIET_S = 3 * 3600.0
"""A topic that fades, without posts for this long, is measured no more until one comes."""

SETTLED_POSTS = 5
"""What was said of a smaller topic still stands at the end of a stream: a file has thousands of single posts."""

TOPICS_AT_ONCE = 256
"""Topics whose posts are in hand together: named in one reading, compared with the brands in one search."""


@dataclass(frozen=True)
class SubTopic:
    """A nuance with what a brand needs to judge it: its centre ``(d,)`` and its own hazards."""

    nuance: Nuance
    centre: FloatArray
    hazards: tuple[Hazard, ...]


@dataclass(frozen=True)
class Measured:
    """One topic at one moment. ``posts`` (distinct ones), ``centre``, ``sub_topics``, ``traces`` (with copies) and
    ``clusters`` are there only when its contents were looked at now (``fresh``); otherwise the report carries the
    last look."""

    report: TopicReport
    fresh: bool
    posts: TopicPosts
    centre: FloatArray
    sub_topics: tuple[SubTopic, ...]
    traces: Sequence[PostTrace] = ()
    clusters: Sequence[int] | NDArray[np.int64] = ()


class TopicReporter:
    """Turns the memory of a shard into reports.

    Parameters
    ----------
    settings
        Bins and what counts as a topic worth measuring.
    namer
        Gives topics their names.
    signals
        Reads what the posts of a topic tell.
    """

    def __init__(
        self,
        settings: ReportSettings,
        namer: TopicNamer,
        signals: SignalReader,
    ) -> None:
        self._settings = settings
        self._namer = namer
        self._signals = signals
        self._last: dict[int, TopicReport] = {}
        self._today: tuple[SolemnDay, ...] = ()

    def restore(self, reports: Iterable[TopicReport]) -> None:
        """Continue from the reports in the store."""
        self._last = {topic_number(report.topic_id): report for report in reports}

    def forget(self, topic: int) -> None:
        """A topic was merged away or retired."""
        self._last.pop(topic, None)

    def remember(self, reports: Iterable[TopicReport]) -> None:
        """These topics were reported elsewhere."""
        self._last.update({topic_number(report.topic_id): report for report in reports})

    def due(self, memory: TopicMemory, now_s: float, *, everything: bool = False) -> list[TopicEntry]:
        """Topics that changed or still move.

        Parameters
        ----------
        memory
            The shard.
        now_s
            Event time, seconds since the epoch.
        everything
            Quiet topics too (the end of a finite stream).
        """
        return [entry for entry in memory.ledger if self._is_due(entry, now_s, everything)]

    def measure(
        self, memory: TopicMemory, due: Sequence[TopicEntry], now_s: float, *, everything: bool = False
    ) -> list[Measured]:
        """Reports of these topics.

        Parameters
        ----------
        memory
            The shard; names and stages in its ledger are brought up to date.
        due
            Some of those that :meth:`due` names.
        now_s, everything
            As there.
        """
        clusters = memory.tracker.clusters_by_topic()
        share_in_stream = cache(memory.tracker.vectors.lexical.document_share)  # the same words come in many topics
        self._today = self._signals.solemn_days(_moment(now_s))
        found = []
        for start in range(0, len(due), TOPICS_AT_ONCE):
            some = due[start : start + TOPICS_AT_ONCE]
            posts = {
                entry.number: memory.recent.of(clusters.get(entry.number, ()))
                for entry in some
                if self._looks_again(entry, everything)
            }
            looked = [entry for entry in some if entry.number in posts]
            kinds = self._namer.kinds([(posts[entry.number].traces, entry.label) for entry in looked])
            kinds_of = dict(zip(posts, kinds, strict=True))
            for entry in some:
                if entry.number in posts:
                    own, kinds_here = posts[entry.number], kinds_of[entry.number]
                    looked_at = self._look(memory, entry, own, kinds_here, share_in_stream, now_s)
                    measured = replace(looked_at, clusters=clusters.get(entry.number, ()))
                else:
                    measured = self._move_on(memory, entry, now_s)
                self._last[entry.number] = measured.report
                found.append(measured)
        return found

    def _is_due(self, entry: TopicEntry, now_s: float, everything: bool) -> bool:
        if entry.n_posts < self._settings.min_posts:
            return False
        last = self._last.get(entry.number)
        # a post may be followed by hours without a tick: what it changed is still reported, once
        if last is None or last.n_posts != entry.n_posts:
            return True
        if everything:
            return entry.n_posts >= SETTLED_POSTS
        # what was called emerging is not left at that when it falls silent
        # nor is one left that has to be read again: other posts than before, or judged by another profile
        unsettled = (entry.stage is not Stage.FADING or not entry.measured_at_posts) and entry.n_posts >= SETTLED_POSTS
        return unsettled or now_s - entry.last_seen_s < max(QUIET_S, 2 * self._settings.every_s)

    def _looks_again(self, entry: TopicEntry, everything: bool) -> bool:
        """Whether the topic has changed enough for its posts to be read again."""
        grown = entry.n_posts - entry.measured_at_posts
        if entry.number not in self._last:
            return True
        return grown >= max(2.0, GROWTH_SHARE * entry.measured_at_posts) or (everything and grown > 0)

    def _move_on(self, memory: TopicMemory, entry: TopicEntry, now_s: float) -> Measured:
        """The last look, with what is cheap brought up to date."""
        empty = np.zeros((0, 0), np.float32)
        report = msgspec.structs.replace(self._last[entry.number], **self._movement(memory, entry, now_s))
        return Measured(report, False, TopicPosts([], empty), empty, ())

    def _movement(self, memory: TopicMemory, entry: TopicEntry, now_s: float) -> dict[str, object]:
        """The cheap half: counts, momentum, stage."""
        bin_s, pulse, ledger = self._settings.bin_s, entry.pulse, memory.ledger
        momentum = pulse.momentum(now_s, bin_s, self._settings.sparkline_bins, ledger.watch.pace(now_s))
        entry.stage = stage_of(pulse.life, pulse.surge.rate.lately(now_s), now_s, entry.stage)
        window = ledger.windows.look(entry.number, entry.stage, pulse.life, now_s)
        return {
            "as_of": _moment(now_s),
            "first_seen": _moment(entry.first_seen_s),
            "last_seen": _moment(entry.last_seen_s),
            "n_posts": entry.n_posts,
            "n_copies": entry.n_copies,
            "n_authors": entry.n_authors(),
            "languages": _ranked(entry.languages),
            "sources": _ranked(entry.sources),
            "stage": entry.stage,
            "momentum": momentum,
            "bursts": pulse.burst_times(),
            "window": window,
            "solemn_days": self._today,
            "parent": None if entry.parent is None else topic_id(entry.parent),
        }

    def _look(
        self,
        memory: TopicMemory,
        entry: TopicEntry,
        posts: TopicPosts,
        kinds: PhraseKinds,
        share_in_stream: DocumentShare,
        now_s: float,
    ) -> Measured:
        """The dear half: read the posts again."""
        distinct = posts.distinct()
        before = TopicName(entry.label, entry.keywords)
        name = self._namer.name(posts.traces, share_in_stream, before, kinds=kinds)
        entry.label, entry.keywords, entry.measured_at_posts = name.label, name.keywords, entry.n_posts
        told = self._signals.read(posts, distinct, memory.recent.by_author)
        centre = distinct.embeddings.mean(axis=0) if len(distinct) else np.zeros(0, np.float32)
        subs = self._sub_topics(memory, distinct, entry.label, kinds)
        report = TopicReport(
            topic_id=topic_id(entry.number),
            label=entry.label,
            keywords=entry.keywords,
            heat=told.heat,
            division=told.division,
            poles=told.poles,
            controversy=told.controversy,
            measures=told.measures,
            mood=told.mood,
            hazards=told.hazards,
            near_hazards=told.near_hazards,
            exposure=told.exposure,
            saturation=told.saturation,
            dialogue=told.dialogue,
            creators=told.creators,
            hot_posts=told.hot_posts,
            nuances=tuple(sub.nuance for sub in subs),
            representatives=representatives(distinct, centre),
            **self._movement(memory, entry, now_s),  # type: ignore[arg-type] # one helper, two uses: fields by name
        )
        return Measured(report, True, distinct, centre, subs, posts.traces)

    def _sub_topics(
        self, memory: TopicMemory, posts: TopicPosts, label: str, kinds: PhraseKinds
    ) -> tuple[SubTopic, ...]:
        if len(posts) < MIN_TOPIC_POSTS:
            return ()
        lexical = memory.tracker.vectors.lexical.transform([trace.tokens for trace in posts.traces])
        around = _share_among(posts.traces)
        found = []
        for rows in sub_conversations(posts, lexical):
            traces = [posts.traces[i] for i in rows]
            name = self._namer.name(traces, around, around=label, kinds=kinds)
            centre = posts.embeddings[rows].mean(axis=0)
            members = TopicPosts(traces, posts.embeddings[rows])
            nuance = Nuance(
                name.label, name.keywords, len(rows) / len(posts), len(rows), representatives(members, centre)
            )
            found.append(SubTopic(nuance, centre, self._signals.hazards(traces)))
        return tuple(found)


def _share_among(traces: Sequence[PostTrace]) -> Callable[[str], float]:
    counts: Counter[str] = Counter()
    for trace in traces:
        counts.update(set(trace.tokens))
    n = max(len(traces), 1)
    return lambda word: counts[word] / n


def _ranked(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
