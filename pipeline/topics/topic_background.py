"""The latest centres of this deployment's topics: the background that fit is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray, TopicId

MAX_TOPICS = 512
"""Enough for percentiles, and a bounded state; the topic measured longest ago leaves first."""


class TopicBackground:
    """Centre ``(d,) float32`` of each of the latest topics.

    Examples
    --------
    >>> background = TopicBackground(dimension=2)
    >>> background.learn([("t1", np.array([1.0, 0.0], np.float32))])
    >>> background.centres().shape
    (1, 2)
    """

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._centres: dict[TopicId, FloatArray] = {}

    def learn(self, topics: Iterable[tuple[TopicId, FloatArray]]) -> None:
        """Take the centres of freshly measured topics; an empty centre is passed over."""
        for topic, centre in topics:
            if len(centre):
                self._centres.pop(topic, None)
                self._centres[topic] = centre
        for topic in list(self._centres)[: max(0, len(self._centres) - MAX_TOPICS)]:
            del self._centres[topic]

    def forget(self, topic: TopicId) -> None:
        """A topic was merged into another one."""
        self._centres.pop(topic, None)

    def topics(self) -> Sequence[TopicId]:
        """Topic ids in the order of :meth:`centres`."""
        return list(self._centres)

    def centres(self) -> FloatArray:
        """``(n, d) float32``, measured longest ago first."""
        return np.array(list(self._centres.values()), np.float32).reshape(-1, self._dimension)

    def restore(self, topics: Sequence[TopicId], centres: NDArray[np.float32]) -> None:
        """Continue from stored centres."""
        self._centres = dict(zip(topics, centres.copy(), strict=True))
