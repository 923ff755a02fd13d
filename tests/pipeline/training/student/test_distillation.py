"""Distillation: the student learns, the same way twice, within its time; what is worse than the bar is not kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tokenizers import Tokenizer

from configs.errors import ConfigError, InputError, StudentRefused
from configs.settings import TopicSettings
from ingest.post import Post
from pipeline.enrich.encoders.student.static_encoder import StaticEncoder, mean_vectors
from pipeline.enrich.encoders.student.student_folder import HEADS_FILE, MANIFEST_FILE, new_folder, read_manifest
from pipeline.enrich.encoders.use.piece_tokenizer import NO_PIECE, PieceCutter, unigram_tokenizer
from pipeline.enrich.sentiment import HEADS_PATH, SignalHeads, read_heads, write_heads
from pipeline.topics.clustering.post_vectors import unit
from pipeline.training.student.distillation import Lesson, embed_in_blocks, piece_texts, train_table
from pipeline.training.student.distilled_heads import agreement, distil_heads
from pipeline.training.student.held_back import LABELS, SHARED, embedded_text
from pipeline.training.student.student import Material, Tools, make_student, split
from pipeline.types import FloatArray
from tests.students import NOW, demo_posts, small_piece_model, teacher

N_TAUGHT = 1_500
LESSON = Lesson(epochs=3, batch_posts=64)


class Taught(msgspec.Struct, frozen=True):
    """A small class: texts, the teacher's vectors, pieces."""

    texts: list[str]
    vectors: FloatArray
    tokenizer: Tokenizer
    piece_vectors: FloatArray

    def learn(self, lesson: Lesson, stopwatch: Callable[[], float] = lambda: 0.0) -> FloatArray:
        pieces = PieceCutter(self.tokenizer).cut(self.texts[:N_TAUGHT])
        return train_table(pieces, self.vectors[:N_TAUGHT], self.piece_vectors, self.tokenizer, lesson, stopwatch)

    def held_back_cosine(self, table: FloatArray) -> float:
        found = mean_vectors(PieceCutter(self.tokenizer).cut(self.texts[N_TAUGHT:]), table)
        wanted = unit(self.vectors[N_TAUGHT:] - self.vectors[:N_TAUGHT].mean(axis=0))
        return float(np.mean(np.sum(found * wanted, axis=1)))


@pytest.fixture(scope="module")
def piece_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_piece_model(tmp_path_factory.mktemp("pieces"), [post.text for post in demo_posts()])


@pytest.fixture(scope="module")
def taught(piece_model: Path) -> Taught:
    texts = list(dict.fromkeys(embedded_text(post) for post in demo_posts()))[: N_TAUGHT + 300]
    tokenizer = unigram_tokenizer(piece_model)
    shown = piece_texts(tokenizer)
    vectors = embed_in_blocks(teacher(), [*texts, *shown], lambda n_done: None)
    return Taught(texts, vectors[: len(texts)], tokenizer, vectors[len(texts) :])


@pytest.fixture(scope="module")
def table(taught: Taught) -> FloatArray:
    return taught.learn(LESSON)


# --- training ---------------------------------------------------------------------


def test_the_student_comes_closer_to_the_teacher_on_posts_it_never_saw(taught: Taught, table: FloatArray) -> None:
    untaught = taught.learn(msgspec.structs.replace(LESSON, epochs=0))
    assert taught.held_back_cosine(table) > taught.held_back_cosine(untaught) + 0.1


def test_equal_lessons_give_equal_tables(taught: Taught, table: FloatArray) -> None:
    np.testing.assert_array_equal(taught.learn(LESSON), table)
    assert not np.array_equal(taught.learn(msgspec.structs.replace(LESSON, seed=8)), table)


def test_time_that_is_up_ends_the_lesson(taught: Taught) -> None:
    seconds = count(0, 600)
    late = taught.learn(msgspec.structs.replace(LESSON, minutes=1.0), lambda: float(next(seconds)))
    np.testing.assert_array_equal(late, taught.learn(msgspec.structs.replace(LESSON, epochs=0)))


def test_every_piece_has_a_finite_vector_and_the_unknown_one_stays_where_it_started(
    taught: Taught, table: FloatArray
) -> None:
    assert np.isfinite(table).all()
    assert np.linalg.norm(table, axis=1).min() > 0
    untaught = taught.learn(msgspec.structs.replace(LESSON, epochs=0))
    np.testing.assert_array_equal(table[NO_PIECE], untaught[NO_PIECE])


# --- heads ------------------------------------------------------------------------


def test_a_student_equal_to_its_teacher_gets_heads_that_agree(taught: Taught, tmp_path: Path) -> None:
    theirs = SignalHeads(HEADS_PATH)
    heads = distil_heads(taught.vectors, taught.vectors, read_heads(HEADS_PATH), "static:same")
    write_heads(tmp_path / "heads.npz", heads)
    mine = SignalHeads(tmp_path / "heads.npz")
    mine.check("static:same", 512)
    found = agreement(mine.score(taught.vectors, taught.texts), theirs.score(taught.vectors, taught.texts))
    assert min(value or 0.0 for value in msgspec.structs.astuple(found)) > 0.93, found
    np.testing.assert_array_equal(heads.word_weights, read_heads(HEADS_PATH).word_weights)


