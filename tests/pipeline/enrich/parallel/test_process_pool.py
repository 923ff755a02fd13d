"""Worker processes: answers in order, bounded, typed errors, nobody left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from configs.errors import ConfigError, FatalError, ProcessDied, RetryableError, StreamUnavailable, UsageError
from pipeline.enrich.parallel.process_pool import ProcessPool, Work
from tests.conftest import ROOT
from tests.waiting import wait_until, wait_until_gone

SECRET_TEXT = "words of a post"


def echo() -> Work:
    return _echo


def broken(kind: str) -> Work:
    if kind == "config":
        raise ConfigError("settings", "encoder.id", "is unknown", "choose another")
    raise ValueError(SECRET_TEXT)


def _echo(chunk: bytes) -> bytes:
    words = chunk.decode().split(":")
    if words[0] == "hang":
        signal.pause()
    elif words[0] == "make":
        Path(words[1]).touch()
    elif words[0] == "wait":
        wait_until(Path(words[1]).exists, 30, "the other process made it")
    elif words[0] == "exit":
        os._exit(3)
    elif words[0] == "retry":
        raise StreamUnavailable("the broker is away", 2.5)
    elif words[0] == "bug":
        raise ValueError(SECRET_TEXT)
    elif words[0] == "pid":
        return str(os.getpid()).encode()
    return chunk


def pids(pool: ProcessPool) -> set[int]:
    return {int(answer) for answer in pool.map([b"pid"] * 4)}


def test_answers_come_in_order_though_the_first_takes_longest(tmp_path: Path) -> None:
    with ProcessPool(echo, 2) as pool:
        words = ("wait", "make", "plain", "plain")  # every fourth is done only after the next one
        chunks = [f"{words[i % 4]}:{tmp_path}/{i // 4}:{i}".encode() for i in range(12)]
        assert list(pool.map(chunks)) == chunks
        assert len(pids(pool)) == 2


def test_it_reads_no_further_ahead_than_its_window() -> None:
    read: list[int] = []

    def chunks() -> Iterator[bytes]:
        for i in range(20):
            read.append(i)
            yield str(i).encode()

    with ProcessPool(echo, 2) as pool:
        for n_answered, _ in enumerate(pool.map(chunks()), start=1):
            assert len(read) <= n_answered - 1 + pool.window
    assert len(read) == 20


def test_chunks_larger_than_any_pipe_go_both_ways() -> None:
    chunks = [bytes([i]) * 3_000_000 for i in range(8)]
    with ProcessPool(_open_reversing, 2) as pool:
        assert list(pool.map(chunks)) == [chunk[::-1] for chunk in chunks]


def _open_reversing() -> Work:
    return _reversed


def _reversed(chunk: bytes) -> bytes:
    return chunk[::-1]


def test_whoever_stops_listening_does_not_confuse_the_next_call() -> None:
    with ProcessPool(echo, 2) as pool:
        answers = pool.map(str(i).encode() for i in range(100))
        assert next(answers) == b"0"
        answers.close()
        between = pool.map([b"a", b"b", b"c"])
        assert next(between) == b"a"
        assert list(pool.map([b"x", b"y"])) == [b"x", b"y"]
        assert list(between) == [b"b", b"c"]


@pytest.mark.parametrize("how", ["exit", "kill"])
def test_a_dead_worker_is_a_retryable_error_and_the_next_call_works(how: str) -> None:
    with ProcessPool(echo, 2) as pool:
        before = pids(pool)
        with pytest.raises(ProcessDied, match="exit code 3" if how == "exit" else "signal 9"):
            _meet_death(pool, before if how == "kill" else set())
        for pid in before:
            wait_until_gone(pid)
        assert list(pool.map([b"again"])) == [b"again"]


def _meet_death(pool: ProcessPool, victims: set[int]) -> None:
    for _ in pool.map([b"a", b"hang" if victims else b"exit", b"b", b"c", b"d"]):
        for pid in victims:
            os.kill(pid, signal.SIGKILL)


def test_deliberate_errors_keep_their_meaning_and_others_lose_their_text() -> None:
    with ProcessPool(echo, 2) as pool:
        with pytest.raises(RetryableError, match="the broker is away") as retry:
            list(pool.map([b"a", b"retry"]))
        assert retry.value.retry_after_s == 2.5
        with pytest.raises(FatalError, match="ValueError in test_process_pool") as fatal:
            list(pool.map([b"bug"]))
        assert SECRET_TEXT not in str(fatal.value)


def test_a_worker_that_cannot_start_says_why() -> None:
    with ProcessPool(partial(broken, "config"), 1) as pool, pytest.raises(UsageError, match=r"encoder\.id is unknown"):
        list(pool.map([b"a"]))
    with ProcessPool(partial(broken, "bug"), 1) as pool, pytest.raises(FatalError, match="ValueError"):
        list(pool.map([b"a"]))


def test_closing_ends_processes_in_the_middle_of_their_work() -> None:
    pool = ProcessPool(echo, 2)
    running = pids(pool)
    pool.submit(b"hang")
    started = time.monotonic()
    pool.close()
    pool.close()
    assert time.monotonic() - started < 5
    for pid in running:
        wait_until_gone(pid)


def test_ctrl_c_is_left_to_the_parent() -> None:
    with ProcessPool(echo, 2) as pool:
        for pid in pids(pool):
            os.kill(pid, signal.SIGINT)
        assert list(pool.map([b"still", b"here"])) == [b"still", b"here"]


def test_a_killed_parent_takes_its_workers_along() -> None:
    program = (
        "import signal\n"
        "from pipeline.enrich.parallel.process_pool import ProcessPool\n"
        "from tests.pipeline.enrich.parallel.test_process_pool import echo\n"
        "if __name__ == '__main__':\n"
        "    pool = ProcessPool(echo, 2)\n"
        "    print(*{int(answer) for answer in pool.map([b'pid'] * 4)}, flush=True)\n"
        "    pool.submit(b'hang')\n"
        "    signal.pause()\n"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(workers) == 2
    for pid in workers:
        wait_until_gone(pid)
