"""Lines of a plain or gzip file with their byte offsets, one at a time, whatever is in it."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, cast

import msgspec

from configs.errors import InputError

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
KEPT_BYTES = 65_536
"""How much of a line that is too large is kept, as evidence."""

Fault = Literal["too_large", "corrupt_archive"]


class Line(msgspec.Struct, frozen=True):
    """One line without its end.

    ``number`` counts from 1, ``offset`` and ``next_offset`` are bytes of the unpacked
    file. With a ``fault`` the data is only its beginning.
    """

    number: int
    offset: int
    next_offset: int
    data: bytes
    fault: Fault | None = None


class LineFile:
    """Streams a file; at most one line and a small buffer are in memory.

    Parameters
    ----------
    path
        Plain text or gzip, told apart by the suffix ``.gz`` or the first two bytes.
    max_line_bytes
        A longer line is skipped without holding it and reported with fault ``too_large``.
    """

    def __init__(self, path: Path, max_line_bytes: int) -> None:
        self._path = path
        self._max_line_bytes = max_line_bytes
        self.bytes_read = 0
        """Bytes of the file as stored (compressed, for gzip) consumed so far."""

    def total_bytes(self) -> int:
        """Size of the file as stored.

        Raises
        ------
        InputError
            The file cannot be looked at.
        """
        try:
            return self._path.stat().st_size
        except OSError as error:
            raise InputError(f"{self._path}: cannot be read ({error.strerror})") from error

    def read(self, number: int = 0, offset: int = 0) -> Iterator[Line]:
        """Yield the lines after line ``number``, which ended at byte ``offset``.

        A truncated or damaged archive ends with one line of fault ``corrupt_archive``
        after every line that could still be unpacked.

        Raises
        ------
        InputError
            The file is missing, no regular file, unreadable, or shorter than ``offset``.
        """
        with self._open() as (stored, unpacked):
            try:
                self._skip_to(unpacked, offset)
                while (line := self._next(unpacked, number + 1, offset)) is not None:
                    self.bytes_read = stored.tell()
                    number, offset = line.number, line.next_offset
                    yield line
                self.bytes_read = stored.tell()
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                yield Line(number + 1, offset, offset, str(error).encode(), "corrupt_archive")
            except OSError as error:
                raise InputError(f"{self._path}: reading failed ({error.strerror})") from error

    @contextmanager
    def _open(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        try:
            if self._path.exists() and not self._path.is_file():
                raise InputError(f"{self._path}: is not a regular file")
            stored = self._path.open("rb")
        except OSError as error:
            raise InputError(f"{self._path}: cannot be read ({error.strerror})") from error
        with stored:
            packed = self._path.suffix == ".gz" or stored.peek(2)[:2] == GZIP_MAGIC
            if not packed:
                yield stored, stored
                return
            with gzip.GzipFile(fileobj=stored, mode="rb") as unpacked:
                yield stored, cast(BinaryIO, unpacked)

    def _skip_to(self, handle: BinaryIO, offset: int) -> None:
        size = offset if isinstance(handle, gzip.GzipFile) else self.total_bytes()
        if handle.seek(offset) < offset or size < offset:
            raise InputError(f"{self._path}: is shorter than the position to resume from; clear the position")

    def _next(self, handle: BinaryIO, number: int, offset: int) -> Line | None:
        # a line of exactly the limit may still end in CR LF, and the first one begin with a mark
        spare = 2 if offset else 2 + len(BYTE_ORDER_MARK)
        data = handle.readline(self._max_line_bytes + spare)
        taken = len(data)
        if taken == 0:
            return None
        content = data.removesuffix(b"\n").removesuffix(b"\r")
        if offset == 0:
            content = content.removeprefix(BYTE_ORDER_MARK)
            if not content and data == BYTE_ORDER_MARK:
                return None
        if len(content) <= self._max_line_bytes:
            return Line(number, offset, offset + taken, content)
        kept = content[:KEPT_BYTES]
        while not data.endswith(b"\n") and (data := handle.readline(KEPT_BYTES)):
            taken += len(data)
        return Line(number, offset, offset + taken, kept, "too_large")
