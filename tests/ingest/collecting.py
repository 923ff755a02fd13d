"""Fakes of the collector's world, named by what they do: a manual clock, a scripted source, three real streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import msgspec

from ingest.collect import Collected, Collector
from ingest.cursor_log import Cursor, CursorLog
from ingest.position import Position
from ingest.post import Post
from ingest.sources.contract import DeadLetter, Deletion, SourceBatch
from ingest.streams import CONNECTOR_STATE, DEAD_LETTERS, POSTS
from ingest.streams.contract import Record, StreamWriter
from ingest.streams.local.stream import LocalStream
from ingest.wire import Heartbeat, decode

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
EVENTS = datetime(2016, 9, 15, 12, 0, tzinfo=UTC)


class Crash(BaseException):
    """The process dies here: nothing may catch it."""


class ManualClock:
    """Aware UTC that moves only when somebody sleeps."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


class ScriptedSource:
    """A finite source over a list of items; its position is the index of the next one."""

    name = "scripted"

    def __init__(self, items: Sequence[Post | Deletion | DeadLetter], size: int = 3) -> None:
        self.items = list(items)
        self.size = size
        self.fetched: list[Position] = []

    def fetch(self, position: Position) -> Iterator[SourceBatch]:
        self.fetched.append(position)
        start = int(position.token or 0)
        while True:
            items = self.items[start : start + self.size]
            start += len(items)
            end = start == len(self.items)
            yield _batch(items, Position(str(start) if start else ""), end)
            if end:
                return


class House:
    """The three streams in one file, as the embedded default has them."""

    def __init__(self, folder: Path) -> None:
        path = folder / "stream.sqlite"
        self.posts = LocalStream(path, POSTS)
        self.letters = LocalStream(path, DEAD_LETTERS)
        self.state = LocalStream(path, CONNECTOR_STATE, compact=True)

    def collect(self, source: object, *, clock: ManualClock | None = None, **wrap: Callable[..., object]) -> Collected:
        """One process: open everything, run to the end (or the crash), close everything."""
        clock = clock or ManualClock()
        with ExitStack() as stack:
            posts = stack.enter_context(closing(self.posts.writer()))
            letters = stack.enter_context(closing(self.letters.writer()))
            state = _Wrapped(self.state, wrap.get("state"))
            cursor = stack.enter_context(closing(CursorLog(state, "scripted")))
            collector = Collector(
                source,
                wrap.get("posts", _same)(posts),
                wrap.get("letters", _same)(letters),
                cursor,
                clock,
                15,
                sleep=clock.sleep,
            )
            return collector.run(wrap.get("stop", Event)())

    def read(self, stream: LocalStream) -> list[Record]:
        with closing(stream.reader("test")) as reader:
            records: list[Record] = []
            while batch := reader.poll(1000, 0).records:
                records += batch
            return records

    def messages(self) -> list[Post | Deletion | Heartbeat]:
        return [decode(record) for record in self.read(self.posts)]

    def post_ids(self) -> list[str]:
        return [message.post_id for message in self.messages() if isinstance(message, Post)]

    def ends(self) -> int:
        return sum(isinstance(message, Heartbeat) and message.end for message in self.messages())

    def cursor(self) -> Cursor:
        with closing(CursorLog(self.state, "scripted")) as cursor:
            return cursor.load()


class _Wrapped:
    """The state log with a writer that may fail."""

    def __init__(self, stream: LocalStream, wrap: Callable[..., object] | None) -> None:
        self.name = stream.name
        self.reader = stream.reader
        self.writer = stream.writer if wrap is None else (lambda: wrap(stream.writer()))


def _same(writer: StreamWriter) -> StreamWriter:
    return writer


def _batch(items: Sequence[object], position: Position, end: bool = False) -> SourceBatch:
    return SourceBatch(
        tuple(item for item in items if isinstance(item, Post)),
        position,
        tuple(item for item in items if isinstance(item, Deletion)),
        tuple(item for item in items if isinstance(item, DeadLetter)),
        end,
    )


def post(number: int, **changes: object) -> Post:
    made = Post(post_id=f"p{number}", text=f"text {number}", event_time=EVENTS + timedelta(seconds=number))
    return msgspec.structs.replace(made, **changes)


def letter(number: int) -> DeadLetter:
    return DeadLetter("scripted", "not_json", "no JSON", f"file:{number}", b"{")
