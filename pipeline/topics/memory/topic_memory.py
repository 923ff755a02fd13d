"""Everything a shard remembers of its topics, in one place."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.topics.memory.account_watch import AccountWatch
from pipeline.topics.memory.checkpoint import (
    LEDGER_BLOCK,
    STATE_VERSION,
    _account_posts,
    _Background,
    _background_arrays,
    _background_state,
    _Bursts,
    _check,
    _column_values,
    _columns,
    _Document,
    _known,
    _ledger_entries,
    _or_never,
    _packed,
    _recent_segments,
    _restore_views,
    _view_arrays,
    _view_scalars,
)
from pipeline.topics.memory.ledger import Ledger, TopicEntry, topic_id
from pipeline.topics.memory.recent_posts import MAX_PER_TOPIC, RecentPosts
from pipeline.topics.memory.tombstones import Tombstones
from pipeline.topics.memory.topic_background import TopicBackground
from pipeline.topics.pace.burst_watch import BurstWatch
from pipeline.topics.pace.window import WindowLearner
from pipeline.types import TopicId
from pipeline.types.state import NamedArray, StateSnapshot
from pipeline.types.traces import TopicPosts


class TopicMemory:
    """Tracker, ledger, recent posts, fit background, deletions and watched accounts of one shard, with its event clock.

    ``clock_s`` is the newest event time seen; ``reported_s`` the last tick at which topics
    were measured; both are seconds since the epoch, ``None`` before the first post.
    ``measured_all`` is the (clock, arrivals) at which everything was measured last, if
    nothing came since.
    """

    def __init__(self, tracker: TopicTracker, ledger: Ledger, recent: RecentPosts, background: TopicBackground) -> None:
        self.tracker = tracker
        self.ledger = ledger
        self.recent = recent
        self.background = background
        self.deleted = Tombstones()
        self.accounts = AccountWatch()
        self.clock_s: float | None = None
        self.reported_s: float | None = None
        self.measured_all: tuple[float | None, int] | None = None

    def posts_of(self, topic: int) -> TopicPosts:
        """The latest posts of a live topic."""
        return self.recent.of(self.tracker.clusters_by_topic().get(topic, ()))

    def look_again(self, topics: Collection[TopicId]) -> None:
        """Have the contents of these topics looked at again at the next tick, however little they changed.

        Those whose posts are mostly forgotten are left as they are: the little that is remembered would tell less than
        the last look did.
        """
        if not topics:
            return
        clusters = self.tracker.clusters_by_topic()
        for entry in self.ledger:
            if topic_id(entry.number) not in topics:
                continue
            remembered = sum(len(self.recent.traces_of(cluster)) for cluster in clusters.get(entry.number, ()))
            if remembered >= min(entry.n_posts, MAX_PER_TOPIC) / 2:
                entry.measured_at_posts = 0

    def snapshot(self, encoder_id: str, dimension: int) -> StateSnapshot:
        """Everything needed to continue elsewhere; arrays are views, save them before going on."""
        tracker = self.tracker
        vectors = tracker.vectors
        copies = np.array(list(tracker.copies.items()), np.int64).reshape(-1, 2)
        bursts = vectors.lexical.bursts
        background = self.background.state()
        arrays = [
            *_columns("clusters", tracker.index.columns()),
            *_columns("profiles", tracker.profiles.columns()),
            *_columns("graph", tracker.graph.columns()),
            NamedArray("touched", np.array(sorted(tracker.touched), np.int64)),
            NamedArray("bursts/faded", bursts.faded),
            NamedArray("bursts/open_terms", bursts.open_terms()),
            NamedArray("watch", _packed(self.ledger.watch)),
            NamedArray("windows", _packed(self.ledger.windows)),
            NamedArray("vectors/document_frequency", vectors.lexical.document_frequency),
            NamedArray("copies", copies),
            *_background_arrays(background),
            NamedArray("deleted/posts", self.deleted.posts()),
            NamedArray("deleted/authors", self.deleted.authors()),
            NamedArray("deleted/until_s", self.deleted.until_s()),
        ]
        for i, view in enumerate(tracker.views):
            arrays += _view_arrays(f"views/{i}", view)
        arrays += self._ledger_arrays() + self._recent_arrays()
        arrays += [NamedArray(f"accounts/{account}", _packed(posts)) for account, posts in self.accounts]
        document = _Document(
            n_arrivals=tracker.n_arrivals,
            n_unlinked=tracker.n_unlinked,
            next_number=tracker.next_number,
            tracker_clock_s=_known(tracker.clock_s),
            linked_s=_known(tracker.linked_s),
            bursts=_Bursts(bursts.n_faded, bursts.exponent, bursts.age, bursts.block_s, bursts.n_open),
            encoder_id=tracker.encoder_id,
            views=tuple(_view_scalars(view) for view in tracker.views),
            n_open=vectors.n_open,
            n_documents=vectors.lexical.n_documents,
            clock_s=self.clock_s,
            reported_s=self.reported_s,
            measured_all=self.measured_all,
            background=_Background(background.topics, background.next_entry, background.number),
        )
        return StateSnapshot(STATE_VERSION, encoder_id, dimension, msgspec.json.encode(document), tuple(arrays))

    def restore(self, snapshot: StateSnapshot, encoder_id: str, dimension: int) -> None:
        """Continue from a snapshot.

        Raises
        ------
        StateMismatch
            It was made by another encoder, dimension or state version.
        """
        _check(snapshot, encoder_id, dimension)
        document = msgspec.json.decode(snapshot.document, type=_Document)
        arrays: dict[str, NDArray[Any]] = {array.name: array.values for array in snapshot.arrays}
        tracker = self.tracker
        tracker.index.restore(_column_values(arrays, "clusters"))
        tracker.profiles.restore(*_column_values(arrays, "profiles"))
        tracker.graph.restore(*_column_values(arrays, "graph"))
        tracker.touched = set(arrays["touched"].tolist())
        bursts = tracker.vectors.lexical.bursts
        bursts.restore(arrays["bursts/faded"], arrays["bursts/open_terms"])
        bursts.n_faded, bursts.exponent = document.bursts.n_faded, document.bursts.exponent
        bursts.age, bursts.block_s = document.bursts.age, document.bursts.block_s
        bursts.n_open = document.bursts.n_open
        _restore_views(tracker, document, arrays)
        tracker.vectors.n_open = document.n_open
        tracker.vectors.lexical.restore(arrays["vectors/document_frequency"], document.n_documents)
        for text_hash, cluster in arrays["copies"].tolist():
            tracker.copies.remember(text_hash, cluster)
        tracker.n_arrivals = document.n_arrivals
        tracker.n_unlinked = document.n_unlinked
        tracker.next_number = document.next_number
        tracker.clock_s = _or_never(document.tracker_clock_s)
        tracker.linked_s = _or_never(document.linked_s)
        self.clock_s = document.clock_s
        self.reported_s = document.reported_s
        self.measured_all = document.measured_all
        self.background.restore(_background_state(document.background, arrays))
        gone = (arrays[f"deleted/{name}"].tolist() for name in ("posts", "authors", "until_s"))
        self.deleted.restore(*gone)
        self.ledger.restore(
            _ledger_entries(arrays),
            msgspec.msgpack.decode(arrays["watch"].tobytes(), type=BurstWatch),
            msgspec.msgpack.decode(arrays["windows"].tobytes(), type=WindowLearner, strict=False),
        )
        self.recent.restore(_recent_segments(arrays))
        self.accounts.restore(_account_posts(arrays))

    def _ledger_arrays(self) -> list[NamedArray]:
        blocks: dict[int, list[TopicEntry]] = {}
        for entry in self.ledger:
            blocks.setdefault(entry.number // LEDGER_BLOCK, []).append(entry)
        return [NamedArray(f"ledger/{block}", _packed(entries)) for block, entries in sorted(blocks.items())]

    def _recent_arrays(self) -> list[NamedArray]:
        arrays = []
        for segment in self.recent.segments():
            arrays.append(NamedArray(f"recent/{segment.first}/traces", _packed(segment.traces)))
            arrays.append(NamedArray(f"recent/{segment.first}/embeddings", segment.embeddings))
        return arrays
