"""Random-walk controversy: do people who answer or repost each other stay on their own side?

The authors of a topic are split in two sides with few links between them. A walk from a random author of a side ends
at the first hub (best-linked author) it meets; controversy is how much likelier walks that end on a side began there.
Sparse graphs split well by chance, so the same is done on graphs with the same degrees and shuffled links: **only the
excess over that null says anything**, and it supports a finding in the text, never makes one.

Instead of sampling walks, their probabilities are followed step by step: what infinitely many sampled walks of at most
:data:`WALK_STEPS` steps would give, without sampling noise, and faster on graphs of a topic's size. The graph and its
nulls are handled together as the blocks of one sparse matrix.

Source: Garimella, De Francisci Morales, Gionis & Mathioudakis, "Quantifying controversy on social media", ACM TSC 2018.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from pipeline.signals.polarization.rewired_graph import rewired
from pipeline.signals.polarization.two_sides import Blocks, two_sides
from pipeline.types import Score

MIN_AUTHORS = 20
"""Authors linked with each other below which there is no value: ten voices a side, as for division."""

MIN_LINKS = 25
"""A graph of fewer links is a tree or nearly: every tree splits."""

N_NULLS = 12
HUBS = 10
"""Hubs of a side, as in the paper; in small graphs a tenth of its authors."""
HUB_SHARE = 0.1
WALK_STEPS = 80
SPREAD = 1.87
"""Standard deviations each way that hold 90 % of further nulls when twelve were drawn (Student's t, prediction)."""
METHOD = "random-walk-excess/1"

Links = NDArray[np.int64]


@dataclass(frozen=True)
class RandomWalk:
    """Controversy of one graph beside its null.

    ``observed`` in [-1, 1] is the paper's measure; ``null`` and ``null_low``–``null_high`` the mean and the 90 % range
    of the shuffled graphs. ``excess`` is observed − null with that range as interval, ``n`` the distinct links.
    ``authors``: how many people the graph holds.
    """

    observed: float
    null: float
    null_low: float
    null_high: float
    excess: Score
    authors: int


def random_walk(pairs: Links, seed: int = 0, nulls: int = N_NULLS) -> RandomWalk | None:
    """Controversy of the largest connected part of an interaction graph.

    Parameters
    ----------
    pairs
        ``(m, 2) int64``: who answered or reposted whom. Direction, repetition and links to oneself do not count.
    seed
        Of the shuffled graphs; equal input gives equal output.
    nulls
        How many shuffled graphs.

    Returns
    -------
    ``None`` below ``MIN_AUTHORS`` authors or ``MIN_LINKS`` distinct links.

    Raises
    ------
    ValueError
        The array has another shape, or there is no null.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> camp = rng.integers(0, 30, (200, 2))
    >>> found = random_walk(np.concatenate([camp, camp + 30, [[0, 30]]]))
    >>> found.excess.low > 0.2, found.authors
    (True, 60)
    >>> random_walk(camp[:10]) is None
    True
    """
    if pairs.ndim != 2 or pairs.shape[1] != 2 or nulls < 1:
        raise ValueError(f"pairs have shape {pairs.shape}, not (m, 2), or {nulls} nulls are fewer than 1")
    links, n_authors = largest_part(pairs)
    if n_authors < MIN_AUTHORS or len(links) < MIN_LINKS:
        return None
    shuffled = rewired(links, n_authors, nulls, np.random.default_rng(seed))
    values = controversy(Blocks.of([links, *largest_parts(shuffled, n_authors)]))
    observed, chance = float(values[0]), values[1:]
    null, margin = float(chance.mean()), SPREAD * float(chance.std(ddof=min(1, nulls - 1)))
    excess = Score(observed - null, len(links), observed - null - margin, observed - null + margin, METHOD)
    return RandomWalk(observed, null, null - margin, null + margin, excess, n_authors)


def largest_part(pairs: Links) -> tuple[Links, int]:
    """Distinct undirected links ``(m, 2)`` of the largest connected part, authors renumbered from 0, and their number.

    Examples
    --------
    >>> links, n = largest_part(np.array([[7, 5], [5, 7], [5, 5], [5, 9], [1, 2]]))
    >>> links.tolist(), n
    ([[0, 1], [0, 2]], 3)
    """
    names, links = np.unique(pairs, return_inverse=True)
    links = np.sort(links.reshape(-1, 2), axis=1)
    keys = np.unique(links[:, 0] * np.int64(max(len(names), 1)) + links[:, 1])
    one, other = np.divmod(keys, max(len(names), 1))
    apart = one != other
    one, other = one[apart], other[apart]
    if not len(one):
        return np.zeros((0, 2), np.int64), 0
    graph = csr_matrix((np.ones(len(one), np.int8), (one, other)), shape=(len(names), len(names)))
    _, part = connected_components(graph, directed=False)
    inside = part == np.bincount(part).argmax()
    number = np.cumsum(inside) - 1
    kept = inside[one]
    return np.stack([number[one[kept]], number[other[kept]]], axis=1), int(inside.sum())


def largest_parts(graphs: Links, n: int) -> list[Links]:
    """The largest connected part of each of ``(copies, m, 2)`` simple graphs on ``n`` nodes, renumbered from 0."""
    copies = len(graphs)
    links = (graphs + n * np.arange(copies)[:, None, None]).reshape(-1, 2)
    whole = csr_matrix((np.ones(len(links), np.int8), (links[:, 0], links[:, 1])), shape=(copies * n, copies * n))
    _, part = connected_components(whole, directed=False)
    size = np.bincount(part)[part].reshape(copies, n)
    inside = part == part[size.argmax(axis=1) + n * np.arange(copies)].repeat(n)
    number = (np.cumsum(inside.reshape(copies, n), axis=1) - 1).ravel()
    kept = inside[links[:, 0]].reshape(copies, -1)
    renumbered = number[links].reshape(graphs.shape)
    return [renumbered[i][kept[i]] for i in range(copies)]


def controversy(blocks: Blocks) -> NDArray[np.float64]:
    """The paper's measure of each connected graph, ``(blocks.n,) float64`` in [-1, 1]."""
    side = two_sides(blocks)
    group = 2 * blocks.block + side
    to_first = _caught_by_first(blocks, group)
    sizes = np.maximum(np.bincount(group, minlength=2 * blocks.n), 1)
    # reached[b, s, e]: chance that a walk from a random author of side s ends at a hub of side e
    first = (np.bincount(group, to_first, minlength=2 * blocks.n) / sizes).reshape(-1, 2)
    reached = np.stack([first, 1 - first], axis=2) + 1e-12
    began = reached / reached.sum(axis=1, keepdims=True)
    return np.asarray(began[:, 0, 0] * began[:, 1, 1] - began[:, 1, 0] * began[:, 0, 1], np.float64)


def hubs_of(blocks: Blocks, group: NDArray[np.int64]) -> NDArray[np.int64]:
    """The best-linked nodes of each side: ``HUBS``, or ``HUB_SHARE`` of a small one; ``group`` is 2 · graph + side."""
    sizes = np.bincount(group, minlength=2 * blocks.n)
    wanted = np.clip((HUB_SHARE * sizes).astype(np.int64), 1, HUBS)
    order = np.lexsort((-blocks.degree, group))
    rank = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[group[order]]
    return order[rank < wanted[group[order]]]


def _caught_by_first(blocks: Blocks, group: NDArray[np.int64]) -> NDArray[np.float64]:
    """``(N,)``: chance that a walk from each author ends at a hub of side 0; walks still under way count half."""
    hubs = hubs_of(blocks, group)
    chance = np.full(len(group), 0.5)
    at_hubs = 1.0 - group[hubs] % 2
    chance[hubs] = at_hubs
    for _ in range(WALK_STEPS):
        chance = blocks.links @ chance / blocks.degree
        chance[hubs] = at_hubs
    return chance
