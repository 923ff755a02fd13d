"""The loop of one shard: read a batch, understand it, follow its topics, commit all of it at once.

Everything a step computes, the state it leaves and the position it reached go into one
store transaction; only then the stream is acknowledged. After any failure the memory is
dropped and reloaded, so results are exactly once however often the process dies.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from configs.errors import FatalError, RetryableError, StateMismatch
from configs.settings import Settings
from ingest.dead_letters import encode_dead_letter
from ingest.position import START, Position
from ingest.streams.contract import StreamReader, StreamWriter
from pipeline.enrich.intake import Intake, RecordIntake
from pipeline.store.contract import Store
from pipeline.topics.memory.ledger import topic_id
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.track.deduplicate import deduplicate
from pipeline.track.precedents import KEPT_FROM as PAST_FROM
from pipeline.track.precedents import PastTopics
from pipeline.track.profile_reload import Judges
from pipeline.track.reporter import TopicReporter
from pipeline.track.results.posts import Placement
from pipeline.track.stage import TopicStage
from pipeline.track.write_batch import Changes

log = logging.getLogger("trendsieve.worker")

RETRY_S = 1.0
SINCE_EVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Tools:
    """What a worker works with; built in ``wiring``.

    ``fresh_memory`` makes an empty memory of the right dimension; ``encoder_id`` and
    ``dimension`` guard the stored state.
    """

    reader: StreamReader
    dead_letters: StreamWriter
    intake: RecordIntake
    store: Store
    reporter: TopicReporter
    judges: Judges
    fresh_memory: Callable[[], TopicMemory]
    encoder_id: str
    dimension: int
    clock: Callable[[], datetime]
    past: PastTopics | None = None


@dataclass(frozen=True)
class StepResult:
    """What one step did: records read, posts accepted, whether a finite stream has ended."""

    n_records: int
    n_posts: int
    ended: bool


class Worker:
    """Owns one shard.

    Parameters
    ----------
    settings
        Shard name, batch size, tick length.
    tools
        Everything else.
    """

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._settings = settings
        self._tools = tools
        self._stage: TopicStage | None = None
        self._position = START

    def run(self, stop: Event, *, until_end: bool = False, on_step: Callable[[StepResult], None] | None = None) -> None:
        """Step until told to stop or, with ``until_end``, until the stream says it has ended.

        Raises
        ------
        StateMismatch
            The stored state cannot be used with these settings; waiting would not help.
        """
        while not stop.is_set():
            try:
                result = self.step()
            except StateMismatch:
                raise
            except (RetryableError, FatalError) as error:
                wait_s = getattr(error, "retry_after_s", None) or RETRY_S
                log.warning("step failed, reloading", extra={"error": type(error).__name__, "retry_in_s": wait_s})
                stop.wait(wait_s)
                continue
            if on_step is not None:
                on_step(result)
            if until_end and result.ended:
                return

    def step(self, timeout_s: float = 1.0) -> StepResult:
        """One batch through all stages.

        Raises
        ------
        RetryableError, FatalError
            Nothing was committed; the next step reloads and reads the same batch again.
        """
        tools = self._tools
        if self._stage is not None and tools.judges.outdated():
            log.info("newer brand profiles are in force", extra={"shard": self._settings.shard})
            self._stage = None
        stage = self._loaded()
        changes = Changes()
        try:
            batch = tools.reader.poll(self._settings.ingest.batch_posts, timeout_s)
            if not batch.records:
                return StepResult(0, 0, False)
            intake = tools.intake.read(batch.records)  # decode → clean → language → embed → signals → hazards
            fresh = deduplicate(intake, tools.store.known_revisions, self._placements, changes)
            ended = stage.follow(fresh, changes)  # topics → momentum → heat → hazards → fit → verdict → alert
            self._write_dead_letters(intake, changes)
            self._commit(stage, changes, batch.position)
        except BaseException:
            self._stage = None  # half-changed, or read past: the next step starts from what is stored
            raise
        tools.reader.acknowledge(batch.position)
        return StepResult(len(batch.records), changes.counts["accepted"], ended)

    def close(self) -> None:
        """Leave the stream; idempotent. The store belongs to the caller."""
        self._tools.reader.close()
        self._tools.dead_letters.close()

    def _loaded(self) -> TopicStage:
        """The shard as stored, read once and after every failure."""
        if self._stage is not None:
            return self._stage
        tools, shard = self._tools, self._settings.shard
        memory = tools.fresh_memory()
        # position first: read after the state, it could belong to a newer one and let a stale owner commit
        self._position = tools.store.position(shard)
        snapshot = tools.store.load_state(shard)
        if snapshot is not None:
            memory.restore(snapshot, tools.encoder_id, tools.dimension)
        known = {topic_id(entry.number) for entry in memory.ledger}
        reports = [report for report in tools.store.reports() if report.topic_id in known]
        tools.reporter.restore(reports)
        judge = tools.judges.current()
        judge.restore([v for report in reports for v in tools.store.verdicts(report.topic_id)], reports)
        judge.learn_background(memory.background.learned(), memory.background.number or None)
        memory.look_again(judge.unjudged())
        tools.reader.seek(self._position)
        if tools.past is not None:
            archive = tools.store.archive(SINCE_EVER, PAST_FROM)
            tools.past.restore((topic for topic in archive if topic.shard == shard), frozenset(known))
        self._stage = TopicStage(memory, tools.reporter, judge, self._settings.report, past=tools.past)
        return self._stage

    def _placements(self, post_ids: Sequence[str]) -> dict[str, Placement]:
        known = self._tools.store.posts_by_id(post_ids)
        return {post.post_id: Placement(post.topic_id, post.cluster, post.similarity, post.is_copy) for post in known}

    def _write_dead_letters(self, intake: Intake, changes: Changes) -> None:
        letters = intake.dead_letters
        changes.counts["dead_letters"] += len(letters)
        if letters:
            # before the commit: a crash in between writes a letter twice (same key), never loses one
            self._tools.dead_letters.append([encode_dead_letter(letter, self._tools.clock()) for letter in letters])

    def _commit(self, stage: TopicStage, changes: Changes, position: Position) -> None:
        tools, shard, memory = self._tools, self._settings.shard, stage.memory
        with tools.store.transaction() as tx:
            tx.advance(shard, expected=self._position, to=position)
            tx.save_state(shard, memory.snapshot(tools.encoder_id, tools.dimension))
            changes.save(tx, shard)
        self._position = position
        for switch in changes.switches:
            facts = {"shard": shard, "code": switch.code}
            log.warning("encoder %s took over from %s", switch.to_encoder, switch.from_encoder, extra=facts)
