"""Which expert could credibly speak: with vectors that say plainly what is near, and with the real encoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from configs.settings import CONFIGS_DIR
from pipeline.brand.fit.shared_space import SharedSpace
from pipeline.brand.profile.profile import BrandProfile, Expert, Facet, load_profiles
from pipeline.brand.voices.experts import CREDIBLE_Z, Everyday, ExpertIndex
from pipeline.types import FloatArray
from pipeline.types.voices import ExpertMatch
from tests.demo_shard import loaded

DIMENSION = 64
PLAIN = SharedSpace(np.zeros(DIMENSION, np.float32), np.zeros(DIMENSION, np.float32))
FIELDS = {"bread": 0, "cakes": 1, "bikes": 2}


class AxisEncoder:
    """Every field is a direction of its own."""

    id = "axes"
    dimension = DIMENSION

    def encode(self, texts: Sequence[str]) -> FloatArray:
        return np.stack([np.eye(DIMENSION, dtype=np.float32)[FIELDS[text]] for text in texts])


def noise(n: int, seed: int) -> FloatArray:
    rows = np.random.default_rng(seed).normal(size=(n, DIMENSION)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def near(field: str, cosine: float, seed: int = 9) -> FloatArray:
    """A vector with so much of a field in it."""
    rest = noise(1, seed)[0]
    rest[FIELDS[field]] = 0
    row = np.sqrt(1 - cosine**2) * rest / np.linalg.norm(rest)
    row[FIELDS[field]] = cosine
    return np.asarray(row, np.float32)


def profile(*experts: Expert) -> BrandProfile:
    return BrandProfile("b", "B", (Facet("x"),), experts=experts)


CHIARA = Expert("Chiara", "baker", ("bread", "cakes"))
DAVIDE = Expert("Davide", "", ("bikes",))
INDEX = ExpertIndex(
    [profile(CHIARA, DAVIDE), profile(), profile(DAVIDE)], AxisEncoder(), PLAIN, Everyday(noise(300, 1), noise(500, 2))
)
NONE = np.zeros((0, DIMENSION), np.float32)


def match(centre: FloatArray, *questions: FloatArray) -> tuple[ExpertMatch | None, ...]:
    asked = np.stack(questions) if questions else NONE
    return INDEX.match(centre, asked, [f"q{i}" for i in range(len(questions))])


def test_whoever_is_near_is_named_with_the_field_for_each_brand_that_has_him() -> None:
    first, nobody, third = match(near("bikes", 0.9))

    assert first == third == ExpertMatch("Davide", "", "bikes", 100.0, 300)
    assert nobody is None
    bread = match(near("cakes", 0.9))[0]
    assert bread is not None
    assert (bread.name, bread.role, bread.field) == ("Chiara", "baker", "cakes")


def test_nobody_is_named_for_what_is_everyday() -> None:
    rows = noise(400, 3)
    named = sum(one is not None for row in rows for one in match(row)[:1])

    assert named <= 2


def test_being_nearer_never_takes_an_expert_away() -> None:
    named = [match(near("bread", cosine))[0] is not None for cosine in np.linspace(0, 0.95, 20).tolist()]

    assert named == sorted(named)
    assert named[-1]
    assert not named[0]


def test_the_question_is_the_one_he_can_answer_and_none_where_he_cannot() -> None:
    far, fair, good = near("bikes", 0.1), near("bread", 0.6), near("bread", 0.9, 4)
    asked = match(near("bread", 0.9), far, fair, good)[0]
    unasked = match(near("bread", 0.9), far)[0]

    assert asked is not None
    assert (asked.question, asked.question_field) == ("q2", "bread")
    assert unasked is not None
    assert unasked.question is None


def test_experts_without_fields_and_brands_without_experts_are_nobody() -> None:
    empty = ExpertIndex([profile(Expert("Anna")), profile()], AxisEncoder(), PLAIN, Everyday(noise(9, 1), noise(9, 2)))

    assert not empty
    assert (empty.has(0), INDEX.has(0), INDEX.has(1)) == (False, True, False)
    assert empty.match(near("bread", 0.9), NONE, ()) == (None, None)


RIGHT = {
    "the price of bread rises again, flour costs double": "Chiara Bassani",
    "il prezzo del pane è raddoppiato, la farina costa troppo": "Chiara Bassani",
    "torta di mele e ciambellone a colazione": "Elio Montanari",
    "crema solare protezione 50, scottature al mare": "Dr. Agata Neri",
    "sunburn at the beach: which sunscreen factor?": "Dr. Agata Neri",
    "nuove piste ciclabili in centro per chi va al lavoro in bici": "Nora Lindgren",
    "my bike chain broke, who fixes a derailleur?": "Davide Ferri",
}
WRONG = (
    "il governo ha approvato la legge di bilancio",
    "the band announced a new tour next summer",
    "gol al novantesimo, stadio in delirio",
    "earthquake shakes the coast, people in the streets",
    "my cat sleeps on the keyboard again",
    "nuovo telefono con tre fotocamere",
)


@pytest.mark.parametrize(("text", "name"), [*RIGHT.items(), *((text, None) for text in WRONG)])
def test_the_experts_of_the_demo_brands_speak_on_their_subjects_in_both_languages(text: str, name: str | None) -> None:
    models = loaded().models
    profiles = load_profiles(("brands/*.toml",), CONFIGS_DIR)
    everyday = Everyday(models.concept_embeddings, models.concept_lines)
    index = ExpertIndex(profiles, models.encoder, models.space, everyday)
    found = index.match(models.encoder.encode([text])[0], models.encoder.encode([]), ())

    assert {one.name for one in found if one is not None} == ({name} if name else set())
    assert CREDIBLE_Z > 0
