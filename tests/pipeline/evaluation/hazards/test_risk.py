"""``trendsieve eval risk``: clear without the lab data; blind posts are blind; near sentences are left out."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

from configs.errors import InputError
from configs.settings import CONFIGS_DIR
from pipeline.cli import main
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.evaluation.hazards.hazard_topics import Source, bags, by_language, read_groups
from pipeline.evaluation.hazards.measure_hazards import BLIND, HazardFigures, without_near
from pipeline.text.words import folded_words
from pipeline.training.remembering_encoder import RememberingEncoder
from tests.conftest import ROOT

LAB = ROOT.parent / "shared" / "data"
needs_lab = pytest.mark.skipif(not (LAB / "risk").is_dir(), reason="the lab data is not beside the repository")


@pytest.fixture(scope="module")
def encoder() -> RememberingEncoder:
    return RememberingEncoder(UseEncoder(threads=1))


def test_without_the_lab_data_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "risk", "--data", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    assert "--data" in message
    with pytest.raises(InputError, match="--data"):
        read_groups(tmp_path, [Source("risk/nothing", lambda r: None)])


def test_the_blind_posts_are_many_in_both_languages_and_are_no_example_sentences() -> None:
    blind = tomllib.loads(BLIND.read_text(encoding="utf-8"))
    seeds = load_seeds(CONFIGS_DIR / "hazards.toml")
    known = {folded_words(text) for hazard in seeds.hazards for text in hazard.texts} | {
        folded_words(text) for text in seeds.negatives
    }
    for kind in ("metaphor", "crisis"):
        for language in ("en", "it"):
            posts = [post for theme in blind[kind] if theme["language"] == language for post in theme["posts"]]
            assert len(set(posts)) == 120
            assert not known & {folded_words(post) for post in posts}


def test_near_sentences_are_left_out_and_nothing_else(encoder: RememberingEncoder) -> None:
    seeds = load_seeds(CONFIGS_DIR / "hazards.toml")
    first = seeds.hazards[0]
    fewer = without_near(seeds, encoder, [first.en[0]], cosine=0.999)
    assert first.en[0] not in fewer.hazards[0].en
    assert fewer.hazards[0].en == first.en[1:]
    assert fewer.everyday == seeds.everyday


def test_bags_are_whole_and_neighbours() -> None:
    rows = np.arange(14, dtype=np.float32).reshape(7, 2)
    assert [bag.tolist() for bag in bags(rows, 3)] == [rows[:3].tolist(), rows[3:6].tolist()]
    assert bags(rows, 8) == []


@needs_lab
def test_groups_are_of_one_language_and_big_enough() -> None:
    groups = read_groups(LAB, [Source("risk/it_topic_sib200", lambda r: r["label"], "it")], most=20)
    assert set(by_language(groups)) == {"it"}
    assert {len(group.texts) for group in groups} == {20}


@needs_lab
def test_scenario_cases_to_avoid_are_heard_and_others_are_not(encoder: RememberingEncoder) -> None:
    figures = HazardFigures(LAB, encoder).scenarios(lambda text, done, total: None)
    for figure in figures:
        assert figure.value <= 0.01 if figure.lower_is_better else figure.value >= 0.85, figure
