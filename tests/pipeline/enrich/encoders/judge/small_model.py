"""A small network in the file format of the judge, and what it says when it is computed in plain floats."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from math import erf
from pathlib import Path

import numpy as np

from pipeline.enrich.encoders.judge.data_file import DataFile
from pipeline.enrich.encoders.judge.e5_file import E5File
from pipeline.types import FloatArray

HIDDEN, LAYERS, HEADS, INNER, POSITIONS, TYPES = 64, 2, 4, 128, 24, 2
MARKS = ("<s>", "<pad>", "</s>", "<unk>")
WORDS = ("▁query", ":", "▁pane", "▁caldo", "▁warm", "▁bread", "▁slow", "▁alba", "▁e")
LETTERS = ("▁", *"abcdefghijklmnopqrstuvwxyz")
TEXTS = (*MARKS, *WORDS, *LETTERS, "<mask>")
MAPPED = {"\n": " ", "\u200b": " ", "\x00": "", "Ａ": "A", "ﬁ": "fi"}


def small_file(path: Path, seed: int = 7) -> DataFile:
    """Write a network of two layers with random weights; the same seed gives the same bytes."""
    data = small_bytes(seed)
    path.write_bytes(data)
    return DataFile(path, hashlib.sha256(data).hexdigest())


def small_bytes(seed: int = 7) -> bytes:
    random = np.random.default_rng(seed)
    tensors: list[tuple[str, int, int, bytes]] = []

    def matrix(name: str, rows: int, columns: int) -> None:
        blocks = np.empty((rows * columns // 32, 18), np.uint8)
        scales = random.uniform(0.01, 0.04, len(blocks)).astype(np.float16)
        blocks[:, :2] = scales.view(np.uint8).reshape(-1, 2)
        blocks[:, 2:] = random.integers(0, 256, (len(blocks), 16))
        tensors.append((name, 1, rows * columns, blocks.tobytes()))

    def vector(name: str, n: int, middle: float = 0.0) -> None:
        tensors.append((name, 0, n, random.normal(middle, 0.1, n).astype("<f4").tobytes()))

    matrix("emb.word", len(TEXTS) + 3, HIDDEN)
    vector("emb.pos", POSITIONS * HIDDEN)
    vector("emb.type", TYPES * HIDDEN)
    norms = ["emb.ln"]
    for layer in range(LAYERS):
        for part, rows, columns in (
            *((part, HIDDEN, HIDDEN) for part in ("q", "k", "v", "ao")),
            ("fi", INNER, HIDDEN),
            ("fo", HIDDEN, INNER),
        ):
            matrix(f"l{layer}.{part}.w", rows, columns)
            vector(f"l{layer}.{part}.b", rows)
        norms += [f"l{layer}.aln", f"l{layer}.oln"]
    for norm in norms:
        vector(f"{norm}.w", HIDDEN, 1.0)
        vector(f"{norm}.b", HIDDEN)
    head = _head()
    size = len(head) + 4 + sum(2 + len(name) + 1 + 4 + 16 for name, *_ in tensors)
    directory = struct.pack("<i", len(tensors))
    for name, kind, count, data in tensors:
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, size, len(data))
        size += len(data)
    return head + directory + b"".join(data for *_, data in tensors)


def _head() -> bytes:
    texts = [text.encode() for text in TEXTS]
    ends = np.cumsum([0, *map(len, texts)]).astype("<u4")
    scores = (
        [0.0] * len(MARKS) + [-3.0 - i / 10 for i in range(len(WORDS))] + [-9.0 - i / 10 for i in range(27)] + [0.0]
    )
    table = b"".join(struct.pack(f"<IB{len(to)}I", ord(sign), len(to), *map(ord, to)) for sign, to in MAPPED.items())
    sizes = (HIDDEN, LAYERS, HEADS, INNER, len(TEXTS) + 3, POSITIONS, TYPES)
    return b"".join(
        (
            b"E5S1" + struct.pack("<I7ifi", 1, *sizes, 1e-12, 32),
            struct.pack("<5iQ", len(texts), 0, 2, 1, 3, int(ends[-1])),
            ends.tobytes() + np.array(scores, "<f4").tobytes() + b"".join(texts),
            struct.pack("<iI", len(MAPPED), len(table)) + table,
        )
    )


def in_floats(file: E5File, ids: Sequence[int]) -> FloatArray:
    """``(hidden,)``, unit length: the network as the paper has it, nothing rounded to whole numbers."""
    tokens = file.matrices["emb.word"].rows(np.array(ids)) + file.vectors["emb.pos"][: len(ids)]
    tokens = _norm(file, "emb.ln", tokens + file.vectors["emb.type"][0])
    for layer in range(file.shape.layers):
        tokens = _norm(file, f"l{layer}.aln", tokens + _attention(file, f"l{layer}", tokens))
        inner = _linear(file, f"l{layer}.fi", tokens)
        inner = inner * np.vectorize(lambda x: 0.5 * (1 + erf(x / 2**0.5)))(inner)
        tokens = _norm(file, f"l{layer}.oln", tokens + _linear(file, f"l{layer}.fo", inner))
    mean: FloatArray = tokens.mean(axis=0)
    return mean / np.linalg.norm(mean)


def _attention(file: E5File, layer: str, tokens: FloatArray) -> FloatArray:
    heads = []
    width = file.shape.hidden // file.shape.heads
    queries, keys, values = (_linear(file, f"{layer}.{part}", tokens) for part in "qkv")
    for start in range(0, file.shape.hidden, width):
        of_head = slice(start, start + width)
        scores = np.exp(queries[:, of_head] @ keys[:, of_head].T / np.sqrt(width))
        heads.append(scores / scores.sum(axis=1, keepdims=True) @ values[:, of_head])
    return _linear(file, f"{layer}.ao", np.hstack(heads))


def _linear(file: E5File, name: str, tokens: FloatArray) -> FloatArray:
    return tokens @ file.matrices[f"{name}.w"].rows().T + file.vectors[f"{name}.b"]


def _norm(file: E5File, name: str, tokens: FloatArray) -> FloatArray:
    centred = tokens - tokens.mean(axis=1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + file.shape.epsilon)
    return scaled * file.vectors[f"{name}.w"] + file.vectors[f"{name}.b"]
