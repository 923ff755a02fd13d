"""Signal heads for the student: what the teacher's heads say of a post, read from the student's vector.

No label is needed and none is seen: the heads that ship judge the teacher's vectors of the
deployment's own posts, and heads of the same form learn to give the same probabilities.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.encoders.student.student_folder import HeadAgreement
from pipeline.enrich.sentiment import ANGER, OFFENSIVE, HeadWeights, SignalColumns
from pipeline.types import FloatArray

MAX_POSTS = 30_000
"""More posts change the third digit of the agreement and double the time."""

_RIDGE = 0.2
_ITERATIONS = 80
_BINARY, _SOFTMAX = 0.25, 0.5
"""Upper bounds of the curvature of the two losses."""

Array = NDArray[np.float64]


def distil_heads(student: FloatArray, teacher: FloatArray, heads: HeadWeights, encoder_id: str) -> HeadWeights:
    """Heads for ``encoder_id`` that agree with ``heads`` on these posts.

    The word weights look at words, not at vectors, and stay as they are; so the rest of the heads that
    see words is fitted to what the teacher's say without them.

    Parameters
    ----------
    student, teacher
        Vectors of the same ``n`` posts, ``(n, d) float32``; at most :data:`MAX_POSTS` are used.
    heads
        The teacher's.
    encoder_id
        Id of the student.
    """
    student, teacher = student[:MAX_POSTS], teacher[:MAX_POSTS]
    wanted = (teacher @ heads.dense + heads.bias).astype(np.float64)
    design = np.hstack([student.astype(np.float64), np.ones((len(student), 1))])
    gram = design.T @ design
    penalty = np.full(design.shape[1], _RIDGE)
    penalty[-1] = 1e-6  # the bias is free
    start = np.linalg.solve(gram + np.diag(penalty), design.T @ wanted)
    theta = np.empty_like(start)
    theta[:, :OFFENSIVE] = _fit(design, gram, penalty, start[:, :OFFENSIVE], softmax(wanted[:, :OFFENSIVE]), _SOFTMAX)
    two, four = slice(OFFENSIVE, ANGER), slice(ANGER, None)
    theta[:, two] = _fit(design, gram, penalty, start[:, two], _sigmoid(wanted[:, two]), _BINARY)
    theta[:, four] = _fit(design, gram, penalty, start[:, four], softmax(wanted[:, four]), _SOFTMAX)
    return HeadWeights(encoder_id, theta[:-1].astype(np.float32), theta[-1].astype(np.float32), heads.word_weights)


def agreement(student: SignalColumns, teacher: SignalColumns) -> HeadAgreement:
    """Compare two readings of the same posts.

    Examples
    --------
    >>> low, high = np.array([0.1, 0.2, 0.3], np.float32), np.array([0.2, 0.4, 0.6], np.float32)
    >>> taught = SignalColumns(high, low, -high, high, high, high, high, high)
    >>> found = agreement(SignalColumns(low, low, low, low * 0, low, low, low, low), taught)
    >>> found.negative, found.positive, found.offensive, found.disaster
    (1.0, 1.0, -1.0, None)
    """
    names = HeadAgreement.__struct_fields__
    return HeadAgreement(*(_correlation(getattr(student, name), getattr(teacher, name)) for name in names))


def softmax(logits: Array) -> Array:
    """Rows as shares of one."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Array = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _fit(design: Array, gram: Array, penalty: Array, start: Array, target: Array, curvature: float) -> Array:
    """Least cross-entropy against probabilities, with a fixed bound of the curvature (Böhning & Lindsay, 1988)."""
    link = softmax if curvature == _SOFTMAX else _sigmoid
    step = np.linalg.inv(gram * curvature + np.diag(penalty))
    theta = start.copy()
    for _ in range(_ITERATIONS):
        theta -= step @ (design.T @ (link(design @ theta) - target) + penalty[:, None] * theta)
    return theta


def _sigmoid(logits: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30))))


def _correlation(one: FloatArray, other: FloatArray) -> float | None:
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return round(float(np.corrcoef(one.astype(np.float64), other.astype(np.float64))[0, 1]), 6)
