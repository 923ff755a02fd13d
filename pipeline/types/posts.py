"""Posts as enrichment leaves them. Batches are columns beside arrays."""

from __future__ import annotations

import msgspec

from ingest.post import Post
from pipeline.types.scores import FloatArray


class Signals(msgspec.Struct, frozen=True):
    """Per-post probabilities in [0, 1] from the linear heads; the four emotions sum to ``negative + positive``."""

    negative: float
    positive: float
    offensive: float
    disaster: float
    anger: float
    joy: float
    optimism: float
    sadness: float


class EnrichedPost(msgspec.Struct, frozen=True):
    """A post with what one stateless look at it can tell.

    ``clean_text`` has links, mentions and markup removed; ``text_hash`` is equal for
    texts equal after normalisation; ``tokens`` are lower-case words and ``#tags``.
    """

    post: Post
    clean_text: str
    text_hash: int
    language: str | None
    tokens: tuple[str, ...]
    signals: Signals
    hazards: tuple[tuple[str, float], ...] = ()
    """(hazard name, strength in [0, 1]) for hazards this post speaks of."""


class EnrichedBatch(msgspec.Struct, frozen=True):
    """Columns: ``posts[i]`` belongs to ``embeddings[i]``.

    ``embeddings`` is ``(n, d) float32``, L2-normalised, made by ``encoder_id``.
    """

    posts: tuple[EnrichedPost, ...]
    embeddings: FloatArray
    encoder_id: str
