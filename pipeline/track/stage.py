"""From new posts to topics, in stream order: followed, assigned, counted, regrouped, deleted and revised.

Topics are measured at ticks of event time that fall between posts (:mod:`pipeline.track.tick`), not between batches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from configs.settings import ReportSettings
from ingest.sources.contract import Deletion
from pipeline.enrich.intake import Intake, ReadBy, Revision
from pipeline.store.records import StoredMove, StoredSwitch
from pipeline.topics.clustering.assignment import Choices, PostColumns
from pipeline.topics.clustering.succession import TopicChanges, TopicMerge
from pipeline.topics.memory.account_watch import account_post, response
from pipeline.topics.memory.ledger import topic_id
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.track.brand_judge import BrandJudge
from pipeline.track.precedents import PastTopics
from pipeline.track.reporter import TopicReporter
from pipeline.track.results.posts import Placement
from pipeline.track.tick import Tick
from pipeline.track.traces import trace_of
from pipeline.track.write_batch import Changes
from pipeline.types import EnrichedBatch, EnrichedPost, FloatArray, Redirect
from pipeline.types.pseudonyms import author_hash

MEASURE_ARRIVALS = 16_384
"""However slowly event time goes, topics are measured before their posts or clusters are forgotten."""


class TopicStage:
    """Follows one shard.

    Parameters
    ----------
    memory
        The shard's memory; changed by every call.
    reporter, judge, settings, n_processes, past
        As for :class:`~pipeline.track.tick.Tick`.
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
        self._book = judge.book
        self._settings = settings
        self._tick = Tick(memory, reporter, judge, settings, n_processes, past)
        self._read_by = ReadBy(memory.tracker.encoder_id)

    def follow(self, intake: Intake, changes: Changes) -> bool:
        """Take new posts and marks in stream order. True when the stream says it has ended."""
        ended = False
        start = 0
        self._read_by = ReadBy(intake.batch.encoder_id)
        for mark in intake.marks:
            if isinstance(mark.what, Revision) and not self._book.watches(mark.what.post):
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
                self.finish(changes)
                ended = True
            else:
                self._tick.advance(mark.what.at.timestamp(), changes)
        self._take(intake.batch, start, len(intake.batch.posts), changes)
        return ended

    def finish(self, changes: Changes) -> None:
        """Reports and verdicts of everything, as of the shard's clock: the stream has ended."""
        self._tick.measure(changes, everything=True)

    def _take(self, batch: EnrichedBatch, start: int, stop: int, changes: Changes) -> None:
        if len(self.memory.deleted):
            batch, start, stop = self._without_deleted(batch, start, stop, changes)
        at_s = np.array([enriched.post.event_time.timestamp() for enriched in batch.posts[start:stop]], np.float64)
        done = 0
        for i, moment_s in enumerate(at_s.tolist()):
            if self._tick.due(moment_s):
                self._assign(batch, start + done, at_s[done:i], changes)
                self._tick.advance(moment_s, changes)
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
                self._tick.measure(changes, everything=False)
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
            voices = self._book.read(enriched.post, enriched.clean_text)
            trace = trace_of(enriched, first_arrival + i, clusters[i], similarity, copies[i], voices)
            if voices.watched and voices.handle is not None:
                memory.accounts.add(voices.handle, account_post(enriched.post, clusters[i], trace.author))
            memory.ledger.count(topics[i], trace, self._settings.bin_s)
            memory.recent.append(trace, embeddings[i])
            changes.posts.add(enriched, Placement(topic_id(topics[i]), clusters[i], similarity, copies[i]))
        changes.counts["near_duplicates"] += sum(copies)

    def _regroup(self, happened: TopicChanges, changes: Changes) -> None:
        """Clusters changed topics: carry their posts over, and say which topics are gone or new."""
        memory = self.memory
        merged = {merge.old: merge.new for merge in happened.merges}
        for move in happened.moves:
            changes.posts.moves.append(StoredMove(move.cluster, topic_id(move.old), topic_id(move.new)))
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
        self._tick.forget(old)
        changes.forget_topic(old)
        if known:
            at = datetime.fromtimestamp(merge.at_s, UTC)
            changes.redirects.append(Redirect(topic_id(old), topic_id(new), at))

    def _delete(self, deletion: Deletion, changes: Changes) -> None:
        changes.counts["deletions"] += 1
        if deletion.account_id is not None:
            account = deletion.account_id
            changes.forget_author(account, self.memory.forget_author(author_hash(account)))
        if deletion.post_id is not None:
            changes.forget_posts([deletion.post_id])
            self.memory.forget_post(deletion.post_id)

    def _revise(self, revision: Revision) -> None:
        """A watched account's post found more response since."""
        post, handle = revision.post, self._book.handle_of(revision.post.author)
        if handle is not None:
            found = response(post.metrics, post.event_time, post.metrics_at)
            self.memory.accounts.revise(handle, post.post_id, found)
