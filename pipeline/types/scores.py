"""A measured value, and arrays."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
"""float32 array; the docstring beside it gives the shape and the norm."""


class Score(msgspec.Struct, frozen=True):
    """A measured value with what it rests on. Never made up: no evidence means no Score.

    ``n`` counts the items behind it; ``low``/``high`` bound a 90 % interval;
    ``method`` names the measure and its version.
    """

    value: float
    n: int
    low: float
    high: float
    method: str
