"""What the network computes from a piece alone, kept for the pieces met lately.

The embedding of a piece, its projection, and its share of the first convolution at every tap never
change, and a stream repeats its words: they are computed when a piece first appears and looked up after.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.encoders.use.use_weights import EMBEDDING, WIDTH, Branch, PieceWeights
from pipeline.types import FloatArray

SlotArray = NDArray[np.intp]

NO_PIECE: Final = 0
"""Slot of the silence between texts: all zeros."""

_EMPTY, _SILENCE = -1, -2
"""In place of a piece: a free slot, and the slot that is never given away."""

_FILL_ROWS: Final = 64
"""New pieces are computed this many at once, so that every product has the same shape however many are new."""


class PieceTables:
    """A bounded cache of piece rows; a row is the same, bit for bit, whenever it is computed.

    Parameters
    ----------
    weights, branches
        The part of the network before the second convolution.
    capacity
        Most pieces kept; the least recently used quarter leaves when it is full. Memory grows with the
        pieces met, up to 15.4 kB for each of ``capacity``.
    """

    def __init__(self, weights: PieceWeights, branches: tuple[Branch, ...], capacity: int) -> None:
        self._weights = weights
        self._branches = branches
        self._capacity = capacity
        rows = capacity + 1
        # zeros are not resident before they are written, so a large capacity costs nothing at first
        self._first = [
            np.ascontiguousarray(branch.first.transpose(1, 0, 2).reshape(WIDTH, branch.taps * WIDTH))
            for branch in branches
        ]
        self._shares = [np.zeros((rows * (branch.taps + 1), WIDTH), np.float32) for branch in branches]
        self.embeddings: FloatArray = np.zeros((rows, EMBEDDING), np.float32)
        """``(capacity + 1, EMBEDDING)``, by slot."""
        self.totals: FloatArray = np.zeros(rows, np.float32)
        """Sum of an embedding, by slot."""
        self.squares: FloatArray = np.zeros(rows, np.float32)
        """Sum of the squares of an embedding, by slot."""
        self._slot_of = np.zeros(len(weights.codes), np.intp)
        self._piece_in = np.full(rows, _EMPTY, np.intp)
        self._piece_in[NO_PIECE] = _SILENCE
        self._used_at = np.zeros(rows, np.int64)
        self._now = 0

    def shares(self, branch: int) -> FloatArray:
        """``((capacity + 1) * (taps + 1), WIDTH)``: a slot has ``taps + 1`` rows.

        Row ``k`` is what a piece adds to the first convolution ``k`` taps after the window's start; the tap
        of the piece itself carries the bias and the shortcut too. The last row is the shortcut alone.
        """
        return self._shares[branch]

    def slots(self, pieces: SlotArray) -> SlotArray:
        """Where the rows of these pieces are, computed now where they are not there yet.

        A slot stays valid until the next call. Different pieces must not be more than ``capacity``.
        """
        self._now += 1
        slots = self._slot_of[pieces]
        self._used_at[slots] = self._now
        if not slots.all():
            self._add(np.unique(pieces[slots == NO_PIECE]))
            slots = self._slot_of[pieces]
        return slots

    def _add(self, new: SlotArray) -> None:
        free = np.flatnonzero(self._piece_in == _EMPTY)
        if len(free) < len(new):
            self._evict(max(len(new) - len(free), self._capacity // 4))
            free = np.flatnonzero(self._piece_in == _EMPTY)
        free = free[: len(new)]
        self._slot_of[new] = free
        self._piece_in[free] = new
        self._used_at[free] = self._now
        for start in range(0, len(new), _FILL_ROWS):
            self._fill(new[start : start + _FILL_ROWS], free[start : start + _FILL_ROWS])

    def _evict(self, n: int) -> None:
        """Forget the ``n`` pieces unused for longest, never one of the present call."""
        old = np.flatnonzero((self._piece_in >= 0) & (self._used_at < self._now))
        leaving = old[np.argsort(self._used_at[old], kind="stable")][:n]
        self._slot_of[self._piece_in[leaving]] = NO_PIECE
        self._piece_in[leaving] = _EMPTY

    def _fill(self, pieces: SlotArray, slots: SlotArray) -> None:
        weights, n = self._weights, len(pieces)
        padded = np.zeros(_FILL_ROWS, np.intp)
        padded[:n] = pieces
        chunk = padded % len(weights.scale)
        embedding = weights.codes[padded].astype(np.float32)
        embedding *= weights.scale[chunk, None]
        embedding += weights.low[chunk, None]
        self.embeddings[slots] = embedding[:n]
        self.totals[slots] = embedding.sum(axis=1)[:n]
        self.squares[slots] = np.vecdot(embedding, embedding)[:n]
        projection = _normalised(embedding @ weights.projection + weights.projection_bias, weights)
        for i, branch in enumerate(self._branches):
            shortcut = np.ascontiguousarray(projection[:, i * WIDTH : (i + 1) * WIDTH])
            shares = np.empty((_FILL_ROWS, branch.taps + 1, WIDTH), np.float32)
            shares[:, : branch.taps] = (shortcut @ self._first[i]).reshape(_FILL_ROWS, branch.taps, WIDTH)
            shares[:, branch.left] += branch.first_bias + shortcut
            shares[:, branch.taps] = shortcut
            self._shares[i].reshape(-1, branch.taps + 1, WIDTH)[slots] = shares[:n]


def _normalised(rows: FloatArray, weights: PieceWeights) -> FloatArray:
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.sqrt(np.vecdot(rows, rows)[:, None] / rows.shape[1] + np.float32(weights.epsilon))
    scaled: FloatArray = rows * weights.norm_gain + weights.norm_bias
    return scaled
