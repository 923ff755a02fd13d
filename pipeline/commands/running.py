"""What commands that keep running share: how they stop, their threads, the board beside them."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from configs.errors import RetryableError
from configs.settings import Settings


@contextmanager
def stopping(level: int = logging.INFO) -> Iterator[Event]:
    """An event that SIGINT and SIGTERM set, so that a step in progress still commits; our own log from ``level`` on."""
    stop = Event()
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # other people's libraries speak up only when something is wrong
    for room in ("trendsieve", "ingest", "pipeline"):
        logging.getLogger(room).setLevel(level)
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Background(Thread):
    """A thread whose failure stops the process and is reported by it."""

    def __init__(self, name: str, work: Callable[[], object], stop: Event) -> None:
        super().__init__(name=name)
        self._work = work
        self._stop_event = stop
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - a thread's outer loop: kept, and raised by the main thread
            self.error = error
            self._stop_event.set()


@contextmanager
def background(stop: Event) -> Iterator[Callable[[str, Callable[[], object]], None]]:
    """Gives a function that starts a named thread; when one fails, everything stops.

    At the end of the block, however it comes, ``stop`` is set and the threads are waited for:
    a thread left running would keep a failed process alive. The first error of a thread is raised.
    """
    threads: list[Background] = []

    def begin(name: str, work: Callable[[], object]) -> None:
        threads.append(Background(name, work, stop))
        threads[-1].start()

    try:
        yield begin
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for thread in threads:
        if thread.error is not None:
            raise thread.error


@contextmanager
def board_process(settings: Settings, config: Path | None) -> Iterator[subprocess.Popen[bytes]]:
    """The board as a child process, stopped with the parent; started by name, because ui is above pipeline."""
    command = [sys.executable, "-m", "ui.server", settings.store.url, settings.board.host, str(settings.board.port)]
    if config is not None:
        command.append(str(config))
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        yield server
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def watch_board(server: subprocess.Popen[bytes], settings: Settings, stop: Event) -> None:
    """Return when ``stop`` is set.

    Raises
    ------
    RetryableError
        The board ended by itself.
    """
    while not stop.wait(0.2):
        if server.poll() is not None:
            where = f"{settings.board.host}:{settings.board.port}"
            raise RetryableError(f"the board at {where} stopped; if the port is taken, choose another with --port")


def say(text: str) -> None:
    """One line for the person at the terminal."""
    sys.stderr.write(text + "\n")
