"""A file that is made once and kept: complete and as it was made, or made again.

One file holds the SHA-256 of its content and then the content. It is written under another name and renamed, so that
nobody ever sees half of it, and processes that make it at once end with one of their equal files.
"""

from __future__ import annotations

import errno
import hashlib
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from configs.errors import ConfigError

_DIGEST_BYTES: Final = hashlib.sha256().digest_size
_PART: Final = ".part"
_ABANDONED_S: Final = 3_600.0
"""An unfinished file as old as this was left by a process that was killed."""


def kept(path: Path, make: Callable[[], bytes], write: Callable[[Path, bytes], object] = Path.write_bytes) -> bytes:
    """The content of a file, made and stored first where it is missing, cut off or damaged.

    Parameters
    ----------
    path
        Its folder is made too.
    make
        Gives the content; always the same for one path.
    write
        Writes a new file.

    Raises
    ------
    ConfigError
        The folder is full or cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     kept(Path(folder) / "new" / "seven", lambda: b"7"), kept(Path(folder) / "new" / "seven", lambda: b"8")
    (b'7', b'7')
    """
    content = _read(path)
    if content is None:
        content = make()
        try:
            _store(path, hashlib.sha256(content).digest() + content, write)
        except OSError as error:
            raise _not_stored(path.parent, len(content), error) from error
    return content


def _read(path: Path) -> bytes | None:
    try:
        found = path.read_bytes()
    except OSError:
        return None
    digest, content = found[:_DIGEST_BYTES], found[_DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == digest else None


def _store(path: Path, data: bytes, write: Callable[[Path, bytes], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    # not by tempfile: its files are for one user, and a cache may be for several
    part = path.with_name(f".{path.name}-{secrets.token_hex(8)}{_PART}")
    try:
        write(part, data)
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _sweep(folder: Path) -> None:
    for part in folder.glob(f".*{_PART}"):
        # somebody else may sweep too, and files are as old as the clock of their disk says
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _ABANDONED_S:
                part.unlink()


def _not_stored(folder: Path, n_bytes: int, error: OSError) -> ConfigError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        problem, fix = f"is full: the judge needs {n_bytes / 1e6:.0f} MB there, once", "free some space"
    else:
        problem, fix = f"cannot be written ({error.strerror})", "make it writable"
    fix += ", or set encoder.cache to another folder"
    return ConfigError("settings", "encoder.cache", f"'{folder}' {problem}", fix)
