"""What is loaded once per process: encoder, background, seeds, language models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from configs.settings import CONFIGS_DIR, Settings
from pipeline.brand.fit.concept_background import background_of, concept_background
from pipeline.brand.fit.concepts import Concept, as_posted, load_concepts
from pipeline.brand.fit.shared_space import SharedSpace, learn_space
from pipeline.enrich.assembly import keep_products_on_one_core
from pipeline.enrich.encoders.encoder import Encoder, open_encoder
from pipeline.enrich.encoders.student.paired_student import open_student
from pipeline.enrich.hazards.seeds import HazardSeeds, load_seeds
from pipeline.text.words import clean
from pipeline.topics.clustering.post_vectors import Background
from pipeline.topics.naming.entities import EntityFinder
from pipeline.types import FloatArray


@dataclass(frozen=True)
class Student:
    """The encoder that takes over in a flood, and what everyday posts look like to it."""

    encoder: Encoder
    background: Background


@dataclass(frozen=True)
class Models:
    """Everything loaded once per process: encoder, background, seeds, language models (on first use).

    ``concept_embeddings`` ``(n, d) float32``: one mean vector an everyday concept; ``concept_lines`` ``(m, d)``: its
    first English and first Italian sentence; ``reference_embeddings``: mean vectors of the concepts in the tone of
    dictionaries and newspapers. ``space``: where fit is judged.
    ``student``: in processes that follow a live stream, when the settings name one.
    """

    encoder: Encoder
    seeds: HazardSeeds
    concept_embeddings: FloatArray
    concept_lines: FloatArray
    reference_embeddings: FloatArray
    background: Background
    space: SharedSpace
    entities: EntityFinder
    student: Student | None = None


def load_models(settings: Settings) -> Models:
    """Load the encoder and learn what everyday posts look like to it (about two seconds)."""
    encoder = open_encoder(settings.encoder)
    concepts = load_concepts()
    texts = [text for concept in concepts for text in concept.texts]
    embeddings = encoder.encode([clean(text) for text in texts])
    means = _concept_means(concepts, embeddings)
    english = np.cumsum([0, *(len(concept.texts) for concept in concepts[:-1])])
    italian = english + [len(concept.english) for concept in concepts]
    posted = np.array([concept.tone == "everyday" for concept in concepts])
    keep_products_on_one_core()
    return Models(
        encoder,
        load_seeds(CONFIGS_DIR / "hazards.toml"),
        concept_embeddings=means[posted],
        concept_lines=embeddings[np.concatenate([english[posted], italian[posted]])],
        reference_embeddings=means[~posted],
        background=background_of(encoder.id, as_posted(concepts), embeddings[english[posted]]),
        space=learn_space(embeddings[english], embeddings[italian]),
        entities=EntityFinder(),
    )


def load_live_models(settings: Settings) -> Models:
    """The models of a process that follows a live stream: with the student beside the default encoder, if one is set.

    Raises
    ------
    ConfigError
        ``encoder.static`` names no student of the default encoder.
    """
    models = load_models(settings)
    student = open_student(settings.encoder, models.encoder)
    if student is None:
        return models
    return replace(models, student=Student(student, concept_background(student)))


def _concept_means(concepts: Sequence[Concept], embeddings: FloatArray) -> FloatArray:
    means = np.empty((len(concepts), embeddings.shape[1]), np.float32)
    start = 0
    for row, concept in zip(means, concepts, strict=True):
        row[:] = embeddings[start : start + len(concept.texts)].mean(axis=0)
        start += len(concept.texts)
    return means
