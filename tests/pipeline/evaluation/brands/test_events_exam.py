"""The exam on events of others: what it counts, and that it reads its files or says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from configs.errors import InputError
from configs.loading import load_settings
from pipeline.evaluation.brands.event_sets import load_events
from pipeline.evaluation.brands.events_exam import EventRun, event_figures, recall_at, run_events
from pipeline.wiring.models import load_models

GRADES = "event\tbakery_A\tbakery_B\tbikes_A\tbikes_B\nbread_fair\t3\t2\t0\t0\nbike_race\t0\t1\t3\t3\n"
PROFILES = {
    "profiles": {
        "bakery": {
            "en": ["fresh bread and pastry", "home baking"],
            "it": ["pane fresco e dolci", "dolci fatti in casa"],
        },
        "bikes": {"en": ["bicycle racing", "city cycling"], "it": ["gare di ciclismo", "bici in città"]},
    }
}
POSTS = {
    "bread_fair": ["The bread fair opens with a hundred bakers", "Crowds at the bread fair taste sourdough"],
    "bike_race": ["The bike race ends with a sprint on the hill", "Sprint decides the bike race, riders exhausted"],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "fit"
    folder.mkdir()
    (folder / "event_grades.tsv").write_text(GRADES, encoding="utf-8")
    (folder / "profiles.json").write_text(json.dumps(PROFILES), encoding="utf-8")
    rows = [
        {"id": f"{event}{i}", "text": text, "created_at": f"2025-05-0{1 + i}T10:00:00Z", "label": event}
        for event, texts in POSTS.items()
        for i, text in enumerate(texts)
    ]
    (folder / "headlines_lab.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path


def test_grades_are_the_mean_of_both_and_own_from_two_on(data: Path) -> None:
    events = load_events(data)
    assert events.grades.tolist() == [[2.5, 0.0], [0.5, 3.0]]
    assert events.is_own().tolist() == [[True, False], [False, True]]
    assert [facet.texts() for facet in events.profiles("it")[0].facets] == [
        ("pane fresco e dolci",),
        ("dolci fatti in casa",),
    ]
    assert len(events.profiles()[0].facets[0].texts()) == 2


def test_a_missing_file_and_a_missing_grade_are_said(data: Path) -> None:
    (data / "fit" / "event_grades.tsv").write_text("event\tbakery_A\nbread_fair\t3\n", encoding="utf-8")
    with pytest.raises(InputError, match="grade"):
        load_events(data)
    (data / "fit" / "profiles.json").unlink()
    with pytest.raises(InputError, match="--data"):
        load_events(data)


def test_a_threshold_cannot_part_equal_scores() -> None:
    scores, own = np.array([2.0, 2.0, 1.0]), np.array([True, False, True])
    assert recall_at(scores, own, 0.9) == 0.0
    assert recall_at(scores, own, 0.5) == 1.0
    assert recall_at(np.array([-np.inf, -np.inf, 1.0]), own, 0.5) == 0.5


def test_a_perfect_run_reaches_every_bar_and_an_inverted_one_none() -> None:
    own = np.eye(4, 2, dtype=bool).repeat(3, axis=0)
    run = EventRun(own.astype(np.float64), own, own)
    figures = event_figures(run, own)
    assert all(figure.is_met for figure in figures if figure.bar is not None)
    wrong = {figure.name: figure for figure in event_figures(EventRun(-run.value, ~own, ~own), own)}
    assert wrong["pooled AUC"].value == 0.0
    assert wrong["off-brand among RIDE and NUANCE"].value == 1.0
    assert not any(figure.is_met for figure in wrong.values() if figure.bar is not None)


@pytest.mark.slow
def test_an_event_spread_over_days_is_one_topic_when_told_so(data: Path) -> None:
    settings = load_settings(environ={"TRENDSIEVE_ENCODER__THREADS": "1"})
    events = load_events(data)
    run = run_events(events, settings, load_models(settings), "both", together=True)
    assert np.isfinite(run.value).all()
    assert run.value[0, 0] > run.value[0, 1]
    assert run.value[1, 1] > run.value[1, 0]
