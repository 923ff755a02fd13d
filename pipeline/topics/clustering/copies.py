"""Texts seen lately, so that a copy is counted with its original instead of clustered again."""

from __future__ import annotations

import numpy as np

from pipeline.types.state import NamedArray, StatePart, StoredState

CAPACITY = 65_536


class Copies:
    """The last ``CAPACITY`` distinct text hashes and the cluster each went to.

    Examples
    --------
    >>> copies = Copies()
    >>> copies.remember(11, cluster=3)
    >>> copies.cluster_of(11), copies.cluster_of(12)
    (3, None)
    """

    def __init__(self) -> None:
        self._cluster_of: dict[int, int] = {}

    def cluster_of(self, text_hash: int) -> int | None:
        """Cluster of the text, if it was seen lately."""
        return self._cluster_of.get(text_hash)

    def remember(self, text_hash: int, cluster: int) -> None:
        """Note a text; the oldest one is forgotten when there are too many."""
        self._cluster_of.pop(text_hash, None)
        self._cluster_of[text_hash] = cluster
        if len(self._cluster_of) > CAPACITY:
            del self._cluster_of[next(iter(self._cluster_of))]

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere: ``(n, 2) int64`` text hash and cluster, oldest first."""
        return StatePart((NamedArray("copies", np.array(list(self._cluster_of.items()), np.int64).reshape(-1, 2)),))

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        for text_hash, cluster in stored.array("copies").tolist():
            self.remember(text_hash, cluster)
