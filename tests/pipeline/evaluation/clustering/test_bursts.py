"""Alarms are matched with listed bursts strictly; the command runs the real pipeline."""

from __future__ import annotations

import json
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from configs.errors import InputError
from configs.settings import Settings
from pipeline.evaluation.clustering.bursts import (
    BurstScores,
    ListedBurst,
    Noticed,
    evaluate_bursts,
    read_truth,
    score_bursts,
)

ONSET = datetime(2026, 3, 14, 10, 30, tzinfo=UTC)
BURST = ListedBurst("pane", ONSET, ONSET - timedelta(minutes=30), "2026-03-14T12")
USES = {"pane": [(ONSET + timedelta(minutes=m)).timestamp() for m in range(-30, 120)]}


def alarm(minutes: float, *, n_posts: int = 10, n_with: int = 10, tag: str = "pane", whole: bool = True) -> Noticed:
    return Noticed((ONSET + timedelta(minutes=minutes)).timestamp(), n_posts, {tag: n_with}, whole)


def scored(*noticed: Noticed, listed: tuple[ListedBurst, ...] = (BURST,)) -> BurstScores:
    return score_bursts(listed, noticed, USES, days=2.0)


def test_the_delay_is_that_of_the_first_alarm_that_detects() -> None:
    scores = scored(alarm(12), alarm(40))
    assert (scores.n_detected, scores.delay_min, scores.delay_posts) == (1, 12.0, 12)
    assert (scores.false_a_day, scores.repeats_a_day) == (0.0, 0.5)


def test_an_alarm_before_the_onset_has_no_delay_and_one_before_the_window_is_false() -> None:
    early = scored(alarm(-20))
    assert (early.n_detected, early.delay_min, early.delay_posts) == (1, 0.0, 0)
    too_early = scored(alarm(-31))
    assert (too_early.n_detected, too_early.false_a_day) == (0, 0.5)


def test_an_alarm_after_the_peak_detects_nothing_and_is_a_repeat_for_a_day_then_false() -> None:
    after = scored(alarm(151))  # the hour of the peak ends at 13:00, 150 minutes after the onset
    assert (after.n_detected, after.false_a_day, after.repeats_a_day) == (0, 0.0, 0.5)
    assert scored(alarm(149)).n_detected == 1
    much_later = scored(alarm(24 * 60))
    assert (much_later.false_a_day, much_later.repeats_a_day) == (0.5, 0.0)


def test_the_hashtag_has_to_be_on_a_fair_share_of_the_posts() -> None:
    assert scored(alarm(5, n_posts=8, n_with=2)).n_detected == 1
    assert scored(alarm(5, n_posts=9, n_with=2)).n_detected == 0
    assert scored(alarm(5, n_posts=1, n_with=1)).n_detected == 0, "one post is no burst"
    assert scored(alarm(5, tag="latte")).false_a_day == 0.5


def test_what_is_missed_counts_as_never_noticed() -> None:
    other = ListedBurst("latte", ONSET, ONSET, "2026-03-14T12")
    third = ListedBurst("burro", ONSET, ONSET, "2026-03-14T12")
    scores = scored(alarm(3), listed=(BURST, other, third))
    assert (scores.n_detected, scores.missed) == (1, ("latte", "burro"))
    assert math.isinf(scores.delay_min)


def test_alarms_of_hashtags_inside_topics_are_counted_apart() -> None:
    scores = scored(alarm(3, whole=False), alarm(9, whole=False))
    assert (scores.n_detected, scores.n_detected_whole) == (1, 0)
    assert scored(alarm(3, whole=False), alarm(9)).n_detected_whole == 1


def test_a_truth_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    path = tmp_path / "truth.json"
    with pytest.raises(InputError, match="cannot be read"):
        read_truth(path, "s")
    for content in ("[]", "{", '{"s": [{"hashtag": "a"}]}'):
        path.write_text(content)
        with pytest.raises(InputError, match="no list of bursts"):
            read_truth(path, "s")
    line = {"hashtag": "a", "onset": "2026-03-14T10:00:00Z", "window_start": "2026-03-14T10:00:00Z"}
    path.write_text(json.dumps({"s": [{**line, "peak_hour": "noon"}]}))
    with pytest.raises(InputError, match="no list of bursts"):
        read_truth(path, "s")
    path.write_text(json.dumps({"s": [{**line, "peak_hour": "2026-03-14T10", "n": 5}]}))
    assert read_truth(path, "s")[0].hashtag == "a"
    with pytest.raises(InputError, match="it knows s"):
        read_truth(path, "other")


def test_the_whole_pipeline_notices_a_planted_burst(tmp_path: Path) -> None:
    rng = random.Random(4)
    start = datetime(2026, 3, 14, tzinfo=UTC)
    things = [
        "the bus was late",
        "coffee at the station",
        "my cat sleeps",
        "rain over the harbour",
        "new running shoes",
    ]
    lines = []
    for minute in range(8 * 60):
        text = f"{rng.choice(things)} {rng.randrange(1000)}"
        lines.append((start + timedelta(minutes=minute), f"a{rng.randrange(90)}", text))
    onset = start + timedelta(hours=5)
    for minute in range(60):
        text = f"fresh bread for everybody at the old mill {rng.randrange(1000)} #OldMillBread"
        lines.append((onset + timedelta(minutes=minute), f"b{minute % 20}", text))
    lines.sort()
    posts = tmp_path / "planted.jsonl"
    posts.write_text(
        "".join(
            json.dumps({"id": f"p{i}", "created_at": at.isoformat(), "author": author, "text": text}) + "\n"
            for i, (at, author, text) in enumerate(lines)
        )
    )
    truth = tmp_path / "truth.json"
    burst = {"hashtag": "oldmillbread", "onset": onset.isoformat(), "window_start": onset.isoformat()}
    truth.write_text(json.dumps({"planted": [{**burst, "peak_hour": "2026-03-14T05"}]}))
    seen: list[tuple[int, int]] = []
    table = evaluate_bursts(posts, truth, Settings(), lambda done, n: seen.append((done, n)))
    assert "1 / 1 = 100.0%" in table
    assert "missed" not in table
    assert seen[-1][1] == len(lines)
