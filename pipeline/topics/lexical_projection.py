"""Streaming tf-idf, projected to a small dense vector: what words say beside the embedding.

Terms are hashed to slots; each slot has ``K_SIGNS`` random signed positions in the dense
vector, so memory is fixed however many words the stream has. Document frequencies are
counted in stream order and a post counts itself, so any cut of the stream into batches
gives the same vectors.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

N_SLOTS = 1 << 18
K_SIGNS = 8


class LexicalProjection:
    """Document frequencies of hashed terms and their sparse random projection.

    Source: Achlioptas, "Database-friendly random projections", JCSS 2003; Weinberger
    et al., "Feature hashing for large scale multitask learning", ICML 2009.

    Examples
    --------
    >>> lexical = LexicalProjection(dimension=64)
    >>> a, b = lexical.learn([("red", "bike"), ("red", "bike")])
    >>> float(a @ b) > 0.9
    True
    """

    def __init__(self, dimension: int, seed: int = 0) -> None:
        self.dimension = dimension
        self.document_frequency = np.zeros(N_SLOTS, np.int32)
        self.n_documents = 0
        rng = np.random.default_rng(seed)
        # 2^18 slots x 8 positions: 2 MB of positions, 2 MB of signs; the same for every deployment
        self._positions = rng.integers(0, dimension, (N_SLOTS, K_SIGNS), dtype=np.int16)
        self._signs = (rng.integers(0, 2, (N_SLOTS, K_SIGNS), dtype=np.int8) * 2 - 1).astype(np.float32)
        self._signs /= np.sqrt(np.float32(K_SIGNS))
        self._slot_of: dict[str, int] = {}

    def learn(self, token_lists: Sequence[Sequence[str]]) -> FloatArray:
        """Count these documents, one after the other, and give their vectors.

        Returns
        -------
        ``(n, dimension) float32``, L2-normalised; a document without terms is the zero vector.
        """
        return self._vectors(token_lists, learn=True)

    def transform(self, token_lists: Sequence[Sequence[str]]) -> FloatArray:
        """Vectors of documents as known now, without counting them."""
        return self._vectors(token_lists, learn=False)

    def document_share(self, token: str) -> float:
        """Share of the documents so far that contain a token (or one that hashes alike)."""
        slot = int(self._slots((token,))[0])
        return float(self.document_frequency[slot]) / max(self.n_documents, 1)

    def restore(self, document_frequency: NDArray[np.int32], n_documents: int) -> None:
        """Continue from stored counts."""
        self.document_frequency = document_frequency.copy()
        self.n_documents = n_documents

    def _vectors(self, token_lists: Sequence[Sequence[str]], *, learn: bool) -> FloatArray:
        out = np.zeros((len(token_lists), self.dimension), np.float32)
        frequency = self.document_frequency
        for row, tokens in zip(out, token_lists, strict=True):
            if learn:
                self.n_documents += 1
            if not tokens:
                continue
            slots, counts = np.unique(self._slots(tokens), return_counts=True)
            if learn:
                frequency[slots] += 1
            idf = np.log((self.n_documents + 1.0) / (frequency[slots] + 0.5))
            weights = ((1.0 + np.log(counts)) * idf).astype(np.float32)
            values = self._signs[slots] * weights[:, None]
            row += np.bincount(self._positions[slots].ravel(), values.ravel(), self.dimension)
            row /= max(float(np.sqrt(row @ row)), 1e-9)
        return out

    def _slots(self, tokens: Sequence[str]) -> NDArray[np.int64]:
        known = self._slot_of
        if len(known) > 4 * N_SLOTS:
            known.clear()  # a cache, not state: bounded memory on endless vocabularies
        slots = np.empty(len(tokens), np.int64)
        for i, token in enumerate(tokens):
            slot = known.get(token)
            if slot is None:
                slot = known[token] = zlib.crc32(token.encode("utf-8", "surrogatepass")) & (N_SLOTS - 1)
            slots[i] = slot
        return slots
