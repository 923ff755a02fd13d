"""Starting, watching and killing ``trendsieve`` processes, cold as a person does or warm as tests can afford."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.waiting import happens_within

BRANDS = ROOT / "configs" / "brands"
BAKERY, SKIN, BIKES = BRANDS / "forno-aurora.toml", BRANDS / "lumen-skin.toml", BRANDS / "velo-brio.toml"
DEMO = ROOT / "configs" / "demo" / "stream.jsonl.gz"

_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TRENDSIEVE_ENCODER__THREADS": "1",
    "PYTHONPATH": str(ROOT),
}


@dataclass(frozen=True)
class Finished:
    """What a command left: exit code (minus the signal that killed it) and both outputs."""

    code: int
    out: str
    err: str


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This environment without anybody's Trendsieve settings, one thread a process."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith("TRENDSIEVE_")}
    return {**mine, **_ONE_THREAD, **(extra or {})}


def cold(
    *words: str | Path, folder: Path, environ: Mapping[str, str] | None = None, timeout_s: float = 180
) -> Finished:
    """Run a command as a person does: a new interpreter."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *map(str, words)],
        cwd=folder,
        env=environment(environ),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


class Running:
    """One command started by a :class:`Launcher`."""

    def __init__(self, launcher: Launcher, pid: int, out: Path, err: Path) -> None:
        self._launcher = launcher
        self.pid = pid
        self._out, self._err = out, err
        self.code: int | None = None

    def poll(self) -> int | None:
        """The exit code, or ``None`` while it runs."""
        if self.code is None:
            self.code = self._launcher.ask(do="poll", pid=self.pid)
        return self.code

    def signal(self, number: signal.Signals) -> None:
        """Send a signal unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> Finished:
        """``kill -9`` and wait; a process that had ended keeps its own exit code."""
        self.signal(signal.SIGKILL)
        return self.wait(20)

    def ends_within(self, seconds: float) -> bool:
        """Wait so long, at most; whether it has ended."""
        return happens_within(lambda: self.poll() is not None, seconds)

    def wait(self, timeout_s: float) -> Finished:
        """Wait for the end.

        Raises
        ------
        TimeoutError
            It did not end in time; it is killed first.
        """
        if not self.ends_within(timeout_s):
            os.kill(self.pid, signal.SIGKILL)
            raise TimeoutError(f"still running after {timeout_s} s: {self._err.read_text()[-2000:]}")
        assert self.code is not None
        return Finished(self.code, self._out.read_text(), self._err.read_text())


class Launcher:
    """Starts commands by forking one process that holds the model; close it at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count()
        self._started: list[Running] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.warm"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        if self._read() != "ready":
            self.close()
            raise RuntimeError("the warm launcher did not start")

    def start(
        self,
        *words: str | Path,
        folder: Path,
        environ: Mapping[str, str] | None = None,
        terminal: str | None = None,
    ) -> Running:
        """Start a command; ``terminal`` is the path of a terminal that takes standard error."""
        number = next(self._numbers)
        out, err = self._folder / f"{number}.out", self._folder / f"{number}.err"
        err.touch()
        pid = self.ask(
            do="start",
            words=[str(word) for word in words],
            folder=str(folder),
            environ=dict(environ or {}),
            streams=[os.devnull, str(out), terminal or str(err)],
        )
        assert isinstance(pid, int)
        running = Running(self, pid, out, err)
        self._started.append(running)
        return running

    def run(
        self, *words: str | Path, folder: Path, environ: Mapping[str, str] | None = None, timeout_s: float = 180
    ) -> Finished:
        """Start a command and wait for its end."""
        return self.start(*words, folder=folder, environ=environ).wait(timeout_s)

    def ask(self, **order: Any) -> int | None:
        """Give one order to the launcher process."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        answer = json.loads(self._read())
        assert answer is None or isinstance(answer, int)
        return answer

    def close(self) -> None:
        """Kill what is still running and end the launcher."""
        if self._process.poll() is None:
            for running in self._started:
                running.kill()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_posts(path: Path, posts: Sequence[Mapping[str, Any]]) -> Path:
    """A JSONL file of posts."""
    path.write_text("".join(json.dumps(post, ensure_ascii=False) + "\n" for post in posts), encoding="utf-8")
    return path
