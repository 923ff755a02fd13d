"""Train the signal heads: ``python -m pipeline.training.sentiment.train_heads --data ../shared/data``.

Nothing is random: the same data and encoder give the same weights. ``trendsieve eval risk`` measures what ships.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.settings import EncoderSettings
from pipeline.enrich.encoders.encoder import Encoder, open_encoder
from pipeline.enrich.encoders.use.use_encoder import USE_MULTILINGUAL
from pipeline.enrich.sentiment import (
    ANGER,
    DISASTER,
    EMOTIONS,
    HEADS_VERSION,
    N_COLUMNS,
    OFFENSIVE,
    POSITIVE,
    WORD_COLUMNS,
    HeadWeights,
    word_bucket,
    write_heads,
)
from pipeline.text.words import words
from pipeline.training.remembering_encoder import RememberingEncoder
from pipeline.training.sentiment import training_data
from pipeline.training.sentiment.training_data import Labelled
from pipeline.types import FloatArray

WORD_BUCKETS = 1 << 15
STRENGTH = 1.0
"""C of the logistic regressions (inverse of the ridge)."""
EMOTION_STRENGTH = 3.0
"""The same of the emotion head; chosen by cross-validation on its training split."""
FOLDS = 5
PRIOR: dict[int, float | None] = {OFFENSIVE: None, DISASTER: 0.2}
"""Share of positives the calibration assumes, per column; ``None`` keeps that of the training set.

The crisis sets are mostly crises; taken as they are, every second ordinary post would look like one.
"""


class Table:
    """Texts with their vectors, as columns."""

    def __init__(self, rows: Sequence[Labelled], vectors: FloatArray) -> None:
        self.texts = [row.text for row in rows]
        self.labels = np.array([row.label for row in rows])
        self.groups = np.array([row.group for row in rows])
        self.weights = np.array([row.weight for row in rows])
        self.vectors = vectors

    def where(self, mask: NDArray[np.bool_]) -> Table:
        """The rows of ``mask``."""
        out = Table([], self.vectors[mask])
        out.texts = [text for text, keep in zip(self.texts, mask, strict=True) if keep]
        out.labels, out.groups, out.weights = self.labels[mask], self.groups[mask], self.weights[mask]
        return out


def embedded(rows: Sequence[Labelled], encoder: RememberingEncoder) -> Table:
    """Rows with their vectors."""
    return Table(rows, encoder.encode([row.text for row in rows]))


def word_matrix(texts: Sequence[str]) -> Any:
    """``(n, WORD_BUCKETS)`` sparse, L2-normalised counts of hashed words."""
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize

    cells = [(i, word_bucket(word, WORD_BUCKETS)) for i, text in enumerate(texts) for word in words(text)]
    rows, columns = zip(*cells, strict=True)
    return normalize(csr_matrix((np.ones(len(cells)), (rows, columns)), shape=(len(texts), WORD_BUCKETS)))


def design(table: Table, with_words: bool) -> Any:
    """What a head sees: the vector, and for the offensive and emotion heads the words beside it."""
    from scipy.sparse import csr_matrix, hstack

    return csr_matrix(hstack([csr_matrix(table.vectors), word_matrix(table.texts)])) if with_words else table.vectors


def fit(x: Any, labels: NDArray[Any], weights: NDArray[np.float64], strength: float = STRENGTH) -> Any:
    """A logistic regression (multinomial when there are more than two labels)."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=1000).fit(x, labels, sample_weight=weights)


def out_of_fold(x: Any, table: Table, strength: float = STRENGTH) -> NDArray[np.float64]:
    """Logits of each row from a head that did not see it."""
    fold = np.arange(len(table.labels)) * 7919 % FOLDS
    parts = {k: fit(x[fold != k], table.labels[fold != k], table.weights[fold != k], strength) for k in range(FOLDS)}
    first = np.asarray(parts[0].decision_function(x[:1]))
    out = np.zeros((len(fold), *first.shape[1:]))
    for k, head in parts.items():
        out[fold == k] = head.decision_function(x[fold == k])
    return out


