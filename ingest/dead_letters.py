"""Where unusable input goes: a JSONL file for people, a record for ``posts.dlq.v1``.

Both hold third-party text: delete them with the posts.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType

import msgspec

from configs.errors import InputError
from ingest.sources.contract import DeadLetter
from ingest.streams.contract import OutRecord
from ingest.wire import cloud_event_headers

DEAD_LETTER_TYPE = "trendsieve.dead_letter.v1"


class DeadLetterLine(msgspec.Struct, frozen=True):
    """One line of the file; ``raw`` is the input as UTF-8 text, unreadable bytes replaced."""

    source: str
    reason: str
    detail: str
    locator: str
    raw: str
    at: datetime


class DeadLetterBody(msgspec.Struct, frozen=True):
    """One record of the stream; ``raw`` is base64 in JSON, so the input survives exactly."""

    source: str
    reason: str
    detail: str
    locator: str
    raw: bytes
    at: datetime


_ENCODER = msgspec.json.Encoder()


def encode_dead_letter(letter: DeadLetter, at: datetime) -> OutRecord:
    """One record of ``posts.dlq.v1``, keyed by its locator: the same input again has the same key.

    Examples
    --------
    >>> from datetime import UTC
    >>> letter = DeadLetter("jsonl", "not_json", "no JSON", "a.jsonl:3 @ byte 9", b"{")
    >>> encode_dead_letter(letter, datetime(2026, 11, 21, tzinfo=UTC)).key
    'a.jsonl:3 @ byte 9'
    """
    body = DeadLetterBody(letter.source, letter.reason, letter.detail, letter.locator, letter.raw, at)
    headers = cloud_event_headers(DEAD_LETTER_TYPE, letter.source, letter.locator)
    return OutRecord(letter.locator, _ENCODER.encode(body), headers)


class DeadLetterFile:
    """Appends dead letters to a JSONL file that exists only once there is one.

    Parameters
    ----------
    path
        The file; its folder must exist. Letters are appended to what is there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._handle: io.BufferedWriter | None = None

    def append(self, letters: Sequence[DeadLetter], at: datetime) -> None:
        """Write the letters and flush, so that they are there before a position moves on.

        Raises
        ------
        InputError
            The file cannot be written.
        """
        if not letters:
            return
        lines = b"".join(_line(letter, at) for letter in letters)
        try:
            if self._handle is None:
                self._handle = self.path.open("ab")
            self._handle.write(lines)
            self._handle.flush()
        except OSError as error:
            raise InputError(f"{self.path}: dead letters cannot be written ({error.strerror})") from error
        self.count += len(letters)

    def close(self) -> None:
        """Close the file; idempotent."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None

    def __enter__(self) -> DeadLetterFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _line(letter: DeadLetter, at: datetime) -> bytes:
    raw = letter.raw.decode("utf-8", "replace")
    line = DeadLetterLine(letter.source, letter.reason, letter.detail, letter.locator, raw, at)
    return _ENCODER.encode(line) + b"\n"
