"""Short sketches of very many centres: which few may be nearest, without comparing with all of them in full.

A random projection on to orthonormal directions keeps cosines up to a small error, so the nearest centre is
nearly always among the ``N_CANDIDATES`` with the most similar sketches; those are then compared exactly.

Source: Johnson and Lindenstrauss, "Extensions of Lipschitz mappings", 1984; Dasgupta and Gupta, "An elementary
proof of a theorem of Johnson and Lindenstrauss", Random Structures & Algorithms 2003.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

SKETCH_DIMENSION = 256
WORTH_CENTRES = 2_048
"""From so many centres on, sketches are faster than comparing with all."""

N_CANDIDATES = 32
"""On 10,000 raw posts and 5,172 centres the nearest was always among so many."""

_GROUP = 16
_SEED = 0


class CentreSketches:
    """Sketches of the centres in slots ``0 … n-1``, brought up to date when they are asked for.

    Follows from the centres alone: nothing here is part of a checkpoint.

    Parameters
    ----------
    dimension
        Length of a centre.

    Examples
    --------
    >>> centres = np.eye(300, dtype=np.float32)
    >>> sketches = CentreSketches(300)
    >>> bool((sketches.candidates(centres[5:6], centres, k=8) == 5).any())
    True
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._basis: FloatArray | None = None
        self._n = 0
        self._sketches = np.zeros((0, min(dimension, SKETCH_DIMENSION)), np.float32)
        self._stale: set[int] = set()

    def changed(self, slot: int) -> None:
        """The centre in ``slot`` moved or is new."""
        if slot < self._n:
            self._stale.add(slot)

    def keep(self, slots: NDArray[np.int64]) -> None:
        """Only the centres in ``slots`` (ascending) are left, moved together."""
        kept = slots[slots < self._n]
        self._n = len(kept)
        self._sketches[: self._n] = self._sketches[kept]
        self._stale = set(np.flatnonzero(np.isin(kept, list(self._stale))).tolist())

    def forget(self) -> None:
        """Other centres than before."""
        self._n = 0
        self._stale.clear()

    def candidates(
        self, vectors: FloatArray, centres: FloatArray, k: int = N_CANDIDATES, among: NDArray[np.int64] | None = None
    ) -> NDArray[np.int64]:
        """``(len(vectors), k)`` slots of the centres whose sketches are most similar, in no order.

        Parameters
        ----------
        vectors
            ``(m, d) float32``.
        centres
            ``(n, d) float32``, all of them, ``n ≥ k``.
        among
            Slots to choose from, at least ``k``; ``None`` takes all.
        """
        self._bring_up_to_date(centres)
        assert self._basis is not None
        rows = self._sketches[: self._n] if among is None else self._sketches[among]
        sketches: FloatArray = (vectors @ self._basis).astype(np.float32)
        best = _largest(sketches @ rows.T, k)
        return best if among is None else among[best]

    def _bring_up_to_date(self, centres: FloatArray) -> None:
        if self._basis is None:
            noise = np.random.default_rng(_SEED).standard_normal((self._dimension, self._sketches.shape[1]))
            self._basis = np.linalg.qr(noise)[0].astype(np.float32)
        stale = np.array(sorted(self._stale), np.int64)
        self._sketches[stale] = centres[stale] @ self._basis
        self._stale.clear()
        if len(self._sketches) < len(centres):
            old = self._sketches[: self._n]
            self._sketches = np.zeros((2 * len(centres), old.shape[1]), np.float32)
            self._sketches[: self._n] = old
        self._sketches[self._n : len(centres)] = centres[self._n :] @ self._basis
        self._n = len(centres)


def _largest(values: FloatArray, k: int) -> NDArray[np.int64]:
    """Columns of the ``k`` largest values of each row; the best groups first, for a row is long and ``k`` small."""
    n_groups = values.shape[1] // _GROUP
    if n_groups <= k:
        return np.argpartition(-values, k - 1, axis=1)[:, :k]
    whole = values[:, : n_groups * _GROUP].reshape(len(values), _GROUP, n_groups)  # column j is in group j % n_groups
    groups = np.argpartition(-whole.max(axis=1), k - 1, axis=1)[:, :k]
    members = (groups[:, :, None] + n_groups * np.arange(_GROUP)).reshape(len(values), -1)
    rest = np.broadcast_to(np.arange(n_groups * _GROUP, values.shape[1]), (len(values), values.shape[1] % _GROUP))
    columns = np.concatenate((members, rest), axis=1)
    best = np.argpartition(-np.take_along_axis(values, columns, axis=1), k - 1, axis=1)[:, :k]
    return np.take_along_axis(columns, best, axis=1)
