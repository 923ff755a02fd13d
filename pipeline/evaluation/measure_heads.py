"""Measurements of the signal heads, printed one figure a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.signals import SignalHeads

if TYPE_CHECKING:
    from pipeline.evaluation.train_heads import Table


def calibration_error(probability: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    """Mean distance between stated and true frequency over ten bins of equal width, weighted by size."""
    bins = np.minimum((probability * 10).astype(int), 9)
    gaps = [abs(float(probability[bins == b].mean() - truth[bins == b].mean())) * (bins == b).mean() for b in set(bins)]
    return float(sum(gaps))


def sentiment(heads: SignalHeads, english: Table, italian: Table) -> None:
    """TweetEval test and SENTIPOLC 2016 test (zero-shot: nothing of it was trained on)."""
    from sklearn.metrics import f1_score, recall_score, roc_auc_score

    scored = heads.score(english.vectors, english.texts)
    neutral = 1 - scored.negative - scored.positive
    guess = np.array(["negative", "neutral", "positive"])[
        np.argmax([scored.negative, neutral, scored.positive], axis=0)
    ]
    print(f"sentiment en TweetEval test macro-recall {recall_score(english.labels, guess, average='macro'):.3f}")
    print(
        f"  calibration error negative {calibration_error(scored.negative, english.labels == 'negative'):.3f}"
        f" positive {calibration_error(scored.positive, english.labels == 'positive'):.3f}"
    )
    scored = heads.score(italian.vectors, italian.texts)
    neutral = 1 - scored.negative - scored.positive
    loudest = np.argmax([scored.negative, neutral, scored.positive], axis=0)
    positive = np.array([label[0] == "1" for label in italian.labels])
    negative = np.array([label[1] == "1" for label in italian.labels])
    f_positive = f1_score(positive, loudest == 2, average="macro")
    f_negative = f1_score(negative, loudest == 0, average="macro")
    print(
        f"sentiment it SENTIPOLC-2016 test F {(f_positive + f_negative) / 2:.3f}"
        f" (positive {f_positive:.3f}, negative {f_negative:.3f})"
    )
    print(
        f"  AUC positive {roc_auc_score(positive, scored.positive):.3f}"
        f" negative {roc_auc_score(negative, scored.negative):.3f}"
    )
    print(
        f"  calibration error negative {calibration_error(scored.negative, negative):.3f}"
        f" positive {calibration_error(scored.positive, positive):.3f}"
    )


def offensive(heads: SignalHeads, english: Table) -> None:
    """TweetEval offensive test."""
    from sklearn.metrics import f1_score, roc_auc_score

    truth = english.labels == "yes"
    p = heads.score(english.vectors, english.texts).offensive
    for threshold in (0.4, 0.5):
        score = f1_score(truth, p >= threshold, average="macro")
        print(f"offensive en TweetEval test macro-F1 at {threshold}: {score:.3f}")
    print(f"  AUC {roc_auc_score(truth, p):.3f} calibration error {calibration_error(p, truth):.3f}")


def disaster(heads: SignalHeads, table: Table, getting_started: Table) -> None:
    """Leave one event out (its posts, on and off topic), then a set that is only measured."""
    from sklearn.metrics import roc_auc_score

    from pipeline.evaluation.train_heads import fit

    for event in sorted(set(table.groups) - {"own", "ordinary"}):
        out = table.groups == event
        truth = table.labels[out] == "yes"
        if not 20 <= truth.sum() <= len(truth) - 20:
            continue
        head = fit(table.vectors[~out], table.labels[~out], table.weights[~out])
        print(f"disaster without {event}: AUC {roc_auc_score(truth, head.decision_function(table.vectors[out])):.3f}")
    truth = getting_started.labels == "yes"
    p = heads.score(getting_started.vectors, getting_started.texts).disaster
    print(f"disaster nlp-getting-started (never trained on): AUC {roc_auc_score(truth, p):.3f}")
