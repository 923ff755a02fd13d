"""Single-pass online clustering with a threshold that calibrates itself, and topics over it.

Each post joins the nearest live cluster if it is more than ``CLUSTER_Z`` σ closer than
unrelated posts are to each other, otherwise it opens a new cluster. These clusters are
small and pure; which of them are one topic is decided, and decided again as the stream
goes on, on the graph that links them (`cluster_graph`, `grouping`).

The result does not depend on how the stream is cut into batches: within a block each
post sees all posts before it, and everything periodic happens at fixed arrival numbers.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.errors import StateMismatch
from configs.settings import TopicSettings
from pipeline.topics.clustering.assignment import Choices, PostColumns
from pipeline.topics.clustering.block_search import BlockSearch
from pipeline.topics.clustering.calibration import CLUSTER_Z, Calibration, Reservoir
from pipeline.topics.clustering.centroid_index import CentroidIndex
from pipeline.topics.clustering.cluster_graph import ClusterGraph
from pipeline.topics.clustering.copies import Copies
from pipeline.topics.clustering.encoder_view import EncoderView, ViewScalars
from pipeline.topics.clustering.grouping import regroup
from pipeline.topics.clustering.link_rules import LINK_RULES
from pipeline.topics.clustering.post_vectors import Background, PostVectors
from pipeline.topics.clustering.running_mean import RunningMean
from pipeline.topics.clustering.succession import TopicChanges
from pipeline.topics.clustering.term_profiles import TermProfiles
from pipeline.types import FloatArray
from pipeline.types.state import NamedArray, StatePart, StoredState

BLOCK_POSTS = 64
"""One matrix product serves this many arrivals; also the grid of everything periodic."""

LINK_POSTS = 4 * BLOCK_POSTS
"""Clusters are linked and topics brought up to date after so many arrivals …"""

LINK_S = 1800.0
"""… or when so much event time has passed, so that a slow stream is not behind for days."""

RESERVOIR_POSTS = 1024


class _Scalars(msgspec.Struct, frozen=True):
    """JSON has no infinity: a clock that has not started is unknown."""

    n_arrivals: int
    n_unlinked: int
    next_number: int
    tracker_clock_s: float | None
    linked_s: float | None
    encoder_id: str
    """Which encoder read the last post."""
    views: tuple[ViewScalars, ...]


class TopicTracker:
    """Assigns posts to topics. One owner per shard; the whole memory is exportable.

    Parameters
    ----------
    background
        Mean and calibration to start from, before the stream has taught its own.
    settings
        Granularity, half-life, expiry and bounds.
    student
        The same of the student that may take over (:meth:`read_by`).
    """

    def __init__(self, background: Background, settings: TopicSettings, student: Background | None = None) -> None:
        self._settings = settings
        rules = LINK_RULES[settings.granularity]
        self.vectors = PostVectors(background, rules.dominant_share)
        self.index = CentroidIndex(self.vectors.dimension)
        self.profiles = TermProfiles()
        self.graph = ClusterGraph(rules)
        self.copies = Copies()
        self.views = [self._view(background, self.vectors.own)]
        if student is not None:
            self.views.append(self._view(student, RunningMean(student.mean)))
        self.view = self.views[0]
        self.encoder_id = background.encoder_id
        self.touched: set[int] = set()
        self.n_arrivals = 0
        self.n_unlinked = 0
        self.clock_s = float("-inf")
        self.linked_s = float("-inf")
        self.next_number = 1

    def _view(self, background: Background, mean: RunningMean) -> EncoderView:
        reservoir = Reservoir(RESERVOIR_POSTS, self.vectors.dimension, self._settings.seed)
        return EncoderView(background.encoder_id, mean, reservoir, background.calibration)

    @property
    def calibration(self) -> Calibration:
        """The scale of the encoder that reads now."""
        return self.view.calibration

    def read_by(self, encoder_id: str) -> None:
        """The posts that follow were read by this encoder: from here on its mean and its thresholds hold.

        Raises
        ------
        StateMismatch
            It is neither the encoder of this tracker nor its student.
        """
        view = next((view for view in self.views if view.encoder_id == encoder_id), None)
        if view is None:
            known = " and ".join(f"'{view.encoder_id}'" for view in self.views)
            raise StateMismatch(f"posts were read by encoder '{encoder_id}', these topics know {known}")
        self.view = view
        self.vectors.reader = view.mean
        self.encoder_id = encoder_id

    def assign(self, posts: PostColumns) -> Choices:
        """Assign posts in order; what happened to topics on the way is part of the result."""
        return Choices.joined(list(self.follow(posts)))

    def follow(self, posts: PostColumns) -> Iterator[Choices]:
        """Assign posts in order, in stretches; the changes of a stretch come after its posts."""
        posts = posts.not_before(self.clock_s)
        start = 0
        while start < len(posts):
            changes = self._link_if_time(float(posts.at_s[start]))
            if changes:
                yield Choices.of(0, changes)
            stop = self._block_end(posts.at_s, start)
            choices = Choices.of(stop - start)
            self._assign_block(posts.cut(start, stop), choices)
            self.clock_s = float(posts.at_s[stop - 1])
            self.n_arrivals += stop - start
            self.n_unlinked += stop - start
            if self.n_arrivals % BLOCK_POSTS == 0:
                self._close_block()
                if self.n_unlinked >= LINK_POSTS:
                    choices = replace(choices, changes=self._link())
            yield choices
            start = stop

    def _block_end(self, at_s: NDArray[np.float64], start: int) -> int:
        """Where the block that begins at ``start`` ends: at the grid, or before a post for which to link first."""
        stop = min(len(at_s), start + BLOCK_POSTS - self.n_arrivals % BLOCK_POSTS)
        late = np.flatnonzero(at_s[start + 1 : stop] >= self.linked_s + LINK_S)
        return start + 1 + int(late[0]) if len(late) else stop

    def _link_if_time(self, at_s: float) -> TopicChanges:
        if at_s < self.linked_s + LINK_S:
            return TopicChanges()
        changes = self._link() if self.n_unlinked else TopicChanges()
        self.linked_s = at_s
        return changes

    def live_topics(self) -> NDArray[np.int64]:
        """Numbers of the topics that can still take posts, ascending."""
        return np.unique(self.index.topic[: self.index.n])

    def clusters_by_topic(self) -> dict[int, NDArray[np.int64]]:
        """Numbers of the live clusters of every live topic, ascending."""
        cluster, topic = self.index.cluster[: self.index.n], self.index.topic[: self.index.n]
        order = np.argsort(topic, kind="stable")
        topics, starts = np.unique(topic[order], return_index=True)
        return dict(zip(topics.tolist(), np.split(cluster[order], starts[1:]), strict=True))

    def forget_post(self, post_id: str) -> None:
        """Nothing: what posts left in centres, samples and counts of words is not told apart."""

    def forget_author(self, author: int, until_s: float) -> Collection[str]:
        """Nothing, as in :meth:`forget_post`: no author is known here."""
        return ()

    def state(self) -> StatePart:
        """Everything needed to continue elsewhere."""
        scalars = _Scalars(
            n_arrivals=self.n_arrivals,
            n_unlinked=self.n_unlinked,
            next_number=self.next_number,
            tracker_clock_s=self.clock_s if math.isfinite(self.clock_s) else None,
            linked_s=self.linked_s if math.isfinite(self.linked_s) else None,
            encoder_id=self.encoder_id,
            views=tuple(view.scalars() for view in self.views),
        )
        touched = NamedArray("touched", np.array(sorted(self.touched), np.int64))
        views = (array for place, view in enumerate(self.views) for array in view.arrays(place))
        return StatePart((touched, *views), (scalars,)).with_parts(part.state() for part in self._parts())

    def restore(self, stored: StoredState) -> None:
        """Continue from what was stored; what a student had learned that this run does not have is left out."""
        for part in self._parts():
            part.restore(stored)
        scalars = stored.scalars(_Scalars)
        self.touched = set(stored.array("touched").tolist())
        self.n_arrivals, self.n_unlinked = scalars.n_arrivals, scalars.n_unlinked
        self.next_number = scalars.next_number
        self.clock_s = -math.inf if scalars.tracker_clock_s is None else scalars.tracker_clock_s
        self.linked_s = -math.inf if scalars.linked_s is None else scalars.linked_s
        known = {view.encoder_id: view for view in self.views}
        for place, kept in enumerate(scalars.views):
            if kept.encoder_id in known:
                known[kept.encoder_id].restore(stored, place, kept)
        if scalars.encoder_id in known:
            self.read_by(scalars.encoder_id)
        # also when that student is gone: the next post then is a change of encoders, and is recorded as one
        self.encoder_id = scalars.encoder_id

    def _parts(self) -> tuple[CentroidIndex | TermProfiles | ClusterGraph | Copies | PostVectors, ...]:
        return self.index, self.profiles, self.graph, self.copies, self.vectors

    def _assign_block(self, posts: PostColumns, choices: Choices) -> None:
        vectors, terms = self.vectors.learn(posts.embeddings, posts.token_lists)
        search = BlockSearch(self.index, vectors)
        threshold = self.calibration.threshold(CLUSTER_Z)
        fresh: list[int] = []
        for i, vector in enumerate(vectors):
            at_s = float(posts.at_s[i])
            original = self.copies.cluster_of(int(posts.text_hashes[i]))
            slot = None if original is None else self.index.slot_of(original)
            if slot is not None:
                self.index.touch(slot, at_s)
                choices.similarity[i], choices.is_copy[i] = 1.0, True
            else:
                slot, best = search.nearest(i)
                if slot >= 0 and best >= threshold:
                    self.index.update(slot, vector, at_s, self._settings.half_life_s)
                    choices.similarity[i] = best
                else:
                    slot = self._open(vector, at_s)
                search.changed(slot)
                self.profiles.learn(slot, *terms.of(i))
                self.copies.remember(int(posts.text_hashes[i]), int(self.index.cluster[slot]))
                fresh.append(i)
            choices.cluster[i] = self.index.cluster[slot]
            choices.topic[i] = self.index.topic[slot]
            self.touched.add(int(self.index.cluster[slot]))
        self.view.reservoir.offer(vectors[fresh])

    def _open(self, vector: FloatArray, at_s: float) -> int:
        slot = self.index.add(vector, at_s, self.next_number)
        self.profiles.add()
        self.graph.add()
        self.next_number += 1
        return slot

    def _close_block(self) -> None:
        self.vectors.close_block(self.clock_s)
        for view in self.views:
            view.close_block(reading=view is self.view)
        if self.view.scale_grew_up():
            # what was linked before was measured with the scale of too few posts, and may never be touched again
            self.touched.update(self.index.cluster[: self.index.n].tolist())

    def _link(self) -> TopicChanges:
        """Link the clusters that took posts since the last time, and bring topics up to date."""
        rows, live = self.index.rows_of(np.array(sorted(self.touched), np.int64))
        rows = rows[live]
        self.touched.clear()
        self.n_unlinked = 0
        self.linked_s = self.clock_s
        lexical = self.vectors.lexical
        self.graph.relink(rows, self.index, self.profiles, lexical, self.calibration)
        changes, self.next_number = regroup(
            rows, self.index, self.graph, self.calibration, self.next_number, self.clock_s
        )
        self._expire(self.clock_s)
        return changes

    def _expire(self, now_s: float) -> None:
        index, settings = self.index, self._settings
        alive = np.flatnonzero(index.last_s[: index.n] >= now_s - settings.expire_after_s)
        if len(alive) > settings.max_live:
            newest = np.argsort(-index.last_s[alive], kind="stable")[: settings.max_live]
            alive = np.sort(alive[newest])
        if len(alive) < index.n:
            for rows in (index, self.profiles, self.graph):
                rows.keep(alive)
