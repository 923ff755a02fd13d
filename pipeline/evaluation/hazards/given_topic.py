"""A stage told at the end which posts belong together: what the rest of the pipeline makes of a perfect grouping."""

from __future__ import annotations

from collections import Counter
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

GroupOf = Callable[[str], str | None]
"""The given topic of a post, by its id; ``None``: it is left where it is."""


class GivenTopicStage(TopicStage):
    """Follows a stream as usual; the last measurement sees the posts of each given topic together.

    Clusters are moved whole, each by the majority of its posts, so a given post that sits among strangers stays there.

    Parameters
    ----------
    memory, reporter, judge, settings
        As for :class:`TopicStage`.
    group_of
        Which posts belong together.
    """

    def __init__(
        self,
        memory: TopicMemory,
        reporter: TopicReporter,
        judge: BrandJudge,
        settings: ReportSettings,
        group_of: GroupOf,
    ) -> None:
        super().__init__(memory, reporter, judge, settings)
        self._group_of = group_of

    def finish(self, changes: Changes) -> None:
        """The last reports and verdicts, after the given topics are put together."""
        self._regroup(self._put_together(), changes)
        super().finish(changes)

    def _put_together(self) -> TopicChanges:
        tracker = self.memory.tracker
        topic, cluster = tracker.index.topic[: tracker.index.n], tracker.index.cluster[: tracker.index.n]
        moves: list[ClusterMove] = []
        new_of: dict[str, int] = {}
        for row, number in enumerate(cluster.tolist()):
            group = self._mostly(number)
            if group is None:
                continue
            if group not in new_of:
                new_of[group] = _new_number(tracker)
            n_posts = len(self.memory.recent.traces_of(number))
            moves.append(ClusterMove(number, int(topic[row]), new_of[group], n_posts))
            topic[row] = new_of[group]
        left = set(np.unique(topic).tolist())
        last_new = {move.old: move.new for move in moves}
        gone = sorted(old for old in last_new if old not in left)
        return TopicChanges(tuple(moves), tuple(TopicMerge(old, last_new[old], tracker.clock_s) for old in gone))

    def _mostly(self, cluster: int) -> str | None:
        """The given topic that most posts of a cluster belong to, if there is one."""
        traces = self.memory.recent.traces_of(cluster)
        groups = Counter(group for trace in traces if (group := self._group_of(trace.post_id)) is not None)
        group, n = groups.most_common(1)[0] if groups else (None, 0)
        return group if 2 * n > len(traces) else None


def _new_number(tracker: TopicTracker) -> int:
    tracker.next_number += 1
    return tracker.next_number - 1
