"""Signal heads: what they refuse, what they promise, and that their probabilities point the right way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.errors import StateMismatch
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.sentiment import (
    EMOTIONS,
    HEADS_PATH,
    N_COLUMNS,
    OFFENSIVE,
    WORD_COLUMNS,
    HeadWeights,
    SignalColumns,
    load_heads,
    read_heads,
    word_bucket,
    write_heads,
)

GLAD = ["What a wonderful evening, thank you all so much", "Che serata meravigliosa, grazie di cuore a tutti"]
SAD = ["Terrible service, I am so disappointed", "Servizio pessimo, che delusione enorme"]
FLAT = ["The meeting starts at three in room two", "La riunione comincia alle tre in sala due"]
RUDE = ["You are a pathetic idiot, shut up", "Sei un povero idiota, stai zitto"]
QUAKE = [
    "Earthquake destroyed homes, people under the rubble",
    "Il terremoto ha distrutto le case, gente sotto le macerie",
]
FEELINGS = {
    "anger": [
        "This is outrageous, they lied to us again, I am furious",
        "Che rabbia, ci hanno mentito ancora, vergogna",
    ],
    "joy": ["So happy today, best birthday party ever!", "Sono felicissima, la festa più bella di sempre!"],
    "optimism": ["Never give up, tomorrow will be better", "Non arrendetevi mai, domani andrà meglio"],
    "sadness": ["I miss my dog so much, I feel lost and alone", "Mi manca tanto il mio cane, mi sento persa e sola"],
}
FIGURATIVE = ["My phone exploded with notifications", "Questo gol è una bomba"]


@pytest.fixture(scope="module")
def encoder() -> UseEncoder:
    return UseEncoder(threads=1)


def small_heads(path: Path, d: int = 4, encoder_id: str = "test-encoder") -> Path:
    rng = np.random.default_rng(3)
    dense = rng.normal(size=(d, N_COLUMNS)).astype(np.float32)
    words = rng.normal(size=(64, len(WORD_COLUMNS))).astype(np.float16).astype(np.float32)
    write_heads(path, HeadWeights(encoder_id, dense, np.arange(N_COLUMNS, dtype=np.float32), words))
    return path


def score(encoder: UseEncoder, texts: list[str]) -> SignalColumns:
    return load_heads(HEADS_PATH).score(encoder.encode(texts), texts)


def test_round_trip_keeps_every_number(tmp_path: Path) -> None:
    path = small_heads(tmp_path / "heads.npz")
    first = read_heads(path)
    write_heads(tmp_path / "again.npz", first)
    second = read_heads(tmp_path / "again.npz")
    assert first.encoder_id == second.encoder_id == "test-encoder"
    for name in ("dense", "bias", "word_weights"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


def test_nothing_is_read_until_the_first_use(tmp_path: Path) -> None:
    heads = load_heads(tmp_path / "later.npz")
    with pytest.raises(StateMismatch, match="cannot be read"):
        heads.score(np.zeros((1, 4), np.float32), ["x"])
    small_heads(tmp_path / "later.npz")
    assert heads.dimension == 4


def test_other_encoder_or_dimension_is_refused(tmp_path: Path) -> None:
    heads = load_heads(small_heads(tmp_path / "heads.npz"))
    heads.check("test-encoder", 4)
    for encoder_id, dimension in (("other", 4), ("test-encoder", 5)):
        with pytest.raises(StateMismatch, match="train_heads"):
            heads.check(encoder_id, dimension)
    with pytest.raises(StateMismatch):
        heads.score(np.zeros((2, 5), np.float32), ["a", "b"])
    with pytest.raises(ValueError, match="2 vectors but 1 texts"):
        heads.score(np.zeros((2, 4), np.float32), ["a"])


@pytest.mark.parametrize("damage", ["cut", "text", "version", "no emotions"])
def test_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    path = small_heads(tmp_path / "heads.npz")
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:200])
    elif damage == "text":
        path.write_text("not weights")
    else:
        with np.load(path) as stored:
            columns = dict(stored)
        if damage == "version":
            columns["version"] = np.int64(99)
        else:
            columns["dense"] = columns["dense"][:, :5]
        np.savez(path, **columns)
    with pytest.raises(StateMismatch, match=r"heads\.npz"):
        read_heads(path)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=60), max_size=6))
def test_probabilities_are_probabilities_whatever_the_text(texts: list[str]) -> None:
    heads = load_heads(HEADS_PATH)
    rng = np.random.default_rng(len(texts))
    vectors = rng.normal(size=(len(texts), heads.dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    columns = heads.score(vectors, texts)
    for name in SignalColumns.__struct_fields__:
        column = getattr(columns, name)
        assert column.shape == (len(texts),)
        assert column.dtype == np.float32
        assert np.all((column >= 0) & (column <= 1))
    feeling = columns.negative + columns.positive
    assert np.all(feeling <= 1 + 1e-5)
    np.testing.assert_allclose(
        sum(getattr(columns, name) for name in EMOTIONS) + np.zeros(len(texts)), feeling, atol=1e-5
    )


def test_a_post_scores_the_same_alone_and_in_a_batch(encoder: UseEncoder) -> None:
    texts = GLAD + SAD + RUDE
    vectors = encoder.encode(texts)
    heads = load_heads(HEADS_PATH)
    together = heads.score(vectors, texts)
    for i, text in enumerate(texts):
        alone = heads.score(vectors[i : i + 1], [text])
        for name in SignalColumns.__struct_fields__:
            assert getattr(alone, name)[0] == pytest.approx(getattr(together, name)[i], abs=1e-5), name


def test_words_add_their_weights_over_the_length_of_the_count_vector(tmp_path: Path) -> None:
    path = small_heads(tmp_path / "heads.npz")
    stored = read_heads(path)
    texts = ["", "pane pane burro", "…", "burro"]
    found = load_heads(path).score(np.zeros((4, 4), np.float32), texts).offensive
    bread, butter = (
        stored.word_weights[word_bucket(word, 64), WORD_COLUMNS.index(OFFENSIVE)] for word in ("pane", "burro")
    )
    added = np.array([0.0, (2 * bread + butter) / 5**0.5, 0.0, butter])
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-(stored.bias[OFFENSIVE] + added))), atol=1e-6)


def test_order_is_right_in_both_languages(encoder: UseEncoder) -> None:
    glad, sad, flat = score(encoder, GLAD), score(encoder, SAD), score(encoder, FLAT)
    rude, quake, figurative = score(encoder, RUDE), score(encoder, QUAKE), score(encoder, FIGURATIVE)
    for i in (0, 1):
        assert glad.positive[i] > 0.5 > glad.negative[i]
        assert sad.negative[i] > 0.5 > sad.positive[i]
        assert flat.negative[i] < 0.5
        assert flat.positive[i] < 0.5
        assert rude.offensive[i] > 0.5 > max(glad.offensive[i], flat.offensive[i])
        assert quake.disaster[i] > 0.5 > figurative.disaster[i]


def test_each_emotion_is_found_in_both_languages(encoder: UseEncoder) -> None:
    for name, texts in FEELINGS.items():
        found = score(encoder, texts)
        for i in (0, 1):
            told = {other: float(getattr(found, other)[i]) for other in EMOTIONS}
            assert max(told, key=told.__getitem__) == name, (texts[i], told)
    flat = score(encoder, FLAT)
    assert all(getattr(flat, name)[i] < 0.5 for name in EMOTIONS for i in (0, 1))


def test_shipped_heads_are_light_and_for_the_default_encoder(encoder: UseEncoder) -> None:
    assert HEADS_PATH.stat().st_size < 1_000_000
    load_heads(HEADS_PATH).check(encoder.id, encoder.dimension)


def test_word_buckets_do_not_depend_on_the_process() -> None:
    assert [word_bucket(word, 1 << 15) for word in ("ciao", "idiot", "perché")] == [20849, 12439, 32679]
