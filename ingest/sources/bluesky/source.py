"""Live posts from Bluesky over Jetstream, version 2 first and version 1 where that is all there is.

At least once: a resumed or moved connection rewinds, and repeats are recognised
downstream by ``(post_id, rev)``. Only a version 2 cursor on the same host is exact.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from configs.errors import BadRecord, ConfigError, SourceUnavailable
from ingest.event_time import EventClock, to_micros
from ingest.position import Position
from ingest.post import Post
from ingest.sources.bluesky.connection import ConnectionLimits, FrameReader, JetstreamLost, Loss, open_jetstream
from ingest.sources.bluesky.events import Event, Notice, parse_frame, read_deletion, read_post
from ingest.sources.bluesky.session import Session
from ingest.sources.contract import DeadLetter, Deletion, SourceBatch
from ingest.sources.jsonl.lines import KEPT_BYTES

log = logging.getLogger(__name__)


class RetryPolicy(msgspec.Struct, frozen=True):
    """When to give a connection up, and how long to wait before the next.

    ``silence_s``: no frame for so long is a loss. ``first_wait_s`` doubles up to
    ``longest_wait_s`` with every failure without progress, less up to a half by chance;
    after ``failures`` of them :class:`SourceUnavailable` goes to the collector.
    """

    silence_s: float = 30.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 10.0
    failures: int = 10


class BlueskySource:
    """Never ends; an empty batch says that nothing came for ``max_wait_s``.

    Parameters
    ----------
    urls
        Jetstream hosts (``wss://…``), tried in order.
    clock
        The current time, aware UTC.
    languages
        Keep posts that declare one of these languages, or none; empty keeps all.
        Deletions are always kept.
    batch_posts, max_wait_s
        A batch ends with so many posts, deletions and dead letters, or after so long.
    max_text_chars
        Longer texts are cut between graphemes.
    limits, retry
        Bounds of a connection; when to give one up.
    randomness, sleep, monotonic
        Chance for the waits, and the two uses of the system clock.

    Raises
    ------
    ConfigError
        There is no URL, or one is no WebSocket URL.
    """

    name = "bluesky"

    def __init__(
        self,
        urls: Sequence[str],
        clock: Callable[[], datetime],
        languages: Sequence[str] = (),
        *,
        batch_posts: int = 256,
        max_wait_s: float = 1.0,
        max_text_chars: int = 20_000,
        limits: ConnectionLimits | None = None,
        retry: RetryPolicy | None = None,
        randomness: random.Random | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        for url in urls or ("",):
            if not _is_websocket_url(url):
                raise ConfigError("settings", "source.urls", f"has no host in {url!r}", "write wss://host")
        self._urls = tuple(urls)
        self._clock = clock
        self._languages = frozenset(_primary(language) for language in languages)
        self._batch_posts = batch_posts
        self._max_wait_s = max_wait_s
        self._max_text_chars = max_text_chars
        self._limits = limits or ConnectionLimits()
        self._retry = retry or RetryPolicy()
        self._random = randomness or random.Random()
        self._sleep = sleep
        self._monotonic = monotonic
        self._event_clock = EventClock(clock, "live")
        self.counts: Counter[str] = Counter()
        """Frames that gave nothing, by why: ``ignored``, ``unknown``, ``filtered``, ``repeated``, ``malformed``."""

    def fetch(self, position: Position) -> Iterator[SourceBatch]:
        """Yield batches after ``position``, reconnecting on its own; close the iterator to disconnect.

        Raises
        ------
        SourceUnavailable
            No host let the stream go on for ``retry.failures`` attempts.
        StateMismatch
            The position was made by another source.
        """
        session = Session(self._urls, position)
        batch = _Batch()
        while True:
            try:
                with self._open(session) as frames:
                    last_frame_s = self._monotonic()
                    while True:
                        last_frame_s = self._fill(batch, session, frames, last_frame_s)
                        yield batch.take(session.position)
            except JetstreamLost as lost:
                self._lose(batch, session, lost)
            yield batch.take(session.position)
            self._wait(session)

    def _open(self, session: Session) -> AbstractContextManager[FrameReader]:
        cursor = session.request(to_micros(self._clock()))
        log.info("bluesky_connect", extra={"host": session.host, "protocol": session.protocol, "cursor": cursor})
        return open_jetstream(session.host, session.protocol, cursor, self._limits)

    def _fill(self, batch: _Batch, session: Session, frames: FrameReader, last_frame_s: float) -> float:
        """Take frames until the batch is full or due; returns when the last frame came."""
        due_s = self._monotonic() + self._max_wait_s
        while len(batch) < self._batch_posts and (left_s := due_s - self._monotonic()) > 0:
            frame = frames.receive(left_s)
            if frame is not None:
                last_frame_s = self._monotonic()
                self._take(frame, batch, session)
            elif self._monotonic() - last_frame_s > self._retry.silence_s:
                raise JetstreamLost(Loss.SILENT, f"no frame for {self._retry.silence_s:g} s")
        return last_frame_s

    def _take(self, frame: bytes, batch: _Batch, session: Session) -> None:
        try:
            message = parse_frame(frame)
            if isinstance(message, Notice):
                self._notice(message, session)
            elif session.advance(message, to_micros(self._clock())):
                self._keep(message, batch)
            else:
                self.counts["repeated"] += 1
        except BadRecord as bad:
            self.counts["malformed"] += 1
            batch.letters.append(_letter(session, bad.reason, bad.detail, frame))

    def _keep(self, event: Event, batch: _Batch) -> None:
        deletion = read_deletion(event)
        if deletion is not None:
            batch.deletions.append(deletion)
            return
        post = read_post(event, self._event_clock, max_text_chars=self._max_text_chars, ingested_at=self._clock())
        if post is None:
            self.counts["ignored"] += 1
        elif self._wanted(post):
            batch.posts.append(post)
        else:
            self.counts["filtered"] += 1

    def _wanted(self, post: Post) -> bool:
        if not self._languages or not post.lang_declared:
            return True
        return any(_primary(language) in self._languages for language in post.lang_declared)

    def _notice(self, notice: Notice, session: Session) -> None:
        if notice.kind == "error":
            raise JetstreamLost(Loss.ERROR_FRAME, notice.name)
        if notice.kind == "info":
            # OutdatedCursor: the server begins later than asked, so posts in between are lost
            log.warning("bluesky_info", extra={"host": session.host, "notice": notice.name})
        self.counts["unknown" if notice.kind == "unknown" else "ignored"] += 1

    def _lose(self, batch: _Batch, session: Session, lost: JetstreamLost) -> None:
        log.warning("bluesky_lost", extra={"host": session.host, "loss": lost.loss.value, "detail": str(lost)})
        if lost.loss is Loss.CURSOR_TOO_OLD:
            log.warning("bluesky_gap", extra={"host": session.host, "after": session.position.token})
        if lost.loss is Loss.FRAME_TOO_LARGE:
            batch.letters.append(_letter(session, "too_large", "the frame is larger than the limit", b""))
        session.lose(lost.loss)

    def _wait(self, session: Session) -> None:
        retry = self._retry
        if session.failures >= retry.failures:
            raise SourceUnavailable(f"bluesky: {session.failures} attempts to go on failed", retry.longest_wait_s)
        longest_s = min(retry.longest_wait_s, retry.first_wait_s * 2 ** max(session.failures - 1, 0))
        self._sleep(longest_s * self._random.uniform(0.5, 1.0))


class _Batch:
    """A batch in the making."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.deletions: list[Deletion] = []
        self.letters: list[DeadLetter] = []

    def __len__(self) -> int:
        return len(self.posts) + len(self.deletions) + len(self.letters)

    def take(self, position: Position) -> SourceBatch:
        """The batch so far; a new one begins."""
        taken = SourceBatch(tuple(self.posts), position, tuple(self.deletions), tuple(self.letters))
        self.posts, self.deletions, self.letters = [], [], []
        return taken


def _letter(session: Session, reason: str, detail: str, frame: bytes) -> DeadLetter:
    locator = f"{urlsplit(session.host).netloc} after {session.position.token or 'the start'}"
    return DeadLetter(BlueskySource.name, reason, detail, locator, frame[:KEPT_BYTES])


def _is_websocket_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no number
        return False


def _primary(language: str) -> str:
    return language.casefold().replace("_", "-").partition("-")[0]
