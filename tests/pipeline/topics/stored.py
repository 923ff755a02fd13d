"""A part of a memory as it would come back from a store."""

from __future__ import annotations

from pipeline.types.state import NamedArray, StatePart, StoredState


def stored(part: StatePart) -> StoredState:
    """Every array a copy, as after a restart."""
    return StoredState(part.document(), [NamedArray(array.name, array.values.copy()) for array in part.arrays])
