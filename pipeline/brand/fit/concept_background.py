"""Everyday sentences as an encoder sees them: where topics start from."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.brand.fit.concepts import Concept, as_posted, load_concepts
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.text.words import clean, words
from pipeline.topics.clustering.post_vectors import Background, learn_background
from pipeline.types import FloatArray


def concept_background(encoder: Encoder) -> Background:
    """The background of an encoder, from the concepts that sound like posts."""
    concepts = as_posted(load_concepts())
    return background_of(encoder.id, concepts, encoder.encode([clean(concept.texts[0]) for concept in concepts]))


def background_of(encoder_id: str, concepts: Sequence[Concept], firsts: FloatArray) -> Background:
    """The background where the first sentence of each concept is embedded already.

    Parameters
    ----------
    firsts
        ``(n, d) float32``, a row a concept.
    """
    everyday = [words(clean(text)) for concept in concepts for text in concept.texts]
    return learn_background(encoder_id, firsts, [words(clean(concept.texts[0])) for concept in concepts], everyday)
