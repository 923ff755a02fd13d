"""The baseline fit has to beat: words a profile and a topic share, rarer words counting more (tf-idf cosine)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.brand.profile.profile import BrandProfile
from pipeline.text.words import clean, words
from pipeline.topics.naming.stop_words import StopWords

Tokens = Sequence[str]


def profile_words(profile: BrandProfile) -> tuple[str, ...]:
    """All words of a profile's facets: their texts, then their examples.

    Examples
    --------
    >>> from pipeline.brand.profile.profile import Facet
    >>> profile_words(BrandProfile("b", "B", (Facet(text="fresh bread", examples=("Warm bread!",)),)))
    ('fresh', 'bread', 'warm', 'bread')
    """
    texts = [text for facet in profile.facets for text in (*facet.texts(), *facet.examples)]
    return tuple(word for text in texts for word in words(clean(text)))


class KeywordOverlap:
    """Cosine of idf-weighted words. Weights are learned from the topics that are the background.

    Parameters
    ----------
    background
        Words of each background topic.
    """

    def __init__(self, background: Sequence[Tokens]) -> None:
        stop = StopWords()
        self._stop = stop.of("it") | stop.of("en")
        self._uses = Counter(word for tokens in background for word in set(tokens))
        self._n = len(background)

    def scores(self, profiles: Sequence[BrandProfile], topics: Sequence[Tokens]) -> NDArray[np.float64]:
        """``(topics, profiles) float64``, 0 without a shared word."""
        wanted = [self._weights(profile_words(profile)) for profile in profiles]
        found = [self._weights(tokens) for tokens in topics]
        return np.array([[_cosine(have, want) for want in wanted] for have in found], np.float64)

    def _weights(self, tokens: Tokens) -> dict[str, float]:
        counts = Counter(word for word in tokens if word not in self._stop)
        return {word: (1 + np.log(n)) * np.log((1 + self._n) / (1 + self._uses[word])) for word, n in counts.items()}


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    shared = sum(weight * other[word] for word, weight in one.items() if word in other)
    lengths = [np.sqrt(sum(weight**2 for weight in weights.values())) for weights in (one, other)]
    return float(shared / (lengths[0] * lengths[1])) if min(lengths) > 0 else 0.0
