"""Reads a Kafka topic as a member of a consumer group, from positions kept elsewhere.

The group decides only *which* partitions this reader owns. *Where* to read is the last
sought position plus what was read since; offsets committed to the broker are never read
back, they only feed lag displays.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from configs.errors import StreamUnavailable
from ingest.position import Position
from ingest.streams.contract import Record, RecordBatch
from ingest.streams.kafka.client import (
    MAX_MESSAGE_BYTES,
    ConsumerRebalanceListener,
    KafkaConsumer,
    KafkaError,
    LogTruncationError,
    NoOffsetForPartitionError,
    OffsetAndMetadata,
    OffsetOutOfRangeError,
    TopicPartition,
    connect,
)
from ingest.streams.offsets import batch_limit, decode_offsets, encode_offsets

log = logging.getLogger(__name__)

_PROBE_EVERY_S = 2.0  # silence after which the broker is asked whether it is there
_ANSWER_S = 3.0  # time it has to answer a probe, a lag question or a last commit


class KafkaReader:
    """One group member; one thread at a time.

    A partition that another member read meanwhile and that comes back continues where
    *this* reader was. A stage that must not repeat seeks to its stored position whenever
    :meth:`assigned` changes.

    While the group forms, stay inside ``poll``: kafka-python 3.0 throws away an assignment
    that arrives between two polls and joins again. A timeout of 0.5 s or more is plenty.
    """

    def __init__(
        self,
        topic: str,
        servers: Sequence[str],
        group_id: str,
        timeout_s: float,
        *,
        single: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._topic = topic
        self._single = single
        self._monotonic = monotonic
        self._next: dict[int, int] = {}
        self._resumes = False
        self._to_commit: dict[Any, Any] = {}
        self._closed = False
        self._heard_at = monotonic()
        self._consumer = connect(
            KafkaConsumer,
            servers,
            timeout_s,
            group_id=group_id,
            enable_auto_commit=False,
            heartbeat_interval_ms=1_000,  # how soon a member learns that the group changes
            # Never jump silently: an offset out of range is handled in `_recover`.
            auto_offset_reset="none",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            allow_auto_create_topics=False,
            isolation_level="read_committed",
            metrics_enabled=False,
        )
        self._consumer.subscribe([topic], listener=_OnAssigned(self._place_new, self._forget))

    def assigned(self) -> frozenset[int]:
        """Partitions owned as of the last ``poll``; empty before the group has formed."""
        return frozenset(partition.partition for partition in self._consumer.assignment())

    def seek(self, position: Position) -> None:
        """Next ``poll`` starts at ``position``, also for partitions assigned later.

        Raises
        ------
        StateMismatch
            The position is not one of a stream.
        """
        self._next = decode_offsets(position)
        self._resumes = False
        self._place(self._consumer.assignment())

    def resume(self) -> None:
        """Next ``poll`` starts at the group's committed offsets, also for partitions assigned later.

        Raises
        ------
        StreamUnavailable
            The broker does not tell them for now.
        """
        self._next = {}
        self._resumes = True
        self._place(self._consumer.assignment())

    def poll(self, max_records: int, timeout_s: float) -> RecordBatch:
        """Return up to ``max_records``; the first call also joins the group.

        Raises
        ------
        StreamUnavailable
            The broker is away; the reader stays usable and resumes where it was.
        """
        deadline = self._monotonic() + timeout_s
        records = self._read(max_records, timeout_s)
        # One partition: fill the batch while the log has more, so that a restart cuts equal batches.
        while self._single and records and (room := batch_limit(records[-1].offset + 1, max_records)) < max_records:
            left_s = deadline - self._monotonic()
            if left_s <= 0 or not self._has_more(records[-1].partition):
                break
            more = self._read(room, left_s)
            if not more:
                break
            records += more
        if not records:
            self._probe()
        return RecordBatch(tuple(records), encode_offsets(self._next))

    def _read(self, max_records: int, timeout_s: float) -> list[Record]:
        if self._closed:
            raise StreamUnavailable(f"{self._topic}: the reader is closed")
        limit = batch_limit(self._next.get(0, 0), max_records) if self._single else max_records
        try:
            fetched = self._consumer.poll(timeout_ms=int(timeout_s * 1000), max_records=limit)
        except (OffsetOutOfRangeError, NoOffsetForPartitionError, LogTruncationError) as error:
            self._recover(error)
            return []
        except KafkaError as error:
            # The client may have moved past records that never got here.
            self._place(self._consumer.assignment())
            raise StreamUnavailable(f"{self._topic}: {error!r}") from error
        if fetched:
            self._heard_at = self._monotonic()
        records: list[Record] = []
        for partition in sorted(fetched):
            records += self._accept(partition, fetched[partition], max_records)
        return records

    def _accept(self, partition: Any, fetched: Iterable[Any], max_records: int) -> list[Record]:
        number = partition.partition
        start = self._next.get(number, 0)
        # A record before the place was already given out: a rebalance may fetch it again.
        records = [_record(number, message) for message in fetched if message.offset >= start]
        if self._single and records:
            first = records[0].offset
            edge = first + batch_limit(first, max_records)
            if records[-1].offset >= edge:
                records = [record for record in records if record.offset < edge]
                self._consumer.seek(partition, edge)
        if records:
            self._next[number] = records[-1].offset + 1
        return records

    def _has_more(self, partition: int) -> bool:
        try:
            end = self._consumer.highwater(TopicPartition(self._topic, partition))
        except KafkaError:
            return False  # the partition was taken away meanwhile
        return end is not None and self._next.get(partition, 0) < end

    def _place(self, partitions: Iterable[Any]) -> None:
        """Put the client's fetch positions of ``partitions`` where this reader is."""
        for partition in partitions:
            offset = self._next.get(partition.partition)
            if offset is None and self._resumes:
                offset = self._acknowledged(partition)
            if offset is None:
                self._consumer.seek_to_beginning(partition)
            else:
                self._consumer.seek(partition, offset)

    def _place_new(self, partitions: Iterable[Any]) -> None:
        # On the client's own thread, which may not wait for an answer. A resuming reader leaves partitions it
        # knows nothing of to the client: that asks for the committed offset, or raises NoOffsetForPartition.
        self._place([one for one in partitions if not self._resumes or one.partition in self._next])

    def _acknowledged(self, partition: Any) -> int | None:
        try:
            offset = self._consumer.committed(partition, timeout_ms=int(_ANSWER_S * 1000))
        except KafkaError as error:
            raise StreamUnavailable(f"{self._topic}: no committed offset: {error!r}") from error
        if offset is None or offset < 0:
            return None
        self._next[partition.partition] = int(offset)
        return int(offset)

    def _forget(self, partitions: Iterable[Any]) -> None:
        # Whoever gets them goes on from what the group acknowledged, and so will this reader.
        if self._resumes:
            for partition in partitions:
                self._next.pop(partition.partition, None)

    def _recover(self, error: KafkaError) -> None:
        # Retention overtook this reader, or the log is shorter than the position. Without a known
        # last common offset it starts at the beginning: stages drop revisions they have seen.
        lost: dict[Any, Any] = {}
        if isinstance(error, OffsetOutOfRangeError):
            lost = dict.fromkeys(error.args[0])
        elif isinstance(error, LogTruncationError):
            lost = error.divergent_offsets
        for partition, common in lost.items():
            number = partition.partition
            position = self._next.pop(number, 0)
            if common is not None:
                self._next[number] = common.offset
            log.warning(
                "stream_position_out_of_range",
                extra={"stream": self._topic, "partition": number, "position": position},
            )
        assignment = self._consumer.assignment()
        # Not through `_place`: what the group acknowledged may be the very place that is gone.
        gone = {partition for partition, common in lost.items() if common is None} & assignment
        self._place(assignment - gone)
        for partition in gone:
            self._consumer.seek_to_beginning(partition)

    def _probe(self) -> None:
        # A client without a broker polls on in silence; only a question shows that nobody is there.
        if self._monotonic() - self._heard_at < _PROBE_EVERY_S:
            return
        partitions = self._consumer.assignment() or {TopicPartition(self._topic, 0)}
        try:
            self._consumer.end_offsets(sorted(partitions), timeout_ms=int(_ANSWER_S * 1000))
        except KafkaError as error:
            raise StreamUnavailable(f"{self._topic}: the broker does not answer: {error!r}") from error
        self._heard_at = self._monotonic()

    def acknowledge(self, position: Position) -> None:
        """Commit offsets in the background; a refusal (rebalance, broker away) is only logged."""
        owned = self.assigned()
        self._to_commit = {
            TopicPartition(self._topic, partition): OffsetAndMetadata(offset, "", -1)
            for partition, offset in decode_offsets(position).items()
            if partition in owned
        }
        if self._closed or not self._to_commit:
            return
        try:
            self._consumer.commit_async(self._to_commit, callback=self._committed)
        except KafkaError as error:
            self._committed(self._to_commit, error)

    def _committed(self, offsets: object, answer: object) -> None:
        if isinstance(answer, Exception):
            log.warning("acknowledge_failed", extra={"stream": self._topic, "error": type(answer).__name__})

    def lag(self) -> int | None:
        """Records of the owned partitions not read yet; ``None`` without partitions or broker."""
        partitions = sorted(self._consumer.assignment())
        if self._closed or not partitions:
            return None
        try:
            ends = self._consumer.end_offsets(partitions, timeout_ms=int(_ANSWER_S * 1000))
            starts = self._consumer.beginning_offsets(partitions, timeout_ms=int(_ANSWER_S * 1000))
        except KafkaError:
            return None
        left: int = sum(
            max(0, ends[partition] - max(self._next.get(partition.partition, 0), starts[partition]))
            for partition in partitions
        )
        return left

    def close(self) -> None:
        """Commit the last acknowledged position, leave the group, close sockets; idempotent."""
        if self._closed:
            return
        self._closed = True
        try:
            if self._to_commit and self.assigned():
                self._consumer.commit(self._to_commit, timeout_ms=int(_ANSWER_S * 1000))
        except KafkaError as error:
            self._committed(self._to_commit, error)
        try:
            self._consumer.close(autocommit=False, timeout_ms=int(_ANSWER_S * 1000))
        except KafkaError as error:
            log.warning("consumer_close_failed", extra={"stream": self._topic, "error": type(error).__name__})


class _OnAssigned(ConsumerRebalanceListener):  # type: ignore[misc]  # the client ships no types
    def __init__(self, place: Callable[[Iterable[Any]], None], forget: Callable[[Iterable[Any]], None]) -> None:
        self._place = place
        self._forget = forget

    def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        """Nothing to save: the truth is the position in the stage's store, or what was acknowledged."""
        self._forget(revoked)

    def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Before the first fetch: put the new partitions where this reader is."""
        self._place(assigned)


def _record(partition: int, message: Any) -> Record:
    # Other producers may leave out key, value or header values; here they are empty.
    return Record(
        partition,
        message.offset,
        (message.key or b"").decode(errors="replace"),
        message.value or b"",
        tuple((name, value or b"") for name, value in message.headers),
    )
