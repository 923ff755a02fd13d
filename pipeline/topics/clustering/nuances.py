"""Sub-conversations of a topic: groups of its posts that are closer to each other than to the rest.

Average-linkage agglomerative clustering of the topic's recent posts (at most a few
hundred), cut where it gives a handful of groups.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.topics.clustering.post_vectors import unit
from pipeline.types import FloatArray
from pipeline.types.traces import TopicPosts

MAX_GROUPS = 8
MIN_GROUP_POSTS = 6
MIN_GROUP_SHARE = 0.06
MIN_TOPIC_POSTS = 2 * MIN_GROUP_POSTS


def sub_conversations(posts: TopicPosts, lexical: FloatArray) -> list[NDArray[np.int64]]:
    """Row numbers of each sub-conversation, largest first; none in a small or uniform topic.

    Parameters
    ----------
    posts
        Posts of one topic, without copies.
    lexical
        ``(n, l) float32`` lexical vectors of the same posts.
    """
    if len(posts) < MIN_TOPIC_POSTS:
        return []
    from scipy.cluster.hierarchy import fcluster, linkage

    centred = unit(posts.embeddings - posts.embeddings.mean(axis=0))
    vectors = unit(np.hstack([centred, unit(lexical - lexical.mean(axis=0))]))
    tree = linkage(vectors, method="average", metric="euclidean")
    group = fcluster(tree, t=MAX_GROUPS, criterion="maxclust")
    needed = max(MIN_GROUP_POSTS, int(np.ceil(MIN_GROUP_SHARE * len(posts))))
    found = [np.flatnonzero(group == number) for number in np.unique(group)]
    large = [rows for rows in found if needed <= len(rows) < len(posts)]
    return sorted(large, key=lambda rows: (-len(rows), int(rows[0])))
