"""Random graphs with the degrees of a given one: its links swap their ends over and over.

Two links a–b, c–d become a–d, c–b unless that would link somebody with himself or twice with the same. All copies
offer all their links a swap at once, so that a dozen copies of a topic's graph take a few milliseconds.

Source: Maslov & Sneppen, "Specificity and stability in topology of protein networks", Science 2002.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROUNDS = 8
"""Each offers every link of every copy one swap."""

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def rewired(links: NDArray[np.int64], n: int, copies: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``(copies, m, 2) int64``: simple graphs in which every node has the degree it has in ``links``.

    Parameters
    ----------
    links
        ``(m, 2) int64``, each undirected link once, no links to oneself, nodes below ``n``.

    Examples
    --------
    >>> ring = np.array([[0, 1], [1, 2], [2, 3], [3, 4], [0, 4]])
    >>> copy = rewired(ring, 5, 1, np.random.default_rng(0))[0]
    >>> np.bincount(copy.ravel()).tolist()
    [2, 2, 2, 2, 2]
    """
    m = len(links)
    half = m // 2
    one, other = (np.tile(links[:, k].astype(np.int64), (copies, 1)) for k in (0, 1))
    # every copy pairs its links in an order of its own
    order = rng.random((copies, m)).argsort(axis=1)
    one, other = (np.take_along_axis(ends, order, 1) for ends in (one, other))
    table = _LinkTable(n, one, other)
    if half == 0:
        return np.stack([one, other], axis=2)
    for turn in range(ROUNDS):
        # neighbours on even turns, halves on odd ones: a link meets others than before
        step = 1 + turn % 2
        first = slice(0, step * half, step)
        second = np.arange(1, 2 * half, 2) if step == 2 else np.arange(half, 2 * half)
        partners = np.roll(second, int(rng.integers(half)))
        a, b, c, d = one[:, first], other[:, first], one[:, partners], other[:, partners]
        flip = rng.random((copies, half)) < 0.5
        c, d = np.where(flip, d, c), np.where(flip, c, d)
        swapped = table.swap((a, d), (c, b), first, partners)
        one[:, partners] = np.where(swapped, c, one[:, partners])
        other[:, partners] = np.where(swapped, b, other[:, partners])
        other[:, first] = np.where(swapped, d, other[:, first])
    return np.stack([one, other], axis=2)


class _LinkTable:
    """Which links exist, by hash; two links in one slot only make a legal swap look illegal."""

    def __init__(self, n: int, one: NDArray[np.int64], other: NDArray[np.int64]) -> None:
        self._n = n
        self._bits = np.uint64(max(10, int(np.ceil(np.log2(16 * one.size)))))
        self._copy = np.arange(len(one), dtype=np.int64)[:, None]
        self._slot = self._slots(one, other)
        n_slots = 1 << int(self._bits)
        self._n_links = np.bincount(self._slot.ravel(), minlength=n_slots).astype(np.int32)
        self._claim = np.zeros(n_slots, np.int64)

    def _slots(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
        keys = (self._copy * self._n + np.minimum(one, other)) * self._n + np.maximum(one, other)
        return ((keys.astype(np.uint64) * _MULTIPLIER) >> (np.uint64(64) - self._bits)).astype(np.int64)

    def swap(
        self,
        new_first: tuple[NDArray[np.int64], NDArray[np.int64]],
        new_second: tuple[NDArray[np.int64], NDArray[np.int64]],
        first: slice,
        second: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Put new links in the columns ``first`` and ``second`` where that is legal, and say where."""
        slot_first, slot_second = self._slots(*new_first), self._slots(*new_second)
        offers = np.arange(slot_first.size).reshape(slot_first.shape)
        # two offers of one round may want the same link: the last to claim it gets it
        self._claim[slot_first] = offers
        self._claim[slot_second] = offers
        legal: NDArray[np.bool_] = (self._n_links[slot_first] == 0) & (self._n_links[slot_second] == 0)
        legal &= (self._claim[slot_first] == offers) & (self._claim[slot_second] == offers)
        legal &= (new_first[0] != new_first[1]) & (new_second[0] != new_second[1]) & (slot_first != slot_second)
        for columns, new in ((first, slot_first), (second, slot_second)):
            old = self._slot[:, columns]
            # where two old links share a slot one of them stays counted: safe, it only refuses
            self._n_links[old[legal]] -= 1
            self._n_links[new[legal]] = 1
            self._slot[:, columns] = np.where(legal, new, old)
        return legal
