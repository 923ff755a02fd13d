"""The local log between real processes: killed writers, parallel writers, a full disk, another writer's lock."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from configs.errors import ConfigError, StreamUnavailable
from configs.loading import load_settings
from ingest.position import START, Position
from ingest.streams import CONNECTOR_STATE, POSTS, open_stream
from ingest.streams.contract import OutRecord, Record
from ingest.streams.local import ends as local_ends
from ingest.streams.local.stream import LocalStream
from ingest.streams.offsets import encode_offsets

WRITER = """
import sys, zlib
from itertools import count
from pathlib import Path
from ingest.streams.contract import OutRecord
from ingest.streams.local.stream import LocalStream

path, name, total = sys.argv[1:]
writer = LocalStream(Path(path), "posts.v1").writer()
batches = count() if total == "forever" else range(int(total))
for batch in batches:
    records = []
    for number in range(20):
        body = f"{name}:{batch}:{number}:".encode() * 40
        records.append(OutRecord(name, body, (("crc", str(zlib.crc32(body)).encode()),)))
    writer.append(records)
    print(batch, flush=True)  # only now does anybody count on it
writer.close()
"""

READER = """
import sys
from pathlib import Path
from ingest.streams.local.stream import LocalStream

path, total = Path(sys.argv[1]), int(sys.argv[2])
reader = LocalStream(path, "posts.v1").reader("reader")
expected = 0
while expected < total:
    for record in reader.poll(64, 30).records:
        assert record.offset == expected, (record.offset, expected)
        expected += 1
reader.close()
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def read_all(stream: LocalStream, position: Position = START) -> list[Record]:
    with closing(stream.reader("test")) as reader:
        reader.seek(position)
        records: list[Record] = []
        while batch := reader.poll(1000, 0).records:
            records += batch
        return records


def append(stream: LocalStream, values: Sequence[bytes]) -> None:
    with closing(stream.writer()) as writer:
        writer.append([OutRecord("k", value) for value in values])


def check(records: Sequence[Record]) -> dict[str, list[tuple[int, int]]]:
    """(batch, number) by writer, after making sure that no record is torn."""
    from zlib import crc32

    found: dict[str, list[tuple[int, int]]] = {}
    for record in records:
        assert record.headers == (("crc", str(crc32(record.value)).encode()),)
        name, batch, number = record.value.decode().split(":")[:3]
        found.setdefault(name, []).append((int(batch), int(number)))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("n_batches", [1, 5, 20])
def test_a_killed_writer_keeps_every_record_it_was_told_is_there(tmp_path: Path, n_batches: int) -> None:
    path = tmp_path / "stream.sqlite"
    with start(WRITER, path, "w", "forever") as process:
        assert process.stdout is not None
        acknowledged = [int(process.stdout.readline()) for _ in range(n_batches)]
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
    stream = LocalStream(path, POSTS)
    found = check(read_all(stream))["w"]
    batches = found[-1][0] + 1
    assert found == [(batch, number) for batch in range(batches) for number in range(20)], "torn or out of order"
    assert batches > max(acknowledged)
    append(stream, [b"on it goes"])
    assert read_all(stream, Position(f"0:{batches * 20}"))[0].value == b"on it goes"


@pytest.mark.slow
def test_writers_and_readers_in_parallel_agree_on_one_order(tmp_path: Path) -> None:
    path = tmp_path / "stream.sqlite"
    total = 3 * 30 * 20
    processes = [start(WRITER, path, f"w{n}", 30) for n in range(3)] + [start(READER, path, total) for _ in range(2)]
    for process in processes:
        _, problems = process.communicate(timeout=120)
        assert process.returncode == 0, problems
    records = read_all(LocalStream(path, POSTS))
    assert [record.offset for record in records] == list(range(total))
    expected = [(batch, number) for batch in range(30) for number in range(20)]
    assert check(records) == {f"w{n}": expected for n in range(3)}


def test_threads_may_open_the_same_new_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "stream.sqlite"
    problems: list[BaseException] = []

    def work(number: int) -> None:
        try:
            append(LocalStream(path, f"stream-{number % 2}"), [b"x"] * 5)
        except BaseException as error:  # noqa: BLE001 - reported below
            problems.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [len(read_all(LocalStream(path, f"stream-{n}"))) for n in (0, 1)] == [20, 20]


def test_streams_of_one_file_do_not_mix(tmp_path: Path) -> None:
    one, two = (LocalStream(tmp_path / "stream.sqlite", name) for name in ("one", "two"))
    for value in (b"1", b"2"):
        append(one, [b"one" + value])
        append(two, [b"two" + value])
    assert [(record.offset, record.value) for record in read_all(one)] == [(0, b"one1"), (1, b"one2")]
    assert [(record.offset, record.value) for record in read_all(two)] == [(0, b"two1"), (1, b"two2")]


