"""Streaming tf-idf, projected to a small dense vector: what words say beside the embedding.

Terms are hashed to slots; each slot has ``K_SIGNS`` random signed positions in the dense
vector, so memory is fixed however many words the stream has. Document frequencies are
counted in stream order and a post counts itself, so any cut of the stream into batches
gives the same vectors.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.topics.clustering.term_bursts import DOMINANT_SHARE, TermBursts
from pipeline.types import FloatArray
from pipeline.types.state import NamedArray, StatePart, StoredState

N_SLOTS = 1 << 18
K_SIGNS = 8


@dataclass(frozen=True)
class LearntTerms:
    """What documents are made of.

    ``vectors`` ``(n, d) float32``, L2-normalised, a document without terms is the zero vector.
    Document ``i`` has the terms ``slots[starts[i]:starts[i + 1]]``, ascending; ``surprising``
    says which of them were far more frequent lately than before.
    """

    vectors: FloatArray
    starts: NDArray[np.int64]
    slots: NDArray[np.int64]
    surprising: NDArray[np.bool_]

    def of(self, i: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Terms of document ``i``, and which of them are surprising."""
        part = slice(int(self.starts[i]), int(self.starts[i + 1]))
        return self.slots[part], self.surprising[part]


@dataclass(frozen=True)
class _Terms:
    starts: NDArray[np.int64]
    slots: NDArray[np.int64]
    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1


class _Scalars(msgspec.Struct, frozen=True):
    n_documents: int


class LexicalProjection:
    """Document frequencies of hashed terms and their sparse random projection.

    Source: Achlioptas, "Database-friendly random projections", JCSS 2003; Weinberger
    et al., "Feature hashing for large scale multitask learning", ICML 2009.

    Examples
    --------
    >>> lexical = LexicalProjection(dimension=64)
    >>> a, b = lexical.learn([("red", "bike"), ("red", "bike")]).vectors
    >>> float(a @ b) > 0.9
    True
    """

    def __init__(
        self,
        dimension: int,
        everyday: Sequence[Sequence[str]] = (),
        dominant_share: float = DOMINANT_SHARE,
        seed: int = 0,
    ) -> None:
        self.dimension = dimension
        self._slot_of: dict[str, int] = {}
        self._n_everyday = len(everyday)
        slots = [np.unique(self._slots(tokens)) for tokens in everyday]
        self._everyday = np.bincount(np.concatenate([np.zeros(0, np.int64), *slots]), minlength=N_SLOTS)
        self.document_frequency = np.zeros(N_SLOTS, np.int32)
        self.n_documents = 0
        rng = np.random.default_rng(seed)
        # 2^18 slots x 8 positions: 2 MB of positions, 2 MB of signs; the same for every deployment
        self._positions = rng.integers(0, dimension, (N_SLOTS, K_SIGNS), dtype=np.int16)
        self._signs = (rng.integers(0, 2, (N_SLOTS, K_SIGNS), dtype=np.int8) * 2 - 1).astype(np.float32)
        self._signs /= np.sqrt(np.float32(K_SIGNS))
        self.bursts = TermBursts(N_SLOTS, dominant_share)

    def learn(self, token_lists: Sequence[Sequence[str]]) -> LearntTerms:
        """Count these documents, one after the other; each is seen as of its own turn."""
        terms = self._terms(token_lists)
        rank = _rank_among_equals(terms.slots)
        document = np.repeat(np.arange(len(terms)), np.diff(terms.starts))
        total = self.document_frequency[terms.slots] + rank
        n_total = self.n_documents + document + 1
        np.add.at(self.document_frequency, terms.slots, 1)
        self.n_documents += len(terms)
        vectors = self._project(terms, document, self._idf(terms.slots, total, n_total))
        everyday = self._everyday[terms.slots] / max(self._n_everyday, 1)
        surprising = self.bursts.count(terms.slots, rank, document, total, n_total, everyday)
        self.bursts.n_open += len(terms)
        return LearntTerms(vectors, terms.starts, terms.slots, surprising)

    def transform(self, token_lists: Sequence[Sequence[str]]) -> FloatArray:
        """Vectors of documents as known now, without counting them."""
        terms = self._terms(token_lists)
        document = np.repeat(np.arange(len(terms)), np.diff(terms.starts))
        return self._project(terms, document, self.rarity(terms.slots))

    def rarity(self, slots: NDArray[np.integer[Any]]) -> FloatArray:
        """Inverse document frequency of hashed terms as known now, ``float32`` in the shape of ``slots``."""
        return self._idf(slots, self.document_frequency[slots], self.n_documents).astype(np.float32)

    def document_share(self, token: str) -> float:
        """Share of the documents so far that contain a token (or one that hashes alike)."""
        slot = int(self._slots((token,))[0])
        return float(self.document_frequency[slot]) / max(self.n_documents, 1)

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere, the bursts of terms with it."""
        counts = NamedArray("vectors/document_frequency", self.document_frequency)
        return StatePart((counts,), (_Scalars(self.n_documents),)).with_parts([self.bursts.state()])

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        self.document_frequency = stored.array("vectors/document_frequency").copy()
        self.n_documents = stored.scalars(_Scalars).n_documents
        self.bursts.restore(stored)

    def _idf(
        self, slots: NDArray[np.integer[Any]], total: NDArray[np.integer[Any]], n_total: Any
    ) -> NDArray[np.float64]:
        # everyday language counts as a past, so that the subject of a young stream is not taken for a stop word
        rare = (n_total + self._n_everyday + 1.0) / (total + self._everyday[slots] + 0.5)
        idf: NDArray[np.float64] = np.log(rare)
        return idf

    def _terms(self, token_lists: Sequence[Sequence[str]]) -> _Terms:
        """Distinct terms of each document, ascending, with their counts."""
        slots = self._slots([token for tokens in token_lists for token in tokens])
        document = np.repeat(np.arange(len(token_lists)), [len(tokens) for tokens in token_lists])
        keys, counts = np.unique(document * N_SLOTS + slots, return_counts=True)
        starts = np.searchsorted(keys, np.arange(len(token_lists) + 1) * N_SLOTS)
        return _Terms(starts, keys % N_SLOTS, counts)

    def _project(self, terms: _Terms, document: NDArray[np.int64], idf: NDArray[np.floating[Any]]) -> FloatArray:
        weights = ((1.0 + np.log(terms.counts)) * idf).astype(np.float32)
        values = self._signs[terms.slots] * weights[:, None]
        places = self._positions[terms.slots] + (document * self.dimension)[:, None]
        out = np.bincount(places.ravel(), values.ravel(), len(terms) * self.dimension)
        vectors = out.reshape(len(terms), self.dimension).astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        vectors /= np.maximum(lengths, 1e-9)[:, None]
        return vectors

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


def _rank_among_equals(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each entry, how many entries up to it are equal to it (from 1)."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    fresh = np.ones(len(values), np.bool_)
    fresh[1:] = ordered[1:] != ordered[:-1]
    begin = np.flatnonzero(fresh)
    sizes = np.diff(np.append(begin, len(values)))
    rank = np.empty(len(values), np.int64)
    rank[order] = np.arange(len(values)) - np.repeat(begin, sizes) + 1
    return rank
