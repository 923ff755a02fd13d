"""The collector: from one source to ``posts.v1``, at least once and nothing lost.

The order of one batch is the whole guarantee: posts and deletions, dead letters, then
the position. Only when the streams have acknowledged a batch does the position move past
it, so a crash at any point repeats at most one batch; readers drop repeated revisions.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from threading import Event

import msgspec

from configs.errors import BadRecord, RetryableError, SourceUnavailable
from ingest.cursor_log import Cursor, CursorLog
from ingest.dead_letters import encode_dead_letter
from ingest.post import Post
from ingest.sources.contract import DeadLetter, Source, SourceBatch
from ingest.streams.contract import OutRecord, StreamWriter
from ingest.streams.offsets import check_size
from ingest.wire import Heartbeat, encode_deletion, encode_heartbeat, encode_post

log = logging.getLogger(__name__)

_PAUSE_MIN_S, _PAUSE_MAX_S = 1.0, 60.0
_STOP_CHECK_S = 1.0  # a long pause notices a stop this often


class Collected(msgspec.Struct, frozen=True):
    """What was acknowledged by the streams since this collector was made."""

    posts: int = 0
    deletions: int = 0
    dead_letters: int = 0

    def __add__(self, other: Collected) -> Collected:
        return Collected(
            self.posts + other.posts, self.deletions + other.deletions, self.dead_letters + other.dead_letters
        )


class Collector:
    """Moves one source's batches to the streams; the caller closes writers and cursor log.

    Parameters
    ----------
    source
        Where posts come from.
    posts, dead_letters
        Writers of ``posts.v1`` and ``posts.dlq.v1``.
    cursor
        Where this source's position is kept.
    clock
        Aware UTC; stamps ``ingested_at``, dead letters and heartbeats of a live source.
    heartbeat_s
        Silence on ``posts.v1`` after which an empty batch becomes a heartbeat.
    sleep
        The wait after a retryable error.
    """

    def __init__(
        self,
        source: Source,
        posts: StreamWriter,
        dead_letters: StreamWriter,
        cursor: CursorLog,
        clock: Callable[[], datetime],
        heartbeat_s: float,
        *,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._source = source
        self._posts = posts
        self._dead_letters = dead_letters
        self._cursor = cursor
        self._clock = clock
        self._heartbeat = timedelta(seconds=heartbeat_s)
        self._sleep = sleep
        self._batches: Iterator[SourceBatch] | None = None
        self._reached: Cursor | None = None
        self._todo: deque[Callable[[], None]] = deque()
        self._wrote_at = clock()
        self._done = False
        self.collected = Collected()

    def run(self, stop: Event) -> Collected:
        """Step until the source ends or ``stop`` is set; wait out what is retryable.

        Raises
        ------
        FatalError, UsageError
            From source or cursor log: waiting would not help.
        """
        pause_s = _PAUSE_MIN_S
        try:
            while not stop.is_set():
                try:
                    if not self.step():
                        break
                    pause_s = _PAUSE_MIN_S
                except RetryableError as error:
                    wait_s = pause_s if error.retry_after_s is None else error.retry_after_s
                    log.warning(
                        "collect_paused",
                        extra={"source": self._source.name, "error": type(error).__name__, "wait_s": wait_s},
                    )
                    self._wait(wait_s, stop)
                    pause_s = min(pause_s * 2, _PAUSE_MAX_S)
        finally:
            self._close_batches()
        return self.collected

    def step(self) -> bool:
        """Deliver one batch; false once a finite source is done.

        What a failed step left undone is kept and done first by the next one, so a source
        that cannot go back loses nothing while a stream is away.

        Raises
        ------
        RetryableError
            Call again later.
        """
        if self._done:
            return False
        if not self._todo:
            self._plan(self._read())
        while self._todo:
            self._todo[0]()
            self._todo.popleft()
        return not self._done

    def _read(self) -> SourceBatch:
        if self._reached is None:
            self._reached = self._cursor.load()
        if self._batches is None:
            self._batches = self._source.fetch(self._reached.position)
        try:
            batch = next(self._batches, None)
        except BaseException:
            self._batches = None  # a generator that raised is over: fetch again
            raise
        if batch is None:
            self._batches = None
            raise SourceUnavailable(f"{self._source.name} stopped without reaching an end")
        return batch

    def _plan(self, batch: SourceBatch) -> None:
        """Line up what this batch needs, in the order that loses nothing."""
        before = self._reached or Cursor()
        now = self._clock()
        encoded = encode_batch(batch, self._source.name, now)
        event_times = [post.event_time for post in encoded.posts]
        if before.event_time is not None:
            event_times.append(before.event_time)
        reached = Cursor(batch.position, batch.end, max(event_times, default=None))

        something = bool(encoded.records or encoded.letters)
        if encoded.records:
            self._todo.append(partial(self._append_posts, encoded))
        if encoded.letters:
            self._todo.append(partial(self._append_letters, [encode_dead_letter(one, now) for one in encoded.letters]))
        if batch.end:
            # An archive ends at its own last post, not at the hour it happens to be read. A run
            # over a source that had ended and has nothing new announces nothing.
            if something or not before.ended:
                self._todo.append(partial(self._beat, Heartbeat(reached.event_time or now, end=True)))
        elif not something and now - self._wrote_at >= self._heartbeat:
            self._todo.append(partial(self._beat, Heartbeat(now)))
        self._todo.append(partial(self._move, reached))

    def _append_posts(self, encoded: EncodedBatch) -> None:
        self._posts.append(encoded.records)
        self._wrote_at = self._clock()
        posts = len(encoded.posts)
        self.collected += Collected(posts=posts, deletions=len(encoded.records) - posts)

    def _append_letters(self, records: Sequence[OutRecord]) -> None:
        self._dead_letters.append(records)
        self.collected += Collected(dead_letters=len(records))

    def _beat(self, heartbeat: Heartbeat) -> None:
        self._posts.append([encode_heartbeat(heartbeat)])
        self._wrote_at = self._clock()

    def _move(self, reached: Cursor) -> None:
        if reached != self._reached:
            self._cursor.save(reached)
            self._reached = reached
        self._done = reached.ended

    def _wait(self, wait_s: float, stop: Event) -> None:
        while wait_s > 0 and not stop.is_set():
            self._sleep(min(wait_s, _STOP_CHECK_S))
            wait_s -= _STOP_CHECK_S

    def _close_batches(self) -> None:
        close = getattr(self._batches, "close", None)  # generators have it, plain iterators need not
        if close is not None:
            close()
        self._batches = None


class EncodedBatch(msgspec.Struct, frozen=True):
    """A batch as records, posts first; ``posts`` are those that became a record, in order."""

    records: tuple[OutRecord, ...]
    posts: tuple[Post, ...]
    letters: tuple[DeadLetter, ...]


def encode_batch(batch: SourceBatch, source: str, ingested_at: datetime | None) -> EncodedBatch:
    """Records of a batch's posts, then of its deletions; what no stream takes joins the dead letters.

    Parameters
    ----------
    batch
        As the source gave it.
    source
        Name for the dead letters.
    ingested_at
        Stamped on posts whose source did not; ``None`` leaves posts as they are. Nothing
        downstream computes with it, so a replay stays comparable.
    """
    records: list[OutRecord] = []
    posts: list[Post] = []
    letters = list(batch.dead_letters)

    def add(encode: Callable[[], OutRecord], where: str) -> bool:
        try:
            record = encode()
            check_size(record)
        except BadRecord as bad:
            # The id itself may be what has no UTF-8 form.
            letters.append(DeadLetter(source, bad.reason, bad.detail, where.encode("utf-8", "replace").decode(), b""))
            return False
        records.append(record)
        return True

    for post in batch.posts:
        if post.ingested_at is None and ingested_at is not None:
            post = msgspec.structs.replace(post, ingested_at=ingested_at)
        if add(partial(encode_post, post), post.post_id):
            posts.append(post)
    for deletion in batch.deletions:
        add(partial(encode_deletion, deletion), deletion.post_id or f"account:{deletion.account_id}")
    return EncodedBatch(tuple(records), tuple(posts), tuple(letters))
