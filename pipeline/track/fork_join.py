"""Measures and judges very many topics in several copies of this process.

At the end of a file every topic is looked at, and the processes that enriched it have nothing left to do. A copy
(``fork``) shares all memory with this process, so nothing is sent to it: it measures its share of the topics, tells
their centres, gets the background back, judges, and sends what it found. Who looked at a topic never changes what is
found. What a copy learns on the way (names for the next look, forecasts) ends with it: use it for a last look only.
"""

from __future__ import annotations

import multiprocessing
import sys
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any, Final, Generic, TypeVar

Measured = TypeVar("Measured")
Told = TypeVar("Told")
Known = TypeVar("Known")
Found = TypeVar("Found")

CAN_FORK: Final = sys.platform.startswith("linux")
"""Elsewhere copies of a process with loaded libraries are not safe, and everything is measured here."""


class SharedLook(Generic[Measured, Told, Known, Found]):
    """One look at many things, in two steps with a meeting between them.

    Parameters
    ----------
    measure
        Measures one share, given its number and how many shares there are.
    tell
        What the others have to know of a share before it can be judged; picklable.
    learn
        Puts together what was told, in the order of the shares; picklable.
    judge
        Decides about a share, knowing that; what it returns is picklable.

    Examples
    --------
    >>> look = SharedLook(lambda i, n: range(6)[i::n], sum, sum, lambda share, total: [x / total for x in share])
    >>> [round(sum(found), 2) for found in look.run(2)]
    [0.4, 0.6]
    """

    def __init__(
        self,
        measure: Callable[[int, int], Measured],
        tell: Callable[[Measured], Told],
        learn: Callable[[Sequence[Told]], Known],
        judge: Callable[[Measured, Known], Found],
    ) -> None:
        self._measure = measure
        self._tell = tell
        self._learn = learn
        self._judge = judge

    def run(self, n_shares: int) -> list[Found]:
        """Everything found, by share; each share but the first in a copy of its own.

        A share whose copy dies (no memory, say) is done here.
        """
        n_copies = n_shares - 1 if CAN_FORK else 0
        copies = [_Copy(self._serve, number + 1, n_shares) for number in range(n_copies)]
        try:
            here = {0: self._measure(0, n_shares)}
            told: list[Any] = [self._tell(here[0])]
            for number in range(1, n_shares):
                answer = copies[number - 1].receive() if n_copies else None
                if answer is None:
                    here[number] = self._measure(number, n_shares)
                    answer = (self._tell(here[number]),)
                told.append(answer[0])
            known = self._learn(told)
            for copy in copies:
                copy.send(known)
            found = [self._judge(here[0], known)]
            for number in range(1, n_shares):
                answer = copies[number - 1].receive() if n_copies and number not in here else None
                if answer is None:
                    share = here.get(number)
                    answer = (self._judge(self._measure(number, n_shares) if share is None else share, known),)
                found.append(answer[0])
            return found
        finally:
            for copy in copies:
                copy.close()

    def _serve(self, connection: Connection, number: int, n_shares: int) -> None:
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # publishes none

        # the threads of a pool are not copied with the process: whoever waited for them would wait forever
        with threadpool_limits(limits=1):
            measured = self._measure(number, n_shares)
            connection.send((self._tell(measured),))
            known = connection.recv()
            connection.send((self._judge(measured, known),))


class _Copy:
    """A copy of this process that does one share."""

    def __init__(self, serve: Callable[[Connection, int, int], None], number: int, n_shares: int) -> None:
        context = multiprocessing.get_context("fork")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, number, n_shares), daemon=True)
        with warnings.catch_warnings():
            # Python 3.12 warns of threads that hold a lock while the process is copied. There are only those of
            # matrix libraries, idle here: their own hooks make them ready for a copy, and it uses one core.
            warnings.filterwarnings("ignore", message=".*multi-threaded", category=DeprecationWarning)
            self._process.start()
        theirs.close()

    def receive(self) -> tuple[Any] | None:
        """What the copy sends next; ``None`` when it is gone."""
        try:
            answer: tuple[Any] = self._connection.recv()
        except EOFError:
            return None
        return answer

    def send(self, known: object) -> None:
        """Tell it what all told; one that is gone is not told."""
        try:
            self._connection.send(known)
        except BrokenPipeError:
            return

    def close(self) -> None:
        """End it, whatever it does."""
        self._connection.close()
        self._process.terminate()
        self._process.join()
