"""Encoders: unit vectors for any text, alike for like texts in two languages, refused when not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from configs.errors import ConfigError
from configs.settings import EncoderSettings
from pipeline.enrich.encoders.encoder import open_encoder
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.text.words import EMBED_MAX_CHARS
from pipeline.training.remembering_encoder import RememberingEncoder
from tests.demo_shard import use_encoder

TEXTS = ["Buongiorno, che bella giornata", "Good morning, what a lovely day", "", "🙂", "ロンドン", "a" * 9_000, " \n "]


def test_any_text_has_a_finite_unit_vector() -> None:
    vectors = use_encoder().encode(TEXTS)
    assert vectors.shape == (len(TEXTS), use_encoder().dimension)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)


def test_nothing_gives_an_empty_batch_without_loading_weights() -> None:
    encoder = UseEncoder(threads=1)
    assert encoder.encode([]).shape == (0, 512)
    assert encoder._network is None


def test_a_translation_is_closer_than_another_subject() -> None:
    it, en, other = use_encoder().encode(
        ["la colazione lenta in famiglia", "a slow family breakfast", "the central bank raises rates"]
    )
    assert it @ en > 0.7
    assert it @ en > it @ other + 0.3


def test_what_is_past_the_limit_is_not_read() -> None:
    long = "slow breakfast with warm bread " * 200
    one, other = use_encoder().encode([long[:EMBED_MAX_CHARS], long + "and then a flood came"])
    np.testing.assert_array_equal(one, other)


def test_the_settings_name_the_encoder() -> None:
    encoder = open_encoder(EncoderSettings(threads=1))
    assert (encoder.id, encoder.dimension) == ("use-multilingual", 512)


@pytest.mark.parametrize("model_id", ["no-such-model-anywhere", "owner/no-such-model", "bad id with spaces"])
def test_a_model_that_is_not_here_is_a_configuration_mistake(model_id: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_encoder(EncoderSettings(id=model_id))
    assert caught.value.key == "encoder.id"
    assert model_id in caught.value.problem
    assert "use-multilingual" in caught.value.fix


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"encoder\.id"):
        open_encoder(EncoderSettings(id=str(tmp_path)))


def test_the_remembering_encoder_of_the_tests_gives_real_vectors() -> None:
    remembering = RememberingEncoder(use_encoder())
    first = remembering.encode(["pane", "latte", "pane"])
    np.testing.assert_array_equal(first, use_encoder().encode(["pane", "latte", "pane"]))
    np.testing.assert_array_equal(first[:1], remembering.encode(["pane"]))
    assert remembering.encode([]).shape == (0, 512)
