"""From an embedding and words to the vector that is clustered.

``[centred embedding ; lexical projection] / √2``: the embedding brings meaning across
languages, the lexical half brings names and hashtags that no encoder has seen. Centring
removes the direction all posts share, which would otherwise make everything look alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from pipeline.topics.clustering.calibration import Calibration, calibrate
from pipeline.topics.clustering.lexical_projection import LearntTerms, LexicalProjection
from pipeline.topics.clustering.running_mean import RunningMean
from pipeline.topics.clustering.term_bursts import DOMINANT_SHARE
from pipeline.types import FloatArray
from pipeline.types.state import StatePart, StoredState

LEXICAL_DIMENSION = 512


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


class _Scalars(msgspec.Struct, frozen=True):
    n_open: int


class PostVectors:
    """Streaming state of the two halves: the running mean and the document frequencies.

    ``own`` is the mean of the encoder that this deployment is built on, ``reader`` that of the one that
    reads now: the same, but in firehose mode. Neither depends on how the stream is cut into batches.
    """

    def __init__(self, background: Background, dominant_share: float = DOMINANT_SHARE) -> None:
        self.lexical = LexicalProjection(LEXICAL_DIMENSION, background.token_lists, dominant_share)
        self.own = RunningMean(background.mean)
        self.reader = self.own
        self.n_open = 0
        self.dimension = len(background.mean) + LEXICAL_DIMENSION
        self._means = (self.own.value(), self.own.value())

    def learn(self, embeddings: FloatArray, token_lists: Sequence[Sequence[str]]) -> tuple[FloatArray, LearntTerms]:
        """Vectors of posts ``(n, d)``, centred on every closed block, and their terms."""
        terms = self.lexical.learn(token_lists)
        self._means = (self.own.value(), self.reader.value())
        vectors = combine(embeddings - self._means[1], terms.vectors)
        self.reader.learn(embeddings)
        self.n_open += len(embeddings)
        return vectors, terms

    def carried(self, embeddings: FloatArray) -> FloatArray:
        """The embeddings learned last ``(n, d)``, as the deployment's own encoder might have given them.

        A student learns the direction of its teacher's *centred* vectors. Put back on the teacher's mean, with
        the length that centred vectors of the teacher have on average, they can be compared with brands and with
        the teacher's posts. The means are those the posts were centred on, whatever block was closed since.
        """
        if self.reader is self.own:
            return embeddings
        own, reader = self._means
        spread = np.sqrt(max(0.0, 1.0 - float(own @ own)))
        return unit(own + np.float32(spread) * unit(embeddings - reader))

    def close_block(self, at_s: float) -> None:
        """Let the terms since the last call count; the last post came at ``at_s``."""
        self.lexical.bursts.close_block(self.n_open, at_s)
        self.n_open = 0

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere, but for the means: each is its encoder's."""
        return StatePart(scalars=(_Scalars(self.n_open),)).with_parts([self.lexical.state()])

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored."""
        self.n_open = stored.scalars(_Scalars).n_open
        self.lexical.restore(stored)
