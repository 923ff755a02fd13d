"""Heat: how negative and insulting a topic is, whoever is right.

The mean over distinct posts of (P(negative) + P(offensive)) / 2. Separates contested from
everyday hashtags; says nothing about *two camps* (that is division), and disasters look
hot too, which is why hazards are judged before heat.
"""

from __future__ import annotations

import numpy as np

from pipeline.polarization.author_bootstrap import bootstrap_mean
from pipeline.topics.recent_posts import PostTrace, TopicPosts
from pipeline.types import Score

MIN_POSTS = 10
METHOD = "heat-mean/1"


class Heat:
    """Unit: share in [0, 1]. Below ``MIN_POSTS`` distinct posts: not enough evidence."""

    def __init__(self) -> None:
        self._traces: list[PostTrace] = []

    def update(self, posts: TopicPosts) -> None:
        self._traces += [trace for trace in posts.traces if not trace.is_copy]

    def get(self) -> Score | None:
        if len(self._traces) < MIN_POSTS:
            return None
        values = np.array([(trace.negative + trace.offensive) / 2 for trace in self._traces])
        return bootstrap_mean(values, [trace.author for trace in self._traces], METHOD)
