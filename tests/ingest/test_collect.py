"""The collector loses nothing wherever it dies, and its position never runs ahead of the streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import SourceUnavailable, StateMismatch, StreamUnavailable
from ingest.collect import Collected
from ingest.cursor_log import Cursor, CursorLog
from ingest.position import START, Position
from ingest.post import Post
from ingest.sources.contract import DeadLetter, Deletion, SourceBatch
from ingest.sources.jsonl.source import JsonlSource
from ingest.streams.contract import MAX_RECORD_BYTES, OutRecord, StreamWriter
from ingest.wire import Heartbeat
from tests.ingest.collecting import EVENTS, MONDAY, Crash, House, ManualClock, ScriptedSource, letter, post


class QuietSource:
    """A live source in which nothing happens: only empty batches, one for each second."""

    name = "quiet"

    def __init__(self, clock: ManualClock, seconds: int, stop: Event) -> None:
        self._clock = clock
        self._seconds = seconds
        self._stop = stop

    def fetch(self, position: Position) -> Iterator[SourceBatch]:
        for _ in range(self._seconds):
            self._clock.sleep(1)
            yield SourceBatch((), position)
        self._stop.set()
        yield SourceBatch((), position)


class BreaksOnce(ScriptedSource):
    """Loses its connection once, in the middle."""

    def fetch(self, position: Position) -> Iterator[SourceBatch]:
        batches = super().fetch(position)
        if len(self.fetched) == 0:
            yield next(batches)
            raise SourceUnavailable("gone", retry_after_s=7)
        yield from batches


class StopsSilently(ScriptedSource):
    """Ends its iterator without saying that it ended, once."""

    def fetch(self, position: Position) -> Iterator[SourceBatch]:
        batches = super().fetch(position)
        if len(self.fetched) == 0:
            yield next(batches)
            return
        yield from batches


class Crashing:
    """A real writer that dies before or after its n-th append reaches the stream."""

    def __init__(self, inner: StreamWriter, at: int, *, after: bool, error: BaseException) -> None:
        self._inner = inner
        self._left = at
        self._after = after
        self._error = error

    def append(self, records: Sequence[OutRecord]) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise self._error
        self._inner.append(records)
        if self._left == 0:
            raise self._error

    def close(self) -> None:
        self._inner.close()


class FailsBeforeAppend(Crashing):
    """Nothing was written when it fails."""

    def __init__(self, inner: StreamWriter, at: int, error: BaseException) -> None:
        super().__init__(inner, at, after=False, error=error)


class FailsAfterAppend(Crashing):
    """Everything was written when it fails, but the caller does not know."""

    def __init__(self, inner: StreamWriter, at: int, error: BaseException) -> None:
        super().__init__(inner, at, after=True, error=error)


ITEMS: list[Post | Deletion | DeadLetter] = [
    *(post(0), letter(1), post(2)),
    *(post(3), post(4), Deletion(post_id="p0")),
    *(letter(6), letter(7), letter(8)),
    *(post(9), Deletion(account_id="a1"), letter(11)),
    post(12),
]
ALL_POSTS = ["p0", "p2", "p3", "p4", "p9", "p12"]


def test_everything_arrives_in_order_and_is_counted(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert house.collect(ScriptedSource(ITEMS)) == Collected(posts=6, deletions=2, dead_letters=5)
    assert house.post_ids() == ALL_POSTS
    assert [m for m in house.messages() if isinstance(m, Deletion)] == [
        Deletion(post_id="p0"),
        Deletion(account_id="a1"),
    ]
    assert [record.key for record in house.read(house.letters)] == [f"file:{n}" for n in (1, 6, 7, 8, 11)]
    assert house.messages()[-1] == Heartbeat(EVENTS + timedelta(seconds=12), end=True)
    assert house.cursor() == Cursor(Position("13"), ended=True, event_time=EVENTS + timedelta(seconds=12))


@pytest.mark.parametrize("failure", [FailsBeforeAppend, FailsAfterAppend])
@pytest.mark.parametrize(
    ("end", "at"),
    [(end, at) for end, appends in [("posts", 5), ("letters", 3), ("state", 5)] for at in range(1, appends + 1)],
)
def test_a_crash_at_any_step_loses_nothing(tmp_path: Path, end: str, at: int, failure: type[Crashing]) -> None:
    house = House(tmp_path)
    with pytest.raises(Crash):
        house.collect(ScriptedSource(ITEMS), **{end: lambda writer: failure(writer, at, Crash())})
    before = house.cursor()
    on_stream = len(house.messages()) + len(house.read(house.letters))
    assert int(before.position.token or 0) <= on_stream, "the position ran ahead of the streams"

    source = ScriptedSource(ITEMS)
    house.collect(source)
    assert source.fetched == [before.position]
    seen = house.post_ids()
    assert list(dict.fromkeys(seen)) == ALL_POSTS, "lost or reordered"
    assert len(seen) - len(ALL_POSTS) <= 2, "more than one batch repeated"
    assert {record.key for record in house.read(house.letters)} == {f"file:{n}" for n in (1, 6, 7, 8, 11)}
    assert {m for m in house.messages() if isinstance(m, Deletion)} == {
        Deletion(post_id="p0"),
        Deletion(account_id="a1"),
    }
    assert 1 <= house.ends() <= 2


@pytest.mark.parametrize("failure", [FailsBeforeAppend, FailsAfterAppend])
def test_a_crash_around_the_end_announces_it_again_rather_than_never(tmp_path: Path, failure: type[Crashing]) -> None:
    house = House(tmp_path)
    appends = 5  # four batches of posts or deletions, then the end
    with pytest.raises(Crash):
        house.collect(ScriptedSource(ITEMS), posts=lambda writer: failure(writer, appends, Crash()))
    assert not house.cursor().ended
    house.collect(ScriptedSource(ITEMS))
    assert house.cursor().ended
    assert house.ends() == (1 if failure is FailsBeforeAppend else 2)
    # The end is told with the same time again although the repeated run read only the last batch.
    assert {m.at for m in house.messages() if isinstance(m, Heartbeat)} == {EVENTS + timedelta(seconds=12)}


@pytest.mark.parametrize("end", ["posts", "letters", "state"])
@pytest.mark.parametrize("failure", [FailsBeforeAppend, FailsAfterAppend])
def test_an_unavailable_stream_is_waited_for_without_reading_again(
    tmp_path: Path, end: str, failure: type[Crashing]
) -> None:
    house, clock, source = House(tmp_path), ManualClock(), ScriptedSource(ITEMS)
    total = house.collect(
        source, clock=clock, **{end: lambda writer: failure(writer, 2, StreamUnavailable("away", retry_after_s=2.5))}
    )
    assert total == Collected(posts=6, deletions=2, dead_letters=5)
    assert list(dict.fromkeys(house.post_ids())) == ALL_POSTS
    assert source.fetched == [START], "a batch in memory is delivered, not read again"
    assert clock.slept == [1.0, 1.0, 0.5], "the other side's delay, in pieces that notice a stop"
    assert house.ends() == 1


@settings(max_examples=30, deadline=None)
@given(
    count=st.integers(0, 25),
    size=st.integers(1, 7),
    crashes=st.lists(
        st.tuples(st.sampled_from(["posts", "letters", "state"]), st.integers(1, 5), st.booleans()), max_size=5
    ),
)
def test_any_series_of_crashes_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, count: int, size: int, crashes: list[tuple[str, int, bool]]
) -> None:
    house = House(tmp_path_factory.mktemp("crashes"))
    items = [letter(n) if n % 4 == 1 else post(n) for n in range(count)]
    for end, at, after in crashes:
        failure = FailsAfterAppend if after else FailsBeforeAppend
        try:
            house.collect(ScriptedSource(items, size), **{end: lambda w, f=failure, n=at: f(w, n, Crash())})
        except Crash:
            continue
    house.collect(ScriptedSource(items, size))
    assert list(dict.fromkeys(house.post_ids())) == [item.post_id for item in items if isinstance(item, Post)]
    assert {record.key for record in house.read(house.letters)} == {
        item.locator for item in items if isinstance(item, DeadLetter)
    }
    assert house.ends() >= 1
    assert house.cursor().ended


def test_a_finished_run_reads_and_writes_nothing_when_run_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.collect(ScriptedSource(ITEMS))
    before = house.messages()
    source = ScriptedSource(ITEMS)
    assert house.collect(source) == Collected()
    assert source.fetched == [Position("13")]
    assert house.messages() == before


def test_a_source_that_grew_after_its_end_is_read_on(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.collect(ScriptedSource(ITEMS))
    assert house.collect(ScriptedSource([*ITEMS, post(13)])) == Collected(posts=1)
    assert house.post_ids() == [*ALL_POSTS, "p13"]
    assert house.ends() == 2


def test_an_empty_source_ends_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    for _ in range(2):
        assert house.collect(ScriptedSource([])) == Collected()
    assert house.messages() == [Heartbeat(MONDAY, end=True)]


def test_silence_becomes_a_heartbeat_every_so_often(tmp_path: Path) -> None:
    house, clock, stop = House(tmp_path), ManualClock(), Event()
    house.collect(QuietSource(clock, 50, stop), clock=clock, stop=lambda: stop)
    assert house.messages() == [Heartbeat(MONDAY + timedelta(seconds=s)) for s in (15, 30, 45)]
    assert house.read(house.state) == [], "a position that does not move is not written"


@pytest.mark.parametrize("kind", [BreaksOnce, StopsSilently])
def test_a_broken_source_is_fetched_again_from_where_it_was(tmp_path: Path, kind: type[ScriptedSource]) -> None:
    house, clock, source = House(tmp_path), ManualClock(), kind(ITEMS)
    house.collect(source, clock=clock)
    assert house.post_ids() == ALL_POSTS
    assert source.fetched == [START, Position("3")]
    assert sum(clock.slept) == (7 if kind is BreaksOnce else 1)


def test_ingested_at_is_stamped_only_where_it_is_unknown(tmp_path: Path) -> None:
    house = House(tmp_path)
    known = MONDAY - timedelta(days=1)
    house.collect(ScriptedSource([post(1), post(2, ingested_at=known)]))
    stamps = [message.ingested_at for message in house.messages() if isinstance(message, Post)]
    assert stamps == [MONDAY, known]


def test_what_no_stream_takes_is_a_dead_letter(tmp_path: Path) -> None:
    house = House(tmp_path)
    items = [post(0), post(1, text="x" * MAX_RECORD_BYTES), post(2, text="\ud800"), Deletion(), post(3)]
    assert house.collect(ScriptedSource(items)) == Collected(posts=2, dead_letters=3)
    assert house.post_ids() == ["p0", "p3"]
    reasons = [msgspec.json.decode(record.value)["reason"] for record in house.read(house.letters)]
    assert sorted(reasons) == ["not_utf8", "too_large", "wrong_type"]


def test_the_latest_cursor_of_each_connector_wins(tmp_path: Path) -> None:
    house = House(tmp_path)
    with closing(CursorLog(house.state, "one")) as one, closing(CursorLog(house.state, "two")) as two:
        for number in range(30):
            one.save(Cursor(Position(f"a{number}")))
            two.save(Cursor(Position(f"b{number}")))
        assert one.load() == Cursor(Position("a29"))
        assert two.load() == Cursor(Position("b29"))
    assert len(house.read(house.state)) == 2, "the local state log compacts itself"


def test_a_foreign_record_in_place_of_a_cursor_is_refused(tmp_path: Path) -> None:
    house = House(tmp_path)
    with closing(house.state.writer()) as writer:
        writer.append([OutRecord("scripted", b"[]")])
    with pytest.raises(StateMismatch):
        house.cursor()


def test_a_real_file_is_collected_and_resumed(tmp_path: Path) -> None:
    path = tmp_path / "posts.jsonl"
    lines = [f'{{"id": "{n}", "text": "ciao {n}", "created_at": "2016-09-15T12:{n:02d}:00Z"}}' for n in range(40)]
    path.write_text("\n".join([*lines[:10], "{not json", *lines[10:]]) + "\n", encoding="utf-8")
    house, clock = House(tmp_path), ManualClock()
    with pytest.raises(Crash):
        house.collect(JsonlSource(path, clock, batch_posts=7), posts=lambda w: FailsAfterAppend(w, 3, Crash()))
    assert house.collect(JsonlSource(path, clock, batch_posts=7)).dead_letters <= 1
    assert list(dict.fromkeys(house.post_ids())) == [str(n) for n in range(40)]
    assert len(house.read(house.letters)) == 1
    assert house.collect(JsonlSource(path, clock, batch_posts=7)) == Collected()
