"""Vectors at rest: float16 in little-endian order, row after row. Means of embeddings lose nothing that counts."""

from __future__ import annotations

import numpy as np

from configs.errors import FatalError, StateMismatch
from pipeline.types import FloatArray

AT_REST = np.dtype("<f2")


def as_kept(vectors: FloatArray) -> FloatArray:
    """The vectors as the store will give them back: rounded to float16.

    Examples
    --------
    >>> as_kept(np.array([0.1], np.float32)).tolist()
    [0.0999755859375]
    """
    kept: FloatArray = vectors.astype(AT_REST).astype(np.float32)
    return kept


def vectors_at_rest(vectors: FloatArray) -> bytes:
    """float16 bytes of finite vectors.

    Raises
    ------
    FatalError
        A number is not finite, or too large for float16: no mean of unit vectors is.

    Examples
    --------
    >>> len(vectors_at_rest(np.ones((2, 3), np.float32)))
    12
    """
    small = np.asarray(vectors, AT_REST, order="C")
    if not np.isfinite(small).all():
        raise FatalError("a vector holds a number that cannot be stored: it is no mean of embeddings")
    return small.tobytes()


def vectors_of(data: bytes, dimension: int) -> FloatArray:
    """``(n, dimension) float32`` of what :func:`vectors_at_rest` made.

    Raises
    ------
    StateMismatch
        The bytes are no whole number of such vectors.
    """
    if not dimension or len(data) % (dimension * AT_REST.itemsize):
        raise StateMismatch("a stored vector is damaged: its length does not fit its dimension")
    return np.frombuffer(data, AT_REST).reshape(-1, dimension).astype(np.float32)
