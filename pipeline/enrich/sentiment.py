"""Per-post probabilities (sentiment, offensive, disaster, four emotions) from small trained linear heads.

The heads see the sentence vector; the offensive and the emotion heads also see which words occur,
hashed, because a sentence encoder smooths insults and interjections away. How they were trained, on what, and how well
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
from pipeline.text.words import words
from pipeline.types import FloatArray

HEADS_VERSION = 2
HEADS_PATH = Path(__file__).parent / "heads" / "heads.npz"
"""The heads that ship, for the encoder ``use-multilingual``."""

NEGATIVE, NEUTRAL, POSITIVE, OFFENSIVE, DISASTER, ANGER, JOY, OPTIMISM, SADNESS = range(9)
"""Columns of the weight matrix."""

N_COLUMNS = 9
EMOTIONS = ("anger", "joy", "optimism", "sadness")
"""Names of the columns :data:`ANGER` … :data:`SADNESS`."""

WORD_COLUMNS = (OFFENSIVE, ANGER, JOY, OPTIMISM, SADNESS)
"""Columns whose heads see words too, in the order of the word weights."""

_MAX_CACHED_WORDS = 100_000


class SignalColumns(msgspec.Struct, frozen=True):
    """Eight ``(n,) float32`` columns of probabilities in [0, 1].

    What is neither negative nor positive is neutral. The four emotions share what is not neutral: their sum
    is ``negative + positive``, so that a post without feeling has no emotion either.
    """

    negative: FloatArray
    positive: FloatArray
    offensive: FloatArray
    disaster: FloatArray
    anger: FloatArray
    joy: FloatArray
    optimism: FloatArray
    sadness: FloatArray


class HeadWeights(msgspec.Struct, frozen=True):
    """What is stored.

    ``dense`` ``(d, 9) float32`` and ``bias`` ``(9,) float32`` give nine logits (columns
    :data:`NEGATIVE` … :data:`SADNESS`); ``word_weights`` ``(buckets, 5) float32`` add the
    L2-normalised counts of hashed words to those of :data:`WORD_COLUMNS`. Calibration is folded in.
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
        File written by ``python -m pipeline.training.sentiment.train_heads``.
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
                f"({dimension}); train others: python -m pipeline.training.sentiment.train_heads --encoder {encoder_id}"
            )

    def score(self, embeddings: FloatArray, texts: Sequence[str]) -> SignalColumns:
        """Probabilities for each post.

        Parameters
        ----------
        embeddings
            ``(n, d) float32``, L2-normalised, of the encoder the heads were trained for.
        texts
            The same ``n`` posts, cleaned (:func:`pipeline.text.words.clean`).

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
        logits[:, WORD_COLUMNS] += self._word_logits(texts, weights.word_weights)
        sentiment = _softmax(logits[:, : POSITIVE + 1])
        emotions = _softmax(logits[:, ANGER:]) * (1 - sentiment[:, NEUTRAL, None])
        return SignalColumns(
            np.ascontiguousarray(sentiment[:, NEGATIVE]),
            np.ascontiguousarray(sentiment[:, POSITIVE]),
            _sigmoid(logits[:, OFFENSIVE]),
            _sigmoid(logits[:, DISASTER]),
            *np.ascontiguousarray(emotions.T),
        )

    def _word_logits(self, texts: Sequence[str], word_weights: FloatArray) -> FloatArray:
        size = len(word_weights)
        out = np.zeros((len(texts), word_weights.shape[1]), np.float32)
        if len(self._buckets) > _MAX_CACHED_WORDS:
            self._buckets = {}
        known = self._buckets
        buckets: list[int] = []
        shares: list[int] = []
        rows: list[int] = []
        starts: list[int] = []
        start = 0
        for row, text in enumerate(texts):
            counts: dict[int, int] = {}
            for word in words(text):
                bucket = known.get(word)
                if bucket is None:
                    bucket = known[word] = word_bucket(word, size)
                counts[bucket] = counts.get(bucket, 0) + 1
            if counts:
                buckets += counts
                shares += counts.values()
                rows.append(row)
                starts.append(start)
                start = len(buckets)
        if not rows:
            return out
        share = np.array(shares, np.float32)
        seen = word_weights[buckets] * share[:, None]
        norms = np.sqrt(np.add.reduceat(share * share, starts))
        out[rows] = np.add.reduceat(seen, starts, axis=0) / norms[:, None]
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
    words_fit = weights.word_weights.shape[1:] == (len(WORD_COLUMNS),) and len(weights.word_weights)
    if weights.dense.shape[1:] != (N_COLUMNS,) or weights.bias.shape != (N_COLUMNS,) or not words_fit:
        raise StateMismatch(f"{path}: signal heads have unexpected shapes")
    return weights


def write_heads(path: Path, weights: HeadWeights) -> None:
    """Store heads; word weights are kept as float16: half the size, the same decisions."""
    np.savez_compressed(
        path,
        version=np.int64(HEADS_VERSION),
        encoder_id=np.str_(weights.encoder_id),
        dense=weights.dense.astype(np.float32),
        bias=weights.bias.astype(np.float32),
        word_weights=weights.word_weights.astype(np.float16),
    )


def _softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _sigmoid(logits: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -30, 30))), np.float32)
