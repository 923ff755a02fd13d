"""The whole memory of the topic stage as one snapshot, and back."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.errors import StateMismatch
from pipeline.store.contract import NamedArray, StateSnapshot
from pipeline.topics.account_watch import AccountPost, AccountWatch
from pipeline.topics.burst_watch import BurstWatch
from pipeline.topics.calibration import Calibration
from pipeline.topics.encoder_view import EncoderView
from pipeline.topics.ledger import Ledger, TopicEntry, topic_id
from pipeline.topics.recent_posts import MAX_PER_TOPIC, PostTrace, RecentPosts, Segment, TopicPosts
from pipeline.topics.tombstones import Tombstones
from pipeline.topics.topic_background import BackgroundState, TopicBackground
from pipeline.topics.tracker import TopicTracker
from pipeline.topics.window import WindowLearner
from pipeline.types import TopicId

STATE_VERSION = 7
LEDGER_BLOCK = 64
"""Entries of 64 neighbouring topic numbers share one array: a commit rewrites only busy blocks."""


class _Bursts(msgspec.Struct, frozen=True):
    """The scalars of ``TermBursts``."""

    n_faded: float
    exponent: float
    age: float
    block_s: float | None
    n_open: int


class _View(msgspec.Struct, frozen=True):
    """The scalars of an ``EncoderView``."""

    encoder_id: str
    n: int
    n_open: int
    n_blocks: int
    n_reservoir: int
    mu: float
    sigma: float
    n_calibration: int


class _Background(msgspec.Struct, frozen=True):
    """The scalars of a ``TopicBackground``, and its topics."""

    topics: tuple[str, ...]
    next_entry: int
    number: int


class _Document(msgspec.Struct, frozen=True):
    """The scalars beside the arrays."""

    n_arrivals: int
    n_unlinked: int
    next_number: int
    tracker_clock_s: float | None
    linked_s: float | None
    bursts: _Bursts
    encoder_id: str
    """Which encoder read the last post."""
    views: tuple[_View, ...]
    n_open: int
    n_documents: int
    clock_s: float | None
    reported_s: float | None
    measured_all: tuple[float | None, int] | None
    background: _Background


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


def _check(snapshot: StateSnapshot, encoder_id: str, dimension: int) -> None:
    stored = (snapshot.version, snapshot.encoder_id, snapshot.dimension)
    if stored != (STATE_VERSION, encoder_id, dimension):
        raise StateMismatch(
            f"stored topics were made by encoder '{snapshot.encoder_id}' ({snapshot.dimension} numbers, state version "
            f"{snapshot.version}), this run uses '{encoder_id}' ({dimension}, version {STATE_VERSION}); "
            "use that encoder, or start with an empty store"
        )


def _background_arrays(state: BackgroundState) -> list[NamedArray]:
    return [
        NamedArray("background/entries", state.entries),
        NamedArray("background/sizes", state.sizes),
        NamedArray("background/centres", state.centres),
        NamedArray("background/members", state.members),
        NamedArray("background/learned", state.learned),
    ]


def _background_state(stored: _Background, arrays: dict[str, NDArray[Any]]) -> BackgroundState:
    entries, sizes, centres, members, learned = (
        arrays[f"background/{name}"] for name in ("entries", "sizes", "centres", "members", "learned")
    )
    return BackgroundState(stored.topics, entries, sizes, centres, stored.next_entry, stored.number, members, learned)


def _view_scalars(view: EncoderView) -> _View:
    mean, scale = view.mean, view.calibration
    counts = (mean.n, mean.n_open, view.n_blocks, view.reservoir.n_seen)
    return _View(view.encoder_id, *counts, scale.mu, scale.sigma, scale.n)


def _view_arrays(name: str, view: EncoderView) -> list[NamedArray]:
    return [
        NamedArray(f"{name}/total", view.mean.total),
        NamedArray(f"{name}/open_total", view.mean.open_total),
        NamedArray(f"{name}/reservoir", view.reservoir.sample()),
    ]


def _restore_views(tracker: TopicTracker, document: _Document, arrays: dict[str, NDArray[Any]]) -> None:
    """Each encoder its own; what a student had learned that this run does not have is left out."""
    for i, stored in enumerate(document.views):
        view = next((view for view in tracker.views if view.encoder_id == stored.encoder_id), None)
        if view is None:
            continue
        view.mean.total = arrays[f"views/{i}/total"].copy()
        view.mean.open_total = arrays[f"views/{i}/open_total"].copy()
        view.mean.n, view.mean.n_open, view.n_blocks = stored.n, stored.n_open, stored.n_blocks
        view.reservoir.restore(arrays[f"views/{i}/reservoir"], stored.n_reservoir)
        view.calibration = Calibration(stored.mu, stored.sigma, stored.n_calibration)
        if view.encoder_id == document.encoder_id:
            tracker.read_by(view.encoder_id)
    # also when that student is gone: the next post then is a change of encoders, and is recorded as one
    tracker.encoder_id = document.encoder_id


def _columns(name: str, values: tuple[NDArray[Any], ...]) -> list[NamedArray]:
    return [NamedArray(f"{name}/{i}", column) for i, column in enumerate(values)]


def _column_values(arrays: dict[str, NDArray[Any]], name: str) -> list[NDArray[Any]]:
    n = sum(key.startswith(f"{name}/") for key in arrays)
    return [arrays[f"{name}/{i}"] for i in range(n)]


def _known(at_s: float) -> float | None:
    """JSON has no infinity: a clock that has not started is unknown."""
    return at_s if math.isfinite(at_s) else None


def _or_never(at_s: float | None) -> float:
    return -math.inf if at_s is None else at_s


def _packed(value: object) -> NDArray[np.uint8]:
    return np.frombuffer(msgspec.msgpack.encode(value), np.uint8)


def _ledger_entries(arrays: dict[str, NDArray[Any]]) -> list[TopicEntry]:
    entries: list[TopicEntry] = []
    for name, values in arrays.items():
        if name.startswith("ledger/"):
            entries += msgspec.msgpack.decode(values.tobytes(), type=list[TopicEntry], strict=False)
    return sorted(entries, key=lambda entry: entry.number)


def _account_posts(arrays: dict[str, NDArray[Any]]) -> dict[int, list[AccountPost]]:
    return {
        int(name.partition("/")[2]): msgspec.msgpack.decode(values.tobytes(), type=list[AccountPost], strict=False)
        for name, values in arrays.items()
        if name.startswith("accounts/")
    }


def _recent_segments(arrays: dict[str, NDArray[Any]]) -> list[Segment]:
    firsts = sorted(int(name.split("/")[1]) for name in arrays if name.startswith("recent/") and "traces" in name)
    return [
        Segment(
            first,
            msgspec.msgpack.decode(arrays[f"recent/{first}/traces"].tobytes(), type=list[PostTrace]),
            arrays[f"recent/{first}/embeddings"].copy(),
        )
        for first in firsts
    ]
