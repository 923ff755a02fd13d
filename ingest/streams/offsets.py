"""The token of a stream position: ``"0:15,1:20"``, next offset by partition.

The token is canonical, so equal places have equal tokens: partitions ascend and a
partition still at offset 0 is left out, which makes "nothing read yet" the empty token.
"""

from __future__ import annotations

from collections.abc import Mapping

from configs.errors import BadRecord, StateMismatch
from ingest.position import Position
from ingest.streams.contract import MAX_RECORD_BYTES, OutRecord


def encode_offsets(next_offsets: Mapping[int, int]) -> Position:
    """The position that stands for these next offsets.

    Examples
    --------
    >>> encode_offsets({1: 20, 0: 15, 2: 0})
    Position(token='0:15,1:20')
    >>> encode_offsets({0: 0})
    Position(token='')
    """
    return Position(",".join(f"{partition}:{offset}" for partition, offset in sorted(next_offsets.items()) if offset))


def decode_offsets(position: Position) -> dict[int, int]:
    """Next offset by partition; partitions at their beginning are absent.

    Raises
    ------
    StateMismatch
        The token was not made by a stream.

    Examples
    --------
    >>> decode_offsets(Position("0:15,1:20"))
    {0: 15, 1: 20}
    """
    offsets: dict[int, int] = {}
    for part in position.token.split(",") if position.token else ():
        partition, _, offset = part.partition(":")
        if not (_is_number(partition) and _is_number(offset)) or int(partition) in offsets:
            raise StateMismatch(f"not a stream position: {position.token[:80]!r}")
        offsets[int(partition)] = int(offset)
    return {partition: offset for partition, offset in offsets.items() if offset}


def batch_limit(next_offset: int, max_records: int) -> int:
    """Records until the next multiple of ``max_records``: where a single-partition batch ends.

    Examples
    --------
    >>> batch_limit(0, 100), batch_limit(250, 100), batch_limit(299, 100)
    (100, 50, 1)
    """
    return max_records - next_offset % max_records


def check_size(record: OutRecord) -> None:
    """Refuse a record no stream takes.

    Raises
    ------
    BadRecord
        The value is longer than :data:`ingest.streams.contract.MAX_RECORD_BYTES`.
    """
    if len(record.value) > MAX_RECORD_BYTES:
        raise BadRecord("too_large", f"a record of {len(record.value)} bytes exceeds {MAX_RECORD_BYTES}")


def _is_number(text: str) -> bool:
    # 18 digits fit a signed 64-bit offset, which is what SQLite and Kafka take.
    return text.isascii() and text.isdecimal() and len(text) <= 18
