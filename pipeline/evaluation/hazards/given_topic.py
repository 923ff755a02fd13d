"""A stage told at the end which posts are one topic: what the rest of the pipeline makes of a perfect grouping."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from configs.settings import ReportSettings
from pipeline.topics.clustering.succession import ClusterMove, TopicChanges, TopicMerge
from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.topics.memory.topic_memory import TopicMemory
from pipeline.track.brand_judge import BrandJudge
from pipeline.track.reporter import TopicReporter
from pipeline.track.stage import TopicStage
from pipeline.track.write_batch import Changes

IsGiven = Callable[[str], bool]
"""Whether a post id belongs to the given topic."""


class GivenTopicStage(TopicStage):
    """Follows a stream as usual; the last measurement sees the given posts as one topic.

    Clusters are moved whole, each by the majority of its posts, so a given post that sits among strangers stays there.

    Parameters
    ----------
    memory, reporter, judge, settings
        As for :class:`TopicStage`.
    is_given
        Tells by its id whether a post belongs to the topic.
    """

    def __init__(
        self,
        memory: TopicMemory,
        reporter: TopicReporter,
        judge: BrandJudge,
        settings: ReportSettings,
        is_given: IsGiven,
    ) -> None:
        super().__init__(memory, reporter, judge, settings)
        self._is_given = is_given

    def finish(self, changes: Changes) -> None:
        """The last reports and verdicts, after the given topic is put together."""
        self._regroup(self._put_together(), changes)
        super().finish(changes)

    def _put_together(self) -> TopicChanges:
        tracker = self.memory.tracker
        topic, cluster = tracker.index.topic[: tracker.index.n], tracker.index.cluster[: tracker.index.n]
        n_posts = {int(number): len(self.memory.recent.traces_of(int(number))) for number in cluster}
        rows = [row for row, number in enumerate(cluster.tolist()) if self._mostly_given(number)]
        if not rows:
            return TopicChanges()
        new = _new_number(tracker)
        moves = tuple(ClusterMove(int(cluster[row]), int(topic[row]), new, n_posts[int(cluster[row])]) for row in rows)
        topic[rows] = new
        left = set(np.unique(topic).tolist())
        gone = sorted({move.old for move in moves} - left)
        return TopicChanges(moves, tuple(TopicMerge(old, new, tracker.clock_s) for old in gone))

    def _mostly_given(self, cluster: int) -> bool:
        traces = self.memory.recent.traces_of(cluster)
        return 2 * sum(self._is_given(trace.post_id) for trace in traces) > len(traces)


def _new_number(tracker: TopicTracker) -> int:
    tracker.next_number += 1
    return tracker.next_number - 1
