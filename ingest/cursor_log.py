"""Where a connector is, kept on ``connector.state.v1``: the latest record of its key wins."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from uuid import uuid4

import msgspec

from configs.errors import StateMismatch, StreamUnavailable
from ingest.position import START, Position
from ingest.streams.contract import OutRecord, Stream, StreamWriter

_READ = 1000
_ENCODER = msgspec.json.Encoder()


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything up to ``position`` is on the streams.

    ``ended``: a finite source was read to its end and the end was announced;
    ``event_time``: latest event time of the posts so far, ``None`` before the first.
    """

    position: Position = START
    ended: bool = False
    event_time: datetime | None = None


_DECODER = msgspec.json.Decoder(Cursor)


class CursorLog:
    """Load and save one connector's cursor.

    Parameters
    ----------
    stream
        The (compacted) state log, shared by all connectors.
    connector
        Key of this connector's records.
    timeout_s
        How long the log may take to be read to its end.
    unique
        A name no other reader uses: a reader of a group of its own owns all partitions at
        once, whatever a dead predecessor still holds.
    monotonic
        Clock in seconds.
    """

    def __init__(
        self,
        stream: Stream,
        connector: str,
        *,
        timeout_s: float = 60.0,
        unique: Callable[[], str] = lambda: uuid4().hex,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._connector = connector
        self._timeout_s = timeout_s
        self._unique = unique
        self._monotonic = monotonic
        self._writer: StreamWriter | None = None

    def load(self) -> Cursor:
        """The cursor saved last; a fresh one when there is none.

        Raises
        ------
        StreamUnavailable
            The log could not be read to its end in time.
        StateMismatch
            The latest record is no cursor.
        """
        deadline = self._monotonic() + self._timeout_s
        latest: bytes | None = None
        with closing(self._stream.reader(f"cursor.{self._connector}.{self._unique()}")) as reader:
            # A lag of None: the group has not formed yet; polling forms it.
            while reader.lag() != 0:
                if self._monotonic() >= deadline:
                    raise StreamUnavailable(f"{self._stream.name} was not read to its end in {self._timeout_s} s")
                for record in reader.poll(_READ, 0.2).records:
                    if record.key == self._connector:
                        latest = record.value
        try:
            return Cursor() if latest is None else _DECODER.decode(latest)
        except msgspec.MsgspecError as error:
            raise StateMismatch(f"{self._stream.name}: the record of {self._connector} is no cursor") from error

    def save(self, cursor: Cursor) -> None:
        """Append the cursor; durable on return.

        Raises
        ------
        StreamUnavailable
            Nothing is known to be saved.
        """
        if self._writer is None:
            self._writer = self._stream.writer()
        self._writer.append([OutRecord(self._connector, _ENCODER.encode(cursor))])

    def close(self) -> None:
        """Release the writer; idempotent."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
