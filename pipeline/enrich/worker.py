"""The stateless stage as its own process: ``posts.v1`` → ``enriched.v1``.

It has no store, so its position is the group's acknowledged offset, moved only after the
output is durable. A crash in between writes a batch twice; the owner of the shard drops
revisions that it knows. Deletions and heartbeats pass through in order.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from threading import Event

from configs.errors import RetryableError
from ingest.dead_letters import encode_dead_letter
from ingest.sources.contract import Deletion
from ingest.streams.contract import OutRecord, StreamReader, StreamWriter
from ingest.wire import encode_deletion, encode_heartbeat
from pipeline.enrich.intake import Intake, ReadBy, RecordIntake, Revision
from pipeline.enrich.wire import encode_enriched

log = logging.getLogger("trendsieve.enrich")

RETRY_S = 1.0


class EnrichWorker:
    """One member of the enrich group.

    Parameters
    ----------
    reader, writer, dead_letters
        ``posts.v1``, ``enriched.v1``, ``posts.dlq.v1``; closed with the worker.
    intake
        Decodes and enriches.
    shard
        Key of everything written, so that one owner gets it in order.
    """

    def __init__(
        self,
        reader: StreamReader,
        writer: StreamWriter,
        dead_letters: StreamWriter,
        intake: RecordIntake,
        shard: str,
        batch_posts: int,
        clock: Callable[[], datetime],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._dead_letters = dead_letters
        self._intake = intake
        self._shard = shard
        self._batch_posts = batch_posts
        self._clock = clock
        self._resumed = False

    def run(self, stop: Event) -> None:
        """Step until told to stop; wait out what is retryable."""
        while not stop.is_set():
            try:
                self.step()
            except RetryableError as error:
                wait_s = error.retry_after_s or RETRY_S
                log.warning("enrich paused", extra={"error": type(error).__name__, "retry_in_s": wait_s})
                self._resumed = False
                stop.wait(wait_s)

    def step(self, timeout_s: float = 1.0) -> int:
        """One batch: read → enrich → write → acknowledge. Returns the records read."""
        if not self._resumed:
            self._reader.resume()
            self._resumed = True
        batch = self._reader.poll(self._batch_posts, timeout_s)
        if not batch.records:
            return 0
        intake = self._intake.read(batch.records)
        if intake.dead_letters:
            self._dead_letters.append([encode_dead_letter(letter, self._clock()) for letter in intake.dead_letters])
        self._writer.append(self._in_order(intake))
        self._reader.acknowledge(batch.position)
        return len(batch.records)

    def close(self) -> None:
        """Leave the group and close the writers; idempotent."""
        self._reader.close()
        self._writer.close()
        self._dead_letters.close()

    def _in_order(self, intake: Intake) -> list[OutRecord]:
        posts = encode_enriched(intake.batch, self._shard)
        records: list[OutRecord] = []
        start = 0
        for mark in intake.marks:
            if isinstance(mark.what, ReadBy | Revision):
                continue  # every record of a post names its encoder; revisions are told apart further on
            records += posts[start : mark.after]
            start = mark.after
            record = encode_deletion(mark.what) if isinstance(mark.what, Deletion) else encode_heartbeat(mark.what)
            records.append(OutRecord(self._shard, record.value, record.headers))
        return records + posts[start:]
