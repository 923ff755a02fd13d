"""How much of a topic everyday concepts explain: the denominator of the evidence for a brand.

The log-softmax of a brand's facets against a bank of concepts asks whether the topic is nearer to the brand than to
everything else there is. Unlike a z-score it is in the same unit for every brand.
Source: the NCE view of softmax classifiers (Gutmann & Hyvärinen 2010).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray

Values = NDArray[np.float64]
MIN_TEMPERATURE = 1e-3


class ConceptEvidence:
    """A bank of concepts in the space where topics and facets are compared.

    Parameters
    ----------
    concepts
        ``(n, d) float32``, L2-normalised; two or more.

    Notes
    -----
    ``temperature`` is the spread (σ) of the cosines between different concepts: a step that chance makes counts as one.
    It is measured on the bank, not chosen.

    Raises
    ------
    ValueError
        Fewer than two concepts.
    """

    def __init__(self, concepts: FloatArray) -> None:
        import faiss

        if len(concepts) < 2:
            raise ValueError(f"a bank of {len(concepts)} concepts has no spread; give two or more")
        self._index: Any = faiss.IndexFlatIP(concepts.shape[1])
        self._index.add(np.ascontiguousarray(concepts, np.float32))
        between = self._cosines(concepts)
        others = ~np.eye(len(concepts), dtype=bool)
        self.temperature = max(float(between[others].std()), MIN_TEMPERATURE)
        # a concept is no competitor of itself: else the bank would look better explained than any real topic
        np.fill_diagonal(between, -np.inf)
        self.of_concepts: Values = _log_sum(between / self.temperature) - np.log(len(concepts) - 1)

    def mass(self, placed: FloatArray) -> Values:
        """``(n,) float64``: log of the mean of ``exp(cosine / temperature)`` over concepts, for vectors ``(n, d)``."""
        mass: Values = _log_sum(self._cosines(placed) / self.temperature) - np.log(self._index.ntotal)
        return mass

    def evidence(self, similarities: Values, weights: Values, mass: Values) -> Values:
        """``(n,) float64``: log-odds of one brand against the concepts.

        Parameters
        ----------
        similarities
            ``(n, f)`` cosines of the brand's facets.
        weights
            ``(f,)`` of the facets; they count as shares.
        mass
            ``(n,)`` of the concepts.
        """
        log_odds: Values = _log_sum(similarities / self.temperature + np.log(weights / weights.sum())) - mass
        return log_odds

    def _cosines(self, placed: FloatArray) -> Values:
        """``(n, concepts) float64`` in the order of the bank."""
        out = np.zeros((len(placed), self._index.ntotal), np.float32)
        if len(placed):
            scores, found = self._index.search(np.ascontiguousarray(placed, np.float32), self._index.ntotal)
            np.put_along_axis(out, found, scores, axis=1)
        return out.astype(np.float64)


def _log_sum(values: Values) -> Values:
    """Row by row ``log Σ exp``, without overflow."""
    top = values.max(axis=1, keepdims=True)
    result: Values = top[:, 0] + np.log(np.exp(values - top).sum(axis=1))
    return result
