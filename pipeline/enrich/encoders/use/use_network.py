"""The forward pass of USE multilingual over piece ids, arranged for one core and its cache.

The network: a piece's embedding (512) is projected and normalised (768); three branches of two
convolutions (2, 3 and 5 pieces wide, 256 channels) run beside each other; embedding and branches
are normalised and summed over the text; a small residual network and tanh end it.

Three things make it fast and keep the numbers: what depends on a single piece comes from tables
(:mod:`pipeline.enrich.encoders.use.piece_tables`), the second convolution is a short filter with half the
products (:mod:`pipeline.enrich.encoders.use.short_filters`), and the norm over the features of a piece is folded
into their weighted sum and the matrix after it.

A text gets the same vector bit for bit in any company. A matrix product rounds differently in
another shape, so no shape depends on the company: blocks, new pieces and the head have a fixed number
of rows, a text begins at a tile, and a sum over its pieces runs over these alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.encoders.use.piece_tables import NO_PIECE, PieceTables, SlotArray
from pipeline.enrich.encoders.use.short_filters import STEP, RowFilter, Scratch
from pipeline.enrich.encoders.use.use_layout import BLOCK_TILES, MARGIN, Block, lay_out, pack, text_rows
from pipeline.enrich.encoders.use.use_weights import EMBEDDING, FEATURES, WIDTH, HeadWeights, UseWeights
from pipeline.types import FloatArray

MAX_PIECES: Final = 4_096
"""Longer texts are cut. Only signs that unfold into many letters (ligatures) give so many in 2,000 characters."""

_ROUND_PIECES: Final = 2_048


class UseNetwork:
    """Piece ids in, unit vectors out. One call at a time.

    Parameters
    ----------
    weights
        From :func:`pipeline.enrich.encoders.use.use_weights.load_weights`.
    threads
        Blocks computed at the same time; the result does not depend on it.
    capacity
        Pieces kept in the tables, 15.4 kB each; never fewer than one round of blocks may need.
    """

    def __init__(self, weights: UseWeights, threads: int, capacity: int) -> None:
        room = max(capacity, _ROUND_PIECES + MAX_PIECES)
        self._weights = weights
        self._tables = PieceTables(weights.pieces, weights.branches, room)
        self._filters = [RowFilter(branch.second, branch.second_bias, branch.left) for branch in weights.branches]
        self._spaces = [self._space(BLOCK_TILES) for _ in range(threads)]
        self._head = Head(weights.head)

    def encode(self, texts: Sequence[Sequence[int]]) -> FloatArray:
        """``(len(texts), EMBEDDING) float32``, L2-normalised; every text has at least one piece."""
        texts = [text if len(text) <= MAX_PIECES else text[:MAX_PIECES] for text in texts]
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        sums = np.empty((len(texts), FEATURES), np.float32)
        groups = pack(text_rows(lengths))
        for some in _rounds(groups, lengths):
            self._sum(lay_out(self._tables, texts, some), sums)
        return self._head.vectors(sums, lengths)

    def _sum(self, blocks: Sequence[Block], sums: FloatArray) -> None:
        n_threads = min(len(self._spaces), len(blocks))
        if n_threads == 1:
            self._sum_some(self._spaces[0], blocks, sums)
            return
        shares = [blocks[i::n_threads] for i in range(n_threads)]
        with ThreadPoolExecutor(n_threads) as pool:
            list(pool.map(self._sum_some, self._spaces, shares, [sums] * n_threads))

    def _sum_some(self, space: Convolutions, blocks: Sequence[Block], sums: FloatArray) -> None:
        for block in blocks:
            # the buffers for a very long text are not kept
            fitting = space if block.n_tiles == BLOCK_TILES else self._space(block.n_tiles)
            fitting.sum_texts(block, sums)

    def _space(self, n_tiles: int) -> Convolutions:
        return Convolutions(self._weights, self._tables, self._filters, n_tiles)


def _rounds(groups: Sequence[list[int]], lengths: NDArray[np.int64]) -> Iterator[list[list[int]]]:
    """Groups whose pieces are looked up together: new pieces then come in numbers worth a product."""
    some: list[list[int]] = []
    n_pieces = 0
    for group in groups:
        some.append(group)
        n_pieces += int(lengths[group].sum())
        if n_pieces >= _ROUND_PIECES:
            yield some
            some, n_pieces = [], 0
    if some:
        yield some


class Convolutions:
    """From the pieces of a text to the weighted sum of their features.

    Owns the buffers of one thread for blocks of ``n_tiles``; several may share tables and filters.
    """

    def __init__(self, weights: UseWeights, tables: PieceTables, filters: Sequence[RowFilter], n_tiles: int) -> None:
        self._branches = weights.branches
        self._epsilon = np.float32(weights.epsilon)
        self._tables = tables
        self._filters = filters
        rows = n_tiles * STEP
        self._scratch = Scratch(n_tiles, WIDTH)
        self._hidden = np.zeros((rows + 2 * MARGIN, WIDTH), np.float32)  # its margins stay zero
        self._found = np.empty((rows, WIDTH), np.float32)
        self._features = np.empty((rows, FEATURES - EMBEDDING), np.float32)
        self._embeddings = np.empty((rows, EMBEDDING), np.float32)
        self._ones = np.ones(FEATURES - EMBEDDING, np.float32)

    def sum_texts(self, block: Block, out: FloatArray) -> None:
        """Write the sum of normalised features of each text to its row of ``out`` ``(texts of the call, FEATURES)``.

        The gain and the bias of the norm are not applied: they are in the weights of :class:`Head`.
        """
        slots = block.slots[MARGIN:-MARGIN]
        silent = np.flatnonzero(slots == NO_PIECE)
        last_tiles = (np.array(block.starts) + np.array(block.lengths) - 1) // STEP
        hidden = self._hidden[MARGIN:-MARGIN]
        for i, branch in enumerate(self._branches):
            self._first_layer(i, block.slots, hidden)
            hidden[silent] = 0.0
            start = MARGIN - branch.left
            features = self._features[:, i * WIDTH : (i + 1) * WIDTH]
            inputs = self._hidden[start : start + len(hidden) + branch.taps - 1]
            self._filters[i].apply(inputs, features, last_tiles, self._scratch)
            np.maximum(features, 0.0, out=features)
            features += hidden
        self._pool(block, out)

    def _first_layer(self, i: int, slots: SlotArray, hidden: FloatArray) -> None:
        branch, shares = self._branches[i], self._tables.shares(i)
        rows = slots * (branch.taps + 1)
        first = MARGIN - branch.left
        for tap in range(branch.taps):
            found = self._found if tap else hidden
            np.take(shares, rows[first + tap : first + tap + len(hidden)] + tap, axis=0, out=found, mode="clip")
            if tap:
                hidden += found
        # max(a + x, x) is relu(a) + x: one pass less, since the shares bring the shortcut x along
        np.take(shares, rows[MARGIN:-MARGIN] + branch.taps, axis=0, out=self._found, mode="clip")
        np.maximum(hidden, self._found, out=hidden)

    def _pool(self, block: Block, out: FloatArray) -> None:
        """Norm over the features of a piece and sum over the pieces of a text, in one product a text."""
        slots, branches, embeddings = block.slots[MARGIN:-MARGIN], self._features, self._embeddings
        np.take(self._tables.embeddings, slots, axis=0, out=embeddings, mode="clip")
        mean = (np.vecdot(branches, self._ones) + self._tables.totals[slots]) / FEATURES
        square = (np.vecdot(branches, branches) + self._tables.squares[slots]) / FEATURES
        weight = 1.0 / np.sqrt(square - mean * mean + self._epsilon)
        mean *= weight
        for text, start, n in zip(block.texts, block.starts, block.lengths, strict=True):
            row, rows = out[text], slice(start, start + n)
            np.matmul(weight[rows], embeddings[rows], out=row[:EMBEDDING])
            np.matmul(weight[rows], branches[rows], out=row[EMBEDDING:])
            row -= mean[rows].sum()


class Head:
    """From the sum over a text to its vector: two residual layers, tanh, unit length."""

    N_TEXTS: Final = 64
    """Texts multiplied at once, always; missing ones are filled with zeros."""

    def __init__(self, weights: HeadWeights) -> None:
        self._weights = weights

    def vectors(self, sums: FloatArray, lengths: NDArray[np.int64]) -> FloatArray:
        """``(n, EMBEDDING)`` unit vectors from ``sums`` ``(n, FEATURES)`` over ``lengths`` pieces."""
        n = len(sums)
        out = np.empty((n, EMBEDDING), np.float32)
        padded = np.zeros((self.N_TEXTS, FEATURES), np.float32)
        pieces = np.ones((self.N_TEXTS, 1), np.float32)
        for start in range(0, n, self.N_TEXTS):
            stop = min(start + self.N_TEXTS, n)
            padded[: stop - start] = sums[start:stop]
            pieces[: stop - start, 0] = lengths[start:stop]
            out[start:stop] = self._forward(padded, pieces)[: stop - start]
        return out

    def _forward(self, sums: FloatArray, pieces: FloatArray) -> FloatArray:
        weights = self._weights
        entered = (sums @ weights.enter + pieces * weights.enter_per_piece) / np.sqrt(pieces)
        half = entered.shape[1] // 2
        hidden = np.maximum(np.maximum(entered[:, :half], 0.0) @ weights.first + entered[:, half:], 0.0)
        second = hidden @ weights.second
        out = np.tanh(np.maximum(second[:, :EMBEDDING], 0.0) @ weights.leave + second[:, EMBEDDING:])
        vectors: FloatArray = out / np.sqrt(np.vecdot(out, out))[:, None]
        return vectors
