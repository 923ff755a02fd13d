"""Ways to see two camps in the sentence vectors alone, none of which was good enough to ship.

``python -m pipeline.evaluation.signals.division_trials --data ../shared/data`` prints the AUC of each on balanced
against one-sided bags (:mod:`pipeline.evaluation.signals.stance_bags`), hashtags hidden, nothing of the target seen but
where it says so.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.encoders import Encoder, UseEncoder
from pipeline.enrich.signals import load_heads
from pipeline.evaluation.signals.division_words import words_of_others
from pipeline.evaluation.signals.stance_bags import StanceTarget, bag_auc, load_targets
from pipeline.types import FloatArray

Column = NDArray[np.float64]
BagScore = Callable[[NDArray[np.intp]], float]

MOST_TRAINED = 1000
"""Posts of one side of one target that a head is trained on."""

NAMES: Mapping[str, str] = {
    "trump": "Donald Trump",
    "biden": "Joe Biden",
    "bernie": "Bernie Sanders",
    "hillary": "Hillary Clinton",
    "abortion": "abortion",
    "feminism": "feminism",
    "atheism": "atheism",
    "referendum (tweets)": "il referendum costituzionale",
    "referendum (conref)": "il referendum costituzionale",
}
SUBJECTS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "the government",
        "this law",
        "immigration",
        "the mayor",
        "vaccines",
        "the reform",
        "the new tax",
        "the ban",
    ),
    "it": ("il governo", "questa legge", "l'immigrazione", "il sindaco", "i vaccini", "la riforma", "il divieto"),
}
PRO: Mapping[str, tuple[str, ...]] = {
    "en": ("I support {}", "{} is good", "I love {}", "we stand with {}", "vote for {}", "proud to support {}"),
    "it": ("Sono a favore: {}", "{}: una cosa buona", "Amo {}", "Sto con {}", "Voto {}", "Fiero di sostenere {}"),
}
CON: Mapping[str, tuple[str, ...]] = {
    "en": ("I am against {}", "{} is a disgrace", "I hate {}", "we must stop {}", "never vote for {}", "sick of {}"),
    "it": ("Sono contro: {}", "{}: una vergogna", "Odio {}", "Fermiamo {}", "Non voterò mai {}", "Basta con {}"),
}
NEUTRAL: Mapping[str, tuple[str, ...]] = {
    "en": ("{} was on the news today.", "What do you think about {}?", "A report about {} came out.", "{}: yes or no?"),
    "it": ("Oggi si parla di {}.", "Che ne pensate? {}", "È uscito un articolo su {}.", "{}: sì o no?"),
}


@dataclass(frozen=True)
class TargetVectors:
    """A target beside its posts' vectors ``(n, d)``, valences (positive − negative) and sides ``(n,)``."""

    target: StanceTarget
    vectors: FloatArray
    valence: Column
    is_for: NDArray[np.bool_]


