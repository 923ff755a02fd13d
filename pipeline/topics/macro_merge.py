"""Clusters that are one conversation become one topic: mutual nearest neighbours, merged.

The bar is far above the one for posts, because a centre is an average: two centres of
different topics are more alike than two posts of different topics (measured: merging at
the posts' threshold joins everything).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.calibration import Calibration
from pipeline.topics.centroid_index import CentroidIndex
from pipeline.topics.post_vectors import unit

MERGE_Z = 10.0
MIN_MASS = 2.0
"""Smaller clusters are not merged: their centre is not an average yet."""


@dataclass(frozen=True)
class TopicMerge:
    """Topic number ``old`` is part of ``new`` from event time ``at_s`` on."""

    old: int
    new: int
    at_s: float


def find_merges(index: CentroidIndex, calibration: Calibration, now_s: float) -> tuple[TopicMerge, ...]:
    """Topics to merge at ``now_s``, in order; the larger one keeps its number, the older one on a tie."""
    live = index.topic[: index.n]
    numbers, group = np.unique(live, return_inverse=True)
    mass: NDArray[np.float64] = np.bincount(group, index.mass[: index.n], len(numbers)).astype(np.float64)
    large = np.flatnonzero(mass >= MIN_MASS)
    if len(large) < 2:
        return ()
    place = np.full(len(numbers), -1)
    place[large] = np.arange(len(large))
    numbers, mass = numbers[large], mass[large]
    sums = np.zeros((len(large), index.dimension), np.float32)
    member = np.flatnonzero(place[group] >= 0)
    np.add.at(sums, place[group[member]], index.sums[member])
    pairs = _merge_rounds(numbers, mass, sums, calibration.threshold(MERGE_Z))
    return tuple(TopicMerge(old, new, now_s) for old, new in pairs)


def _merge_rounds(
    numbers: NDArray[np.int64], mass: NDArray[np.float64], sums: NDArray[np.float32], threshold: float
) -> list[tuple[int, int]]:
    """(old, new) topic numbers."""
    merges: list[tuple[int, int]] = []
    alive = np.arange(len(numbers))
    while len(alive) > 1:
        centres = unit(sums[alive])
        similarity = centres @ centres.T
        np.fill_diagonal(similarity, -1.0)
        nearest = similarity.argmax(axis=1)
        here = np.arange(len(alive))
        mutual = (nearest[nearest] == here) & (here < nearest) & (similarity[here, nearest] >= threshold)
        if not mutual.any():
            break
        gone: list[int] = []
        for i in np.flatnonzero(mutual):
            one, other = int(alive[i]), int(alive[nearest[i]])
            if (mass[other], -numbers[other]) > (mass[one], -numbers[one]):
                one, other = other, one
            sums[one] += sums[other]
            mass[one] += mass[other]
            merges.append((int(numbers[other]), int(numbers[one])))
            gone.append(other)
        alive = np.setdiff1d(alive, gone)
    return merges
