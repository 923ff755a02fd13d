"""An enricher that loads no model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ingest.post import Post
from pipeline.types import EnrichedBatch, EnrichedPost, Signals

CALM = Signals(0.1, 0.5, 0.1, 0.0, anger=0.05, joy=0.3, optimism=0.2, sadness=0.05)


class Plain:
    """Enriches without looking: only whose vectors they are matters here."""

    def __init__(self, encoder_id: str) -> None:
        self._encoder_id = encoder_id

    def enrich(self, posts: Sequence[Post]) -> EnrichedBatch:
        enriched = tuple(EnrichedPost(post, post.text, 1, "en", (), CALM) for post in posts)
        return EnrichedBatch(enriched, np.zeros((len(posts), 2), np.float32), self._encoder_id)