def trials(all_of: Sequence[TargetVectors], encoder: Encoder) -> Iterator[tuple[str, list[float]]]:
    """Name of each way and its AUC per target, in the order given."""
    generic = _head(*_templates(encoder, [(lang, s) for lang in SUBJECTS for s in SUBJECTS[lang]]))
    all_targets = [of.target for of in all_of]
    ways: dict[str, Callable[[TargetVectors], BagScore]] = {
        "valence: spread": lambda t: _spread(t.valence),
        "valence: both signs": lambda t: _both_signs(t.valence),
        "generic pro/contra sentences: spread": lambda t: _spread(generic(t.vectors)),
        "generic pro/contra sentences: mean near zero": lambda t: _near_zero(generic(t.vectors)),
        "pro/contra sentences about the target: spread": lambda t: _spread(_about(t, encoder)(t.vectors)),
        "pro/contra sentences about the target: mean near zero": lambda t: _near_zero(_about(t, encoder)(t.vectors)),
        "head of the other targets: spread": lambda t: _spread(_others(t, all_of)(t.vectors)),
        "head of the other targets: mean near zero": lambda t: _near_zero(_others(t, all_of)(t.vectors)),
        "the same, zero at neutral sentences": lambda t: _near_zero(_shifted(t, all_of, encoder)),
        "words around the target: spread": lambda t: _spread(words_of_others(t.target, all_targets)),
        "words around the target: mean near zero": lambda t: _near_zero(words_of_others(t.target, all_targets)),
        "first axis: share of variance": lambda t: lambda rows: _first_axis(t.vectors[rows]),
        "two groups after eight axes: kurtosis": lambda t: lambda rows: _residual(t.vectors[rows]),
        "valence against content: strongest link": lambda t: lambda rows: _content_link(t, rows),
        "self-training from valence, cross-fitted": lambda t: lambda rows: _self_training(t, rows),
        "unlike valence among near neighbours": lambda t: lambda rows: _unlike_neighbours(t, rows),
        "oracle: trained on the target, spread": lambda t: _spread(_own_labels(t)),
        "oracle: trained on the target, mean near zero": lambda t: _near_zero(_own_labels(t)),
    }
    for name, way in ways.items():
        yield name, [bag_auc(of.target, way(of)) for of in all_of]


def why(all_of: Sequence[TargetVectors]) -> Iterator[tuple[str, list[float]]]:
    """Per target, what the trials fail on: how well single posts can be told apart, and where the zero lies."""
    from sklearn.metrics import roc_auc_score

    yield "single posts, AUC of the oracle", [float(roc_auc_score(of.is_for, _own_labels(of))) for of in all_of]
    means = [
        [float(_others(of, all_of)(of.vectors[of.is_for == side]).mean()) for side in (True, False)] for of in all_of
    ]
    yield "head of the other targets: middle between the sides", [(f + a) / 2 for f, a in means]
    yield "head of the other targets: half the gap", [(f - a) / 2 for f, a in means]


def _spread(scores: Column) -> BagScore:
    """Needs no zero: two camps lie further apart than one."""
    return lambda rows: float(scores[rows].std())


def _near_zero(scores: Column) -> BagScore:
    """Needs a zero that holds for every target: two equal camps cancel out."""
    return lambda rows: -abs(float(scores[rows].mean()))


def _both_signs(valence: Column) -> BagScore:
    def score(rows: NDArray[np.intp]) -> float:
        f, a = float((valence[rows] > 0.2).mean()), float((valence[rows] < -0.2).mean())
        return 4 * f * a / max(f + a, 1e-9) ** 2

    return score


def _templates(encoder: Encoder, subjects: Sequence[tuple[str, str]]) -> tuple[FloatArray, NDArray[np.bool_]]:
    rows = [(t.format(s), side) for lang, s in subjects for side, ts in ((True, PRO), (False, CON)) for t in ts[lang]]
    return encoder.encode([text for text, _ in rows]), np.array([side for _, side in rows])


def _head(vectors: FloatArray, is_for: NDArray[np.bool_], strength: float = 1.0) -> Callable[[FloatArray], Column]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=500, class_weight="balanced").fit(vectors, is_for)
    return lambda x: np.asarray(model.decision_function(x), np.float64)


def _about(of: TargetVectors, encoder: Encoder) -> Callable[[FloatArray], Column]:
    return _head(*_templates(encoder, [(of.target.language, NAMES[of.target.name])]))


def _others(of: TargetVectors, all_of: Sequence[TargetVectors]) -> Callable[[FloatArray], Column]:
    """Both referendum files are one target, so neither helps the other; targets weigh alike."""
    rng = np.random.default_rng(0)
    vectors, sides = [], []
    for other in all_of:
        if NAMES[other.target.name] == NAMES[of.target.name]:
            continue
        for side in (True, False):
            rows = np.flatnonzero(other.is_for == side)
            rows = rng.choice(rows, min(MOST_TRAINED, len(rows)), replace=False)
            vectors.append(other.vectors[rows])
            sides.append(np.full(len(rows), side))
    return _head(np.concatenate(vectors), np.concatenate(sides), 0.3)


