"""The nearest centre of each post of a block, with one matrix product for most of the work."""

from __future__ import annotations

import numpy as np

from pipeline.topics.clustering.centroid_index import NO_SIMILARITY, CentroidIndex
from pipeline.types import FloatArray


class BlockSearch:
    """Nearest centre for each post of a block, right though centres move within the block.

    One matrix product covers the centres as they were, or names the few that may be nearest where there are very
    many; the centres that changed since are looked at again, exactly.
    """

    def __init__(self, index: CentroidIndex, vectors: FloatArray) -> None:
        self._index = index
        self._vectors = vectors
        self._few = index.nearest_few(vectors)
        n_known = index.n if self._few is None else 0
        self._known: FloatArray = vectors @ index.centres[:n_known].T
        self._place: dict[int, int] = {}
        self._changed = np.empty((len(vectors), vectors.shape[1]), np.float32)
        """The centres that changed since, side by side; at most one a post."""
        self._changed_slots = np.empty(len(vectors), np.int64)

    def changed(self, slot: int) -> None:
        """Centre ``slot`` moved or is new."""
        place = self._place.setdefault(slot, len(self._place))
        self._changed[place] = self._index.centres[slot]
        self._changed_slots[place] = slot
        if slot < self._known.shape[1]:
            self._known[:, slot] = NO_SIMILARITY

    def nearest(self, i: int) -> tuple[int, float]:
        """(slot, cosine) of the nearest centre now, (-1, -2.0) if there is none."""
        slot, best = -1, float(NO_SIMILARITY)
        vector, centres = self._vectors[i], self._index.centres
        if self._few is not None:
            few = self._few[i]  # those that changed are compared as they are now, too
            similarity = centres[few] @ vector
            j = int(similarity.argmax())
            slot, best = int(few[j]), float(similarity[j])
        elif self._known.shape[1]:
            slot = int(self._known[i].argmax())
            best = float(self._known[i, slot])
        n_changed = len(self._place)
        if n_changed:
            similarity = self._changed[:n_changed] @ vector
            j = int(similarity.argmax())
            if similarity[j] > best:
                slot = int(self._changed_slots[j])
        if slot < 0:
            return slot, best
        # the last bits of a matrix product depend on how many rows it has, those of one dot product do not
        return slot, float(centres[slot] @ vector)
