"""Where topics and facets are compared: centred, and without the direction that tells Italian from English.

An encoder puts a sentence and its translation near each other, not in one place: what is left between them points
the same way for every subject. Removed, a profile in one language ranks topics of the other as those of its own.
Source: Libovický, Rosa & Fraser 2020, "On the Language Neutrality of Pre-trained Multilingual Representations".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.topics.clustering.post_vectors import unit
from pipeline.types import FloatArray


@dataclass(frozen=True)
class SharedSpace:
    """``mean`` ``(d,) float32`` is taken from embeddings, then what is along ``language`` ``(d,)``, of norm 1 or 0."""

    mean: FloatArray
    language: FloatArray

    def place(self, embeddings: FloatArray) -> FloatArray:
        """``(n, d) float32``, L2-normalised, of embeddings ``(n, d)`` as the encoder gave them, or means of such.

        Examples
        --------
        >>> space = SharedSpace(np.zeros(2, np.float32), np.array([0, 1], np.float32))
        >>> space.place(np.array([[0.6, 0.8]], np.float32)).tolist()
        [[1.0, 0.0]]
        """
        centred: FloatArray = embeddings - self.mean
        along: FloatArray = (centred @ self.language)[:, None] * self.language
        return unit((centred - along).astype(np.float32))


def learn_space(english: FloatArray, italian: FloatArray) -> SharedSpace:
    """From the same subjects said in both languages: embeddings ``(n, d)`` each, row by row.

    The two languages weigh the same in the mean, whatever the stream speaks.

    Examples
    --------
    >>> learn_space(np.array([[1, 0]], np.float32), np.array([[1, 2]], np.float32)).language.tolist()
    [0.0, 1.0]
    """
    ours, theirs = english.mean(axis=0), italian.mean(axis=0)
    direction = unit((theirs - ours)[None].astype(np.float32))[0]
    return SharedSpace(((ours + theirs) / 2).astype(np.float32), direction)
