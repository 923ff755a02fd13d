"""From clusters to topics: communities of linked clusters, kept incrementally, ids that last.

A topic is a community of the cluster graph. Nothing is glued for ever: a cluster that links
elsewhere moves, and a topic whose parts have nothing to do with each other any more is split.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.clustering.calibration import Calibration
from pipeline.topics.clustering.centroid_index import CentroidIndex
from pipeline.topics.clustering.cluster_graph import ClusterGraph
from pipeline.topics.clustering.communities import propagate
from pipeline.topics.clustering.post_vectors import unit
from pipeline.topics.clustering.succession import ClusterMove, TopicChanges, TopicMerge, TopicSplit, succeed

MIN_SPLIT_POSTS = 8
MIN_SPLIT_SHARE = 0.1
SPLIT_Z = 6.0
"""Parts without a link stay together while their centres are closer than this: no flicker at the bar."""


def regroup(
    touched: NDArray[np.int64],
    index: CentroidIndex,
    graph: ClusterGraph,
    calibration: Calibration,
    next_number: int,
    now_s: float,
) -> tuple[TopicChanges, int]:
    """Bring communities and topics up to date after ``touched`` rows were linked again.

    ``index.community`` and ``index.topic`` are changed in place. Returns what changed, and
    the next free number.
    """
    # newest first: a new cluster joins an old community, not the other way round
    frontier = touched[::-1].tolist()
    changed = propagate(index.community[: index.n], frontier, lambda row: graph.neighbours(row, index))
    if math.isfinite(graph.rules.join_share):
        changed = sorted({*changed, *_join(touched, index, graph)})
    parted, next_number = _part(touched, index, graph, calibration, next_number)
    rows = np.union1d(np.array(changed, np.int64), parted)
    if not len(rows):
        return TopicChanges(), next_number
    return _renumber(rows, index, next_number, now_s)


def _join(touched: NDArray[np.int64], index: CentroidIndex, graph: ClusterGraph) -> list[int]:
    """Let communities vote as a whole: one that is linked to another nearly as much as in itself becomes part of it.

    The smallest votes first. Returns the rows that changed.
    """
    community = index.community[: index.n]
    changed: list[int] = []
    numbers, sizes = np.unique(community[np.isin(community, community[touched])], return_counts=True)
    for number in numbers[np.argsort(sizes, kind="stable")].tolist():
        rows = np.flatnonzero(community == number)
        _, end, weight = graph.edges_of(rows, index)
        theirs = community[end]
        inside = float(weight[theirs == number].sum())
        others, which = np.unique(theirs[theirs != number], return_inverse=True)
        if not len(others):
            continue
        votes = np.bincount(which, weight[theirs != number])
        best = int(votes.argmax())
        if votes[best] >= graph.rules.join_share * inside:
            community[rows] = others[best]
            changed += rows.tolist()
    return changed


def _part(
    touched: NDArray[np.int64],
    index: CentroidIndex,
    graph: ClusterGraph,
    calibration: Calibration,
    next_number: int,
) -> tuple[NDArray[np.int64], int]:
    """Give parts of a community that nothing links any more a community of their own."""
    community = index.community[: index.n]
    numbers, sizes = np.unique(community[np.isin(community, community[touched])], return_counts=True)
    rows = np.flatnonzero(np.isin(community, numbers[sizes > 1]))
    posts_of = np.bincount(np.searchsorted(numbers, community[rows]), index.n_members[rows], len(numbers))
    rows = rows[posts_of[np.searchsorted(numbers, community[rows])] >= 2 * MIN_SPLIT_POSTS]
    if not len(rows):
        return np.zeros(0, np.int64), next_number
    part = _connected(rows, index, graph)
    parted: list[NDArray[np.int64]] = []
    # what joined a topic on a weak likeness is not thrown out for being only that like
    rules = graph.rules
    split_z = min(SPLIT_Z, rules.attach_z) if rules.lonely_posts >= MIN_SPLIT_POSTS else SPLIT_Z
    for number in np.unique(community[rows]).tolist():
        mine = np.flatnonzero(community[rows] == number)
        parts, where = np.unique(part[mine], return_inverse=True)
        if len(parts) < 2:
            continue
        posts = np.bincount(where, index.n_members[rows[mine]])
        main = int(posts.argmax())
        for one in np.flatnonzero(posts >= max(MIN_SPLIT_POSTS, MIN_SPLIT_SHARE * posts.sum())).tolist():
            if one == main:
                continue
            away = rows[mine[where == one]]
            if _apart(away, rows[mine[where == main]], index, calibration, split_z):
                community[away] = next_number
                next_number += 1
                parted.append(away)
    return (np.concatenate(parted) if parted else np.zeros(0, np.int64)), next_number


def _connected(rows: NDArray[np.int64], index: CentroidIndex, graph: ClusterGraph) -> NDArray[np.int64]:
    """Component number of each of ``rows``, by the links inside their communities."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    place = np.full(index.n, -1)
    place[rows] = np.arange(len(rows))
    start, end, _ = graph.edges_of(rows, index)
    inside = (place[end] >= 0) & (index.community[start] == index.community[end])
    shape = (len(rows), len(rows))
    links = coo_array((np.ones(int(inside.sum())), (place[start[inside]], place[end[inside]])), shape=shape)
    found: NDArray[np.int64] = connected_components(links, directed=False)[1].astype(np.int64)
    return found


def _apart(
    one: NDArray[np.int64],
    other: NDArray[np.int64],
    index: CentroidIndex,
    calibration: Calibration,
    split_z: float,
) -> bool:
    centres = unit(np.stack([index.sums[one].sum(axis=0), index.sums[other].sum(axis=0)]))
    return calibration.z(float(centres[0] @ centres[1])) < split_z


def _renumber(
    rows: NDArray[np.int64],
    index: CentroidIndex,
    next_number: int,
    now_s: float,
) -> tuple[TopicChanges, int]:
    """Topic numbers for the communities that ``rows`` are or were in."""
    topic, cluster, group = (column[: index.n] for column in (index.topic, index.cluster, index.community))
    affected = np.flatnonzero(np.isin(topic, topic[rows]) | np.isin(group, group[rows]))
    before = topic[affected]
    now, merges, splits = succeed(before, group[affected], index.n_members[affected], next_number)
    topic[affected] = now
    moves = tuple(
        ClusterMove(int(cluster[row]), int(old), int(new), int(index.n_posts[row]))
        for row, old, new in zip(affected, before, now, strict=True)
        if old != new
    )
    changes = TopicChanges(
        moves,
        tuple(TopicMerge(old, new, now_s) for old, new in merges),
        tuple(TopicSplit(child, parent, now_s) for child, parent in splits),
    )
    return changes, next_number + len(splits)
