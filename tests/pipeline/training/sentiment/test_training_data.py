"""What the signal heads are taught: our own sentences, each once, and nothing that is only measured with."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from configs.errors import InputError
from configs.settings import EncoderSettings
from pipeline.enrich.encoders.encoder import open_encoder
from pipeline.enrich.encoders.use.use_encoder import USE_MULTILINGUAL
from pipeline.enrich.sentiment import ANGER, EMOTIONS, HEADS_PATH, read_heads
from pipeline.evaluation.signals.measure_heads import BARS, calibration_error
from pipeline.training.figures import Figure
from pipeline.training.remembering_encoder import RememberingEncoder
from pipeline.training.sentiment import training_data
from pipeline.training.sentiment.train_heads import Table, embedded, emotion_head, softmax_head
from pipeline.training.sentiment.training_data import EMOTION, FEELINGS, ITALIAN, POLARITY, Labelled


def own() -> dict[str, list[str]]:
    return {
        f"{path.name} {kind}": texts
        for path in (FEELINGS, ITALIAN)
        for kind, texts in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }


def test_every_list_of_feelings_has_a_sentiment_and_every_emotion_a_list() -> None:
    kinds = set(tomllib.loads(FEELINGS.read_text(encoding="utf-8")))
    assert kinds == set(POLARITY)
    assert set(EMOTION) < kinds
    assert set(EMOTION.values()) == set(EMOTIONS)
    assert set(POLARITY.values()) == {"negative", "neutral", "positive"}


def test_no_sentence_is_written_twice() -> None:
    seen = [text.casefold() for texts in own().values() for text in texts]
    assert sorted({text for text in seen if seen.count(text) > 1}) == []


def test_missing_lab_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--data"):
        training_data.emotion(tmp_path)


def test_calibration_error_is_zero_for_the_truth_and_one_for_its_opposite() -> None:
    truth = np.array([True, False, True, True])
    assert calibration_error(truth.astype(np.float32), truth) == 0
    assert calibration_error((~truth).astype(np.float32), truth) == 1
    half = np.full(4, 0.5, np.float32)
    assert calibration_error(half, truth) == pytest.approx(0.25)


def test_every_bar_belongs_to_a_figure_that_wants_to_be_high() -> None:
    assert all(Figure(name, 1.0, 1, bar=bar).is_met for name, bar in BARS.items())


def table(labels: tuple[str, ...], n: int = 60) -> Table:
    rng = np.random.default_rng(5)
    rows = [Labelled(f"word{i % len(labels)} pane", labels[i % len(labels)], "own") for i in range(n)]
    centres = rng.normal(size=(len(labels), 8))
    vectors = np.array([centres[i % len(labels)] + rng.normal(size=8) for i in range(n)], np.float32)
    return Table(rows, vectors)


def test_a_head_has_a_column_for_each_label_in_their_order() -> None:
    some = table(("c", "a", "b"))
    weights, bias = softmax_head(some, with_words=False)
    assert weights.shape == (8, 3)
    guess = np.array(["a", "b", "c"])[(some.vectors @ weights + bias).argmax(axis=1)]
    assert np.mean(guess == some.labels) > 0.8


def test_equal_data_give_equal_heads_and_other_labels_are_refused() -> None:
    one, other = (emotion_head(table(EMOTIONS)) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])
    with pytest.raises(ValueError, match="joy"):
        emotion_head(table(("anger", "fear", "joy", "sadness")))


@pytest.mark.lab
def test_what_is_only_measured_with_is_never_trained_on(lab_data: Path) -> None:
    measured = {row.text for rows in training_data.measured_only(lab_data) for row in rows}
    tests = {
        name: {row.text for row in rows(lab_data) if row.group == "test"}
        for name, rows in (("emotion", training_data.emotion), ("offensive", training_data.offensive))
    }
    assert all(tests.values())
    ours = {training_data.clean(text) for texts in own().values() for text in texts}
    assert not ours & (measured | tests["emotion"] | tests["offensive"])
    # the sentiment head learns from emotion posts too: never from those the emotion head is judged by
    taught = {row.text for row in training_data.sentiment(lab_data) if row.group != "test"}
    assert not taught & tests["emotion"]


@pytest.mark.lab
@pytest.mark.slow
def test_the_emotion_head_that_ships_is_what_the_script_makes(lab_data: Path) -> None:
    rows = [row for row in training_data.emotion(lab_data) if row.group != "test"]
    cache = RememberingEncoder(open_encoder(EncoderSettings(id=USE_MULTILINGUAL)))
    weights, bias = emotion_head(embedded(rows, cache))
    shipped = read_heads(HEADS_PATH)
    d = len(shipped.dense)
    np.testing.assert_allclose(shipped.bias[ANGER:], bias, atol=0.02)
    # a least-squares optimum of another machine's arithmetic differs in the third digit
    np.testing.assert_allclose(shipped.dense[:, ANGER:], weights[:d], atol=0.02)
    np.testing.assert_allclose(shipped.word_weights[:, 1:], weights[d:], atol=0.02)