# --- what is held back ------------------------------------------------------------


def test_nothing_held_back_is_taught() -> None:
    posts = demo_posts()
    material = split(posts, {})
    held = {embedded_text(post).casefold() for post in material.sample.posts}
    assert held
    assert list(material.sample.posts) == list(posts[-len(material.sample.posts) :]), "the newest, in order"
    assert held.isdisjoint(text.casefold() for text in material.texts)
    assert len(set(material.texts)) == len(material.texts)


def test_hashtags_that_are_the_truth_are_taken_out_of_the_texts() -> None:
    sample = split(demo_posts(), {}).sample
    assert sample.truth == SHARED
    for post, text, group in zip(sample.posts, sample.texts, sample.groups, strict=True):
        if group is not None:
            assert "#" not in text
            assert group.removeprefix("#") in (*post.hashtags, *post.links)


def test_labels_are_the_truth_where_the_file_has_them() -> None:
    posts = demo_posts()
    sample = split(posts, {post.post_id: f"label {i % 20}" for i, post in enumerate(posts)}).sample
    assert (sample.truth, sample.n_scored, sample.n_groups) == (LABELS, len(sample.posts), 20)
    assert sample.texts == tuple(map(embedded_text, sample.posts))


def _post(i: int, text: str) -> Post:
    return Post(post_id=str(i), text=text, event_time=NOW + timedelta(seconds=i))


def test_what_cannot_teach_or_judge_is_refused_before_any_work() -> None:
    with pytest.raises(InputError, match="too few to teach"):
        split(demo_posts()[:50], {})
    with pytest.raises(InputError, match="share a rare hashtag or link"):
        split([_post(i, f"post number {i}") for i in range(3_000)], {})
    labels = {str(i): f"l{i % 12}" for i in range(3_000)}
    with pytest.raises(InputError, match="different texts"):
        split([_post(i, "always the same words") for i in range(3_000)], labels)


# --- the whole way ----------------------------------------------------------------


@pytest.fixture(scope="module")
def material() -> Material:
    return split(demo_posts(), {})


def _tools(piece_model: Path) -> Tools:
    return Tools(teacher(), piece_model, TopicSettings(), lambda: NOW, lambda: 0.0, lambda n_done: None)


@pytest.mark.slow
def test_a_good_student_is_kept_with_its_heads_and_its_manifest(
    tmp_path: Path, piece_model: Path, material: Material
) -> None:
    out = tmp_path / "student"
    lesson = Lesson(epochs=12, batch_posts=64)
    with new_folder(out) as folder:
        manifest = make_student(material, lesson, _tools(piece_model), folder)
    student = StaticEncoder(out)
    assert read_manifest(out) == manifest
    assert (manifest.encoder_id, manifest.teacher_id, manifest.made_at) == (student.id, "use-multilingual", NOW)
    assert manifest.held_back.nmi_loss <= 0.02
    assert manifest.held_back.n_posts == len(material.sample.posts)
    assert 0 < manifest.n_pieces_met <= manifest.n_pieces
    SignalHeads(out / HEADS_FILE).check(student.id, student.dimension)
    assert manifest.heads.negative is not None
    assert manifest.heads.negative > 0.5
    assert [path.name for path in tmp_path.iterdir()] == ["student"]


@pytest.mark.slow
def test_a_bad_student_is_refused_and_nothing_is_left(tmp_path: Path, piece_model: Path, material: Material) -> None:
    with pytest.raises(StudentRefused, match="NMI"), new_folder(tmp_path / "student") as folder:
        make_student(material, Lesson(epochs=1, learning_rate=1_000.0), _tools(piece_model), folder)
    assert not list(tmp_path.iterdir())


def _fail_half_way(out: Path) -> None:
    with new_folder(out) as folder:
        (folder / MANIFEST_FILE).write_text("half")
        raise StudentRefused("worse")


def test_an_earlier_student_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    out = tmp_path / "student"
    with new_folder(out) as folder:
        (folder / MANIFEST_FILE).write_text("old")
    with pytest.raises(StudentRefused):
        _fail_half_way(out)
    assert (out / MANIFEST_FILE).read_text() == "old"
    with new_folder(out) as folder:
        (folder / MANIFEST_FILE).write_text("new")
    assert (out / MANIFEST_FILE).read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["student"]


def test_somebody_elses_folder_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(InputError, match="is no student"), new_folder(tmp_path / "photos"):
        pytest.fail("the block must not start")
    with pytest.raises(InputError, match="cannot be written"), new_folder(tmp_path / "no" / "where"):
        pytest.fail("the block must not start")


@pytest.mark.parametrize("text", ["", "{}", '{"version": 9}'])
def test_a_manifest_that_cannot_be_read_is_a_configuration_mistake(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST_FILE).write_text(text)
    with pytest.raises(ConfigError, match=r"encoder\.static"):
        read_manifest(tmp_path)
