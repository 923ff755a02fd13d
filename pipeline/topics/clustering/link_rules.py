"""How readily clusters become one topic, at each granularity."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class LinkRules:
    """Bounds of the cluster graph.

    Parameters
    ----------
    event_weight
        Weakest event edge: share of the words' cosine in surprising terms, times similarity in σ.
    dominant_share
        From which share of recent posts a term counts as surprising though the stream has no past to
        compare with. Infinite: never, because what everybody says in a stream about one subject
        would make it one topic.
    attach_z
        How many σ above unrelated a cluster that nothing links must be to follow the most similar one
        around.
    lonely_posts
        Only clusters of so few posts follow another one; a larger one is a story of its own.
    anchor_posts
        And they follow only clusters of so many.
    attach_by_words
        Whether those that are left follow the one with which they share most surprising words.
    join_share
        A community whose links to another one weigh this share of those that hold it together becomes part of it.
    """

    event_weight: float
    dominant_share: float
    attach_z: float
    lonely_posts: float
    anchor_posts: int
    attach_by_words: bool = False
    join_share: float = math.inf


LINK_RULES = {
    "fine": LinkRules(0.4, math.inf, math.inf, 0, 1),
    "normal": LinkRules(0.05, math.inf, 5.0, 1, 5),
    "coarse": LinkRules(0.05, 0.1, 2.0, math.inf, 1, attach_by_words=True, join_share=0.5),
}
