"""What people ask in a topic: questions that mean the same, by one of them each.

The largest neighbourhood first: the question with most others within a threshold speaks for them,
they leave, and so on (Daura et al., "Peptide folding: when simulation meets experiment",
Angewandte Chemie 1999, the clustering known as "gromos"). It needs no number of groups, gives a
real question as representative, and depends on the order of the posts only for ties.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.clustering.post_vectors import unit
from pipeline.types import FloatArray

SAME_QUESTION = 0.3
"""Cosine of two questions, after the topic's own centre is taken out, from which they ask the same."""


def question_groups(questions: FloatArray, centre: FloatArray) -> list[NDArray[np.intp]]:
    """Rows of each group, its representative first, largest group first.

    Parameters
    ----------
    questions
        ``(q, d) float32``, L2-normalised.
    centre
        ``(d,) float32``, mean of the topic's posts: what all of them share separates no questions.

    Examples
    --------
    >>> rows = unit(np.array([[1, 0, 0.1], [1, 0, 0], [1, 0.1, 0], [0, 1, 0]], np.float32))
    >>> [group.tolist() for group in question_groups(rows, np.zeros(3, np.float32))]
    [[1, 0, 2], [3]]
    """
    if not len(questions):
        return []
    vectors = unit(questions - centre)
    cosine = vectors @ vectors.T
    np.fill_diagonal(cosine, 1.0)
    near = cosine >= SAME_QUESTION
    left = np.ones(len(vectors), np.bool_)
    groups: list[NDArray[np.intp]] = []
    while left.any():
        among = near & left & left[:, None]
        sizes = among.sum(axis=1)
        # of equally large neighbourhoods the closest-knit one
        tight = np.where(among, cosine, 0.0).sum(axis=1)
        best = int(np.lexsort((-tight, -sizes))[0])
        if sizes[best] <= 1:
            groups += [np.array([row]) for row in np.flatnonzero(left)]
            break
        members = np.flatnonzero(among[best])
        groups.append(members[np.argsort(-cosine[best, members], kind="stable")])
        left[members] = False
    return groups