def platt(logits: NDArray[np.float64], yes: NDArray[np.bool_], weights: NDArray[np.float64]) -> tuple[float, float]:
    """Slope and offset that make the logits well calibrated (Platt, 1999)."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6).fit(logits[:, None], yes, sample_weight=weights)
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def at_prior(yes: NDArray[np.bool_], weights: NDArray[np.float64], prior: float | None) -> NDArray[np.float64]:
    """Row weights with which positives weigh ``prior`` of the whole."""
    if prior is None:
        return weights
    positive, negative = weights[yes].sum(), weights[~yes].sum()
    scaled: NDArray[np.float64] = np.where(yes, weights * prior / positive, weights * (1 - prior) / negative)
    return scaled * len(weights)


def temperature(logits: NDArray[np.float64], labels: NDArray[Any], weights: NDArray[np.float64]) -> float:
    """The one factor that makes softmax probabilities well calibrated (Guo et al., 2017); columns in label order."""
    target = np.searchsorted(np.unique(labels), labels)

    def loss(factor: float) -> float:
        scaled = logits * factor
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        log_p = scaled[np.arange(len(target)), target] - np.log(np.exp(scaled).sum(axis=1))
        return float(-(weights * log_p).sum())

    best: float = min(np.linspace(0.5, 2.0, 151).tolist(), key=loss)
    return best


def softmax_head(
    table: Table, with_words: bool, strength: float = STRENGTH
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights ``(features, labels)`` and bias ``(labels,)`` of a calibrated head for several labels, in their order."""
    x = design(table, with_words)
    head = fit(x, table.labels, table.weights, strength)
    factor = temperature(out_of_fold(x, table, strength), table.labels, table.weights)
    return head.coef_.T * factor, head.intercept_ * factor


def binary_head(table: Table, with_words: bool, prior: float | None) -> tuple[NDArray[np.float64], float]:
    """Weights ``(features,)`` and bias of a calibrated head for yes or no."""
    x = design(table, with_words)
    head = fit(x, table.labels, table.weights)
    yes = table.labels == "yes"
    slope, offset = platt(out_of_fold(x, table), yes, at_prior(yes, table.weights, prior))
    return head.coef_[0] * slope, float(head.intercept_[0]) * slope + offset


def emotion_head(table: Table) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The four emotions from vectors and words; see :func:`softmax_head`.

    Raises
    ------
    ValueError
        The labels are not the four emotions.
    """
    if tuple(np.unique(table.labels).tolist()) != EMOTIONS:
        raise ValueError(f"the emotion head is for {EMOTIONS}, not for {np.unique(table.labels)}")
    return softmax_head(table, True, EMOTION_STRENGTH)


def train(sentiment: Table, offensive: Table, disaster: Table, emotion: Table, encoder_id: str) -> HeadWeights:
    """All heads, calibrated on out-of-fold logits, with the calibration folded into the weights."""
    d = sentiment.vectors.shape[1]
    weights, bias = np.zeros((d + WORD_BUCKETS, N_COLUMNS), np.float32), np.zeros(N_COLUMNS, np.float32)
    weights[:d, : POSITIVE + 1], bias[: POSITIVE + 1] = softmax_head(sentiment, False)
    weights[:, OFFENSIVE], bias[OFFENSIVE] = binary_head(offensive, True, PRIOR[OFFENSIVE])
    weights[:d, DISASTER], bias[DISASTER] = binary_head(disaster, False, PRIOR[DISASTER])
    weights[:, ANGER:], bias[ANGER:] = emotion_head(emotion)
    return HeadWeights(encoder_id, weights[:d].copy(), bias, weights[d:, WORD_COLUMNS].copy())


def run(data: Path, out: Path, encoder: Encoder) -> None:
    """Train on the licensed data and store; ``trendsieve eval risk`` measures what ships."""
    cache = RememberingEncoder(encoder)
    sentiment, offensive, disaster, emotion = (
        embedded(rows(data), cache)
        for rows in (training_data.sentiment, training_data.offensive, training_data.disaster, training_data.emotion)
    )
    weights = train(
        sentiment.where(sentiment.groups != "test"),
        offensive.where(offensive.groups != "test"),
        disaster,
        emotion.where(emotion.groups != "test"),
        encoder.id,
    )
    out.mkdir(parents=True, exist_ok=True)
    name = (
        "heads.npz" if encoder.id == USE_MULTILINGUAL else f"heads-{encoder.id.replace('/', '-').replace(':', '-')}.npz"
    )
    write_heads(out / name, weights)
    size_kb = (out / name).stat().st_size / 1024
    print(f"wrote {out / name}: {size_kb:.0f} KB, version {HEADS_VERSION}, encoder {encoder.id}")
    print("measure them: trendsieve eval risk")


def main(argv: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description="Train the signal heads.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the lab data")
    parser.add_argument("--out", type=Path, required=True, help="folder the heads are written to")
    parser.add_argument("--encoder", default=USE_MULTILINGUAL, help="encoder the heads are for")
    arguments = parser.parse_args(argv)
    run(arguments.data, arguments.out, open_encoder(EncoderSettings(id=arguments.encoder)))


if __name__ == "__main__":
    main()
