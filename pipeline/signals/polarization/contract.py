"""What a polarization measure promises. ``tests/contracts/test_measure_contract.py`` runs every one.

A measure is one file with one class and one line in :data:`pipeline.signals.polarization.MEASURES`.
"""

from __future__ import annotations

from typing import Protocol

from pipeline.types import Score
from pipeline.types.traces import TopicPosts


class Measure(Protocol):
    """Measures one topic: shown its posts, asked for a score."""

    def update(self, posts: TopicPosts) -> None:
        """See more posts of the topic, in arrival order; may be called many times."""

    def get(self) -> Score | None:
        """The score of everything seen, ``None`` while there is not enough evidence. Changes nothing."""
