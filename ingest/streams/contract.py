"""What a stream promises. ``tests/contracts/test_stream_contract.py`` runs every one.

A stream is an append-only log with partitions. A reader belongs to a consumer group
only for partition assignment and for the lag display; the *truth* about what was
processed is the position that a stage commits in its own store transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from ingest.position import Position

MAX_RECORD_BYTES = 4 * 1024 * 1024
"""Largest value of one record, in bytes; the same for every stream."""


class OutRecord(msgspec.Struct, frozen=True):
    """One record to append. Records with one key keep their order."""

    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class Record(msgspec.Struct, frozen=True):
    """One record as read. ``(partition, offset)`` is unique within the stream."""

    partition: int
    offset: int
    key: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


class RecordBatch(msgspec.Struct, frozen=True):
    """Records in stream order, and the position after the last of them."""

    records: tuple[Record, ...]
    position: Position


class StreamWriter(Protocol):
    """Appends records."""

    def append(self, records: Sequence[OutRecord]) -> None:
        """Append all records; on return they are durable. Retries itself what is safe to retry.

        Raises
        ------
        StreamUnavailable
            Nothing is known to be appended; appending again may duplicate, never lose.
        BadRecord
            A value is longer than :data:`MAX_RECORD_BYTES`; nothing was appended.
        """

    def close(self) -> None:
        """Release resources; idempotent."""


class StreamReader(Protocol):
    """Reads records from explicit positions; acknowledging is only for lag display."""

    def assigned(self) -> frozenset[int]:
        """Partitions this reader owns now; changes after a rebalance (checked by ``poll``)."""

    def seek(self, position: Position) -> None:
        """Next ``poll`` starts at ``position``; partitions it does not name start at their beginning."""

    def resume(self) -> None:
        """Next ``poll`` starts where this group acknowledged last, at the beginning if it never did.

        For stages whose output tolerates repeats and that keep no position of their own;
        every other stage seeks to the position it committed.
        """

    def poll(self, max_records: int, timeout_s: float) -> RecordBatch:
        """Return up to ``max_records``, waiting at most ``timeout_s`` for the first one.

        The batch's position names every partition read so far, so seeking to it and
        polling again never skips and never repeats. On a single-partition stream a batch
        does not cross a multiple of ``max_records``, so that a restart cuts equal batches.
        """

    def acknowledge(self, position: Position) -> None:
        """Tell the broker how far this group is; may be lost without harm."""

    def lag(self) -> int | None:
        """Records between this reader and the end, or ``None`` when unknown."""

    def close(self) -> None:
        """Leave the group and release resources; idempotent."""


class Stream(Protocol):
    """One named log, e.g. ``posts.v1``."""

    name: str

    def writer(self) -> StreamWriter:
        """A new writer; the caller closes it."""

    def reader(self, group: str) -> StreamReader:
        """A new reader in consumer group ``group``; the caller closes it."""
