"""The state of a shard as it is stored: named arrays beside one JSON document."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray


class NamedArray(msgspec.Struct, frozen=True):
    """One array of a stage's state."""

    name: str
    values: NDArray[np.generic]


class StateSnapshot(msgspec.Struct, frozen=True):
    """A stage's whole memory: versioned arrays plus a small JSON document, no pickle."""

    version: int
    encoder_id: str
    dimension: int
    document: bytes
    arrays: tuple[NamedArray, ...]
