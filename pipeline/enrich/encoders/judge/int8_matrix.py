"""Products of whole numbers that give a token the same result in any company and on any processor.

The usual dynamic quantization takes one scale for a whole batch: a number of a text's vector moves by up to .02 with
what stands beside it (measured), and one loud token takes precision from all. Here every token has its own scale, and
sums of whole numbers are exact in any order.

Processors without VNNI add pairs of products in sixteen bits and silently stop at 32,767, so two weights that meet in
a pair never exceed 128 together: 255 · 128 fits. Each output takes the scale that costs it least under this limit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

MAX_ACTIVATION: Final = 127
ZERO: Final = 128
"""Activations are unsigned, as the fast products want them: 0.0 is stored as 128."""

MAX_PAIR: Final = 128
"""Two neighbouring weights, signs aside."""

_LARGEST: Final = (64, 80, 96, 112, 127)
"""What the largest weight of an output may become; with 64 no pair is ever too large."""


@dataclass(frozen=True)
class Int8Matrix:
    """``codes`` ``(inputs, outputs) int8`` and one ``scales`` ``(outputs,) float32`` for each column."""

    codes: NDArray[np.int8]
    scales: FloatArray


def int8_matrix(weights: FloatArray) -> Int8Matrix:
    """Whole numbers near to ``weights`` ``(outputs, inputs)``, transposed; ``inputs`` is even.

    Examples
    --------
    >>> matrix = int8_matrix(np.array([[1.0, -0.5], [0.0, 0.0]], np.float32))
    >>> (matrix.codes * matrix.scales).tolist()
    [[1.0, 0.0], [-0.5, 0.0]]
    """
    largest = np.abs(weights).max(axis=1)
    largest[largest == 0] = 1
    codes = np.zeros(weights.shape, np.int8)
    scales = np.ones(len(weights), np.float32)
    errors = np.full(len(weights), np.inf, np.float32)
    for most in _LARGEST:
        tried = (largest / most).astype(np.float32)
        rounded = _within_pairs(np.rint(weights / tried[:, None]))
        off = np.add.reduce((rounded * tried[:, None] - weights) ** 2, axis=1)
        better = off < errors
        codes[better], scales[better], errors[better] = rounded[better], tried[better], off[better]
    return Int8Matrix(np.ascontiguousarray(codes.T), scales)


def _within_pairs(rounded: FloatArray) -> FloatArray:
    """Of two neighbours that are too large together, the larger one gives way."""
    pairs = rounded.reshape(len(rounded), -1, 2)
    sizes = np.abs(pairs)
    excess = np.maximum(sizes[..., 0] + sizes[..., 1] - MAX_PAIR, 0)
    first = sizes[..., 0] >= sizes[..., 1]
    pairs[..., 0] -= np.sign(pairs[..., 0]) * np.where(first, excess, 0)
    pairs[..., 1] -= np.sign(pairs[..., 1]) * np.where(first, 0, excess)
    return rounded