def _shifted(of: TargetVectors, all_of: Sequence[TargetVectors], encoder: Encoder) -> Column:
    head = _others(of, all_of)
    neutral = encoder.encode([text.format(NAMES[of.target.name]) for text in NEUTRAL[of.target.language]])
    return head(of.vectors) - float(head(neutral).mean())


def _own_labels(of: TargetVectors) -> Column:
    """Cross-fitted on the target's own labels: what no deployment has."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    model = LogisticRegression(C=3.0, max_iter=500, class_weight="balanced")
    scores = cross_val_predict(model, of.vectors, of.is_for, cv=folds, method="decision_function")
    return np.asarray(scores, np.float64)


def _first_axis(vectors: FloatArray) -> float:
    values = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False) ** 2
    return float(values[0] / values.sum())


def _residual(vectors: FloatArray) -> float:
    """What is left without the sub-topics, seen from its longest axis: two groups have a low kurtosis."""
    centred = vectors - vectors.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    place = centred @ axes[8]
    return -float(np.mean((place / place.std()) ** 4))


def _content_link(of: TargetVectors, rows: NDArray[np.intp]) -> float:
    """Camps praise their own and attack the other: in one camp valence follows content, in two it cancels."""
    centred = of.vectors[rows] - of.vectors[rows].mean(axis=0)
    place = np.linalg.svd(centred, full_matrices=False)[0][:, :10] * len(rows) ** 0.5
    mood = of.valence[rows] - of.valence[rows].mean()
    return -float(np.abs(place.T @ (mood / mood.std())).max() / len(rows))


def _self_training(of: TargetVectors, rows: NDArray[np.intp]) -> float:
    """How well content tells the most positive from the most negative third, on the half not fitted on."""
    from sklearn.metrics import roc_auc_score

    rank = np.argsort(np.argsort(of.valence[rows])) / len(rows)
    extreme = (rank < 1 / 3) | (rank >= 2 / 3)
    is_high, half = rank >= 2 / 3, np.arange(len(rows)) % 2 == 0
    vectors, found = of.vectors[rows], []
    for fold in (half, ~half):
        fit, test = extreme & fold, extreme & ~fold
        axis = vectors[fit & is_high].mean(axis=0) - vectors[fit & ~is_high].mean(axis=0)
        found.append(roc_auc_score(is_high[test], vectors[test] @ axis))
    return float(np.mean(found))


def _unlike_neighbours(of: TargetVectors, rows: NDArray[np.intp]) -> float:
    likeness = of.vectors[rows] @ of.vectors[rows].T
    np.fill_diagonal(likeness, -np.inf)
    nearest = np.argsort(-likeness, axis=1)[:, :3]
    return float(np.abs(of.valence[rows][:, None] - of.valence[rows][nearest]).mean())


def _embed(targets: Sequence[StanceTarget], encoder: Encoder) -> list[TargetVectors]:
    heads = load_heads()
    found = []
    for target in targets:
        texts = [post.hidden_text for post in target.posts]
        vectors = encoder.encode(texts)
        mood = heads.score(vectors, texts)
        valence = np.asarray(mood.positive - mood.negative, np.float64)
        found.append(TargetVectors(target, vectors, valence, np.array([post.is_for for post in target.posts])))
    return found


def main() -> None:
    """Embed (about two minutes on one core), then print one row a way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the lab data")
    data: Path = parser.parse_args().data
    encoder = UseEncoder(1)
    all_of = _embed(load_targets(data), encoder)
    names = " ".join(f"{of.target.name.replace('referendum ', '')[:9]:>9}" for of in all_of)
    print(f"{'':56}{names}     mean")
    for name, values in chain(why(all_of), trials(all_of, encoder)):
        print(f"{name:56}{' '.join(f'{value:9.3f}' for value in values)}    {np.mean(values):.3f}", flush=True)


if __name__ == "__main__":
    main()
