"""Short filters over a long sequence of rows, with half the multiplications (Toom-Cook / Winograd).

A filter of ``taps`` matrices over rows needs ``taps`` matrix products a row. Computed ``STEP`` rows at
once as a product of polynomials it needs ``(STEP + taps - 1) / STEP``: for 2, 3 and 5 taps 1.25, 1.5 and
2 instead. The transforms around them are additions of rows, cheap beside a 256 × 256 product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

STEP: Final = 4
"""Rows computed together: a tile. More saves little and costs accuracy and padding."""

_POINTS: Final = {2: (0, 1, -1, 2), 3: (0, 1, -1, 2, -2), 5: (0, 1, -1, 2, -2, 0.5, -0.5)}
"""Where the polynomials are evaluated, besides infinity: small powers of two, so that rounding stays small."""

_ONES_POINT: Final = 1
"""Index of the point 1, where every power is 1: what is added there is added to all rows of a tile."""

_MAX_POINTS: Final = STEP + 5 - 1


@dataclass(frozen=True)
class FilterTransform:
    """Three small matrices: ``outputs = gather @ ((spread @ taps) * (mix @ inputs))`` over the rows of a tile.

    ``mix`` ``(points, points)`` takes the inputs of a tile, ``spread`` ``(points, taps)`` the filter,
    ``gather`` ``(STEP, points)`` gives the outputs; ``points = STEP + taps - 1``.
    """

    gather: NDArray[np.float64]
    spread: NDArray[np.float64]
    mix: NDArray[np.float64]


def filter_transform(taps: int) -> FilterTransform:
    """The transform for a filter of 2, 3 or 5 taps.

    Source: Winograd, "Arithmetic Complexity of Computations", 1980; Lavin and Gray, CVPR 2016.

    Examples
    --------
    >>> transform = filter_transform(2)
    >>> inputs, taps = np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([1.0, 10.0])
    >>> transform.gather @ ((transform.spread @ taps) * (transform.mix @ inputs))
    array([21., 32., 43., 54.])
    """
    points = _POINTS[taps]
    size = STEP + taps - 1
    gather = np.zeros((STEP, size))
    spread = np.zeros((size, taps))
    mix = np.zeros((size, size))
    for row, point in enumerate(points):
        others = [other for other in points if other != point]
        gather[:, row] = np.power(float(point), np.arange(STEP))
        spread[row] = np.power(float(point), np.arange(taps)) / np.prod([point - other for other in others])
        mix[row, : size - 1] = np.poly(others)[::-1]
    gather[-1, -1] = spread[-1, -1] = 1.0
    mix[-1] = np.poly(points)[::-1]
    # inputs and filter meet at the same scale; powers of two move between them without rounding
    scale = np.exp2(np.round(np.log2(np.abs(mix).max(axis=1))))[:, None]
    return FilterTransform(gather, spread * scale, mix / scale)


class RowFilter:
    """A filter of matrices over rows. Holds no buffers: threads may share it.

    Every matrix product has the shape of the whole sequence or of one tile, so what a row becomes
    depends on the inputs of its own tile only, to the last bit. These are more than the inputs of the row:
    what follows the end of a text cancels out, but not its rounding, hence ``last_tiles``.

    Parameters
    ----------
    weights
        ``(taps, width, width) float32``: output row ``p`` is ``sum over k of inputs[p + k] @ weights[k]``.
    bias
        ``(width,) float32``, added to every output row.
    left
        How many of the taps come before the row that an output belongs to.

    Examples
    --------
    >>> swap_next = RowFilter(np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]]], np.float32), np.zeros(2, np.float32), 0)
    >>> inputs = np.array([[1, 2], [3, 4], [5, 6], [7, 8], [0, 0]], np.float32)
    >>> out = np.empty((4, 2), np.float32)
    >>> swap_next.apply(inputs, out, np.array([0]), Scratch(n_tiles=1, width=2))
    >>> np.round(out).astype(int).tolist()
    [[5, 5], [9, 9], [13, 13], [7, 8]]
    """

    def __init__(self, weights: FloatArray, bias: FloatArray, left: int) -> None:
        transform = filter_transform(len(weights))
        self._products = np.tensordot(transform.spread, weights.astype(np.float64), 1).astype(np.float32)
        self._mix = transform.mix.astype(np.float32)
        self._gather = transform.gather.astype(np.float32)
        self._bias = bias
        self._n_own = left + STEP  # inputs of a tile up to the last of its own rows

    def apply(self, inputs: FloatArray, out: FloatArray, last_tiles: NDArray[np.intp], scratch: Scratch) -> None:
        """Filter into ``out`` ``(rows, width)``, which may be columns of a wider array.

        ``inputs`` is contiguous with ``taps - 1`` rows more; ``rows`` is what ``scratch`` was made for.
        ``last_tiles`` see zeros after their own rows, whatever stands there.
        """
        size = len(self._mix)
        mixed, product = scratch.mixed[:size], scratch.product[:size]
        tiles = _tiles(inputs, mixed.shape[1], size)
        np.matmul(self._mix, tiles, out=mixed.transpose(1, 0, 2))
        last = tiles[last_tiles]
        last[:, self._n_own :] = 0.0
        mixed[:, last_tiles] = np.matmul(self._mix, last).transpose(1, 0, 2)
        np.matmul(mixed, self._products, out=product)
        product[_ONES_POINT] += self._bias
        np.matmul(self._gather, product.transpose(1, 0, 2), out=_tiles(out, mixed.shape[1], STEP))


class Scratch:
    """Buffers of one thread for filters over ``n_tiles * STEP`` rows of ``width`` numbers."""

    def __init__(self, n_tiles: int, width: int) -> None:
        self.mixed: FloatArray = np.empty((_MAX_POINTS, n_tiles, width), np.float32)
        self.product: FloatArray = np.empty((_MAX_POINTS, n_tiles, width), np.float32)


def _tiles(rows: FloatArray, n_tiles: int, size: int) -> FloatArray:
    """View ``(n_tiles, size, width)``: a tile begins every ``STEP`` rows; larger ones overlap."""
    if len(rows) < (n_tiles - 1) * STEP + size or rows.strides[1] != rows.itemsize:
        raise ValueError("rows are missing or not contiguous")
    row = rows.strides[0]
    return np.lib.stride_tricks.as_strided(rows, (n_tiles, size, rows.shape[1]), (STEP * row, row, rows.itemsize))
