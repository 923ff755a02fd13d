"""Posts from a JSONL file, plain or gzip; only ``text`` is needed on a line."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

import msgspec

from configs.errors import BadRecord, StateMismatch
from ingest.event_time import EventClock
from ingest.position import START, Position
from ingest.post import Post
from ingest.sources.contract import DeadLetter, SourceBatch
from ingest.sources.jsonl.line import CONNECTOR, parse_line
from ingest.sources.jsonl.lines import KEPT_BYTES, Line, LineFile

LOOKAHEAD_LINES = 256
"""How far a fresh start looks for the first dates; see :meth:`EventClock.prime`."""

_FAULTS = {"too_large": "the line is longer than the limit", "corrupt_archive": "the archive is truncated or damaged"}


class _Place(msgspec.Struct, frozen=True, array_like=True):
    """What a position of this source holds."""

    line: int
    offset: int
    file: str
    clock: str
    finished: bool = False


class JsonlSource:
    """A finite source over one file.

    Parameters
    ----------
    path
        ``.jsonl`` or ``.jsonl.gz``; it is streamed, never loaded.
    clock
        The current time, aware UTC.
    max_line_bytes
        Longer lines become dead letters without being held in memory.
    max_text_chars
        Longer texts are cut between graphemes.
    batch_posts
        Posts and dead letters together that make a batch.
    """

    name = CONNECTOR

    def __init__(
        self,
        path: Path,
        clock: Callable[[], datetime],
        max_line_bytes: int = 1_048_576,
        max_text_chars: int = 20_000,
        batch_posts: int = 256,
    ) -> None:
        self._path = path
        self._clock = clock
        self._max_text_chars = max_text_chars
        self._batch_posts = batch_posts
        self._lines = LineFile(path, max_line_bytes)
        self._lookahead = LineFile(path, max_line_bytes)  # its own, so that progress never runs back
        self._file = _digest(path.name)

    @property
    def bytes_read(self) -> int:
        """Bytes of the file as stored (compressed, for gzip) read so far."""
        return self._lines.bytes_read

    def total_bytes(self) -> int:
        """Size of the file as stored, to show progress against.

        Raises
        ------
        InputError
            The file cannot be looked at.
        """
        return self._lines.total_bytes()

    def fetch(self, position: Position) -> Iterator[SourceBatch]:
        """Yield the batches after ``position``; the last one has ``end`` set and may be empty.

        A position of a file with another name starts this one from its beginning.
        Resuming a gzip file unpacks and drops what was read before.

        Raises
        ------
        InputError
            The file is missing, no regular file, unreadable or shorter than the position.
        StateMismatch
            The position was made by another source.
        """
        place = self._read_position(position)
        if place.finished:
            yield SourceBatch((), position, end=True)
            return
        event_clock = EventClock(self._clock, "archive", place.clock)
        if place.offset == 0:
            event_clock.prime(self._first_claims())
        posts: list[Post] = []
        letters: list[DeadLetter] = []
        last: Line | None = None
        for line in self._lines.read(place.line, place.offset):
            last = line
            try:
                posts.append(self._parse(line, event_clock))
            except BadRecord as bad:
                letters.append(self._dead_letter(line, bad))
            if len(posts) + len(letters) >= self._batch_posts:
                yield SourceBatch(tuple(posts), self._after(line, event_clock), dead_letters=tuple(letters))
                posts, letters = [], []
        end = position if last is None else self._after(last, event_clock)
        yield SourceBatch(tuple(posts), end, dead_letters=tuple(letters), end=True)

    def _after(self, line: Line, event_clock: EventClock) -> Position:
        corrupt = line.fault == "corrupt_archive"
        place = _Place(line.number, line.next_offset, self._file, event_clock.state(), corrupt)
        return Position(msgspec.json.encode(place).decode())

    def _first_claims(self) -> Iterator[datetime | None]:
        scratch = EventClock(self._clock, "archive")
        for line in islice(self._lookahead.read(), LOOKAHEAD_LINES):
            try:
                yield self._parse(line, scratch).created_at
            except BadRecord:
                continue

    def _parse(self, line: Line, event_clock: EventClock) -> Post:
        if line.fault is not None:
            raise BadRecord(line.fault, _FAULTS[line.fault])
        return parse_line(
            line.data,
            event_clock,
            fallback_id=f"line:{_digest(f'{self._path.name}:{line.offset}')}",
            max_text_chars=self._max_text_chars,
            ingested_at=self._clock(),
            cursor=f"{line.number}@{line.offset}",
        )

    def _dead_letter(self, line: Line, bad: BadRecord) -> DeadLetter:
        locator = f"{self._path.name}:{line.number} @ byte {line.offset}"
        return DeadLetter(self.name, bad.reason, bad.detail, locator, line.data[:KEPT_BYTES])

    def _read_position(self, position: Position) -> _Place:
        if position == START:
            return _Place(0, 0, self._file, "")
        try:
            place = msgspec.json.decode(position.token, type=_Place)
        except msgspec.DecodeError as error:
            raise StateMismatch("the stored position was not made by the jsonl source; clear it") from error
        return place if place.file == self._file else _Place(0, 0, self._file, "")


def _digest(text: str) -> str:
    return hashlib.sha1(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()[:16]
