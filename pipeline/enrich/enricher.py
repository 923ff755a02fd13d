"""The stateless look at each post: clean → hash → language → embed → signals → hazards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import numpy as np

from ingest.post import Post
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.enrich.language import LanguageDetector
from pipeline.enrich.sentiment import SignalHeads
from pipeline.text.words import clean, text_hash, words
from pipeline.types import EnrichedBatch, EnrichedPost, FloatArray, Signals

CACHE_TEXTS = 8_192
"""Vectors of the latest distinct texts kept, so that a copy is not embedded again."""

MIN_HAZARD = 0.2
"""Weaker hazard strengths are noise and are not carried along."""


class PostHazards(Protocol):
    """Scores the hazards a post speaks of."""

    @property
    def names(self) -> tuple[str, ...]:
        """Hazard names, in column order."""

    def score(self, embeddings: FloatArray, texts: Sequence[str], disaster: FloatArray | None = None) -> FloatArray:
        """``(n, number of hazards) float32`` strengths in [0, 1]."""


class Enricher:
    """Turns posts into enriched posts. Holds no state but a cache, so workers can be added freely.

    Parameters
    ----------
    encoder, languages, signals, hazards
        The models; each loads its weights on first use.
    signal_encoder
        The encoder that ``signals`` was trained on; usually the same as ``encoder``.
    """

    def __init__(
        self,
        encoder: Encoder,
        languages: LanguageDetector,
        signals: SignalHeads,
        signal_encoder: Encoder,
        hazards: PostHazards,
    ) -> None:
        self._signal_encoder = signal_encoder
        self._encoder = encoder
        self._languages = languages
        self._signals = signals
        self._hazards = hazards
        self._cache: dict[str, FloatArray] = {}

    @property
    def encoder_id(self) -> str:
        """Which encoder made the vectors."""
        return self._encoder.id

    def enrich(self, posts: Sequence[Post]) -> EnrichedBatch:
        """Columns for these posts, in order; any text is legal."""
        cleaned = [clean(post.text) for post in posts]
        hashes = [text_hash(text, post.text) for text, post in zip(cleaned, posts, strict=True)]
        languages = self._languages.detect(cleaned, [post.lang_declared for post in posts])
        # a text without words (emoji only) is embedded as it is
        embeddings = self._embed([text or post.text for text, post in zip(cleaned, posts, strict=True)])
        same = self._signal_encoder.id == self._encoder.id
        signals = self._signals.score(embeddings if same else self._signal_encoder.encode(cleaned), cleaned)
        hazards = self._hazards.score(embeddings, cleaned, signals.disaster)
        enriched = []
        for i, post in enumerate(posts):
            enriched.append(
                EnrichedPost(
                    post=post,
                    clean_text=cleaned[i],
                    text_hash=hashes[i],
                    language=languages[i],
                    tokens=words(cleaned[i]),
                    signals=Signals(
                        negative=_rounded(signals.negative[i]),
                        positive=_rounded(signals.positive[i]),
                        offensive=_rounded(signals.offensive[i]),
                        disaster=_rounded(signals.disaster[i]),
                        anger=_rounded(signals.anger[i]),
                        joy=_rounded(signals.joy[i]),
                        optimism=_rounded(signals.optimism[i]),
                        sadness=_rounded(signals.sadness[i]),
                    ),
                    hazards=tuple(
                        (self._hazards.names[j], _rounded(hazards[i, j]))
                        for j in np.flatnonzero(hazards[i] >= MIN_HAZARD)
                    ),
                )
            )
        return EnrichedBatch(tuple(enriched), embeddings, self._encoder.id)

    def enrich_stream(self, batches: Iterable[Sequence[Post]]) -> Iterator[EnrichedBatch]:
        """Each batch enriched, in order, when it is asked for."""
        yield from map(self.enrich, batches)

    def _embed(self, texts: Sequence[str]) -> FloatArray:
        # Keyed by the very text: with a coarser key a vector would depend on which variant came first,
        # so on when this process started, and a restart would change results.
        missing = list(dict.fromkeys(text for text in texts if text not in self._cache))
        if missing:
            vectors = self._encoder.encode(missing)
            self._cache.update(zip(missing, vectors, strict=True))
        out = np.empty((len(texts), self._encoder.dimension), np.float32)
        for row, text in zip(out, texts, strict=True):
            row[:] = self._cache[text]
        for old in list(self._cache)[: max(0, len(self._cache) - CACHE_TEXTS)]:
            del self._cache[old]
        return out


def _rounded(value: float) -> float:
    """Four digits say all a probability can; stored rows stay short and comparable."""
    return round(float(value), 4)
