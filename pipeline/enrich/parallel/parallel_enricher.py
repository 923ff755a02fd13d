"""Enrichment on several cores, with the same results in the same order as on one."""

from __future__ import annotations

import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Final, Protocol

import msgspec
import numpy as np

from ingest.post import Post
from pipeline.enrich.parallel.process_pool import ProcessPool, Work
from pipeline.types import EnrichedBatch, EnrichedPost

CHUNK_POSTS: Final = 128
"""Posts that go to a process at once when one batch is spread: enough to fill the encoder's blocks."""


class PostEnricher(Protocol):
    """What turns posts into enriched posts: :class:`pipeline.enrich.enricher.Enricher`."""

    def enrich(self, posts: Sequence[Post]) -> EnrichedBatch:
        """Columns for these posts, in order."""


class StreamEnricher(Protocol):
    """What enriches batch after batch, perhaps ahead of the caller."""

    def enrich_stream(self, batches: Iterable[Sequence[Post]]) -> Iterator[EnrichedBatch]:
        """Each batch enriched, in order."""


class ParallelEnricher:
    """An enricher in each of several processes, behind the methods of one.

    How posts are cut into chunks depends on the posts alone, so the number of processes never changes a
    result. With one process everything runs in this one. Use it as a context manager, or call :meth:`close`.

    Parameters
    ----------
    build
        Makes the enricher, once in every process, with the first work. Picklable: a function of a module, or a
        ``functools.partial`` of one over settings.
    n_processes
        Cores to use. Each process holds its own models.

    Errors of both methods: ``ProcessDied`` (retryable: nothing was half done, the next call starts new
    processes); ``UsageError``, ``RetryableError`` or ``FatalError`` for what an enricher raised.
    """

    def __init__(self, build: Callable[[], PostEnricher], n_processes: int) -> None:
        self._build = build
        self._pool = ProcessPool(partial(_open_worker, build), n_processes) if n_processes > 1 else None
        self._enricher: PostEnricher | None = None

    def __enter__(self) -> ParallelEnricher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes and wait for them. Idempotent."""
        if self._pool is not None:
            self._pool.close()

    def start(self) -> None:
        """Start the processes and let them load their models, without waiting for them. Idempotent."""
        if self._pool is not None:
            self._pool.start_with(_dumped([]))

    def ready(self) -> bool:
        """Whether every process has loaded its models; never before :meth:`start`. Does not wait."""
        return self._pool is None or self._pool.ready()

    def enrich(self, posts: Sequence[Post]) -> EnrichedBatch:
        """Columns for these posts, in order; a large batch is spread over the processes."""
        starts = range(0, max(len(posts), 1), CHUNK_POSTS)
        parts = list(self.enrich_stream(posts[start : start + CHUNK_POSTS] for start in starts))
        if len(parts) == 1:
            return parts[0]
        embeddings = np.concatenate([part.embeddings for part in parts])
        return EnrichedBatch(tuple(post for part in parts for post in part.posts), embeddings, parts[0].encoder_id)

    def enrich_stream(self, batches: Iterable[Sequence[Post]]) -> Iterator[EnrichedBatch]:
        """Each batch enriched, in order, while the caller works on the one before.

        At most two batches a process are read ahead of the one that is given.
        """
        if self._pool is None:
            self._enricher = self._enricher or self._build()
            yield from map(self._enricher.enrich, batches)
            return
        under_way: deque[Sequence[Post]] = deque()
        for answer in self._pool.map(_remembering(batches, under_way)):
            yield _batch(under_way.popleft(), answer)


def _remembering(batches: Iterable[Sequence[Post]], under_way: deque[Sequence[Post]]) -> Iterator[bytes]:
    for posts in batches:
        under_way.append(posts)
        yield _dumped(list(posts))


# --- what crosses the border of a process ---------------------------------------
#
# MessagePack costs a sixth of pickle here. The posts do not come back: the parent has them.

_ENCODER = msgspec.msgpack.Encoder()
_POSTS = msgspec.msgpack.Decoder(list[Post])
_OWN_FIELDS = msgspec.structs.fields(EnrichedPost)[1:]
_OWN_VALUES: Any = tuple[tuple(field.type for field in _OWN_FIELDS)]  # type: ignore[misc] # built from the struct
_ANSWER = msgspec.msgpack.Decoder(tuple[list[_OWN_VALUES], bytes, int, str])

_PICKLED: Final = b"\x80"
"""First byte of a pickle of protocol 2 or later; what is sent here as MessagePack is a list and begins otherwise."""


def _open_worker(build: Callable[[], PostEnricher]) -> Work:
    return partial(_enrich_chunk, build())


def _enrich_chunk(enricher: PostEnricher, chunk: bytes) -> bytes:
    batch = enricher.enrich(_loaded(chunk, _POSTS))
    values = [msgspec.structs.astuple(post)[1:] for post in batch.posts]
    vectors = np.ascontiguousarray(batch.embeddings, np.float32)
    return _dumped([values, vectors.tobytes(), vectors.shape[1], batch.encoder_id])


def _batch(posts: Sequence[Post], answer: bytes) -> EnrichedBatch:
    values, vectors, dimension, encoder_id = _loaded(answer, _ANSWER)
    enriched = tuple(EnrichedPost(post, *own) for post, own in zip(posts, values, strict=True))
    embeddings = np.frombuffer(vectors, np.float32).reshape(len(posts), dimension).copy()
    return EnrichedBatch(enriched, embeddings, encoder_id)


def _dumped(value: list[Any]) -> bytes:
    try:
        return _ENCODER.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair is legal in a text, but not in MessagePack
        return pickle.dumps(value)


def _loaded(data: bytes, decoder: msgspec.msgpack.Decoder[Any]) -> Any:
    return pickle.loads(data) if data.startswith(_PICKLED) else decoder.decode(data)
