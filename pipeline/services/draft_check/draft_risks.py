"""What the copy of a post does wrong by its meaning: linear heads fitted on few sentences, each with its own line.

The hazard heads are made for hundreds of sentences each; here are some dozens. Regularised least squares with both
classes weighing the same needs no more, and gives in closed form what each head says of a sentence that was left out.
The line between quiet and loud lies where :data:`QUIET_SHARE` of the harmless sentences, left out, stay quiet. A
sentence is left out together with its counterpart in the other language, which would give it away.

Source: Rifkin & Lippert, "Notes on Regularized Least Squares", 2007 (leave-one-out in closed form).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.enrich.encoders.encoder import Encoder
from pipeline.enrich.hazards.seeds import HazardSeeds
from pipeline.text.phrases import PhraseTable, a_bit_each, numbers
from pipeline.text.words import clean, folded_words
from pipeline.types import FloatArray

RIDGE = 1.0
QUIET_SHARE = 0.98
LINE = 0.5
"""Where the strength of every risk crosses from quiet to loud, whatever its head's own numbers are."""


class DraftRisks:
    """Strength of every risk in a text. Build it with :func:`fit_draft_risks`; it never changes.

    Attributes
    ----------
    names
        One a column of :meth:`score`.
    left_out
        ``(n, h) float64``: strengths of the sentences it was fitted on, each as if it had been left out.
    owners
        ``(n,)``: the column each of those sentences stands for; -1: harmless.
    """

    def __init__(
        self,
        seeds: HazardSeeds,
        weights: NDArray[np.float64],
        lines: NDArray[np.float64],
        left_out: NDArray[np.float64],
        owners: NDArray[np.int64],
    ) -> None:
        self.names = tuple(hazard.name for hazard in seeds.hazards)
        self.left_out = _strengths(left_out, lines)
        self.owners = owners
        self._weights = weights
        self._lines = lines
        self._strong = PhraseTable(a_bit_each(hazard.strong for hazard in seeds.hazards), folded_words)

    def score(self, embeddings: FloatArray, texts: Sequence[str]) -> FloatArray:
        """``(n, h) float32`` strengths in [0, 1] of clean ``texts``; a strong phrase is at the line by itself.

        Parameters
        ----------
        embeddings
            ``(n, d) float32``, L2-normalised, of the same texts.
        """
        strengths = _strengths(_with_constant(embeddings) @ self._weights, self._lines)
        for row, text in zip(strengths, texts, strict=True):
            for column in numbers(self._strong.find(folded_words(text))):
                row[column] = max(row[column], LINE)
        return np.asarray(strengths, np.float32)


def fit_draft_risks(seeds: HazardSeeds, encoder: Encoder) -> DraftRisks:
    """Fit one head a risk on the example sentences (a tenth of a second, and their embedding).

    Sentences of related risks are neither for nor against a head.
    """
    texts = [text for hazard in seeds.hazards for text in hazard.texts] + list(seeds.negatives)
    sizes = [len(hazard.texts) for hazard in seeds.hazards]
    owners = np.repeat([*range(len(sizes)), -1], [*sizes, len(seeds.negatives)]).astype(np.int64)
    rows = _with_constant(encoder.encode([clean(text) for text in texts]))
    pairs = _pairs([(hazard.en, hazard.it) for hazard in seeds.hazards], seeds)
    names = [hazard.name for hazard in seeds.hazards]
    weights = np.zeros((rows.shape[1], len(names)))
    left_out = np.zeros((len(rows), len(names)))
    for column, hazard in enumerate(seeds.hazards):
        related = [names.index(name) for name in hazard.related]
        used = ~np.isin(owners, related)
        weights[:, column], left_out[used, column] = _fit(rows[used], owners[used] == column, pairs[used])
        left_out[~used, column] = rows[~used] @ weights[:, column]
    lines = np.quantile(left_out[owners < 0], QUIET_SHARE, axis=0)
    return DraftRisks(seeds, weights, lines, left_out, owners)


def _pairs(groups: Sequence[tuple[Sequence[str], Sequence[str]]], seeds: HazardSeeds) -> NDArray[np.int64]:
    """Which sentences are left out together: the i-th of a list with the i-th of its other language."""
    groups = [*groups, (seeds.traps.en, seeds.traps.it), (seeds.everyday.en, seeds.everyday.it)]
    starts = np.cumsum([0, *(max(len(en), len(it)) for en, it in groups)])
    return np.concatenate(
        [start + np.arange(len(one)) for start, both in zip(starts[:-1], groups, strict=True) for one in both]
    )


def _fit(
    rows: NDArray[np.float64], positive: NDArray[np.bool_], pairs: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Weights ``(d + 1,)``, and what the head says of each row left out with its pair: the errors are those of the
    fit, times (1 − H)⁻¹ of the pair's block of the hat matrix H."""
    target = np.where(positive, 1.0, -1.0)
    weight = np.where(positive, 0.5 / positive.sum(), 0.5 / (~positive).sum()) * len(rows)
    penalty = np.full(rows.shape[1], RIDGE)
    penalty[-1] = 1e-3  # the constant is not shrunk
    inverse = np.linalg.inv((rows * weight[:, None]).T @ rows + np.diag(penalty))
    weights: NDArray[np.float64] = inverse @ (rows.T @ (weight * target))
    hat = rows @ inverse @ (rows * weight[:, None]).T
    errors = target - rows @ weights
    left_out = np.empty(len(rows))
    for pair in np.unique(pairs):
        block = np.flatnonzero(pairs == pair)
        outside = np.linalg.solve(np.eye(len(block)) - hat[np.ix_(block, block)], errors[block])
        left_out[block] = target[block] - outside
    return weights, left_out


def _strengths(said: NDArray[np.float64], lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Onto [0, 1], each head's line at ``LINE``."""
    return 1.0 / (1.0 + np.exp(-3.0 * (said - lines)))


def _with_constant(embeddings: FloatArray) -> NDArray[np.float64]:
    return np.hstack([embeddings.astype(np.float64), np.ones((len(embeddings), 1))])
