"""Posts of both camps to be quoted side by side, and of the middle between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.signals.polarization.camps import find_camps
from pipeline.signals.polarization.division import MIN_POSTS, says_enough
from pipeline.topics.naming.representatives import NEAR_COPY, readability
from pipeline.types import FloatArray, Poles
from pipeline.types.traces import TopicPosts

N_QUOTED = 3
MIN_CAMP_VOICES = 3
MIN_CAMP_SHARE = 0.1
"""Of the declared voices. A camp below either is no pole: two loud posts against everybody are not the other side."""


def poles(posts: TopicPosts) -> Poles | None:
    """Clear posts of the two camps and of those who declare nothing, at most :data:`N_QUOTED` each.

    Each post is one of its author's own declared ones, reads well out of its place, is no near copy of another
    chosen one, and an author is quoted once. The middle are posts of undeclared voices between the camps in meaning.

    Returns
    -------
    ``None`` when division has not enough evidence, or when one camp is too small to be quoted as one.
    """
    distinct = posts.distinct()
    if len(distinct) < MIN_POSTS:
        return None
    camps = find_camps(distinct.traces)
    one, other, _ = camps.counts
    if not says_enough(camps) or min(one, other) < max(MIN_CAMP_VOICES, MIN_CAMP_SHARE * (one + other)):
        return None
    # an author of one camp is not quoted with the post in which they sound like the other
    sides = list(zip(camps.post_sides, camps.voice_sides, strict=True))
    rows = {side: [row for row, found in enumerate(sides) if found == (side, side)] for side in (1, -1)}
    middle = [row for row, side in enumerate(camps.voice_sides) if side == 0]
    if not rows[1] or not rows[-1]:
        return None
    vectors = distinct.embeddings
    between = vectors[rows[1]].mean(axis=0) + vectors[rows[-1]].mean(axis=0)
    near = vectors @ (between / max(float(np.linalg.norm(between)), 1e-9))
    reads = np.array([readability(trace) for trace in distinct.traces])
    return Poles(
        _quote(distinct, rows[1], reads),
        _quote(distinct, rows[-1], reads),
        _quote(distinct, middle, reads + near),
    )


def _quote(posts: TopicPosts, rows: Sequence[int], worth: FloatArray) -> tuple[str, ...]:
    """Ids of the best of these rows, of different authors, without near copies; ties go to the older post."""
    chosen: list[int] = []
    for row in sorted(rows, key=lambda row: (-round(float(worth[row]), 6), posts.traces[row].post_id)):
        author = posts.traces[row].author
        said = any(posts.traces[i].author == author for i in chosen) and author is not None
        if said or any(float(posts.embeddings[row] @ posts.embeddings[i]) >= NEAR_COPY for i in chosen):
            continue
        chosen.append(row)
        if len(chosen) == N_QUOTED:
            break
    return tuple(posts.traces[i].post_id for i in chosen)
