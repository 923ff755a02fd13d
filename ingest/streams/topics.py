"""The topics of one deployment: their names and how long each keeps its records."""

from __future__ import annotations

import msgspec

POSTS = "posts.v1"
ENRICHED = "enriched.v1"
DEAD_LETTERS = "posts.dlq.v1"
CONNECTOR_STATE = "connector.state.v1"

_DAY_S = 86_400


class TopicPolicy(msgspec.Struct, frozen=True):
    """How a topic is laid out and what it forgets.

    ``partitions`` ``None`` takes the number from the settings; ``retention_s`` ``None``
    leaves it to the broker; ``compact`` keeps the latest record of each key for good.
    """

    partitions: int | None = 1
    retention_s: int | None = None
    compact: bool = False


TOPIC_POLICIES: dict[str, TopicPolicy] = {
    POSTS: TopicPolicy(partitions=None, retention_s=7 * _DAY_S),
    # One owner cuts topics in one order: the shard's records stay in one partition.
    ENRICHED: TopicPolicy(retention_s=_DAY_S),
    # Raw input, so posts deleted at their origin are in it: kept short.
    DEAD_LETTERS: TopicPolicy(retention_s=3 * _DAY_S),
    CONNECTOR_STATE: TopicPolicy(compact=True),
}
