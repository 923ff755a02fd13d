"""The one place where the board asks the command line for what it must not do itself (encode, search, judge).

A command runs as a process of its own, so the board's process never holds a model. The store's address travels in
the environment: arguments can be read by everybody on the machine, and an address may hold a password.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from threading import BoundedSemaphore
from typing import Literal

import msgspec

COMMAND = (sys.executable, "-m", "pipeline.cli")
TIMEOUT_S = 120.0
AT_ONCE = 2
"""Commands of all viewers that run side by side; each may load an encoder (some hundred MB)."""

Outcome = Literal["done", "refused", "failed", "late"]
"""``refused``: what was asked is wrong (exit 2) · ``failed``: the work failed (exit 1) · ``late``: too slow."""

_running = BoundedSemaphore(AT_ONCE)


class CommandResult(msgspec.Struct, frozen=True):
    """What a command gave back: ``output`` is its standard output, ``message`` its last line to people."""

    outcome: Outcome
    output: str = ""
    message: str = ""

    @property
    def done(self) -> bool:
        """True when ``output`` can be used."""
        return self.outcome == "done"


def run_command(
    arguments: Sequence[str],
    stdin: str | None = None,
    *,
    store_url: str | None = None,
    settings_path: Path | None = None,
    timeout_s: float = TIMEOUT_S,
) -> CommandResult:
    """Run ``trendsieve ARGUMENTS…`` and wait for it; never raises for what the command does.

    Parameters
    ----------
    arguments
        The command's name first, e.g. ``["draft", "--brand", "forno-aurora", "--json"]``.
    stdin
        Text for the command's standard input; ``None`` gives it none.
    store_url, settings_path
        Store and settings of the board that asks (``visit.store_url``, ``visit.settings_path``).
    timeout_s
        Wall-clock seconds, waiting for a free place included, after which the command and all it started are ended.

    Examples
    --------
    >>> run_command(["no-such-command"]).outcome
    'refused'
    """
    deadline = time.monotonic() + timeout_s
    if not _running.acquire(timeout=timeout_s):
        return _late(arguments, timeout_s)
    try:
        return _run(_line(arguments, settings_path), stdin, _environment(store_url), deadline, timeout_s, arguments)
    finally:
        _running.release()


def _run(
    line: Sequence[str],
    stdin: str | None,
    environment: dict[str, str],
    deadline: float,
    timeout_s: float,
    arguments: Sequence[str],
) -> CommandResult:
    process = subprocess.Popen(
        line,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,  # its own group, so that processes it started can be ended with it
    )
    try:
        out, err = process.communicate((stdin or "").encode(), timeout=max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return _late(arguments, timeout_s)
    outcome: Outcome = "done" if process.returncode == 0 else "refused" if process.returncode == 2 else "failed"
    return CommandResult(outcome, out.decode(errors="replace"), _last_line(err.decode(errors="replace")))


def _line(arguments: Sequence[str], settings_path: Path | None) -> list[str]:
    """Settings belong to the first word: sub-commands do not take them."""
    config = [] if settings_path is None else ["--config", str(settings_path)]
    return [*COMMAND, *arguments[:1], *config, *arguments[1:]]


def _environment(store_url: str | None) -> dict[str, str]:
    environment = {**os.environ, "PYTHONUTF8": "1"}
    return environment if store_url is None else {**environment, "TRENDSIEVE_STORE__URL": store_url}


def _late(arguments: Sequence[str], timeout_s: float) -> CommandResult:
    name = " ".join(arguments[:1])
    return CommandResult("late", message=f"'{name}' was stopped after {timeout_s:g} s")


def _last_line(text: str) -> str:
    """
    Examples
    --------
    >>> _last_line("loading\\ntrendsieve: brand.toml: id is missing; add it\\n")
    'brand.toml: id is missing; add it'
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("trendsieve: ") if lines else ""
