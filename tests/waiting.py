"""Waiting for what happens, never for a fixed time: the only place in the tests that sleeps."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_POLL_S: Final = 0.02


def happens_within(happened: Callable[[], bool], seconds: float) -> bool:
    """Ask until it has happened or the time is up; whether it has. It is asked at least once.

    Examples
    --------
    >>> answers = iter([False, True])
    >>> happens_within(lambda: next(answers), 5), happens_within(lambda: False, 0)
    (True, False)
    """
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)
    return True


def wait_until(happened: Callable[[], bool], within_s: float, what: str) -> None:
    """Wait for it; fails with ``what`` when it takes too long."""
    assert happens_within(happened, within_s), f"not within {within_s} s: {what}"


def wait_until_gone(pid: int, within_s: float = 10.0) -> None:
    """Wait for the end of a process; one that only waits for its parent to notice has ended."""
    wait_until(lambda: not _runs(pid), within_s, f"process {pid} has ended")


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True  # it ended this moment, or the system has no ``/proc`` (macOS): the next look tells
