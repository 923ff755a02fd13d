"""Sensitive subjects in posts and topics: small linear heads fitted on example sentences.

Nothing is trained on anybody's posts: the sentences of ``configs/hazards.toml`` are embedded
with the deployment's encoder and one logistic head a hazard is fitted, in about a second. For
the sentences and the encoder that ship, that was done before (:mod:`pipeline.enrich.hazards.shipped`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.errors import StateMismatch
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.enrich.hazards.farewells import names_the_dead
from pipeline.enrich.hazards.seeds import HazardSeed, HazardSeeds, Tier
from pipeline.enrich.hazards.shipped import SHIPPED, read_hazard_heads
from pipeline.text.phrases import PhraseTable, a_bit_each, numbers
from pipeline.text.words import clean, folded_words
from pipeline.types import FloatArray

POST_THRESHOLD = 0.5
"""Strength from which a post counts as speaking of a hazard."""

# Chosen on lab data: everyday posts quiet, crises loud (docs/signal-heads.md).
_RIDGE = 1.2
_ITERATIONS = 60
_OTHER_HAZARD_WEIGHT = 0.4
_MILDER_HAZARD_WEIGHT = 0.7
_HARMLESS_SENTENCES = 1120.0
"""What all figures of speech and everyday posts weigh together: they are far fewer here than in a stream, and more of
them must not make the heads shier."""
_CUE_LOGIT = 0.8
_STRONG_LOGIT = 2.5
_STRONG_AT_LEAST = 0.5
_TRAP_LOGIT = -2.5
FAREWELL_HAZARDS = ("celebrity_death", "death")
"""A farewell to somebody by name (:mod:`pipeline.enrich.hazards.farewells`) is a strong phrase of these."""
_SHIFT = 0.88
"""Added to every bias: a hazard's sentences are one in twenty here, so the raw heads are too shy."""
_FLOOR_SHIFT = 0.3
"""On top of that for floor hazards: a tragedy missed costs more than a false alarm."""
_GRAVE_SHARE = 0.3
_GRAVE_SHIFT = -0.3
"""A floor hazard's log-odds are 70 % its own head, 30 % one head for all floor hazards together.

Many tragedies fall between two heads (a shooting: death, violence, tragedy); the common head,
fitted on eight times the sentences, catches them, and its view of everyday posts is calmer.
"""


class HazardModel:
    """Strength of every hazard in a post. Build it with :func:`fit_hazards`; it never changes.

    Attributes
    ----------
    names, tiers, iab
        One entry per hazard, in the order of the columns of :meth:`score`.
    """

    def __init__(
        self, seeds: HazardSeeds, encoder_id: str, weights: NDArray[np.floating[Any]], bias: NDArray[np.floating[Any]]
    ) -> None:
        self.names: tuple[str, ...] = tuple(hazard.name for hazard in seeds.hazards)
        self.tiers: tuple[Tier, ...] = tuple(hazard.tier for hazard in seeds.hazards)
        self.iab: tuple[str | None, ...] = tuple(hazard.iab for hazard in seeds.hazards)
        self.encoder_id = encoder_id
        self.dimension = int(weights.shape[0])
        self._weights = weights.astype(np.float32)
        self._bias = bias.astype(np.float32)
        n = len(seeds.hazards)
        # one table, so that a post is read once: cues, then strong phrases, then figures of speech
        self._phrases = PhraseTable(
            a_bit_each(
                [
                    *(hazard.cues for hazard in seeds.hazards),
                    *(hazard.strong for hazard in seeds.hazards),
                    seeds.traps.phrases,
                ]
            ),
            folded_words,
        )
        self._strong_from, self._trap = n, 2 * n
        self._farewell = frozenset(i for i, name in enumerate(self.names) if name in FAREWELL_HAZARDS)

    @property
    def heads(self) -> tuple[FloatArray, FloatArray]:
        """Weights ``(d, h)`` and biases ``(h,)`` of the linear part."""
        return self._weights, self._bias

    def score(
        self, embeddings: FloatArray, texts: Sequence[str], disaster: NDArray[np.float32] | None = None
    ) -> FloatArray:
        """How strongly each post speaks of each hazard.

        Parameters
        ----------
        embeddings
            ``(n, d) float32``, L2-normalised, made by the encoder the model was fitted with.
        texts
            The ``n`` posts, cleaned (:func:`pipeline.text.words.clean`).
        disaster
            ``(n,)`` probabilities of the trained disaster head; when given, the hazard called
            ``disaster`` is the mean of both in log-odds.

        Returns
        -------
        ``(n, h) float32`` in [0, 1]; :data:`POST_THRESHOLD` is the line between quiet and loud.

        Raises
        ------
        StateMismatch
            The vectors have another dimension than the fitted heads.
        """
        if embeddings.shape != (len(texts), self.dimension):
            raise StateMismatch(
                f"hazard heads expect ({len(texts)}, {self.dimension}) vectors of {self.encoder_id}, "
                f"got {embeddings.shape}"
            )
        logits = embeddings @ self._weights + self._bias
        if disaster is not None and "disaster" in self.names:
            column = self.names.index("disaster")
            p = np.clip(disaster, 1e-4, 1 - 1e-4)
            logits[:, column] = 0.5 * (logits[:, column] + np.log(p / (1 - p)))
        for row, text in enumerate(texts):
            self._apply_words(logits[row], folded_words(text), names_the_dead(text))
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30))), np.float32)

    def _apply_words(self, logits: FloatArray, words: tuple[str, ...], is_farewell: bool) -> None:
        """Cues nudge, strong phrases decide, a figure of speech takes back what has no strong phrase."""
        found = numbers(self._phrases.find(words))
        if not found and not is_farewell:
            return
        trapped = self._trap in found
        cues = {group for group in found if group < self._strong_from}
        strong = {group - self._strong_from for group in found if self._strong_from <= group < self._trap}
        if is_farewell:
            strong |= self._farewell
        if trapped:
            logits += np.float32(_TRAP_LOGIT)
        for column in cues - strong:
            if not trapped:
                logits[column] += np.float32(_CUE_LOGIT)
        for column in strong:
            logits[column] = (
                logits[column] + _STRONG_LOGIT if trapped else max(logits[column] + _STRONG_LOGIT, _STRONG_AT_LEAST)
            )


