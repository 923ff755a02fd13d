"""Work on bytes in other processes, with answers in the order wanted and no process left behind.

The processes are spawned, not forked: the parent has threads, and a fork would copy their locks.
Each has one pipe. A thread in the worker empties it, so that the parent never waits to hand over work,
and ends the process when the pipe closes: a parent that is killed takes its workers along.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Final, TypeAlias

from configs.errors import FatalError, ProcessDied, RetryableError, TrendsieveError, UsageError

Work: TypeAlias = Callable[[bytes], bytes]

AHEAD: Final = 2
"""Chunks a process holds at most: one in work and one that waits, so that it is never idle."""

_STOP_S: Final = 5.0

_DONE, _FAILED = b"\0", b"\1"


class ProcessPool:
    """Runs a function of bytes in ``n_processes`` processes.

    They start with the first work and stay until :meth:`close`. After an error of the pool all are closed,
    and new ones start with the next work. For one thread of the caller.

    Parameters
    ----------
    start
        Called once in each process; returns the function. It must be picklable: a function of a module,
        or a ``functools.partial`` of one.
    n_processes
        How many.
    """

    def __init__(self, start: Callable[[], Work], n_processes: int) -> None:
        self._start = start
        self._n_processes = n_processes
        self._workers: list[_Worker] = []
        self._next_ticket = 0
        self._at: dict[int, _Worker] = {}
        self._answers: dict[int, bytes] = {}
        self._first: set[int] = set()

    def __enter__(self) -> ProcessPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def window(self) -> int:
        """Chunks worth having under way: more only take memory."""
        return AHEAD * self._n_processes

    def map(self, chunks: Iterable[bytes]) -> Generator[bytes, None, None]:
        """The answers, in order; reads at most :attr:`window` chunks ahead of the answer it gives.

        Raises
        ------
        ProcessDied
            A process ended.
        UsageError, RetryableError, FatalError
            The function raised one of these, or (``FatalError``) anything else.
        """
        tickets: deque[int] = deque()
        try:
            for chunk in chunks:
                tickets.append(self.submit(chunk))
                if len(tickets) == self.window:
                    yield self.answer(tickets.popleft())
            while tickets:
                yield self.answer(tickets.popleft())
        finally:
            for ticket in tickets:  # the caller went away
                self._forget(ticket)

    def start_with(self, chunk: bytes) -> None:
        """Start the processes, each with this chunk as its first work; does nothing when they run already."""
        if not self._workers:
            self._open()
            self._first = {self.submit(chunk) for _ in self._workers}

    def ready(self) -> bool:
        """Whether each process has answered the chunk of :meth:`start_with`; does not wait. Raises like :meth:`map`."""
        for ticket in sorted(self._first):
            worker = self._at.get(ticket)
            if worker is not None and ticket not in self._answers and not worker.connection.poll():
                return False
            self.answer(ticket)
            self._first.discard(ticket)
        return bool(self._workers)

    def submit(self, chunk: bytes) -> int:
        """Hand over a chunk; returns the ticket for :meth:`answer`."""
        if not self._workers:
            self._open()
        worker = min(self._workers, key=lambda worker: len(worker.waiting))
        try:
            worker.connection.send_bytes(chunk)
        except OSError as error:
            raise self._died(worker) from error
        self._next_ticket += 1
        worker.waiting.append(self._next_ticket)
        self._at[self._next_ticket] = worker
        return self._next_ticket

    def answer(self, ticket: int) -> bytes:
        """Wait for the answer to a chunk; each may be asked for once. Raises like :meth:`map`."""
        worker = self._at.pop(ticket, None)
        if worker is None:
            raise ProcessDied("the worker processes were closed before they answered")
        try:
            while ticket not in self._answers:
                self._receive(worker)
        except (EOFError, OSError) as error:
            raise self._died(worker) from error
        except KeyboardInterrupt:
            self.close()
            raise
        data = self._answers.pop(ticket)
        if data[:1] == _FAILED:
            self.close()
            raise _rebuilt(data[1:])
        return data[1:]

    def close(self) -> None:
        """End the processes and wait for them; what they had in work is lost. Idempotent."""
        workers, self._workers = self._workers, []
        self._at.clear()
        self._answers.clear()
        self._first.clear()
        for worker in workers:
            worker.connection.close()
        for worker in workers:
            worker.join()

    def _open(self) -> None:
        self._workers = [_Worker(self._start) for _ in range(self._n_processes)]

    def _receive(self, worker: _Worker) -> None:
        data = worker.connection.recv_bytes()
        ticket = worker.waiting.popleft()
        if ticket not in worker.forgotten:
            self._answers[ticket] = data
        worker.forgotten.discard(ticket)

    def _forget(self, ticket: int) -> None:
        worker = self._at.pop(ticket, None)
        if self._answers.pop(ticket, None) is None and worker is not None:
            worker.forgotten.add(ticket)

    def _died(self, worker: _Worker) -> ProcessDied:
        pid = worker.process.pid
        worker.process.join(_STOP_S)
        code = worker.process.exitcode
        self.close()
        how = f"by signal {-code}" if code is not None and code < 0 else f"with exit code {code}"
        return ProcessDied(f"worker process {pid} ended {how}; if memory is short, use fewer processes")


class _Worker:
    """A process, its end of the pipe, and the tickets it has not answered, in order."""

    def __init__(self, start: Callable[[], Work]) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.waiting: deque[int] = deque()
        self.forgotten: set[int] = set()
        self.process: SpawnProcess = context.Process(target=_serve, args=(other, start), daemon=True)
        try:
            self.process.start()
        except BaseException:
            self.connection.close()
            raise
        finally:
            other.close()  # or its end would not be seen

    def join(self) -> None:
        for stop in (self.process.terminate, self.process.kill):
            self.process.join(_STOP_S)
            if self.process.exitcode is None:
                stop()
        self.process.join()
        self.process.close()


def _serve(connection: Connection, start: Callable[[], Work]) -> None:
    """What a worker process runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's: it closes the pipe
    chunks: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_read, args=(connection, chunks), daemon=True).start()
    work: Work | None = None
    while True:
        chunk = chunks.get()
        try:
            work = work or start()
            answer = _DONE + work(chunk)
        except Exception as error:  # noqa: BLE001 # the outer loop of a worker: the parent decides what it means
            answer = _FAILED + _described(error)
        try:
            connection.send_bytes(answer)
        except OSError:
            return


def _read(connection: Connection, chunks: SimpleQueue[bytes]) -> None:
    try:
        while True:
            chunks.put(connection.recv_bytes())
    except (EOFError, OSError):
        os._exit(0)  # nobody waits for an answer, and there is no state to save


def _described(error: Exception) -> bytes:
    """An error as plain values: not every exception survives pickling, and some would carry a post's text."""
    if isinstance(error, TrendsieveError):
        kind = next((base for base in (UsageError, RetryableError) if isinstance(error, base)), FatalError)
        return pickle.dumps((kind.__name__, str(error), getattr(error, "retry_after_s", None)))
    where = traceback.extract_tb(error.__traceback__)[-1]
    text = f"{type(error).__name__} in {os.path.basename(where.filename)}, line {where.lineno}"
    return pickle.dumps((FatalError.__name__, f"a worker process failed: {text}", None))


def _rebuilt(data: bytes) -> TrendsieveError:
    kind, text, retry_after_s = pickle.loads(data)
    if kind == RetryableError.__name__:
        return RetryableError(text, retry_after_s)
    return UsageError(text) if kind == UsageError.__name__ else FatalError(text)
