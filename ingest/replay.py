"""Play an archive into a stream in compressed time, with the event times it always had."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from configs.errors import UsageError
from ingest.collect import encode_batch
from ingest.dead_letters import encode_dead_letter
from ingest.position import START, Position
from ingest.post import Post
from ingest.sources.contract import Source, SourceBatch
from ingest.streams.contract import StreamWriter
from ingest.wire import Heartbeat, encode_heartbeat


class Progress(msgspec.Struct, frozen=True):
    """How far a replay is.

    ``posts`` and ``dead_letters`` are on the streams; ``event_time`` is the latest of
    those posts (``None`` before the first); resuming from ``position`` loses nothing and
    repeats at most the batch being played.
    """

    posts: int
    dead_letters: int
    event_time: datetime | None
    position: Position


def replay(
    source: Source,
    posts: StreamWriter,
    speed: float | None,
    clock: Callable[[], datetime],
    sleep: Callable[[float], object],
    *,
    position: Position = START,
    dead_letters: StreamWriter | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> Progress:
    """Append every post when its moment has come, then announce the end.

    Parameters
    ----------
    source
        A finite source.
    posts
        Writer of the stream to play into.
    speed
        Event seconds per second: 60 plays an hour in a minute. ``None`` waits for nothing.
    clock, sleep
        Aware UTC now, and the wait between posts.
    position
        Where to resume; time starts at the first post after it.
    dead_letters
        Writer for what was unusable; ``None`` only counts it.
    progress
        Called after every append to ``posts`` and after every batch.

    Raises
    ------
    UsageError
        ``speed`` is not positive.
    RetryableError
        From source or stream; resume from the last reported position.
    """
    if speed is not None and not speed > 0:
        raise UsageError(f"the replay speed must be positive, not {speed}; 60 plays an hour in a minute")
    player = _Player(posts, dead_letters, speed, clock, sleep, position, progress)
    for batch in source.fetch(position):
        player.play(batch, source.name)
        if batch.end:
            break
    end = player.so_far.event_time or clock()
    posts.append([encode_heartbeat(Heartbeat(end, end=True))])
    return player.so_far


class _Player:
    def __init__(
        self,
        posts: StreamWriter,
        dead_letters: StreamWriter | None,
        speed: float | None,
        clock: Callable[[], datetime],
        sleep: Callable[[float], object],
        position: Position,
        progress: Callable[[Progress], object] | None,
    ) -> None:
        self._posts = posts
        self._dead_letters = dead_letters
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._progress = progress
        self._started: tuple[datetime, datetime] | None = None  # (event time, wall clock) of the first post
        self.so_far = Progress(0, 0, None, position)

    def play(self, batch: SourceBatch, source: str) -> None:
        due: list[Post] = []
        for post in batch.posts:
            wait_s = self._wait_s(post.event_time)
            if wait_s > 0:
                self._append(SourceBatch(tuple(due), self.so_far.position), source)
                due = []
                self._sleep(wait_s)
            due.append(post)
        self._append(msgspec.structs.replace(batch, posts=tuple(due)), source)

    def _wait_s(self, event_time: datetime) -> float:
        if self._speed is None:
            return 0.0
        now = self._clock()
        if self._started is None:
            self._started = (event_time, now)
        first_event, first_now = self._started
        return (event_time - first_event).total_seconds() / self._speed - (now - first_now).total_seconds()

    def _append(self, batch: SourceBatch, source: str) -> None:
        encoded = encode_batch(batch, source, ingested_at=None)
        if encoded.records:
            self._posts.append(encoded.records)
        if encoded.letters and self._dead_letters is not None:
            now = self._clock()
            self._dead_letters.append([encode_dead_letter(letter, now) for letter in encoded.letters])
        self.so_far = Progress(
            self.so_far.posts + len(encoded.posts),
            self.so_far.dead_letters + len(encoded.letters),
            _latest(encoded.posts, self.so_far.event_time),
            batch.position,
        )
        if self._progress is not None:
            self._progress(self.so_far)


def _latest(posts: Sequence[Post], before: datetime | None) -> datetime | None:
    times = [post.event_time for post in posts]
    return max(times if before is None else [*times, before], default=None)
