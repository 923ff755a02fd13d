"""Per-post probabilities (negative, positive, offensive, disaster) from small trained linear heads.

The heads see the sentence vector; the offensive head also sees which words occur, hashed,
because a sentence encoder smooths insults away. How they were trained, on what, and how well
they do: ``pipeline/enrich/heads/model_card.md``.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import msgspec
import numpy as np

from configs.errors import StateMismatch
from pipeline.enrich.text import words
from pipeline.types import FloatArray

HEADS_VERSION = 1
HEADS_PATH = Path(__file__).parent / "heads" / "heads.npz"
"""The heads that ship, for the encoder ``use-multilingual``."""

NEGATIVE, NEUTRAL, POSITIVE, OFFENSIVE, DISASTER = range(5)
"""Columns of the weight matrix."""

_MAX_CACHED_WORDS = 100_000


class SignalColumns(msgspec.Struct, frozen=True):
    """Four ``(n,) float32`` columns of probabilities in [0, 1]; what is neither negative nor positive is neutral."""

    negative: FloatArray
    positive: FloatArray
    offensive: FloatArray
    disaster: FloatArray


class HeadWeights(msgspec.Struct, frozen=True):
    """What is stored.

    ``dense`` ``(d, 5) float32`` and ``bias`` ``(5,) float32`` give five logits (columns
    :data:`NEGATIVE` … :data:`DISASTER`); ``word_weights`` ``(buckets,) float32`` adds the
    L2-normalised counts of hashed words to the offensive logit. Calibration is folded in.
    """

    encoder_id: str
    dense: FloatArray
    bias: FloatArray
    word_weights: FloatArray


class SignalHeads:
    """Scores posts. Weights are read on first use and never change; safe to share between threads.

    Parameters
    ----------
    path
        File written by ``python -m pipeline.evaluation.train_heads``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._weights: HeadWeights | None = None
        self._buckets: dict[str, int] = {}

    @property
    def encoder_id(self) -> str:
        """The encoder whose vectors these heads understand."""
        return self._load().encoder_id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._load().dense.shape[0])

    def check(self, encoder_id: str, dimension: int) -> None:
        """Refuse vectors of another encoder.

        Raises
        ------
        StateMismatch
            The heads were trained for another encoder or dimension.
        """
        if encoder_id != self.encoder_id or dimension != self.dimension:
            raise StateMismatch(
                f"signal heads were trained for {self.encoder_id} ({self.dimension} numbers), not for {encoder_id} "
                f"({dimension}); train new ones with python -m pipeline.evaluation.train_heads --encoder {encoder_id}"
            )

    def score(self, embeddings: FloatArray, texts: Sequence[str]) -> SignalColumns:
        """Probabilities for each post.

        Parameters
        ----------
        embeddings
            ``(n, d) float32``, L2-normalised, of the encoder the heads were trained for.
        texts
            The same ``n`` posts, cleaned (:func:`pipeline.enrich.text.clean`).

        Raises
        ------
        StateMismatch
            The vectors have another dimension.
        ValueError
            There is not one text per vector.

        Examples
        --------
        >>> heads = load_heads(HEADS_PATH)
        >>> heads.score(np.zeros((0, 512), np.float32), []).negative.shape
        (0,)
        """
        weights = self._load()
        if embeddings.ndim != 2 or embeddings.shape[1] != self.dimension:
            raise StateMismatch(
                f"signal heads were trained for {weights.encoder_id} ({self.dimension} numbers), got {embeddings.shape}"
            )
        if len(texts) != len(embeddings):
            raise ValueError(f"{len(embeddings)} vectors but {len(texts)} texts")
        logits = embeddings @ weights.dense + weights.bias
        logits[:, OFFENSIVE] += self._word_logits(texts, weights.word_weights)
        sentiment = np.exp(logits[:, :3] - logits[:, :3].max(axis=1, keepdims=True))
        sentiment /= sentiment.sum(axis=1, keepdims=True)
        return SignalColumns(
            negative=np.ascontiguousarray(sentiment[:, NEGATIVE], np.float32),
            positive=np.ascontiguousarray(sentiment[:, POSITIVE], np.float32),
            offensive=_sigmoid(logits[:, OFFENSIVE]),
            disaster=_sigmoid(logits[:, DISASTER]),
        )

    def _word_logits(self, texts: Sequence[str], word_weights: FloatArray) -> FloatArray:
        size = len(word_weights)
        out = np.zeros(len(texts), np.float32)
        if len(self._buckets) > _MAX_CACHED_WORDS:
            self._buckets = {}
        known = self._buckets
        for row, text in enumerate(texts):
            counts: dict[int, int] = {}
            for word in words(text):
                bucket = known.get(word)
                if bucket is None:
                    bucket = known[word] = word_bucket(word, size)
                counts[bucket] = counts.get(bucket, 0) + 1
            if counts:
                norm = float(sum(c * c for c in counts.values())) ** 0.5
                out[row] = sum(float(word_weights[b]) * c for b, c in counts.items()) / norm
        return out

    def _load(self) -> HeadWeights:
        if self._weights is None:
            self._weights = read_heads(self._path)
        return self._weights


def load_heads(path: Path = HEADS_PATH) -> SignalHeads:
    """Heads that read their weights on first use."""
    return SignalHeads(path)


def word_bucket(word: str, size: int) -> int:
    """Bucket of a word: the same on every machine and in every process.

    Examples
    --------
    >>> word_bucket("ciao", 1 << 15)
    20849
    """
    return zlib.crc32(word.encode("utf-8", "surrogatepass")) % size


def read_heads(path: Path) -> HeadWeights:
    """Read and check a heads file.

    Raises
    ------
    StateMismatch
        The file is missing, damaged, or of another version.
    """
    try:
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as stored:
            if int(stored["version"]) != HEADS_VERSION:
                raise StateMismatch(f"{path}: version {int(stored['version'])}, this code reads {HEADS_VERSION}")
            weights = HeadWeights(
                encoder_id=str(stored["encoder_id"]),
                dense=stored["dense"].astype(np.float32),
                bias=stored["bias"].astype(np.float32),
                word_weights=stored["word_weights"].astype(np.float32),
            )
    except (OSError, KeyError, ValueError, EOFError, BadZipFile) as error:
        raise StateMismatch(f"{path}: signal heads cannot be read ({type(error).__name__})") from error
    shapes_fit = weights.dense.ndim == 2 and weights.dense.shape[1] == 5 and weights.bias.shape == (5,)
    if not shapes_fit or weights.word_weights.ndim != 1 or not len(weights.word_weights):
        raise StateMismatch(f"{path}: signal heads have unexpected shapes")
    return weights


def write_heads(path: Path, weights: HeadWeights) -> None:
    """Store heads; word weights are kept as float16 (64 KB instead of 128)."""
    np.savez_compressed(
        path,
        version=np.int64(HEADS_VERSION),
        encoder_id=np.str_(weights.encoder_id),
        dense=weights.dense.astype(np.float32),
        bias=weights.bias.astype(np.float32),
        word_weights=weights.word_weights.astype(np.float16),
    )


def _sigmoid(logits: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30))), np.float32)
