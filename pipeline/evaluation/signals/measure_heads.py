"""The signal heads on test splits they never saw, as figures beside their bars."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.sentiment import EMOTIONS, SignalColumns, SignalHeads
from pipeline.training.figures import Figure
from pipeline.training.remembering_encoder import RememberingEncoder
from pipeline.training.sentiment import training_data
from pipeline.training.sentiment.train_heads import Table, embedded, fit

BARS = {
    "sentiment en, macro-recall": 0.62,
    "sentiment it, SENTIPOLC F": 0.64,
    "emotion en, macro-F1": 0.70,
    "offensive en, macro-F1": 0.73,
}
"""The values to reach, by figure."""

OFFENSIVE_THRESHOLD = 0.4
"""Probability from which a post counts as offensive, as in the model card."""

MIN_OF_EACH = 20
"""Posts on and off topic an event must have to be left out."""

Probability = NDArray[np.float32]
Truth = NDArray[np.bool_]


def figures_of(path: Path, data: Path, encoder: RememberingEncoder) -> tuple[Figure, ...]:
    """Measure the heads of a file; the disaster head is also refitted without each event.

    Parameters
    ----------
    data
        Folder of the lab data.
    encoder
        Theirs; it may know the texts already.

    Raises
    ------
    InputError
        A file of the lab data cannot be read.
    """
    heads = SignalHeads(path)
    italian, getting_started = (embedded(rows, encoder) for rows in training_data.measured_only(data))
    english, emotion, offensive = (
        embedded([row for row in rows(data) if row.group == "test"], encoder)
        for rows in (training_data.sentiment, training_data.emotion, training_data.offensive)
    )
    return (
        *_english_sentiment(heads, english),
        *_italian_sentiment(heads, italian),
        *_emotion(heads, emotion),
        *_offensive(heads, offensive),
        *_disaster(heads, embedded(training_data.disaster(data), encoder), getting_started),
    )


def calibration_error(probability: Probability, truth: Truth) -> float:
    """Mean distance between stated and true frequency over ten bins of equal width, weighted by size.

    Source: Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.

    Examples
    --------
    >>> calibration_error(np.array([0.0, 1.0], np.float32), np.array([False, True]))
    0.0
    """
    bins = np.minimum((probability * 10).astype(int), 9)
    gaps = [abs(float(probability[bins == b].mean() - truth[bins == b].mean())) * (bins == b).mean() for b in set(bins)]
    return float(sum(gaps))


def _figure(name: str, value: float, n: int, note: str = "") -> Figure:
    return Figure(name, float(value), n, bar=BARS.get(name), note=note)


def _calibration(name: str, probability: Probability, truth: Truth) -> Figure:
    return Figure(f"{name}, calibration error", calibration_error(probability, truth), len(truth), lower_is_better=True)


def _scored(heads: SignalHeads, table: Table) -> tuple[SignalColumns, NDArray[np.intp]]:
    """Probabilities, and the likeliest of negative (0), neutral (1), positive (2)."""
    found = heads.score(table.vectors, table.texts)
    neutral = 1 - found.negative - found.positive
    return found, np.argmax([found.negative, neutral, found.positive], axis=0)


def _english_sentiment(heads: SignalHeads, table: Table) -> Iterator[Figure]:
    from sklearn.metrics import recall_score

    found, loudest = _scored(heads, table)
    guess = np.array(["negative", "neutral", "positive"])[loudest]
    recall = recall_score(table.labels, guess, average="macro")
    yield _figure("sentiment en, macro-recall", recall, len(guess), "TweetEval test")
    yield _calibration("negative en", found.negative, table.labels == "negative")
    yield _calibration("positive en", found.positive, table.labels == "positive")


def _italian_sentiment(heads: SignalHeads, table: Table) -> Iterator[Figure]:
    """The official score of SENTIPOLC 2016, task 2: mean of the macro-F1 of "positive?" and of "negative?"."""
    from sklearn.metrics import f1_score, roc_auc_score

    found, loudest = _scored(heads, table)
    positive, negative = (np.array([label[place] == "1" for label in table.labels]) for place in (0, 1))
    f_positive = f1_score(positive, loudest == 2, average="macro")
    f_negative = f1_score(negative, loudest == 0, average="macro")
    note = "SENTIPOLC 2016 test, nothing of it trained on"
    yield _figure("sentiment it, SENTIPOLC F", (f_positive + f_negative) / 2, len(positive), note)
    yield _figure("positive it, macro-F1", f_positive, len(positive))
    yield _figure("negative it, macro-F1", f_negative, len(positive))
    yield _figure("positive it, AUC", roc_auc_score(positive, found.positive), len(positive))
    yield _figure("negative it, AUC", roc_auc_score(negative, found.negative), len(positive))
    yield _calibration("negative it", found.negative, negative)
    yield _calibration("positive it", found.positive, positive)


def _emotion(heads: SignalHeads, table: Table) -> Iterator[Figure]:
    from sklearn.metrics import f1_score

    found = heads.score(table.vectors, table.texts)
    four = np.stack([found.anger, found.joy, found.optimism, found.sadness], axis=1)
    guess = np.array(EMOTIONS)[four.argmax(axis=1)]
    macro = f1_score(table.labels, guess, average="macro")
    yield _figure("emotion en, macro-F1", macro, len(guess), "TweetEval test, four classes")
    by_class = f1_score(table.labels, guess, average=None, labels=list(EMOTIONS))
    for name, score in zip(EMOTIONS, by_class, strict=True):
        yield _figure(f"{name} en, F1", score, int((table.labels == name).sum()))
    # every post of this set has an emotion, so what the sentiment head calls neutral is given back
    likeliest = (four / four.sum(axis=1, keepdims=True)).max(axis=1)
    yield _calibration("likeliest emotion en", likeliest, guess == table.labels)


def _offensive(heads: SignalHeads, table: Table) -> Iterator[Figure]:
    from sklearn.metrics import f1_score, roc_auc_score

    truth = table.labels == "yes"
    p = heads.score(table.vectors, table.texts).offensive
    macro = f1_score(truth, p >= OFFENSIVE_THRESHOLD, average="macro")
    yield _figure("offensive en, macro-F1", macro, len(p), f"TweetEval test, from {OFFENSIVE_THRESHOLD} on")
    yield _figure("offensive en, macro-F1 at 0.5", f1_score(truth, p >= 0.5, average="macro"), len(p))
    yield _figure("offensive en, AUC", roc_auc_score(truth, p), len(p))
    yield _calibration("offensive en", p, truth)


def _disaster(heads: SignalHeads, table: Table, getting_started: Table) -> Iterator[Figure]:
    """Without each event in turn (its posts, on and off topic), then a set that is only measured."""
    from sklearn.metrics import roc_auc_score

    for event in sorted(set(table.groups) - {"own", "ordinary"}):
        out = table.groups == event
        truth = table.labels[out] == "yes"
        if not MIN_OF_EACH <= truth.sum() <= len(truth) - MIN_OF_EACH:
            continue
        head = fit(table.vectors[~out], table.labels[~out], table.weights[~out])
        auc = roc_auc_score(truth, head.decision_function(table.vectors[out]))
        yield _figure(f"disaster, {event}, AUC", auc, len(truth), "event left out")
    truth = getting_started.labels == "yes"
    p = heads.score(getting_started.vectors, getting_started.texts).disaster
    yield _figure("disaster, nlp-getting-started, AUC", roc_auc_score(truth, p), len(truth), "never trained on")
