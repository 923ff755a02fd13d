"""Every stream keeps the same promises, whatever it is made of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configs.errors import BadRecord, StateMismatch, StreamUnavailable
from ingest.position import START, Position
from ingest.streams.contract import MAX_RECORD_BYTES, OutRecord, Record, Stream, StreamReader
from ingest.streams.local.stream import LocalStream
from ingest.streams.offsets import decode_offsets, encode_offsets

pytest_plugins = ("tests.broker",)

OpenStream = Callable[..., Stream]
_names = count()


@pytest.fixture(scope="module", params=["local", pytest.param("kafka", marks=pytest.mark.broker)])
def open_stream(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> OpenStream:
    """Open a stream by name; no name opens a fresh one. Opening a name again is a new process."""
    if request.param == "local":
        path = tmp_path_factory.mktemp("streams") / "stream.sqlite"

        def local(name: str | None = None, partitions: int = 1) -> Stream:
            return LocalStream(path, name or f"fresh-{next(_names)}")

        return local
    from ingest.streams.kafka.stream import KafkaStream

    broker = request.getfixturevalue("broker")

    def kafka(name: str | None = None, partitions: int = 1) -> Stream:
        return KafkaStream(name or f"fresh-{next(_names)}", broker.servers, partitions=partitions, timeout_s=10)

    return kafka


def append(stream: Stream, records: Sequence[OutRecord]) -> None:
    with closing(stream.writer()) as writer:
        writer.append(records)


def numbered(n: int, keys: int = 3) -> list[OutRecord]:
    return [OutRecord(f"key-{i % keys}", str(i).encode()) for i in range(n)]


def read(reader: StreamReader, n: int, size: int = 100, within_s: float = 20) -> tuple[list[Record], Position]:
    """At least ``n`` records (fewer after ``within_s``) and the position after them."""
    records: list[Record] = []
    position = START
    deadline = time.monotonic() + within_s
    while len(records) < n and time.monotonic() < deadline:
        batch = reader.poll(size, 0.5)
        records += batch.records
        position = batch.position
    return records, position


def values(records: Sequence[Record]) -> list[int]:
    return [int(record.value) for record in records]


@pytest.fixture(scope="module")
def hundred(open_stream: OpenStream) -> Iterator[tuple[Stream, StreamReader]]:
    """A stream of the numbers 0..99 and one reader that has joined its group."""
    stream = open_stream()
    append(stream, numbered(100))
    reader = stream.reader("hundred")
    assert values(read(reader, 100)[0]) == list(range(100))
    yield stream, reader
    reader.close()


def test_records_come_back_in_the_order_they_were_appended(open_stream: OpenStream) -> None:
    stream = open_stream()
    with closing(stream.writer()) as writer:
        for start in (0, 10, 20):
            writer.append(numbered(30)[start : start + 10])
        writer.append([])
    with closing(stream.reader("g")) as reader:
        records, position = read(reader, 30)
        assert values(records) == list(range(30))
        assert [record.key for record in records] == [record.key for record in numbered(30)]
        assert position == Position("0:30")
        assert reader.assigned() == frozenset({0})


def test_records_outlive_their_writer(open_stream: OpenStream) -> None:
    stream = open_stream()
    append(stream, numbered(5))
    with closing(open_stream(stream.name).reader("g")) as reader:
        assert values(read(reader, 5)[0]) == list(range(5))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=8))
def test_resuming_from_any_position_neither_skips_nor_repeats(
    hundred: tuple[Stream, StreamReader], steps: list[tuple[int, bool]]
) -> None:
    _, reader = hundred
    reader.seek(START)
    seen: list[int] = []
    position = START
    for size, lose_memory in steps:
        if len(seen) == 100:
            break
        if lose_memory:
            reader.poll(7, 5)  # read on, then forget it: the position is all that counts
            reader.seek(position)
        batch = reader.poll(size, 5)
        seen += values(batch.records)
        position = batch.position
        assert batch.records, "records were waiting"
        assert len(batch.records) <= size
    assert seen == list(range(len(seen)))
    assert position == Position(f"0:{len(seen)}")


@pytest.mark.parametrize("size", [1, 7, 30, 100])
def test_a_single_partition_batch_never_crosses_a_multiple_of_its_size(
    hundred: tuple[Stream, StreamReader], size: int
) -> None:
    _, reader = hundred
    whole = [list(range(start, min(start + size, 100))) for start in range(0, 100, size)]
    reader.seek(START)
    assert [values(reader.poll(size, 5).records) for _ in whole] == whole
    # A restart in the middle of a batch finishes that batch; the ones after it are the same again.
    reader.seek(Position("0:41"))
    assert values(reader.poll(size, 5).records) == list(range(41, min((41 // size + 1) * size, 100)))


def test_a_position_at_the_start_is_start(hundred: tuple[Stream, StreamReader]) -> None:
    _, reader = hundred
    reader.seek(Position("0:0"))
    assert values(reader.poll(3, 5).records) == [0, 1, 2]
    assert encode_offsets({0: 0, 1: 0}) == START
    assert encode_offsets({}) == START


@given(st.dictionaries(st.integers(0, 500), st.integers(0, 2**40)))
def test_equal_places_have_equal_tokens(offsets: dict[int, int]) -> None:
    position = encode_offsets(offsets)
    assert decode_offsets(position) == {partition: offset for partition, offset in offsets.items() if offset}
    assert encode_offsets(dict(reversed(offsets.items()))) == position
    assert encode_offsets(decode_offsets(position)) == position


@pytest.mark.parametrize("token", ["x", "0", "0:", ":3", "0:-1", "0:1,", "0:1,0:2", "0:1.5", "byte:7", "0:" + "9" * 40])
def test_a_position_of_something_else_is_refused(hundred: tuple[Stream, StreamReader], token: str) -> None:
    _, reader = hundred
    with pytest.raises(StateMismatch):
        reader.seek(Position(token))


def test_groups_do_not_disturb_each_other(open_stream: OpenStream) -> None:
    stream = open_stream()
    append(stream, numbered(20))
    with closing(stream.reader("one")) as one, closing(stream.reader("two")) as two:
        assert values(read(one, 10, size=10)[0]) == list(range(10))
        assert values(read(two, 20)[0]) == list(range(20))
        assert values(read(one, 10)[0]) == list(range(10, 20))


def test_a_key_keeps_its_order_over_partitions(open_stream: OpenStream) -> None:
    stream = open_stream(partitions=4)
    with closing(stream.writer()) as writer:
        for start in range(0, 400, 50):
            writer.append(numbered(400, keys=9)[start : start + 50])
    with closing(stream.reader("g")) as reader:
        records, position = read(reader, 400, size=33)
        assert sorted(values(records)) == list(range(400))
        for key in {record.key for record in records}:
            mine = [record for record in records if record.key == key]
            assert values(mine) == sorted(values(mine))
            assert len({record.partition for record in mine}) == 1
        assert len({(record.partition, record.offset) for record in records}) == 400
        assert sum(decode_offsets(position).values()) == 400
        assert {record.partition for record in records} == set(decode_offsets(position))


def test_a_position_over_partitions_resumes_each_of_them(open_stream: OpenStream) -> None:
    stream = open_stream(partitions=4)
    append(stream, numbered(200, keys=20))
    with closing(stream.reader("g")) as reader:
        first, position = read(reader, 60, size=20)
        rest, end = read(reader, 200 - len(first))
        reader.seek(position)
        again, end_again = read(reader, len(rest))
        assert sorted(values(again)) == sorted(values(rest))
        assert sorted(values([*first, *rest])) == list(range(200))
        assert end == end_again


def test_lag_counts_what_is_left(open_stream: OpenStream) -> None:
    stream = open_stream()
    append(stream, numbered(30))
    with closing(stream.reader("g")) as reader:
        read(reader, 10, size=10)
        assert reader.lag() == 20
        append(stream, numbered(5))
        assert reader.lag() == 25
        read(reader, 25)
        assert reader.lag() == 0


def test_acknowledging_changes_nothing_that_is_read(open_stream: OpenStream) -> None:
    stream = open_stream()
    append(stream, numbered(20))
    with closing(stream.reader("g")) as reader:
        _, position = read(reader, 10, size=10)
        reader.acknowledge(position)
        reader.acknowledge(START)
        reader.acknowledge(position)
        assert values(read(reader, 10)[0]) == list(range(10, 20))
    with closing(stream.reader("g")) as reader:  # a new process without a stored position
        assert values(read(reader, 20)[0]) == list(range(20))


def test_resume_goes_on_where_the_group_acknowledged_last(open_stream: OpenStream) -> None:
    stream = open_stream()
    append(stream, numbered(30))
    with closing(stream.reader("g")) as reader:
        reader.resume()  # never acknowledged: from the beginning
        _, position = read(reader, 10, size=10)
        reader.acknowledge(position)
        assert values(read(reader, 10, size=10)[0]) == list(range(10, 20)), "acknowledging moves nothing"
    with closing(stream.reader("g")) as reader:  # a new process; what was read but not acknowledged comes again
        reader.resume()
        records, position = read(reader, 20)
        assert values(records) == list(range(10, 30))
        assert position == Position("0:30")
    with closing(stream.reader("other")) as other:  # another group acknowledged nothing
        other.resume()
        assert values(read(other, 30)[0]) == list(range(30))


def test_resume_forgets_what_this_reader_read_beyond_the_acknowledged(open_stream: OpenStream) -> None:
    stream = open_stream()
    append(stream, numbered(40))
    with closing(stream.reader("g")) as reader:
        reader.resume()
        _, position = read(reader, 10, size=10)
        reader.acknowledge(position)
        read(reader, 20, size=10)
        reader.resume()
        assert values(read(reader, 30)[0]) == list(range(10, 40))


def test_the_later_of_seek_and_resume_counts(open_stream: OpenStream) -> None:
    stream = open_stream()
    append(stream, numbered(30))
    with closing(stream.reader("g")) as reader:
        reader.resume()
        reader.seek(Position("0:20"))
        assert values(read(reader, 10)[0]) == list(range(20, 30))
        reader.acknowledge(Position("0:25"))
        reader.seek(START)
        reader.resume()
        assert values(read(reader, 5)[0]) == list(range(25, 30))
        reader.seek(START)
        assert values(read(reader, 30)[0]) == list(range(30))


def test_resume_over_partitions_repeats_only_what_was_not_acknowledged(open_stream: OpenStream) -> None:
    stream = open_stream(partitions=4)
    append(stream, numbered(200, keys=20))
    with closing(stream.reader("g")) as reader:
        reader.resume()
        first, position = read(reader, 60, size=20)
        reader.acknowledge(position)
        read(reader, 50, size=20)
    with closing(stream.reader("g")) as reader:
        reader.resume()
        rest, _ = read(reader, 200 - len(first))
    assert sorted(values([*first, *rest])) == list(range(200))


def test_acknowledging_the_start_takes_an_acknowledgement_back_or_leaves_it(open_stream: OpenStream) -> None:
    stream = open_stream()
    append(stream, numbered(10))
    with closing(stream.reader("g")) as reader:
        reader.resume()
        _, position = read(reader, 5, size=5)
        reader.acknowledge(position)
        reader.acknowledge(START)
    with closing(stream.reader("g")) as reader:
        reader.resume()
        rest = values(read(reader, 10, within_s=5)[0])
    assert rest[-5:] == list(range(5, 10)), "nothing that was not acknowledged is skipped"


def test_an_empty_poll_waits_its_time_and_no_longer(hundred: tuple[Stream, StreamReader]) -> None:
    _, reader = hundred
    reader.seek(Position("0:100"))
    reader.poll(10, 0.1)
    for timeout_s in (0.0, 0.3):
        started = time.monotonic()
        batch = reader.poll(10, timeout_s)
        took_s = time.monotonic() - started
        assert batch.records == ()
        assert batch.position == Position("0:100")
        assert timeout_s * 0.9 <= took_s < timeout_s + 1.0


def test_a_poll_wakes_up_for_a_new_record(open_stream: OpenStream) -> None:
    stream = open_stream()
    append(stream, numbered(1))
    with closing(stream.reader("g")) as reader:
        read(reader, 1)
        append(stream, [OutRecord("k", b"7")])
        started = time.monotonic()
        assert values(reader.poll(10, 10).records) == [7]
        assert time.monotonic() - started < 5


def test_headers_and_odd_values_come_back_as_written(open_stream: OpenStream) -> None:
    sent = [
        OutRecord("", b""),
        OutRecord("chiave-è-🍞", bytes(range(256)), (("ce_type", b"post"), ("raw", b"\x00\xff"), ("ce_type", b""))),
        OutRecord("big", b"x" * 1_048_576),
        OutRecord("largest", b"y" * MAX_RECORD_BYTES),
    ]
    stream = open_stream()
    append(stream, sent)
    with closing(stream.reader("g")) as reader:
        records, _ = read(reader, 4)
    assert [OutRecord(record.key, record.value, record.headers) for record in records] == sent


def test_a_record_over_the_limit_is_refused_and_takes_nothing_with_it(open_stream: OpenStream) -> None:
    stream = open_stream()
    with closing(stream.writer()) as writer:
        with pytest.raises(BadRecord, match="too_large"):
            writer.append([OutRecord("a", b"1"), OutRecord("b", b"x" * (MAX_RECORD_BYTES + 1))])
        writer.append([OutRecord("c", b"2")])
    with closing(stream.reader("g")) as reader:
        assert values(read(reader, 1)[0]) == [2]


def test_a_position_past_the_end_of_a_younger_log_starts_over(open_stream: OpenStream) -> None:
    stream = open_stream()
    append(stream, numbered(3))
    with closing(stream.reader("g")) as reader:
        reader.seek(Position("0:500"))
        assert values(read(reader, 3)[0]) == [0, 1, 2]


def test_closing_twice_is_fine_and_using_a_closed_end_is_retryable(open_stream: OpenStream) -> None:
    stream = open_stream()
    writer, reader = stream.writer(), stream.reader("g")
    for end in (writer, reader, writer, reader):
        end.close()
    with pytest.raises(StreamUnavailable):
        writer.append(numbered(1))
    with pytest.raises(StreamUnavailable):
        reader.poll(1, 0)


def test_nothing_is_opened_before_it_is_used(tmp_path: Path) -> None:
    LocalStream(tmp_path / "deep" / "stream.sqlite", "posts.v1")
    assert list(tmp_path.iterdir()) == []
