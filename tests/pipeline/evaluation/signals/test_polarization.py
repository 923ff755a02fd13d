"""``trendsieve eval polarization``: clear without the lab data; bags, intervals and groups are what they say."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from configs.errors import InputError
from pipeline.cli import main
from pipeline.evaluation.lab_posts import LabScorer, lab_rows
from pipeline.evaluation.signals.heat import BAR_SIZE, bags, heat_figures, separation
from pipeline.evaluation.signals.random_walk import read_graphs
from pipeline.signals.polarization.heat import MIN_POSTS
from tests.conftest import ROOT
from tests.demo_shard import make_trace, use_encoder

LAB = ROOT.parent / "shared" / "data"
needs_lab = pytest.mark.skipif(not (LAB / "polarization").is_dir(), reason="the lab data is not beside the repository")


def write_rows(folder: Path, rows: list[dict[str, object]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / "some.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)


def test_without_the_lab_data_it_says_so_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "polarization", "--data", str(tmp_path / "none")]) == 2
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    assert "--data" in message
    with pytest.raises(InputError, match="--data"):
        read_graphs(tmp_path)
    with pytest.raises(InputError, match="--data"):
        list(lab_rows(tmp_path, "polarization/none"))


def test_lab_posts_are_distinct_grouped_and_limited(tmp_path: Path) -> None:
    texts = [
        "You liars, shame on you",
        "you liars,  shame on you!",
        "Pancakes for breakfast",
        "More pancakes",
        "Left out",
    ]
    keys = ["a", "a", "a", "a", None]
    rows = [
        {"id": str(i), "text": text, "author": "anna", "k": key}
        for i, (text, key) in enumerate(zip(texts, keys, strict=True))
    ]
    write_rows(tmp_path, rows)
    groups = LabScorer(use_encoder()).groups(lab_rows(tmp_path, "some"), lambda r: r["k"], "en", 2)
    assert [trace.post_id for trace in groups["a"]] == ["0", "2"]
    assert groups["a"][0].offensive > groups["a"][1].offensive
    assert len({trace.author for trace in groups["a"]}) == 1


def test_bags_need_half_their_size_and_keep_silence_as_none() -> None:
    rng = np.random.default_rng(0)
    many = [make_trace(i) for i in range(60)]
    found = bags({"many": many, "few": many[:24], "half": many[:25]}, BAR_SIZE, rng, draws=3)
    assert {topic: len(values) for topic, values in found.items()} == {"many": 3, "half": 3}
    assert all(value is not None and 0 <= value <= 1 for value in found["many"])
    thin = bags({"thin": many}, MIN_POSTS - 1, rng, draws=2)
    assert thin == {"thin": [None, None]}


def test_separation_draws_whole_topics() -> None:
    hot = {str(i): [0.9] * 10 for i in range(9)} | {"odd": [0.0] * 10}
    calm = {"calm": [0.5] * 10}
    auc, low, high = separation(hot, calm, np.random.default_rng(0))
    assert auc == pytest.approx(0.9)
    assert low < 0.9 < high


@needs_lab
@pytest.mark.lab
@pytest.mark.slow
def test_heat_reaches_its_bars_on_topics_it_never_saw() -> None:
    heat, disasters = heat_figures(LAB, LabScorer(use_encoder()), lambda text, done, total: None)
    missed = [figure.name for figure in (*heat, *disasters) if figure.is_met is False]
    assert not missed
