"""Clusters take the community that most of their links point to: label propagation, kept incrementally.

Only clusters whose links changed vote again, and those around one that changed sides; the
rest stays as it is. Unlike modularity there is no resolution that would have to fit the
size of the stream: a cluster follows its own links.

Source: Raghavan, Albert, Kumara, "Near linear time algorithm to detect community
structures", Physical Review E 2007; dynamic frontier: Sahu, "DF Louvain", 2024.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

STAY = 1.2
"""A cluster changes sides only if the votes for another one exceed those for its own by this factor."""

MAX_VISITS = 8
"""Times the size of the frontier: an upper bound where sides would be swapped for ever."""

Neighbours = Callable[[int], tuple[Sequence[int], Sequence[float]]]
"""Rows linked to a row, and the weights of the links."""


def propagate(community: NDArray[np.int64], frontier: Sequence[int], neighbours: Neighbours) -> list[int]:
    """Let the rows of ``frontier`` vote, in order, then the neighbours of those that changed.

    ``community`` ``(n,) int64`` is changed in place. Returns the rows that changed, ascending.

    Examples
    --------
    >>> links = {0: ([1], [1.0]), 1: ([0], [1.0]), 2: ([], [])}
    >>> community = np.array([10, 11, 12])
    >>> propagate(community, [1, 0, 2], lambda row: links[row])
    [1]
    >>> community.tolist()
    [10, 10, 12]
    """
    queue = deque(frontier)
    waiting = set(frontier)
    changed: set[int] = set()
    visits = MAX_VISITS * len(queue)
    while queue and visits > 0:
        visits -= 1
        row = queue.popleft()
        waiting.discard(row)
        rows, weights = neighbours(row)
        if not rows:
            continue
        own = int(community[row])
        best = _winner(own, [int(community[other]) for other in rows], weights)
        if best == own:
            continue
        community[row] = best
        changed.add(row)
        for other in rows:
            if other not in waiting and community[other] != best:
                waiting.add(other)
                queue.append(other)
    return sorted(changed)


def _winner(own: int, labels: Sequence[int], weights: Sequence[float]) -> int:
    votes: dict[int, float] = {}
    for label, weight in zip(labels, weights, strict=True):
        votes[label] = votes.get(label, 0.0) + weight
    # the oldest of equals, so that the result does not depend on the order of links
    best = min(votes, key=lambda label: (-votes[label], label))
    return best if votes[best] > STAY * votes.get(own, 0.0) else own
