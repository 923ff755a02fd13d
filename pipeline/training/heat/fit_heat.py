"""Fit the heat scale on sentences of our own: ``python -m pipeline.training.heat.fit_heat``.

Prints the scales of :mod:`pipeline.signals.polarization.heat_scale`. No lab data is read. Random draws are seeded.

A bag imitates a topic of :data:`BAG_POSTS` posts. Contested: 30–90 % heated posts of two to four quarrels, calm ones
beside them. Everyday: up to 15 % heated posts (every tag has its quarrellers), the rest everyday; in both a share of
grumbles, usually small. Four rounds leave a quarter of the quarrels and sentences out; on the bags of what was left
out the slope and offset are fitted (Platt), then the regression is fitted on everything and put on that scale.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from configs.settings import CONFIGS_DIR
from pipeline.enrich.encoders.encoder import Encoder
from pipeline.enrich.encoders.use.use_encoder import UseEncoder
from pipeline.enrich.hazards.heads import open_hazards
from pipeline.enrich.hazards.seeds import load_seeds
from pipeline.enrich.sentiment import load_heads
from pipeline.signals.polarization.heat_scale import HeatScale
from pipeline.training.heat.quarrels import LANGUAGES, SentenceSignals, sentence_signals

SEED = 4
BAG_POSTS = 50
BAGS_A_KIND = 2_000
HEATED_SHARE = ((0.0, 0.15), (0.3, 0.9))
"""Range of the share of heated posts: everyday, contested."""
CALM_SHARE = 0.6
"""At most this share of a contested bag's other posts is calm talk on the quarrel."""
GRUMBLES = (1.0, 4.0)
"""Beta distribution of the share of grumbles among the other posts."""
FOLDS = 4
RIDGE = 1.0
FALSE_ALARMS = 0.01
"""Share of everyday bags left out that may reach the contested threshold."""

Array = NDArray[np.float64]


class FittedScale(msgspec.Struct, frozen=True):
    """A scale, and what bags left out say of it: AUC, threshold for 1 % false alarms, share of hits there."""

    scale: HeatScale
    auc: float
    threshold: float
    hits: float


def fit_scale(signals: SentenceSignals, rng: np.random.Generator) -> FittedScale:
    """The calibrated scale of one language.

    Examples
    --------
    >>> calm, angry = np.zeros((40, 3)), np.tile([1.0, 0.8, 0.5], (10, 1))
    >>> own = SentenceSignals((angry,) * 8, (calm[:2],) * 8, calm, calm)
    >>> fitted = fit_scale(own, np.random.default_rng(0))
    >>> fitted.auc > 0.95, fitted.scale.offensive > 0, fitted.scale.bias < 0
    (True, True, True)
    """
    logits, truth = [], []
    for fold in range(FOLDS):
        theta = _logistic(*_bags(_part(signals, fold, held_out=False), rng), ridge=RIDGE)
        bags, kind = _bags(_part(signals, fold, held_out=True), rng)
        logits.append(bags @ theta[:-1] + theta[-1])
        truth.append(kind)
    held_out, contested = np.concatenate(logits), np.concatenate(truth)
    slope, offset = _logistic(held_out[:, None], contested, ridge=0.0)
    theta = _logistic(*_bags(signals, rng), ridge=RIDGE) * slope
    negative, offensive, hostile, bias = (round(float(number), 2) for number in (*theta[:-1], theta[-1] + offset))
    heat = 1.0 / (1.0 + np.exp(-(slope * held_out + offset)))
    threshold = float(np.quantile(heat[contested == 0], 1 - FALSE_ALARMS))
    return FittedScale(
        HeatScale(negative, offensive, hostile, bias),
        area_under_curve(heat[contested == 1], heat[contested == 0]),
        threshold,
        float((heat[contested == 1] >= threshold).mean()),
    )


