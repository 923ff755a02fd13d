"""Multilingual-e5-small as its data file has it: sizes, pieces, matrices of four-bit weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

Bytes = NDArray[np.uint8]

BLOCK: Final = 32
"""Weights that share a scale."""


@dataclass(frozen=True)
class Shape:
    """Sizes of the network: a BERT with the norm after each layer and no decoder."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class PieceModel:
    """A SentencePiece unigram model. ``scores`` ``(n,) float32``; ``mapped``: what single signs become first."""

    texts: tuple[str, ...]
    scores: FloatArray
    begin: int
    end: int
    padding: int
    unknown: int
    mapped: Mapping[str, str]


@dataclass(frozen=True)
class BlockMatrix:
    """A matrix of four-bit weights: ``blocks`` ``(rows, columns / 32, 18) uint8``, a view of the file.

    Examples
    --------
    >>> blocks = np.zeros((1, 1, 18), np.uint8)
    >>> blocks[0, 0, :2] = np.array([0.5], np.float16).view(np.uint8)
    >>> blocks[0, 0, 2] = 0x19
    >>> BlockMatrix(blocks).rows(np.array([0]))[0, [0, 16, 1]].tolist()
    [0.5, -3.5, -4.0]
    """

    blocks: Bytes

    def __len__(self) -> int:
        return len(self.blocks)

    def rows(self, which: NDArray[np.int64] | slice = slice(None)) -> FloatArray:
        """``(k, columns) float32``: these rows, exactly as the file has them."""
        picked = self.blocks[which]
        scales = np.ascontiguousarray(picked[..., :2]).view(np.float16).astype(np.float32)
        halves = picked[..., 2:]
        weights = np.empty((*picked.shape[:2], BLOCK), np.float32)
        np.subtract(halves & 15, 8, out=weights[..., : BLOCK // 2], dtype=np.float32)
        np.subtract(halves >> 4, 8, out=weights[..., BLOCK // 2 :], dtype=np.float32)
        weights *= scales
        return weights.reshape(len(picked), -1)


@dataclass(frozen=True)
class E5File:
    """Everything the file says. ``matrices`` and ``vectors`` go by the names of its directory."""

    shape: Shape
    pieces: PieceModel
    matrices: Mapping[str, BlockMatrix]
    vectors: Mapping[str, FloatArray]
