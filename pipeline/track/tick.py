"""Measuring at a tick: what is due, what is usual here, the verdicts, and the topics that are over.

A tick is every so many seconds of event time, wherever that falls in a batch, so results do not depend on how the
stream was cut. The clock moves with posts and with the heartbeats in the stream, never with the wall: a replay gives
what live gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain

from configs.settings import ReportSettings
from pipeline.brand.voices.context import StreamVoices
from pipeline.store.records import StoredBackground
from pipeline.store.vector_codec import as_kept
from pipeline.topics.memory.ledger import topic_id
from pipeline.topics.memory.topic_background import LearnedBackground, TopicPlace
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.track.brand_judge import BrandJudge, Judgement
from pipeline.track.fork_join import SharedLook
from pipeline.track.precedents import PastTopics
from pipeline.track.reporter import SETTLED_POSTS, Measured, TopicReporter
from pipeline.track.results.brands import Ranking
from pipeline.track.write_batch import Changes
from pipeline.types import TopicReport

MANY_TOPICS = 512
"""Fewer are looked at here: a copy of the process costs a tenth of a second."""


class Tick:
    """Measures the topics of one shard whenever a tick is due.

    Parameters
    ----------
    memory
        The shard's memory; changed by every measurement.
    reporter, judge
        Measure topics and decide for brands.
    settings
        Tick length and bins.
    n_processes
        Processes that look at the topics of a stream that has ended, where there are very many.
    past
        The memory of finished topics; without it no precedents are looked up.
    """

    def __init__(
        self,
        memory: TopicMemory,
        reporter: TopicReporter,
        judge: BrandJudge,
        settings: ReportSettings,
        n_processes: int = 1,
        past: PastTopics | None = None,
    ) -> None:
        self._memory = memory
        self._reporter = reporter
        self._judge = judge
        self._settings = settings
        self._n_processes = n_processes
        self._past = past

    def due(self, moment_s: float) -> bool:
        """Whether event time crosses a tick with a post or heartbeat at ``moment_s``."""
        reported_s = self._memory.reported_s
        return reported_s is None or moment_s >= reported_s + self._settings.every_s

    def advance(self, moment_s: float, changes: Changes) -> None:
        """Event time reached ``moment_s``: measure at the tick it crossed, if it crossed one."""
        memory = self._memory
        if self.due(moment_s):
            tick_s = moment_s // self._settings.every_s * self._settings.every_s
            if memory.clock_s is not None:
                memory.clock_s = max(memory.clock_s, tick_s)
                self.measure(changes, everything=False)
            memory.reported_s = tick_s
        memory.clock_s = moment_s if memory.clock_s is None else max(memory.clock_s, moment_s)

    def measure(self, changes: Changes, *, everything: bool) -> None:
        """Reports and verdicts as of the shard's clock; nothing before the first post."""
        memory = self._memory
        moment = (memory.clock_s, memory.tracker.n_arrivals)
        if memory.clock_s is None or (everything and memory.measured_all == moment):
            return  # nothing happened since: an end mark that is delivered twice changes nothing
        memory.measured_all = moment if everything else None
        as_of = datetime.fromtimestamp(memory.clock_s, UTC)
        reports, judgement = self._look(memory.clock_s, changes, everything=everything)
        if self._past is not None:
            reports = self._past.look(reports, judgement.centres, judgement.verdicts)
        changes.reports.update({report.topic_id: report for report in reports})
        for verdict in judgement.verdicts:
            changes.verdicts.take(verdict)
        changes.alerts.extend(judgement.alerts)
        changes.centres.update({centres.topic_id: centres for centres in judgement.centres})
        changes.markets.take(self._judge.markets(memory.accounts, memory.clock_s))
        self._end_lives()
        self._retire()
        brands = [profile.id for profile in self._judge.profiles]
        changes.rankings.take(Ranking(as_of, {brand: self._judge.ranked(brand) for brand in brands}))

    def forget(self, number: int) -> None:
        """A topic is part of another one now, or over: nothing is measured against it any more."""
        self._reporter.forget(number)
        self._judge.forget(topic_id(number))
        self._memory.background.forget(topic_id(number))
        if self._past is not None:
            self._past.forget(topic_id(number))

    def _look(self, now_s: float, changes: Changes, *, everything: bool) -> tuple[list[TopicReport], Judgement]:
        """Measure the topics that are due, learn what is usual here, judge them; in the order of the ledger."""
        memory, as_of = self._memory, datetime.fromtimestamp(now_s, UTC)
        due = self._reporter.due(memory, now_s, everything=everything)
        place = {topic_id(entry.number): i for i, entry in enumerate(due)}

        def measure(share: int, n_shares: int) -> list[Measured]:
            return self._reporter.measure(memory, due[share::n_shares], now_s, everything=everything)

        def learn(told: Sequence[list[TopicPlace]]) -> LearnedBackground | None:
            # the largest are learned last
            memory.background.take(sorted(chain(*told), key=lambda topic: (topic.n_posts, place[topic.topic])))
            learned = memory.background.learn(at_once=everything)
            if learned is not None:
                changes.backgrounds.append(_stored_background(learned, as_of, self._judge.encoder_id))
            return learned

        def decide(measured: list[Measured], learned: LearnedBackground | None) -> tuple[list[TopicReport], Judgement]:
            if learned is not None:
                self._judge.learn_background(learned.centres, learned.number)
            return [topic.report for topic in measured], self._judge.judge(
                measured, as_of, final=everything, stream=StreamVoices(memory.accounts, memory.recent.voices)
            )

        n_shares = self._n_processes if everything and len(due) >= MANY_TOPICS else 1
        found = SharedLook(measure, _settled, learn, decide).run(n_shares)
        for reports, judgement in found[1:]:
            self._reporter.remember(reports)
            self._judge.remember(judgement.verdicts, reports)
        reports = [report for some, _ in found for report in some]
        judgement = Judgement.joined([judgement for _, judgement in found], place)
        return sorted(reports, key=lambda report: place[report.topic_id]), judgement

    def _retire(self) -> None:
        """Topics that expired take no more posts; their last report stays in the store."""
        live = set(self._memory.tracker.live_topics().tolist())
        gone = [entry.number for entry in self._memory.ledger if entry.number not in live]
        self._memory.ledger.retire(gone)
        if self._past is not None:
            self._past.finish([topic_id(number) for number in gone])
        for number in gone:
            self.forget(number)

    def _end_lives(self) -> None:
        """Topics that fell for good teach how long topics last."""
        ledger, now_s = self._memory.ledger, self._memory.clock_s or 0.0
        for entry in ledger:
            life = entry.pulse.life
            if life.worth_until_s is not None and life.over(now_s):
                ledger.windows.finish(entry.number, life.worth_until_s)
                entry.pulse.end_life()


def _settled(measured: Sequence[Measured]) -> list[TopicPlace]:
    """The topics that were looked at now; a few posts are no background for a topic."""
    return [
        TopicPlace(topic.report.topic_id, topic.report.n_posts, as_kept(topic.centre))
        for topic in measured
        if topic.fresh and topic.report.n_posts >= SETTLED_POSTS
    ]


def _stored_background(learned: LearnedBackground, as_of: datetime, encoder_id: str) -> StoredBackground:
    entries, centres = learned.members[learned.brought], learned.centres[learned.brought]
    return StoredBackground(learned.number, as_of, encoder_id, learned.members, entries, centres)
