"""Kafka as it behaves: rebalances, brokers that stop and come back, topics with policies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from configs.errors import StreamUnavailable
from configs.loading import load_settings
from ingest.collect import Collected, Collector
from ingest.cursor_log import Cursor, CursorLog
from ingest.position import START, Position
from ingest.post import Post
from ingest.sources.contract import DeadLetter, SourceBatch
from ingest.streams import CONNECTOR_STATE, DEAD_LETTERS, ENRICHED, POSTS, open_stream
from ingest.streams.contract import OutRecord, Record, RecordBatch, Stream, StreamReader
from ingest.streams.kafka.client import KafkaAdminClient, TopicPartition
from ingest.streams.kafka.stream import KafkaStream
from ingest.streams.offsets import decode_offsets, encode_offsets
from ingest.wire import Heartbeat, decode
from tests.broker import Broker, unused_port
from tests.waiting import wait_until

pytest_plugins = ("tests.broker",)
pytestmark = pytest.mark.broker

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def numbered(start: int, stop: int, keys: int = 40) -> list[OutRecord]:
    return [OutRecord(f"key-{n % keys}", str(n).encode()) for n in range(start, stop)]


def append(stream: Stream, records: Sequence[OutRecord]) -> None:
    with closing(stream.writer()) as writer:
        writer.append(records)


def values(records: Sequence[Record]) -> list[int]:
    return [int(record.value) for record in records]


def read(reader: StreamReader, n: int, within_s: float = 30) -> tuple[list[Record], Position]:
    records: list[Record] = []
    position = START
    deadline = time.monotonic() + within_s
    while len(records) < n and time.monotonic() < deadline:
        batch = reader.poll(100, 0.5)
        records += batch.records
        position = batch.position
    return records, position


def poll_until(done: Callable[[], bool], *readers: StreamReader, within_s: float = 40) -> list[list[Record]]:
    """Poll every reader in a thread of its own, as workers do, until ``done``; what each of them read."""
    found: list[list[Record]] = [[] for _ in readers]
    deadline = time.monotonic() + within_s

    def work(reader: StreamReader, records: list[Record]) -> None:
        while not done() and time.monotonic() < deadline:
            records += reader.poll(50, 0.5).records

    threads = [threading.Thread(target=work, args=pair) for pair in zip(readers, found, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done(), "it did not happen in time"
    return found


def test_two_readers_share_the_partitions_and_resume_from_the_position_they_seek(broker: Broker) -> None:
    stream = KafkaStream("rebalance", broker.servers, partitions=6, timeout_s=10)
    everything = frozenset(range(6))
    append(stream, numbered(0, 300))
    with closing(stream.reader("g")) as one:
        first, position = read(one, 300)
        assert one.assigned() == everything
        assert sorted(values(first)) == list(range(300))

        with closing(stream.reader("g")) as two:
            two.seek(position)  # before any partition is known: remembered for those that come
            again = poll_until(lambda: len(one.assigned()) == 3 and len(two.assigned()) == 3, one, two)
            assert again == [[], []], "nothing was repeated by either"
            assert one.assigned() | two.assigned() == everything

            append(stream, numbered(300, 600))
            counts = [0, 0]
            by_one, by_two = poll_until(
                lambda: sum(counts) >= 300, _Counting(one, counts, 0), _Counting(two, counts, 1)
            )
            assert sorted(values([*by_one, *by_two])) == list(range(300, 600))
            assert {record.partition for record in by_one} == one.assigned()
            assert {record.partition for record in by_two} == two.assigned()
            after_one, after_two = (decode_offsets(reader.poll(1, 0).position) for reader in (one, two))

        # The second left. Whoever takes over seeks to what both have stored, and loses nothing.
        append(stream, numbered(600, 700))
        one.seek(encode_offsets({p: max(after_one[p], after_two[p]) for p in everything}))
        (last,) = poll_until(lambda: one.assigned() == everything, one)
        last += read(one, 100 - len(last))[0]
        assert sorted(values(last)) == list(range(600, 700))


class _Counting:
    """A reader that tells how much it read."""

    def __init__(self, reader: StreamReader, counts: list[int], mine: int) -> None:
        self._reader = reader
        self._counts = counts
        self._mine = mine

    def poll(self, max_records: int, timeout_s: float) -> RecordBatch:
        batch = self._reader.poll(max_records, timeout_s)
        self._counts[self._mine] += len(batch.records)
        return batch


def test_a_partition_without_an_entry_in_the_position_starts_at_its_beginning(broker: Broker) -> None:
    stream = KafkaStream("partial-position", broker.servers, partitions=3, timeout_s=10)
    append(stream, numbered(0, 90))
    with closing(stream.reader("g")) as reader:
        _, position = read(reader, 90)
        ends = decode_offsets(position)
        reader.seek(Position(f"1:{ends[1]}"))
        records, _ = read(reader, ends[0] + ends[2])
        assert {record.partition for record in records} == {0, 2}
        assert min(record.offset for record in records) == 0


def test_a_commit_from_a_member_that_was_left_out_harms_nobody(broker: Broker) -> None:
    stream = KafkaStream("late-commit", broker.servers, partitions=2, timeout_s=10)
    append(stream, numbered(0, 50))
    with closing(stream.reader("g")) as one:
        _, position = read(one, 50)
        _evict_all(broker, "trendsieve.g.late-commit")
        one.acknowledge(position)
        append(stream, numbered(50, 80))
        records, _ = read(one, 30)  # it joins again by itself and goes on where it was
        assert sorted(values(records)) == list(range(50, 80))
        one.acknowledge(position)


def test_an_acknowledged_position_shows_as_the_groups_lag_elsewhere(broker: Broker) -> None:
    stream = KafkaStream("lag-elsewhere", broker.servers, timeout_s=10)
    append(stream, numbered(0, 20))
    with closing(stream.reader("g")) as reader:
        reader.acknowledge(read(reader, 20)[1])
    with closing(KafkaAdminClient(bootstrap_servers=broker.servers)) as admin:
        offsets = admin.list_group_offsets("trendsieve.g.lag-elsewhere")["trendsieve.g.lag-elsewhere"]
    assert offsets[TopicPartition("lag-elsewhere", 0)].offset == 20


def test_a_resumed_member_takes_over_what_another_one_acknowledged(broker: Broker) -> None:
    stream = KafkaStream("take-over", broker.servers, partitions=4, timeout_s=10)
    append(stream, numbered(0, 200))
    with closing(stream.reader("g")) as one:
        one.resume()
        first, position = read(one, 200)
        one.acknowledge(position)
        assert sorted(values(first)) == list(range(200))
        with closing(stream.reader("g")) as two:
            two.resume()
            again = poll_until(lambda: len(one.assigned()) == 2 and len(two.assigned()) == 2, one, two)
            assert again == [[], []], "acknowledged records come to nobody again"
            append(stream, numbered(200, 400))
            counts = [0, 0]
            by_one, by_two = poll_until(
                lambda: sum(counts) >= 200, _Counting(one, counts, 0), _Counting(two, counts, 1)
            )
            assert sorted(values([*by_one, *by_two])) == list(range(200, 400))
            two.acknowledge(two.poll(1, 0).position)
        # It left. Its partitions come back, and what it acknowledged is not read a second time.
        append(stream, numbered(400, 500))
        (last,) = poll_until(lambda: len(one.assigned()) == 4, one)
        last += read(one, 100 - len(last))[0]
        assert sorted(values(last)) == list(range(400, 500))


def test_a_member_that_died_before_acknowledging_leaves_its_records_to_the_next(broker: Broker) -> None:
    stream = KafkaStream("died", broker.servers, timeout_s=10)
    append(stream, numbered(0, 60, keys=1))
    with closing(stream.reader("g")) as one:
        one.resume()
        _, position = read(one, 60)
        one.acknowledge(Position("0:25"))
        assert position == Position("0:60")
        read(one, 1, within_s=1)  # time for the acknowledgement to arrive
        _evict_all(broker, "trendsieve.g.died")  # as an operator does after a kill -9
        with closing(stream.reader("g")) as two:
            two.resume()
            assert values(read(two, 35)[0]) == list(range(25, 60))


def test_a_resume_beyond_a_younger_log_starts_over(broker: Broker) -> None:
    stream = KafkaStream("younger", broker.servers, timeout_s=10)
    append(stream, numbered(0, 5))
    with closing(stream.reader("g")) as reader:
        reader.resume()
        read(reader, 5)
        reader.acknowledge(Position("0:500"))
    with closing(stream.reader("g")) as reader:
        reader.resume()
        assert values(read(reader, 5)[0]) == list(range(5))


def test_a_broker_that_stops_is_reported_and_everything_goes_on_after_its_return(own_broker: Broker) -> None:
    stream = KafkaStream("restart", own_broker.servers, timeout_s=3)
    with closing(stream.writer()) as writer, closing(stream.reader("g")) as reader:
        writer.append(numbered(0, 50))
        first, position = read(reader, 50)
        assert values(first) == list(range(50))

        own_broker.stop()
        started = time.monotonic()
        with pytest.raises(StreamUnavailable):
            writer.append(numbered(50, 100))
        assert time.monotonic() - started < 25
        with pytest.raises(StreamUnavailable):
            _poll_in_vain(reader, 20)
        assert reader.lag() is None
        reader.acknowledge(position)
        with pytest.raises(StreamUnavailable):
            writer.append(numbered(50, 100))

        own_broker.start()
        _eventually(lambda: writer.append(numbered(50, 100)))
        _eventually(lambda: writer.append(numbered(100, 150)))
        rest = _read_through_errors(reader, lambda found: {150 - 1} <= set(values(found)))
        assert list(dict.fromkeys(values(rest))) == list(range(50, 150)), "lost or reordered"
    with closing(stream.reader("fresh")) as fresh:
        assert list(dict.fromkeys(values(read(fresh, 150)[0]))) == list(range(150)), "the restart kept the data"


def test_an_append_outlives_a_short_restart_by_itself(own_broker: Broker) -> None:
    stream = KafkaStream("short-restart", own_broker.servers, timeout_s=20)
    problems: list[Exception] = []
    stop = threading.Event()
    appended: list[int] = []
    tried: list[int] = []

    def keep_appending() -> None:
        try:
            with closing(stream.writer()) as writer:
                while not stop.is_set():
                    tried.append(len(appended))
                    writer.append(numbered(len(appended), len(appended) + 10, keys=1))
                    appended.extend(range(10))
        except StreamUnavailable as error:
            problems.append(error)

    thread = threading.Thread(target=keep_appending)
    thread.start()
    under_way: set[int] = set()
    try:
        for _ in range(2):
            _wait_for_more(appended)
            # the batches around a stop: the test broker was seen to forget one that it had acknowledged
            # while it was going down, which no client can know of
            before = len(appended)
            own_broker.stop()
            under_way.update(range(before - 10, len(appended) + 30))
            wait_until(lambda: tried[-1] == len(appended), 20, "an append is under way while the broker is down")
            own_broker.start()
        _wait_for_more(appended)
    finally:
        stop.set()
        thread.join()
    assert problems == []
    with closing(stream.reader("g")) as reader:
        found = values(read(reader, len(appended))[0])
    once = list(dict.fromkeys(found))
    assert once == sorted(once), "reordered"
    assert set(range(len(appended))) - set(once) <= under_way, "lost"


def test_no_broker_at_all_is_unavailable_soon_and_leaves_nothing_open() -> None:
    stream = KafkaStream("nowhere", f"127.0.0.1:{unused_port()}", timeout_s=1)
    for open_end in (stream.writer, lambda: stream.reader("g")):
        started = time.monotonic()
        with pytest.raises(StreamUnavailable, match="no Kafka broker"):
            open_end()
        assert time.monotonic() - started < 10


def test_topics_are_made_with_their_policies_and_an_existing_one_is_left_alone(own_broker: Broker) -> None:
    settings = load_settings(
        environ={
            "TRENDSIEVE_STREAM__KIND": "kafka",
            "TRENDSIEVE_STREAM__BOOTSTRAP_SERVERS": own_broker.servers,
            "TRENDSIEVE_STREAM__PARTITIONS": "5",
        }
    )
    for name in (POSTS, ENRICHED, DEAD_LETTERS, CONNECTOR_STATE):
        for _ in range(2):
            open_stream(settings, name).writer().close()
    with closing(KafkaAdminClient(bootstrap_servers=own_broker.servers)) as admin:
        topics = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics()}
    assert {name: topics[name] for name in (POSTS, ENRICHED, DEAD_LETTERS, CONNECTOR_STATE)} == {
        POSTS: 5,
        ENRICHED: 1,
        DEAD_LETTERS: 1,
        CONNECTOR_STATE: 1,
    }
    day_ms = 86_400_000
    assert _config(own_broker, POSTS, "retention.ms") == str(7 * day_ms)
    assert _config(own_broker, ENRICHED, "retention.ms") == str(day_ms)
    assert _config(own_broker, DEAD_LETTERS, "retention.ms") == str(3 * day_ms)
    assert _config(own_broker, CONNECTOR_STATE, "cleanup.policy") == "compact"


class TenPosts:
    """Ten posts and one dead letter in one batch."""

    name = "ten"

    def fetch(self, position: Position) -> object:
        left = position == START
        posts = tuple(Post(post_id=f"p{n}", text="ciao", event_time=NOW + timedelta(seconds=n)) for n in range(10))
        letters = (DeadLetter("ten", "not_json", "no JSON", "ten:11", b"\xff{"),)
        if left:
            yield SourceBatch(posts, Position("10"), dead_letters=letters)
        yield SourceBatch((), Position("10"), end=True)


def test_the_collector_fills_posts_dead_letters_and_cursor(own_broker: Broker) -> None:
    posts, letters, state = (
        KafkaStream(name, own_broker.servers, timeout_s=10) for name in (POSTS, DEAD_LETTERS, CONNECTOR_STATE)
    )
    totals = []
    for _ in range(2):
        with (
            closing(posts.writer()) as to_posts,
            closing(letters.writer()) as to_letters,
            closing(CursorLog(state, "ten")) as cursor,
        ):
            collector = Collector(TenPosts(), to_posts, to_letters, cursor, lambda: NOW, 15)
            totals.append(collector.run(threading.Event()))
            assert cursor.load() == Cursor(Position("10"), ended=True, event_time=NOW + timedelta(seconds=9))
    assert totals == [Collected(posts=10, dead_letters=1), Collected()]
    with closing(posts.reader("g")) as reader:
        messages = [decode(record) for record in read(reader, 11)[0]]
        assert [message.post_id for message in messages[:10] if isinstance(message, Post)] == [
            f"p{n}" for n in range(10)
        ]
        assert messages[10:] == [Heartbeat(NOW + timedelta(seconds=9), end=True)]
    with closing(letters.reader("g")) as reader:
        (letter,) = read(reader, 1)[0]
        assert letter.key == "ten:11"
        assert dict(letter.headers)["ce_type"] == b"trendsieve.dead_letter.v1"


def _poll_in_vain(reader: StreamReader, for_s: float) -> None:
    deadline = time.monotonic() + for_s
    while time.monotonic() < deadline:
        assert reader.poll(10, 0.2).records == ()


def _eventually(action: Callable[[], None], within_s: float = 40) -> None:
    deadline = time.monotonic() + within_s
    while True:
        try:
            return action()
        except StreamUnavailable:
            if time.monotonic() >= deadline:
                raise


def _read_through_errors(reader: StreamReader, done: Callable[[list[Record]], bool]) -> list[Record]:
    found: list[Record] = []
    deadline = time.monotonic() + 60
    while not done(found) and time.monotonic() < deadline:
        try:
            found += reader.poll(100, 0.5).records
        except StreamUnavailable:
            continue
    return found


def _wait_for_more(appended: list[int]) -> None:
    before = len(appended)
    wait_until(lambda: len(appended) > before, 40, "appending goes on")


def _evict_all(broker: Broker, group: str) -> None:
    from kafka.admin import MemberToRemove

    with closing(KafkaAdminClient(bootstrap_servers=broker.servers)) as admin:
        members = admin.describe_groups([group])[group]["members"]
        assert len(members) == 1
        admin.remove_group_members(group, [MemberToRemove(member_id=member["member_id"]) for member in members])


def _config(broker: Broker, topic: str, key: str) -> str:
    from kafka.admin import ConfigResource

    with closing(KafkaAdminClient(bootstrap_servers=broker.servers)) as admin:
        found = admin.describe_configs([ConfigResource("TOPIC", topic)], config_filter="all")
    return str(found["topic"][topic][key]["value"])