def test_a_file_locked_by_somebody_else_is_retryable_and_nothing_is_half_done(tmp_path: Path) -> None:
    stream = LocalStream(tmp_path / "stream.sqlite", POSTS, busy_timeout_s=0.1)
    with closing(stream.writer()) as writer:
        writer.append([OutRecord("k", b"1")])
        with closing(sqlite3.connect(tmp_path / "stream.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StreamUnavailable, match="locked"):
                writer.append([OutRecord("k", b"2")])
            assert [record.value for record in read_all(stream)] == [b"1"], "a reader is not held up"
            with closing(stream.reader("g")) as reader:
                reader.acknowledge(Position("0:1"))  # cannot be written now: no harm
            other.execute("ROLLBACK")
        writer.append([OutRecord("k", b"2")])
    assert [record.value for record in read_all(stream)] == [b"1", b"2"]


@pytest.mark.slow
def test_a_full_disk_is_retryable_and_nothing_is_half_done(tmp_path: Path) -> None:
    stream = LocalStream(tmp_path / "stream.sqlite", POSTS)
    append(stream, [b"before"])
    # A limit on the file size makes every write past it fail, as a full disk would.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with closing(stream.writer()) as writer:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
        try:
            with pytest.raises(StreamUnavailable):
                writer.append([OutRecord("k", os.urandom(100_000)) for _ in range(30)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
            signal.signal(signal.SIGXFSZ, ignored)
        writer.append([OutRecord("k", b"after")])
    assert [record.value for record in read_all(stream)] == [b"before", b"after"]


def test_what_every_group_read_long_ago_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_ends, "KEPT_AFTER_READ", 10)
    monkeypatch.setattr(local_ends, "TRIM_EVERY", 16)
    stream = LocalStream(tmp_path / "stream.sqlite", POSTS)
    append(stream, [str(n).encode() for n in range(40)])
    with closing(stream.reader("fast")) as fast, closing(stream.reader("slow")) as slow:
        fast.acknowledge(encode_offsets({0: 30}))
        append(stream, [b"x"] * 16)
        assert [record.offset for record in read_all(stream)][:1] == [20], "ten are kept"
        slow.acknowledge(encode_offsets({0: 25}))
        fast.acknowledge(encode_offsets({0: 50}))
        append(stream, [b"x"] * 16)
        assert [record.offset for record in read_all(stream)][:1] == [20], "the slowest group decides"
        slow.acknowledge(encode_offsets({0: 44}))
        append(stream, [b"x"] * 16)
    with closing(stream.reader("late")) as late:
        # Offset 34 is no multiple of 4: the first batch ends where it would have ended anyway.
        assert [record.offset for record in late.poll(4, 0).records] == [34, 35]
        assert [record.offset for record in late.poll(4, 0).records] == [36, 37, 38, 39]


def test_nothing_is_forgotten_before_anybody_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_ends, "KEPT_AFTER_READ", 1)
    monkeypatch.setattr(local_ends, "TRIM_EVERY", 2)
    stream = LocalStream(tmp_path / "stream.sqlite", POSTS)
    for n in range(20):
        append(stream, [str(n).encode()])
    assert len(read_all(stream)) == 20


def test_what_a_group_acknowledged_can_be_shown(tmp_path: Path) -> None:
    stream = LocalStream(tmp_path / "stream.sqlite", POSTS)
    append(stream, [b"1", b"2"])
    with closing(stream.reader("track")) as reader:
        reader.acknowledge(reader.poll(1, 0).position)
        assert stream.acknowledged("track") == Position("0:1")
        reader.acknowledge(reader.poll(1, 0).position)
    assert stream.acknowledged("track") == Position("0:2")
    assert stream.acknowledged("somebody-else") == START


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be read as one\n" * 20)
    with pytest.raises(ConfigError, match=r"notes\.txt.*stream\.path"):
        LocalStream(path, POSTS).writer()
    with pytest.raises(ConfigError, match=r"stream\.path"):
        LocalStream(tmp_path, POSTS).reader("g")


def test_the_settings_open_a_local_stream_and_compact_the_state_log(tmp_path: Path) -> None:
    settings = load_settings(environ={"TRENDSIEVE_STREAM__PATH": str(tmp_path / "s.sqlite")})
    for name, kept in ((POSTS, [b"1", b"2", b"3"]), (CONNECTOR_STATE, [b"3"])):
        stream = open_stream(settings, name)
        with closing(stream.writer()) as writer:
            writer.append([OutRecord("k", b"1"), OutRecord("k", b"2")])
            writer.append([OutRecord("k", b"3")])
        with closing(stream.reader("g")) as reader:
            assert [record.value for record in reader.poll(1000, 0).records] == kept


@pytest.mark.slow
def test_the_log_is_fast_enough_for_a_firehose(tmp_path: Path) -> None:
    records = [OutRecord(f"key-{n}", b"x" * 1000) for n in range(50_000)]
    stream = LocalStream(tmp_path / "stream.sqlite", POSTS)
    started = time.perf_counter()
    with closing(stream.writer()) as writer:
        for start_at in range(0, len(records), 1000):
            writer.append(records[start_at : start_at + 1000])
    appended_s = time.perf_counter() - started
    started = time.perf_counter()
    assert len(read_all(stream)) == len(records)
    read_s = time.perf_counter() - started
    # Measured on two shared cores: about 100k appends/s and 300k reads/s; the bounds leave room for a busy machine.
    assert len(records) / appended_s > 10_000
    assert len(records) / read_s > 25_000
