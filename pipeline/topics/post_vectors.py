"""From an embedding and words to the vector that is clustered.

``[centred embedding ; lexical projection] / √2``: the embedding brings meaning across
languages, the lexical half brings names and hashtags that no encoder has seen. Centring
removes the direction all posts share, which would otherwise make everything look alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.calibration import Calibration, calibrate
from pipeline.topics.lexical_projection import LearntTerms, LexicalProjection
from pipeline.topics.term_bursts import DOMINANT_SHARE
from pipeline.types import FloatArray

LEXICAL_DIMENSION = 512
PRIOR_POSTS = 64
"""The background mean counts as this many posts, so that the first post is centred sensibly."""


@dataclass(frozen=True)
class Background:
    """What everyday posts look like to this encoder: where a young deployment starts from.

    ``mean`` ``(d,) float32`` of their embeddings; ``calibration`` of their post vectors;
    ``token_lists`` the words of everyday posts.
    """

    encoder_id: str
    mean: FloatArray
    calibration: Calibration
    token_lists: tuple[tuple[str, ...], ...] = ()


def learn_background(
    encoder_id: str,
    embeddings: FloatArray,
    token_lists: Sequence[Sequence[str]],
    everyday: Sequence[Sequence[str]],
) -> Background:
    """Measure the background on everyday sentences ``(n, d)``, one per concept.

    ``everyday``: the words of all everyday sentences there are, whether embedded or not.
    """
    mean = embeddings.mean(axis=0)
    lexical = LexicalProjection(LEXICAL_DIMENSION, everyday)
    vectors = combine(embeddings - mean, lexical.transform(token_lists))
    return Background(encoder_id, mean, calibrate(vectors), tuple(tuple(tokens) for tokens in everyday))


def combine(centred: FloatArray, lexical: FloatArray) -> FloatArray:
    """``(n, d + l) float32``, L2-normalised, both halves of equal weight where both exist."""
    return unit(np.hstack([unit(centred), lexical]))


def unit(vectors: FloatArray) -> FloatArray:
    """Rows scaled to length one; zero rows stay zero."""
    norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    result: FloatArray = (vectors / np.maximum(norms, 1e-9)[:, None]).astype(np.float32)
    return result


class PostVectors:
    """Streaming state of the two halves: the running mean and the document frequencies.

    ``embedding_sum`` ``(d,) float64`` over ``n`` posts gives the mean; posts of the open
    block wait in ``open_sum``, ``n_open`` and count only when the block is closed, so that
    the mean does not depend on how the stream is cut.
    """

    def __init__(self, background: Background, dominant_share: float = DOMINANT_SHARE) -> None:
        self.lexical = LexicalProjection(LEXICAL_DIMENSION, background.token_lists, dominant_share)
        self.embedding_sum: NDArray[np.float64] = background.mean.astype(np.float64) * PRIOR_POSTS
        self.n = PRIOR_POSTS
        self.open_sum: NDArray[np.float64] = np.zeros_like(self.embedding_sum)
        self.n_open = 0
        self.dimension = len(background.mean) + LEXICAL_DIMENSION

    def learn(self, embeddings: FloatArray, token_lists: Sequence[Sequence[str]]) -> tuple[FloatArray, LearntTerms]:
        """Vectors of posts ``(n, d)``, centred on every closed block, and their terms."""
        terms = self.lexical.learn(token_lists)
        vectors = combine(embeddings - self.mean(), terms.vectors)
        for embedding in embeddings:  # one by one: the same sum for every cut
            self.open_sum += embedding
        self.n_open += len(embeddings)
        return vectors, terms

    def close_block(self, at_s: float) -> None:
        """Let the posts since the last call count in the mean; the last one came at ``at_s``."""
        self.lexical.bursts.close_block(self.n_open, at_s)
        self.embedding_sum += self.open_sum
        self.n += self.n_open
        self.open_sum[:] = 0
        self.n_open = 0

    def mean(self) -> FloatArray:
        """``(d,) float32`` mean embedding of the closed blocks."""
        result: FloatArray = (self.embedding_sum / self.n).astype(np.float32)
        return result
