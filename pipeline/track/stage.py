"""From new posts to topics, reports and verdicts, on event time.

Topics are measured whenever event time crosses a tick, wherever that falls in a batch, so
results do not depend on how the stream was cut. The clock moves with posts and with the
heartbeats in the stream, never with the wall: a replay gives what live gave.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from configs.settings import ReportSettings
from ingest.sources.contract import Deletion
from pipeline.brand.voices.context import StreamVoices
from pipeline.enrich.intake import Intake, ReadBy, Revision
from pipeline.store.archive_contract import StoredBackground, as_kept
from pipeline.store.contract import StoredMove, StoredSwitch
from pipeline.topics.clustering.assignment import Choices, PostColumns
from pipeline.topics.clustering.succession import TopicChanges, TopicMerge
from pipeline.topics.memory.account_watch import account_post, response
from pipeline.topics.memory.ledger import topic_id
from pipeline.topics.memory.topic_background import LearnedBackground, TopicPlace
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.track.brand_judge import BrandJudge, Judgement
from pipeline.track.fork_join import SharedLook
from pipeline.track.precedents import PastTopics
from pipeline.track.reporter import SETTLED_POSTS, Measured, TopicReporter
from pipeline.track.traces import trace_of
from pipeline.track.write_batch import Changes, Placement, Ranking, stored
from pipeline.types import EnrichedBatch, EnrichedPost, FloatArray, Redirect, TopicReport
from pipeline.types.pseudonyms import author_hash

MANY_TOPICS = 512
"""Fewer are looked at here: a copy of the process costs a tenth of a second."""

MEASURE_ARRIVALS = 16_384
"""However slowly event time goes, topics are measured before their posts or clusters are forgotten."""


class TopicStage:
    """Follows one shard.

    Parameters
    ----------
    memory
        The shard's memory; changed by every call.
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
        self.memory = memory
        self._reporter = reporter
        self._judge = judge
        self._settings = settings
        self._n_processes = n_processes
        self._past = past
        self._read_by = ReadBy(memory.tracker.encoder_id)

    def follow(self, intake: Intake, changes: Changes) -> bool:
        """Take new posts and marks in stream order. True when the stream says it has ended."""
        ended = False
        start = 0
        self._read_by = ReadBy(intake.batch.encoder_id)
        for mark in intake.marks:
            if isinstance(mark.what, Revision) and not self._judge.book.watches(mark.what.post):
                continue  # nearly all of them: the batch is not cut for what nobody asks
            self._take(intake.batch, start, mark.after, changes)
            start = mark.after
            if isinstance(mark.what, ReadBy):
                self._read_by = mark.what
            elif isinstance(mark.what, Revision):
                self._revise(mark.what)
            elif isinstance(mark.what, Deletion):
                self._delete(mark.what, changes)
            elif mark.what.end:
                self.measure(changes, everything=True)
                ended = True
            else:
                self._advance_clock(mark.what.at.timestamp(), changes)
        self._take(intake.batch, start, len(intake.batch.posts), changes)
        return ended

    def measure(self, changes: Changes, *, everything: bool) -> None:
        """Reports and verdicts as of the shard's clock; nothing before the first post."""
        memory = self.memory
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
            changes.decided(verdict)
        changes.alerts.extend(judgement.alerts)
        changes.centres.update({centres.topic_id: centres for centres in judgement.centres})
        changes.markets = self._judge.markets(memory.accounts, memory.clock_s) or changes.markets
        self._end_lives()
        self._retire()
        brands = [profile.id for profile in self._judge.profiles]
        changes.ranked(Ranking(as_of, {brand: self._judge.ranked(brand) for brand in brands}))

    def _look(self, now_s: float, changes: Changes, *, everything: bool) -> tuple[list[TopicReport], Judgement]:
        """Measure the topics that are due, learn what is usual here, judge them; in the order of the ledger."""
        memory, as_of = self.memory, datetime.fromtimestamp(now_s, UTC)
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

    def _take(self, batch: EnrichedBatch, start: int, stop: int, changes: Changes) -> None:
        if len(self.memory.deleted):
            batch, start, stop = self._without_deleted(batch, start, stop, changes)
        at_s = np.array([enriched.post.event_time.timestamp() for enriched in batch.posts[start:stop]], np.float64)
        done = 0
        for i, moment_s in enumerate(at_s.tolist()):
            if self._tick_due(moment_s):
                self._assign(batch, start + done, at_s[done:i], changes)
                self._advance_clock(moment_s, changes)
                done = i
        self._assign(batch, start + done, at_s[done:], changes)

    def _without_deleted(
        self, batch: EnrichedBatch, start: int, stop: int, changes: Changes
    ) -> tuple[EnrichedBatch, int, int]:
        """Posts that were deleted earlier and are delivered again stay deleted."""
        deleted = self.memory.deleted
        rows = []
        for row in range(start, stop):
            post = batch.posts[row].post
            author = None if post.author is None else author_hash(post.author.id)
            if not deleted.covers(post.post_id, author, post.event_time.timestamp()):
                rows.append(row)
        changes.counts["duplicates"] += stop - start - len(rows)
        kept = EnrichedBatch(tuple(batch.posts[row] for row in rows), batch.embeddings[rows], batch.encoder_id)
        return kept, 0, len(rows)

    def _tick_due(self, moment_s: float) -> bool:
        reported_s = self.memory.reported_s
        return reported_s is None or moment_s >= reported_s + self._settings.every_s

    def _advance_clock(self, moment_s: float, changes: Changes) -> None:
        """Event time reached ``moment_s``: measure at the tick it crossed, if it crossed one."""
        memory = self.memory
        if self._tick_due(moment_s):
            tick_s = moment_s // self._settings.every_s * self._settings.every_s
            if memory.clock_s is not None:
                memory.clock_s = max(memory.clock_s, tick_s)
                self.measure(changes, everything=False)
            memory.reported_s = tick_s
        memory.clock_s = moment_s if memory.clock_s is None else max(memory.clock_s, moment_s)

    def _assign(self, batch: EnrichedBatch, start: int, at_s: NDArray[np.float64], changes: Changes) -> None:
        if not len(at_s):
            return
        memory = self.memory
        self._follow_encoder(float(at_s[0]), changes)
        posts = batch.posts[start : start + len(at_s)]
        embeddings = batch.embeddings[start : start + len(at_s)]
        hashes = np.array([enriched.text_hash for enriched in posts], np.int64)
        columns = PostColumns([enriched.tokens for enriched in posts], embeddings, at_s, hashes)
        done = 0
        for choices in memory.tracker.follow(columns):
            here = slice(done, done + len(choices))
            self._count(posts[here], memory.tracker.vectors.carried(embeddings[here]), choices, changes)
            self._regroup(choices.changes, changes)
            done += len(choices)
            if done and memory.tracker.n_arrivals % MEASURE_ARRIVALS == 0:
                memory.clock_s = max(memory.clock_s or float(at_s[0]), float(at_s[:done].max()))
                self.measure(changes, everything=False)
        changes.counts["accepted"] += len(posts)
        changes.counts["times_clamped"] += sum(enriched.post.time_flag is not None for enriched in posts)
        memory.clock_s = max(memory.clock_s or float(at_s[0]), float(at_s.max()))

    def _follow_encoder(self, at_s: float, changes: Changes) -> None:
        """The post at ``at_s`` is the first of another encoder: its thresholds hold from here on, and it is recorded.

        Asked with a post in hand, not with the mark: what was read twice, and dropped, changes nothing.
        """
        tracker, read_by = self.memory.tracker, self._read_by
        if read_by.encoder_id != tracker.encoder_id:
            at = datetime.fromtimestamp(at_s, UTC)
            switch = StoredSwitch(at, tracker.encoder_id, read_by.encoder_id, read_by.code, read_by.reason)
            tracker.read_by(read_by.encoder_id)
            changes.switches.append(switch)

    def _count(self, posts: Sequence[EnrichedPost], embeddings: FloatArray, choices: Choices, changes: Changes) -> None:
        """Take posts into the books of the topics they were assigned to."""
        memory = self.memory
        first_arrival = memory.tracker.n_arrivals - len(posts)
        topics, clusters = choices.topic.tolist(), choices.cluster.tolist()
        similarities, copies = choices.similarity.tolist(), choices.is_copy.tolist()
        for i, enriched in enumerate(posts):
            similarity = None if math.isnan(similarities[i]) else similarities[i]
            voices = self._judge.book.read(enriched.post, enriched.clean_text)
            trace = trace_of(enriched, first_arrival + i, clusters[i], similarity, copies[i], voices)
            if voices.watched and voices.handle is not None:
                memory.accounts.add(voices.handle, account_post(enriched.post, clusters[i], trace.author))
            memory.ledger.count(topics[i], trace, self._settings.bin_s)
            memory.recent.append(trace, embeddings[i])
            newest = changes.revised.get(trace.post_id, enriched)
            place = Placement(topic_id(topics[i]), clusters[i], similarity, copies[i])
            changes.posts[trace.post_id] = stored(newest, place)
        changes.counts["near_duplicates"] += sum(copies)

    def _regroup(self, happened: TopicChanges, changes: Changes) -> None:
        """Clusters changed topics: carry their posts over, and say which topics are gone or new."""
        memory = self.memory
        merged = {merge.old: merge.new for merge in happened.merges}
        for move in happened.moves:
            changes.moves.append(StoredMove(move.cluster, topic_id(move.old), topic_id(move.new)))
            if merged.get(move.old) != move.new:  # else all that is left of the old topic goes there, below
                traces = memory.recent.traces_of(move.cluster)
                memory.ledger.move(traces, move.n_posts, move.old, move.new, self._settings.bin_s)
        for merge in happened.merges:
            self._merge(merge, changes)
        for split in happened.splits:
            memory.ledger.split(split.child, split.parent)

    def _merge(self, merge: TopicMerge, changes: Changes) -> None:
        old, new = merge.old, merge.new
        known = self.memory.ledger.n_posts(old) > 1  # nobody ever saw a topic of one post
        self.memory.ledger.merge(old, new)
        self._forget(old)
        changes.forget_topic(old)
        if known:
            at = datetime.fromtimestamp(merge.at_s, UTC)
            changes.redirects.append(Redirect(topic_id(old), topic_id(new), at))

    def _delete(self, deletion: Deletion, changes: Changes) -> None:
        changes.counts["deletions"] += 1
        if deletion.account_id is not None:
            account = deletion.account_id
            changes.deleted_authors.append(account)
            changes.quote_no_more(self.memory.forget_author(author_hash(account)))
            changes.posts = {key: post for key, post in changes.posts.items() if post.author_id != account}
        if deletion.post_id is not None:
            changes.deleted_posts.append(deletion.post_id)
            self.memory.forget_post(deletion.post_id)
            changes.quote_no_more([deletion.post_id])
            changes.posts.pop(deletion.post_id, None)

    def _revise(self, revision: Revision) -> None:
        """A watched account's post found more response since."""
        post, handle = revision.post, self._judge.book.handle_of(revision.post.author)
        if handle is not None:
            found = response(post.metrics, post.event_time, post.metrics_at)
            self.memory.accounts.revise(handle, post.post_id, found)

    def _retire(self) -> None:
        """Topics that expired take no more posts; their last report stays in the store."""
        live = set(self.memory.tracker.live_topics().tolist())
        gone = [entry.number for entry in self.memory.ledger if entry.number not in live]
        self.memory.ledger.retire(gone)
        if self._past is not None:
            self._past.finish([topic_id(number) for number in gone])
        for number in gone:
            self._forget(number)

    def _end_lives(self) -> None:
        """Topics that fell for good teach how long topics last."""
        ledger, now_s = self.memory.ledger, self.memory.clock_s or 0.0
        for entry in ledger:
            life = entry.pulse.life
            if life.worth_until_s is not None and life.over(now_s):
                ledger.windows.finish(entry.number, life.worth_until_s)
                entry.pulse.end_life()

    def _forget(self, number: int) -> None:
        self._reporter.forget(number)
        self._judge.forget(topic_id(number))
        self.memory.background.forget(topic_id(number))
        if self._past is not None:
            self._past.forget(topic_id(number))


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
