"""Hazards: the file is checked, tragedies are found, figures of speech are not, shares are honest."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import ConfigError, StateMismatch
from configs.settings import CONFIGS_DIR
from pipeline.brand.fit.concepts import as_posted, load_concepts
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.hazards.heads import HazardModel, fit_hazards, open_hazards
from pipeline.enrich.hazards.seeds import HazardSeeds, load_seeds
from pipeline.enrich.hazards.shipped import SHIPPED, read_hazard_heads
from pipeline.signals.hazards.topic_hazards import topic_hazards
from pipeline.signals.intervals import wilson
from pipeline.text.phrases import PhraseTable
from pipeline.text.words import clean, folded_words
from pipeline.types import FloatArray, Hazard

SEEDS_PATH = CONFIGS_DIR / "hazards.toml"
HOLDOUT = tomllib.loads((Path(__file__).parent / "hazard_holdout.toml").read_text(encoding="utf-8"))
FLOOR = {
    *("disaster", "tragedy", "death", "violence", "hate", "minors", "self_harm", "commemoration"),
    *("armed_conflict", "terrorism"),
}


@pytest.fixture(scope="module")
def seeds() -> HazardSeeds:
    return load_seeds(SEEDS_PATH)


@pytest.fixture(scope="module")
def encoder() -> UseEncoder:
    return UseEncoder(threads=1)


@pytest.fixture(scope="module")
def model(seeds: HazardSeeds, encoder: UseEncoder) -> HazardModel:
    return fit_hazards(seeds, encoder)


def strengths(model: HazardModel, encoder: UseEncoder, texts: list[str]) -> FloatArray:
    cleaned = [clean(text) for text in texts]
    return model.score(encoder.encode(cleaned), cleaned)


def hazards_of(model: HazardModel, rows: FloatArray) -> tuple[Hazard, ...]:
    ids = [str(i) for i in range(len(rows))]
    return topic_hazards(model.names, model.tiers, rows, ids, ids)


def floor_names(found: tuple[Hazard, ...]) -> set[str]:
    return {hazard.name for hazard in found if hazard.tier == "floor"}


def floor_rate(model: HazardModel, rows: FloatArray) -> float:
    """Share of posts with any floor hazard."""
    floor = [model.names.index(name) for name in FLOOR]
    return float((rows[:, floor] >= 0.5).any(axis=1).mean())


def share_of_bags_raised(model: HazardModel, rows: FloatArray, size: int) -> float:
    """Share of 200 random bags of posts that raise a floor hazard."""
    rng = np.random.default_rng(size)
    picked = (rng.choice(len(rows), size, replace=False) for _ in range(200))
    return sum(bool(floor_names(hazards_of(model, rows[bag]))) for bag in picked) / 200


# --- the file -----------------------------------------------------------------------


def test_the_gates_of_the_product_are_all_floor_hazards(seeds: HazardSeeds) -> None:
    assert {hazard.name for hazard in seeds.hazards if hazard.tier == "floor"} == FLOOR


def test_both_languages_are_fully_written(seeds: HazardSeeds) -> None:
    for hazard in seeds.hazards:
        assert min(len(hazard.en), len(hazard.it)) >= 25, hazard.name
    assert min(len(seeds.traps.en), len(seeds.traps.it)) >= 25
    assert min(len(seeds.everyday.en), len(seeds.everyday.it)) >= 80


def test_held_out_posts_are_not_example_sentences(seeds: HazardSeeds) -> None:
    known = {folded_words(text) for hazard in seeds.hazards for text in hazard.texts} | {
        folded_words(t) for t in seeds.negatives
    }
    for kind in HOLDOUT.values():
        for texts in kind.values():
            assert not known & {folded_words(text) for text in texts}
            assert len(texts) >= 50


@pytest.mark.parametrize(
    ("change", "names"),
    [
        (lambda s: s.replace('tier = "floor"', 'tier = "severe"', 1), "tier"),
        (lambda s: s.replace('related = ["tragedy",', 'related = ["tragedie",', 1), "tragedie"),
        (lambda s: s.replace('name = "tragedy"', 'name = "disaster"', 1), "defined twice"),
        (lambda s: s.replace("cues = [", "clues = [", 1), "clues"),
        (lambda s: s.replace("[everyday]", "[[everyday]]", 1), "everyday"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, change: object, names: str) -> None:
    broken = tmp_path / "hazards.toml"
    broken.write_text(change(SEEDS_PATH.read_text(encoding="utf-8")), encoding="utf-8")  # type: ignore[operator]  # parametrised as object
    with pytest.raises(ConfigError, match=names):
        load_seeds(broken)


# --- cue words ------------------------------------------------------------------------


def test_cues_are_whole_words_without_accents() -> None:
    table = PhraseTable(
        {1: ["strike", "search and rescue", "e mort*"], 2: ["alluvion*", "c'è una bomba"]}, folded_words
    )
    assert table.find(folded_words("È MORTA ieri")) == 1
    assert table.find(folded_words("striker, restrike")) == 0
    assert table.find(folded_words("Alluvioni ovunque, search and rescue")) == 1 | 2
    assert table.find(folded_words("c'è una bomba")) == 2
    assert table.find(folded_words("search and")) == 0
    assert table.find(folded_words("")) == 0


@given(st.text(max_size=80))
def test_any_text_can_be_searched(text: str) -> None:
    assert PhraseTable({1: ["a*", "b c"]}, folded_words).find(folded_words(text)) in (0, 1)


# --- the model ------------------------------------------------------------------------


def test_fitting_is_deterministic_and_scores_are_bounded(
    seeds: HazardSeeds, encoder: UseEncoder, model: HazardModel
) -> None:
    again = fit_hazards(seeds, encoder)
    texts = HOLDOUT["grave"]["en"][:10] + HOLDOUT["figurative"]["it"][:10]
    first, second = strengths(model, encoder, texts), strengths(again, encoder, texts)
    np.testing.assert_array_equal(first, second)
    assert first.shape == (20, len(model.names))
    assert first.dtype == np.float32
    assert np.all((first >= 0) & (first <= 1))


def test_the_heads_that_ship_are_those_of_the_sentences_that_ship(
    seeds: HazardSeeds, encoder: UseEncoder, model: HazardModel
) -> None:
    shipped = read_hazard_heads(SHIPPED)
    again = "python -m pipeline.training.ship_hazards"
    assert shipped is not None, again
    assert shipped.made_for(seeds, encoder.id), f"the sentences changed: {again}"
    for ours, fitted in zip((shipped.weights, shipped.bias), model.heads, strict=True):
        np.testing.assert_allclose(ours, fitted, atol=1e-4, err_msg=again)  # another processor rounds differently
    np.testing.assert_array_equal(open_hazards(seeds, encoder).heads[0], shipped.weights)


def test_other_sentences_are_fitted_now(seeds: HazardSeeds, encoder: UseEncoder, model: HazardModel) -> None:
    first = seeds.hazards[0]
    fewer = msgspec.structs.replace(
        seeds, hazards=(msgspec.structs.replace(first, en=first.en[:-1]), *seeds.hazards[1:])
    )
    assert not np.array_equal(open_hazards(fewer, encoder).heads[0], model.heads[0])
    assert read_hazard_heads(SHIPPED.with_name("nowhere.npz")) is None


def test_more_harmless_sentences_of_the_same_kind_make_no_head_shyer(
    seeds: HazardSeeds, encoder: UseEncoder, model: HazardModel
) -> None:
    traps, everyday = seeds.traps, seeds.everyday
    twice = msgspec.structs.replace(
        seeds,
        traps=msgspec.structs.replace(traps, en=traps.en * 2, it=traps.it * 2),
        everyday=msgspec.structs.replace(everyday, en=everyday.en * 2, it=everyday.it * 2),
    )
    texts = HOLDOUT["grave"]["en"][:20] + HOLDOUT["figurative"]["it"][:20]
    again = strengths(fit_hazards(twice, encoder), encoder, texts)
    # the fit stops after a number of steps, and its steps are a little shorter with more rows
    np.testing.assert_allclose(again, strengths(model, encoder, texts), atol=0.02)


def test_a_shift_moves_the_log_odds_of_its_own_head_alone(
    seeds: HazardSeeds, encoder: UseEncoder, model: HazardModel
) -> None:
    first = seeds.hazards[0]
    louder = msgspec.structs.replace(
        seeds, hazards=(msgspec.structs.replace(first, shift=first.shift + 0.5), *seeds.hazards[1:])
    )
    weights, bias = fit_hazards(louder, encoder).heads
    np.testing.assert_array_equal(weights, model.heads[0])
    np.testing.assert_allclose(bias - model.heads[1], [0.5] + [0.0] * (len(bias) - 1), atol=1e-6)


def test_empty_batch_and_wrong_vectors(model: HazardModel) -> None:
    assert model.score(np.zeros((0, 512), np.float32), []).shape == (0, len(model.names))
    with pytest.raises(StateMismatch):
        model.score(np.zeros((1, 3), np.float32), ["x"])


@pytest.mark.parametrize("language", ["en", "it"])
def test_tragedies_behind_innocent_hashtags_raise_a_floor_hazard(
    model: HazardModel, encoder: UseEncoder, language: str
) -> None:
    """Two posts in three alone, nearly every bag of ten, every bag of twenty."""
    rows = strengths(model, encoder, HOLDOUT["grave"][language])
    assert floor_rate(model, rows) >= 0.65
    assert share_of_bags_raised(model, rows, 10) >= 0.98
    assert share_of_bags_raised(model, rows, 20) == 1.0


@pytest.mark.parametrize("language", ["en", "it"])
def test_figures_of_speech_raise_no_floor_hazard(model: HazardModel, encoder: UseEncoder, language: str) -> None:
    rows = strengths(model, encoder, HOLDOUT["figurative"][language])
    assert floor_rate(model, rows) <= 0.1
    assert not floor_names(hazards_of(model, rows))
    assert share_of_bags_raised(model, rows, 10) <= 0.08
    assert share_of_bags_raised(model, rows, 20) == 0.0


def test_everyday_concepts_raise_no_floor_hazard(model: HazardModel, encoder: UseEncoder) -> None:
    texts = [text for concept in as_posted(load_concepts()) for text in concept.texts]
    rows = strengths(model, encoder, texts)
    assert floor_rate(model, rows) <= 0.02


def test_the_disaster_head_moves_only_its_own_hazard(model: HazardModel, encoder: UseEncoder) -> None:
    texts = ["The water is rising in our street", "Fresh croissants this morning"]
    vectors = encoder.encode(texts)
    alone = model.score(vectors, texts)
    sure = model.score(vectors, texts, np.array([0.99, 0.01], np.float32))
    column = model.names.index("disaster")
    assert sure[0, column] > alone[0, column]
    others = [i for i in range(len(model.names)) if i != column]
    np.testing.assert_array_equal(alone[:, others], sure[:, others])


# --- shares ---------------------------------------------------------------------------


@given(st.integers(0, 200), st.integers(1, 200))
def test_interval_contains_the_share(k: int, n: int) -> None:
    k = min(k, n)
    low, high = wilson(k / n, n)
    assert 0 <= low <= k / n <= high <= 1


def test_sorted_by_tier_then_share_with_evidence_of_different_authors() -> None:
    rows = np.zeros((10, 3), np.float32)
    rows[:6, 0] = 0.7
    rows[:4, 1] = [0.9, 0.95, 0.8, 0.7]
    rows[:8, 2] = 0.6
    found = topic_hazards(
        ["politics", "death", "violence"],
        ["medium", "floor", "floor"],
        rows,
        [f"p{i}" for i in range(10)],
        ["ann", "ann", "bob", "cat", "dan", "eve", None, None, None, None],
    )
    assert [hazard.name for hazard in found] == ["violence", "death", "politics"]
    death = found[1]
    assert death.evidence == ("p1", "p2", "p3")
    assert death.share.value == pytest.approx(0.4)
    assert (death.share.n, death.share.method) == (10, "hazard-share/1")


def test_one_loud_post_or_author_is_not_a_topic() -> None:
    rows = np.zeros((6, 1), np.float32)
    rows[0] = 0.99
    ids = [str(i) for i in range(6)]
    assert topic_hazards(["death"], ["floor"], rows, ids, [None] * 6) == ()
    rows[1] = 0.99
    assert len(topic_hazards(["death"], ["floor"], rows, ids, [None] * 6)) == 1
    assert topic_hazards(["death"], ["floor"], rows, ids, ["a", "a", "b", "c", "d", "e"]) == ()
    assert len(topic_hazards(["death"], ["floor"], rows[:1], ids[:1], ["a"])) == 1
    assert topic_hazards(["death"], ["floor"], rows[:0], [], []) == ()


# --- concepts -------------------------------------------------------------------------


def test_concept_bank_is_large_bilingual_and_checked(tmp_path: Path) -> None:
    bank = load_concepts()
    assert len(bank) >= 220
    assert len({concept.category for concept in bank}) >= 15
    assert all(len(concept.texts) >= 2 for concept in bank)
    posted = as_posted(bank)
    assert 220 <= len(posted) < len(bank)
    assert {concept.tone for concept in bank if concept not in posted} == {"reference"}
    text = (CONFIGS_DIR / "concepts.toml").read_text(encoding="utf-8")
    broken = tmp_path / "concepts.toml"
    broken.write_text(text.replace('name = "tennis"', 'name = "golf"', 1), encoding="utf-8")
    with pytest.raises(ConfigError, match="defined twice"):
        load_concepts(broken)
    broken.write_text(text.split("[[concepts]]")[0], encoding="utf-8")
    with pytest.raises(ConfigError, match="concepts"):
        load_concepts(broken)


def test_grave_by_turns_is_grave() -> None:
    """No floor hazard reaches the share by itself, together they do; one voice alone is still no topic."""
    names, tiers = ("death", "hate", "labour", "legal", "profanity"), ("floor", "floor", "medium", "high", "low")
    strengths = np.zeros((20, 5), np.float32)
    strengths[0:3, 0], strengths[3:6, 1] = 0.9, 0.8
    ids = [f"p{i}" for i in range(20)]
    found = topic_hazards(names, tiers, strengths, ids, [f"a{i}" for i in range(20)], min_share=0.2)
    assert [(hazard.name, hazard.share.value) for hazard in found] == [("death", 0.15)]
    assert not topic_hazards(names, tiers, strengths, ids, ["a0"] * 6 + [f"a{i}" for i in range(1, 15)], min_share=0.2)
    strengths[5, 1] = 0.0
    assert not topic_hazards(names, tiers, strengths, ids, [None] * 20, min_share=0.2)
    strengths[:] = 0
    strengths[0:3, 2], strengths[3:6, 3], strengths[6:9, 4] = 0.9, 0.9, 0.9
    found = topic_hazards(names, tiers, strengths, ids, [None] * 20, min_share=0.2)
    assert [hazard.name for hazard in found] == ["labour"], "three of twenty are too few for profanity alone"
