"""Which topics are read again when a profile changes, and what is said of those that are not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import pytest

from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.topics.memory.ledger import Ledger
from pipeline.topics.memory.recent_posts import RecentPosts
from pipeline.topics.memory.topic_background import TopicBackground
from pipeline.topics.memory.topic_memory import TopicMemory
from tests.demo_shard import make_trace


@dataclass
class OneTopic:
    """A tracker of one topic with one cluster."""

    def clusters_by_topic(self) -> dict[int, list[int]]:
        return {7: [1]}


@pytest.mark.parametrize(
    ("n_remembered", "asked", "again"), [(10, "t7", True), (5, "t7", True), (4, "t7", False), (10, "t8", False)]
)
def test_only_topics_whose_posts_are_mostly_remembered(n_remembered: int, asked: str, again: bool) -> None:
    ledger, recent = Ledger(), RecentPosts(4)
    for i in range(10):
        trace = make_trace(i)
        ledger.count(7, trace, 600)
        if i >= 10 - n_remembered:
            recent.append(trace, np.ones(4, np.float32) / 2)
    ledger.entry(7).measured_at_posts = 10
    memory = TopicMemory(cast(TopicTracker, OneTopic()), ledger, recent, TopicBackground(4))
    memory.look_again({asked})
    assert (ledger.entry(7).measured_at_posts == 0) is again