def open_hazards(seeds: HazardSeeds, encoder: Encoder) -> HazardModel:
    """The model for these sentences: from the heads that ship, where they were fitted on just these with this
    encoder, which saves every process 1.5 seconds; otherwise fitted now."""
    shipped = read_hazard_heads(SHIPPED)
    if shipped is not None and shipped.made_for(seeds, encoder.id):
        return HazardModel(seeds, encoder.id, shipped.weights, shipped.bias)
    return fit_hazards(seeds, encoder)


def fit_hazards(seeds: HazardSeeds, encoder: Encoder) -> HazardModel:
    """Fit one logistic head a hazard on the example sentences.

    Deterministic: the same sentences and encoder give the same weights. All heads are fitted
    together with the fixed curvature bound of the logistic loss (one factorisation, then matrix
    products), which never overshoots and needs no step size.

    Source: Böhning & Lindsay, "Monotonicity of quadratic-approximation algorithms", 1988.
    """
    texts, positive, weight = _training_set(seeds)
    vectors = encoder.encode([clean(text) for text in texts]).astype(np.float64)
    weights, bias = _fit_heads(vectors, positive, weight)
    # the common head is folded into the floor columns: scoring stays one matrix product
    floor = np.array([hazard.tier == "floor" for hazard in seeds.hazards])
    own = np.where(floor, 1 - _GRAVE_SHARE, 1.0)
    common = np.where(floor, _GRAVE_SHARE, 0.0)
    weights = weights[:, :-1] * own + weights[:, -1:] * common
    bias = (bias[:-1] + _SHIFT) * own + (bias[-1] + _GRAVE_SHIFT) * common + floor * _FLOOR_SHIFT
    bias = bias + np.array([hazard.shift for hazard in seeds.hazards])
    return HazardModel(seeds, encoder.id, weights, bias)


def _training_set(seeds: HazardSeeds) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Texts, targets and row weights, ``(n, h + 1)`` each; a weight of 0 leaves a row out.

    The last column is the common head of all floor hazards.
    """
    texts: list[str] = []
    owner: list[int] = []
    for column, hazard in enumerate(seeds.hazards):
        texts += hazard.texts
        owner += [column] * len(hazard.texts)
    texts += seeds.negatives
    owner += [-1] * len(seeds.negatives)
    owners = np.asarray(owner)
    names = [hazard.name for hazard in seeds.hazards]
    positive = np.zeros((len(texts), len(names) + 1))
    weight = np.ones_like(positive)
    weight[owners < 0] = _HARMLESS_SENTENCES / len(seeds.negatives)
    grave = len(names)
    for column, hazard in enumerate(seeds.hazards):
        positive[:, column] = owners == column
        weight[(owners >= 0) & (owners != column), column] = _OTHER_HAZARD_WEIGHT
        for name in hazard.related:
            weight[owners == names.index(name), column] = 0.0
        positive[owners == column, grave] = hazard.tier == "floor"
        if hazard.tier != "floor":
            weight[owners == column, grave] = 0.0 if _near_floor(hazard, seeds) else _MILDER_HAZARD_WEIGHT
    return texts, positive, weight


def _near_floor(hazard: HazardSeed, seeds: HazardSeeds) -> bool:
    """Whether this high-tier hazard overlaps a floor one, so that its sentences prove nothing against it."""
    floor = {other.name for other in seeds.hazards if other.tier == "floor"}
    return hazard.tier == "high" and not floor.isdisjoint(hazard.related)


def _fit_heads(
    vectors: NDArray[np.float64], positive: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """``(d, k)`` weights and ``(k,)`` biases for ``k`` columns of targets; the bias is not shrunk."""
    design = np.hstack([vectors, np.ones((len(vectors), 1))])
    penalty = np.full(design.shape[1], _RIDGE)
    penalty[-1] = 1e-3
    step = np.linalg.inv(design.T @ design / 4 + np.diag(penalty))
    theta = np.zeros((design.shape[1], positive.shape[1]))
    for _ in range(_ITERATIONS):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ theta, -30, 30)))
        theta -= step @ (design.T @ (weight * (p - positive)) + penalty[:, None] * theta)
    return theta[:-1], theta[-1]
