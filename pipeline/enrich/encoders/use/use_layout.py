"""How texts of any length are laid out in blocks of one fixed length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.encoders.use.piece_tables import NO_PIECE, PieceTables, SlotArray
from pipeline.enrich.encoders.use.short_filters import STEP

BLOCK_TILES: Final = 128
"""A block is 512 rows: its buffers stay near a core, and the weights are read once for many pieces."""

MARGIN: Final = 2
"""Rows of silence between texts and around a block: no window reaches further."""


@dataclass(frozen=True)
class Block:
    """Texts that go through the network together.

    ``slots`` ``(MARGIN + rows + MARGIN,)`` are table slots by row, ``NO_PIECE`` where no text is. Text
    ``texts[i]`` of the call has ``lengths[i]`` rows from ``starts[i]``, a multiple of ``STEP``.
    """

    slots: SlotArray
    texts: tuple[int, ...]
    starts: tuple[int, ...]
    lengths: tuple[int, ...]

    @property
    def n_tiles(self) -> int:
        """Length in tiles, always a multiple of ``BLOCK_TILES``."""
        return (len(self.slots) - 2 * MARGIN) // STEP


def text_rows(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows that texts of these lengths take in a block: whole tiles, with the silence after them.

    Examples
    --------
    >>> text_rows(np.array([2, 3, 6])).tolist()
    [4, 8, 8]
    """
    return -(-(lengths + MARGIN) // STEP) * STEP


def pack(rows: NDArray[np.int64]) -> list[list[int]]:
    """Which texts share a block: the longest that is left, then the shortest that still fit beside it.

    A text longer than a block is alone. Where a text ends up does not change its vector.

    Examples
    --------
    >>> pack(np.array([300, 8, 2000, 200, 400]))
    [[2], [4, 1], [0, 3]]
    """
    limit = BLOCK_TILES * STEP
    order = np.argsort(-rows, kind="stable").tolist()
    sizes = rows.tolist()
    groups: list[list[int]] = []
    low, high = 0, len(order) - 1
    while low <= high:
        group: list[int] = []
        room = limit
        while low <= high and (not group or sizes[order[low]] <= room):
            group.append(order[low])
            room -= sizes[order[low]]
            low += 1
        while low <= high and sizes[order[high]] <= room:
            group.append(order[high])
            room -= sizes[order[high]]
            high -= 1
        groups.append(group)
    return groups


def lay_out(tables: PieceTables, texts: Sequence[Sequence[int]], groups: Sequence[Sequence[int]]) -> list[Block]:
    """A block for each group of texts; their pieces stay in the tables until the next call."""
    pieces = np.fromiter(chain.from_iterable(texts[i] for group in groups for i in group), np.intp)
    found = tables.slots(pieces)
    blocks = []
    for group in groups:
        lengths = np.array([len(texts[i]) for i in group], np.int64)
        rows, n = text_rows(lengths), int(lengths.sum())
        starts, first = np.cumsum(rows) - rows, np.cumsum(lengths) - lengths
        n_rows = -(-int(rows.sum()) // (BLOCK_TILES * STEP)) * BLOCK_TILES * STEP
        slots = np.full(MARGIN + n_rows + MARGIN, NO_PIECE, np.intp)
        slots[np.repeat(starts - first + MARGIN, lengths) + np.arange(n)] = found[:n]
        found = found[n:]
        blocks.append(Block(slots, tuple(group), tuple(starts.tolist()), tuple(lengths.tolist())))
    return blocks
