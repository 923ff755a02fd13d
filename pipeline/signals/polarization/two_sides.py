"""Split connected graphs in two sides with few links between them, many graphs at once.

The split follows the second eigenvector of the regularised, normalised adjacency, by a fixed number of deflated power
iterations, cut where the conductance is smallest with at least a tenth of the links' ends on each side. Deterministic.

Source: Qin & Rohe, "Regularized spectral clustering under the degree-corrected stochastic blockmodel", NIPS 2013; the
sweep is that of Spielman & Teng, "Spectral partitioning works", FOCS 1996.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

STEPS = 40
SMALLEST_SIDE = 0.1
_SEED = 0
"""Of the first guess, which the iteration forgets."""


@dataclass(frozen=True)
class Blocks:
    """Several undirected graphs as one block-diagonal matrix, nodes of a graph side by side.

    ``links`` ``(N, N)`` symmetric CSR of ones; ``pairs`` ``(M, 2)`` each link once; ``block`` ``(N,)`` which graph a
    node belongs to; ``starts`` ``(n,)`` its first node; ``degree`` ``(N,) float64``.
    """

    links: Any
    pairs: NDArray[np.int64]
    block: NDArray[np.int64]
    starts: NDArray[np.int64]
    degree: NDArray[np.float64]

    @property
    def n(self) -> int:
        """Number of graphs."""
        return len(self.starts)

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of ``(N,)`` values over each graph, ``(n,)``."""
        return np.asarray(np.add.reduceat(values, self.starts), np.float64)

    @classmethod
    def of(cls, graphs: Sequence[NDArray[np.int64]]) -> Blocks:
        """From connected graphs ``(m, 2)`` with at least one link, nodes numbered from 0 without gaps."""
        sizes = np.array([int(links.max()) + 1 for links in graphs])
        starts = np.cumsum(sizes) - sizes
        pairs = np.concatenate([links + start for links, start in zip(graphs, starts, strict=True)])
        n = int(sizes.sum())
        both = np.concatenate([pairs, pairs[:, ::-1]])
        links = csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(n, n))
        degree = np.bincount(both[:, 0], minlength=n).astype(np.float64)
        return cls(links, pairs, np.repeat(np.arange(len(graphs)), sizes), starts, degree)


def two_sides(blocks: Blocks) -> NDArray[np.int64]:
    """Side 0 or 1 of every node, ``(N,) int64``.

    Examples
    --------
    >>> triangles = np.array([[0, 1], [1, 2], [0, 2], [3, 4], [4, 5], [3, 5], [2, 3]])
    >>> side = two_sides(Blocks.of([triangles]))
    >>> len(set(side[:3])), len(set(side[3:])), bool(side[0] != side[5])
    (1, 1, True)
    """
    return _sweep(blocks, _second_vector(blocks))


def _second_vector(blocks: Blocks) -> NDArray[np.float64]:
    sizes = blocks.total(np.ones(len(blocks.block)))
    smoothing = blocks.total(blocks.degree) / sizes
    root = np.sqrt(blocks.degree + smoothing[blocks.block])
    first = root / np.sqrt(blocks.total(root**2))[blocks.block]
    spread = smoothing / sizes
    x = np.random.default_rng(_SEED).standard_normal(len(root))
    for _ in range(STEPS):
        x -= first * blocks.total(first * x)[blocks.block]
        y = x / root
        # adding x makes the largest eigenvalue, not the most negative one, win
        x = (blocks.links @ y + (spread * blocks.total(y))[blocks.block]) / root + x
        x /= np.sqrt(blocks.total(x**2))[blocks.block]
    return np.asarray(x / root, np.float64)


def _sweep(blocks: Blocks, vector: NDArray[np.float64]) -> NDArray[np.int64]:
    order = np.lexsort((vector, blocks.block))  # graphs stay in place, nodes are sorted inside each
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    ends = place[blocks.pairs]
    opened = np.bincount(ends.min(axis=1), minlength=len(order)) - np.bincount(ends.max(axis=1), minlength=len(order))
    cut = np.cumsum(opened)  # every graph closes what it opened
    volume = blocks.total(blocks.degree)
    left = np.cumsum(blocks.degree[order]) - (np.cumsum(volume) - volume)[blocks.block]
    share = left / volume[blocks.block]
    smaller = np.minimum(share, 1 - share)
    # where no cut leaves a tenth on each side, the most even one is taken
    is_fair = smaller >= SMALLEST_SIDE
    cost = np.where(is_fair, cut / np.maximum(smaller * volume[blocks.block], 1e-9), 1e9 * (1 - smaller))
    best = np.minimum.reduceat(cost, blocks.starts)
    at_best = np.flatnonzero(cost == best[blocks.block])
    last_left = at_best[np.searchsorted(at_best, blocks.starts)]
    return (place > last_left[blocks.block]).astype(np.int64)
