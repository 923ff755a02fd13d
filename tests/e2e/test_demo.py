"""``trendsieve demo``: what somebody sees who tries it for the first time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.broker import unused_port
from tests.e2e.processes import cold, environment
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

VERDICTS = ("RIDE", "NUANCE", "WATCH", "RISKY", "IGNORE")


def test_once_prints_the_day_with_all_five_verdicts(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "mine.txt").write_text("not the demo's")
    started = time.monotonic()
    done = cold("demo", "--once", "--folder", tmp_path / "demo", folder=tmp_path, environ={"COLUMNS": "160"})
    assert done.code == 0, done.err
    assert time.monotonic() - started < 180
    assert "Traceback" not in done.err
    rows = [line for line in done.out.splitlines() if line.startswith("│")]
    assert len([row for row in rows if re.search(r"│\s+\d+ │", row)]) >= 12
    assert {kind for kind in VERDICTS if re.search(rf"\b{kind}\b", done.out)} == set(VERDICTS)
    assert (tmp_path / "demo" / "mine.txt").exists(), "only the demo's own files are thrown away"


def test_the_demo_serves_its_board_and_stops_cleanly(tmp_path: Path) -> None:
    port = unused_port()
    words = ["demo", "--folder", str(tmp_path / "demo"), "--port", str(port), "--speed", "36000"]
    log = tmp_path / "demo.log"
    with log.open("wb") as err:
        demo = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", *words],
            cwd=tmp_path,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=err,
            stderr=err,
            start_new_session=True,
        )
    try:
        wait_until(lambda: _healthy(port) or demo.poll() is not None, 90, "the board answers")
        assert demo.poll() is None, log.read_text()[-2000:]
        assert f"http://127.0.0.1:{port}" in log.read_text()
        wait_until(lambda: (tmp_path / "demo" / "demo.db").exists(), 60, "a store")
        children = _descendants(demo.pid)
        assert children, "the board is a process of its own"
        demo.send_signal(signal.SIGINT)
        assert demo.wait(60) == 0, log.read_text()[-2000:]
        assert "Traceback" not in log.read_text()
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()], "a child is left"
        assert not _healthy(port)
    finally:
        if demo.poll() is None:
            for pid in (*_descendants(demo.pid), demo.pid):
                os.kill(pid, signal.SIGKILL)
            demo.wait(20)


def test_a_taken_port_ends_the_demo_with_one_clear_line(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = cold("demo", "--folder", tmp_path / "demo", "--port", str(port), folder=tmp_path)
    assert done.code == 1
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("trendsieve: the board at")
    assert str(port) in last
    assert "--port" in last


def _healthy(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *_descendants(int(child))]
    return found
