"""Other processes only when they pay: they need seconds to start, and a short file is done before that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from ingest.post import Post
from pipeline.enrich.parallel.parallel_enricher import ParallelEnricher, PostEnricher
from pipeline.types import EnrichedBatch

ALONE_POSTS: Final = 2_000
"""Posts after which a source counts as long: two to three seconds of work for one process."""


class LateProcesses:
    """Enriches here at first, and in several processes once a source turns out to be long.

    While they start, work goes on here. Who enriched a batch never changes a result: batches stay as
    they are, and every enricher gives the same bits. Use it as a context manager, or call :meth:`close`.

    Parameters
    ----------
    alone
        The enricher of this process.
    build
        Makes the enricher of each other process; picklable (:class:`ParallelEnricher`).
    n_processes
        How many others; with one, everything stays here.
    alone_posts
        Posts before the others start.
    """

    def __init__(
        self,
        alone: PostEnricher,
        build: Callable[[], PostEnricher],
        n_processes: int,
        alone_posts: int = ALONE_POSTS,
    ) -> None:
        self._alone = alone
        self._others = ParallelEnricher(build, n_processes) if n_processes > 1 else None
        self._alone_posts = alone_posts

    def close(self) -> None:
        """End the processes and wait for them. Idempotent."""
        if self._others is not None:
            self._others.close()

    def enrich_stream(self, batches: Iterable[Sequence[Post]]) -> Iterator[EnrichedBatch]:
        """Each batch enriched, in order. Errors are those of :class:`ParallelEnricher`."""
        waiting = iter(batches)
        others = self._others
        if others is None:
            yield from map(self._alone.enrich, waiting)
            return
        n_posts = 0
        while n_posts < self._alone_posts or not others.ready():
            posts = next(waiting, None)
            if posts is None:
                return
            n_posts += len(posts)
            if n_posts >= self._alone_posts:
                others.start()
            yield self._alone.enrich(posts)
        yield from others.enrich_stream(waiting)