def area_under_curve(positive: Array, negative: Array) -> float:
    """Chance that a positive scores above a negative, ties counted half (Mann & Whitney, 1947).

    Examples
    --------
    >>> area_under_curve(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    0.875
    """
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, "left") + np.searchsorted(ordered, positive, "right")
    return float(below.mean() / 2 / len(negative))


def fit_all(encoder: Encoder) -> dict[str, FittedScale]:
    """The scale of every language."""
    heads = load_heads()
    hazards = open_hazards(load_seeds(CONFIGS_DIR / "hazards.toml"), encoder)
    return {
        language: fit_scale(sentence_signals(language, encoder, heads, hazards), np.random.default_rng(SEED))
        for language in LANGUAGES
    }


def _part(signals: SentenceSignals, fold: int, *, held_out: bool) -> SentenceSignals:
    """Quarrels and sentences of a fold, or all others."""

    def some(rows: Array) -> Array:
        kept: Array = rows[(np.arange(len(rows)) % FOLDS == fold) == held_out]
        return kept

    quarrels = [i for i in range(len(signals.heated)) if (i % FOLDS == fold) == held_out]
    return SentenceSignals(
        tuple(signals.heated[i] for i in quarrels),
        tuple(signals.calm[i] for i in quarrels),
        some(signals.everyday),
        some(signals.grumbles),
    )


def _bags(signals: SentenceSignals, rng: np.random.Generator) -> tuple[Array, Array]:
    """Mean features ``(2 · BAGS_A_KIND, 3)`` of bags and whether each is contested ``(2 · BAGS_A_KIND,)``."""
    rows, contested = [], []
    for i in range(2 * BAGS_A_KIND):
        kind = i % 2
        chosen = rng.choice(len(signals.heated), min(len(signals.heated), int(rng.integers(2, 5))), replace=False)
        n_heated = rng.binomial(BAG_POSTS, rng.uniform(*HEATED_SHARE[kind]))
        n_calm = rng.binomial(BAG_POSTS - n_heated, rng.uniform(0, CALM_SHARE)) if kind else 0
        n_grumbles = rng.binomial(BAG_POSTS - n_heated - n_calm, rng.beta(*GRUMBLES))
        parts = (
            (np.concatenate([signals.heated[k] for k in chosen]), n_heated),
            (np.concatenate([signals.calm[k] for k in chosen]), n_calm),
            (signals.grumbles, n_grumbles),
            (signals.everyday, BAG_POSTS - n_heated - n_calm - n_grumbles),
        )
        rows.append(np.concatenate([pool[rng.integers(0, len(pool), n)] for pool, n in parts]).mean(axis=0))
        contested.append(float(kind))
    return np.array(rows), np.array(contested)


def _logistic(rows: Array, truth: Array, ridge: float) -> Array:
    """Weights ≥ 0 ``(d,)`` and bias of a ridge logistic regression, as ``(d + 1,)``."""
    d = rows.shape[1]
    sign = 2 * truth - 1

    def loss(theta: Array) -> tuple[float, Array]:
        margin = sign * (rows @ theta[:d] + theta[d])
        slope = -sign / (1 + np.exp(np.clip(margin, -500, 500))) / len(truth)
        penalty = ridge / len(truth)
        value = np.logaddexp(0, -margin).mean() + penalty * (theta[:d] ** 2).sum()
        return float(value), np.append(rows.T @ slope + 2 * penalty * theta[:d], slope.sum())

    bounds = [(0.0, None)] * d + [(None, None)]
    found: Array = minimize(loss, np.zeros(d + 1), jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; takes no arguments."""
    for language, fitted in fit_all(UseEncoder(threads=1)).items():
        scale = fitted.scale
        print(
            f'"{language}": HeatScale(negative={scale.negative}, offensive={scale.offensive}, '
            f"hostile={scale.hostile}, bias={scale.bias}),"
        )
        print(
            f"  sentences left out: AUC {fitted.auc:.3f}; {FALSE_ALARMS:.0%} false alarms from {fitted.threshold:.2f}, "
            f"hits there {fitted.hits:.3f}"
        )


if __name__ == "__main__":
    main()
