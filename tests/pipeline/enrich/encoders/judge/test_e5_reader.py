"""The judge's data file: read as it was written, and one clear error for anything that is not it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from configs.errors import ConfigError
from pipeline.enrich.encoders.judge.e5_file import E5File
from pipeline.enrich.encoders.judge.e5_reader import read_e5
from tests.pipeline.enrich.encoders.judge.small_model import (
    HIDDEN,
    INNER,
    LAYERS,
    MAPPED,
    POSITIONS,
    TEXTS,
    small_bytes,
    small_file,
)

WHOLE = small_bytes()


def _refused(path: Path, data: bytes) -> ConfigError:
    path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        read_e5(path)
    assert caught.value.key == "encoder.judge"
    assert str(path) in caught.value.problem
    return caught.value


def test_a_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = read_e5(small_file(tmp_path / "e5.bin").path)
    assert (file.shape.hidden, file.shape.layers, file.shape.positions) == (HIDDEN, LAYERS, POSITIONS)
    assert file.shape.epsilon == pytest.approx(1e-12)
    assert file.pieces.texts == TEXTS
    assert file.pieces.mapped == MAPPED
    assert (file.pieces.begin, file.pieces.padding, file.pieces.end, file.pieces.unknown) == (0, 1, 2, 3)
    assert file.matrices["l1.fi.w"].rows().shape == (INNER, HIDDEN)
    assert file.vectors["emb.pos"].shape == (POSITIONS, HIDDEN)


def test_rows_picked_are_rows_of_the_whole(tmp_path: Path) -> None:
    words = read_e5(small_file(tmp_path / "e5.bin").path).matrices["emb.word"]
    which = np.array([5, 0, 5, len(words) - 1])
    np.testing.assert_array_equal(words.rows(which), words.rows()[which])
    assert np.abs(words.rows()).max() <= 8 * 0.0401


@pytest.mark.parametrize("share", [0.0, 0.0005, 0.01, 0.02, 0.05, 0.5, 0.999])
def test_a_file_cut_off_is_refused(tmp_path: Path, share: float) -> None:
    _refused(tmp_path / "e5.bin", WHOLE[: int(len(WHOLE) * share)])


@pytest.mark.parametrize(
    "at",
    [
        pytest.param(0, id="magic"),
        pytest.param(4, id="version"),
        *(pytest.param(8 + 4 * i, id=f"size {i}") for i in range(7)),
        pytest.param(36, id="epsilon"),
        pytest.param(40, id="block"),
        *(pytest.param(44 + 4 * i, id=f"piece count {i}") for i in range(5)),
        pytest.param(64, id="bytes of pieces"),
    ],
)
@pytest.mark.parametrize("value", [-1, 2**31 - 1, 0x7FC00000])
def test_a_count_that_cannot_be_is_refused(tmp_path: Path, at: int, value: int) -> None:
    _refused(tmp_path / "e5.bin", WHOLE[:at] + struct.pack("<i", value) + WHOLE[at + 4 :])


def test_a_tensor_that_is_missing_is_named(tmp_path: Path) -> None:
    assert "l1.fo.w" in _refused(tmp_path / "e5.bin", WHOLE.replace(b"l1.fo.w", b"l9.fo.w")).problem


def test_a_weight_that_is_no_number_is_refused(tmp_path: Path) -> None:
    last = WHOLE[:-4] + struct.pack("<f", float("nan"))
    assert "damaged" in _refused(tmp_path / "e5.bin", last).problem


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    _refused(tmp_path / "e5.bin", b"")
    _refused(tmp_path / "e5.bin", b"PK\x03\x04" + bytes(5_000))
    for path in (tmp_path, tmp_path / "nothing.bin"):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_e5(path)


@given(at=st.integers(0, 3_000), byte=st.integers(0, 255))
@hypothesis_settings(max_examples=300, deadline=None)
def test_a_wrong_byte_is_refused_or_harmless(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int) -> None:
    path = tmp_path_factory.getbasetemp() / "one-byte.bin"
    path.write_bytes(WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :])
    found = _outcome(path)
    if isinstance(found, ConfigError):
        assert str(path) in str(found)
    else:
        assert (found.shape.hidden, found.shape.layers) == (HIDDEN, LAYERS)


def _outcome(path: Path) -> E5File | ConfigError:
    try:
        return read_e5(path)
    except ConfigError as error:
        return error
