"""``trendsieve distill`` from outside: a student in a folder that both this project and sentence-transformers read."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

from configs.settings import EncoderSettings
from pipeline.enrich.encoders.student.static_encoder import StaticEncoder
from pipeline.enrich.encoders.student.student_folder import HEADS_FILE, read_manifest
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.hazards.heads import fit_hazards
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.enrich.sentiment import load_heads
from tests.conftest import ROOT
from tests.e2e.processes import DEMO, Finished, cold, write_posts
from tests.students import demo_posts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Finished]:
    folder = tmp_path_factory.mktemp("distill")
    done = cold("distill", DEMO, "--out", "student", folder=folder, timeout_s=900)
    return folder / "student", done


@pytest.mark.timeout(1000)
def test_a_student_is_made_judged_and_reported(made: tuple[Path, Finished]) -> None:
    out, done = made
    assert done.code == 0, done.err
    manifest = read_manifest(out)
    assert manifest.encoder_id == StaticEncoder(out).id
    assert manifest.teacher_id == "use-multilingual"
    assert manifest.n_pieces == 128_000
    assert manifest.held_back.nmi_loss <= 0.02
    assert manifest.held_back.cosine > 0.5
    assert manifest.encoder_id in done.out
    assert f"{manifest.held_back.nmi_teacher:.3f} / {manifest.held_back.nmi_student:.3f}" in done.out
    assert [path.name for path in out.parent.iterdir()] == ["student"]
    assert str(ROOT) not in (out / "trendsieve.json").read_text()


@pytest.mark.timeout(1000)
def test_sentence_transformers_loads_the_folder_and_says_the_same(made: tuple[Path, Finished]) -> None:
    from sentence_transformers import SentenceTransformer

    out, _ = made
    texts = [post.text for post in demo_posts()[-300:]]
    theirs = SentenceTransformer(str(out), device="cpu").encode(
        texts, normalize_embeddings=True, show_progress_bar=False
    )
    assert np.sum(theirs * StaticEncoder(out).encode(texts), axis=1).min() >= 0.99999


@pytest.mark.timeout(1000)
def test_hazards_and_signals_work_on_the_student_alone(made: tuple[Path, Finished]) -> None:
    out, _ = made
    student = StaticEncoder(out)
    texts = [
        "Strage sul treno, decine di morti e feriti gravi",
        "Dozens killed and injured as the train derailed",
        "Che buona la torta di mele di oggi",
        "What a lovely morning, fresh bread and coffee",
    ]
    vectors = student.encode(texts)
    hazards = fit_hazards(load_seeds(ROOT / "configs" / "hazards.toml"), student)
    signals = load_heads(out / HEADS_FILE).score(vectors, texts)
    strength = hazards.score(vectors, texts, signals.disaster).max(axis=1)
    assert strength[:2].min() > 0.5 > strength[2:].max()
    assert signals.negative[:2].min() > signals.negative[2:].max()


@pytest.mark.timeout(1000)
def test_the_student_is_many_times_as_fast_as_its_teacher(made: tuple[Path, Finished]) -> None:
    out, _ = made
    texts = [post.text for post in demo_posts()]
    teacher, student = UseEncoder(EncoderSettings().threads), StaticEncoder(out)
    teacher.encode(texts[:64])
    started = time.process_time()
    teacher.encode(texts[:1000])
    teacher_s = (time.process_time() - started) / 1000
    started = time.process_time()
    for _ in range(3):
        student.encode(texts)
    student_s = (time.process_time() - started) / (3 * len(texts))
    assert student_s * 5 < teacher_s


def test_what_cannot_be_used_ends_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    few = write_posts(tmp_path / "few.jsonl", [{"text": f"pane {n}"} for n in range(50)])
    other = tmp_path / "photos"
    other.mkdir()
    (other / "holiday.jpg").write_bytes(b"x")
    cases = (
        (("distill", few, "--out", "student"), "too few to teach"),
        (("distill", DEMO, "--out", other), "is no student"),
        (("distill", tmp_path / "none.jsonl", "--out", "student"), "none.jsonl"),
        (("distill", DEMO, "--out", "student", "--minutes", "0"), "--minutes"),
        (("distill", DEMO), "--out"),
    )
    for words, said in cases:
        done = cold(*words, folder=tmp_path)
        assert done.code == 2
        assert said in done.err
        assert done.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few.jsonl", "photos"]
    assert json.loads(few.read_text().splitlines()[0])["text"] == "pane 0"
