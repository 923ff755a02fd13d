"""Everyday sentences as an encoder sees them."""

from __future__ import annotations

from configs.settings import CONFIGS_DIR
from pipeline.brand.fit.concepts import as_posted, load_concepts
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.text.words import clean, words
from pipeline.topics.clustering.post_vectors import Background, learn_background


def concept_background(encoder: Encoder) -> Background:
    """Everyday sentences as this encoder sees them: where topics start from."""
    concepts = as_posted(load_concepts(CONFIGS_DIR / "concepts.toml"))
    firsts = [clean(concept.texts[0]) for concept in concepts]
    everyday = [words(clean(text)) for concept in concepts for text in concept.texts]
    return learn_background(encoder.id, encoder.encode(firsts), [words(text) for text in firsts], everyday)
