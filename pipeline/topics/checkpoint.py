"""The whole memory of the topic stage as one snapshot, and back."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.errors import StateMismatch
from pipeline.store.contract import NamedArray, StateSnapshot
from pipeline.topics.calibration import Calibration
from pipeline.topics.ledger import Ledger, TopicEntry
from pipeline.topics.recent_posts import PostTrace, RecentPosts, Segment
from pipeline.topics.tombstones import Tombstones
from pipeline.topics.topic_background import TopicBackground
from pipeline.topics.tracker import TopicTracker

STATE_VERSION = 2
LEDGER_BLOCK = 64
"""Entries of 64 neighbouring topic numbers share one array: a commit rewrites only busy blocks."""


class _Document(msgspec.Struct, frozen=True):
    """The scalars beside the arrays."""

    n_arrivals: int
    next_topic: int
    n_vectors: int
    n_open: int
    n_documents: int
    n_reservoir: int
    mu: float
    sigma: float
    n_calibration: int
    clock_s: float | None
    reported_s: float | None
    measured_all: tuple[float | None, int] | None
    background: tuple[str, ...]


class TopicMemory:
    """Tracker, ledger, recent posts, fit background and deletions of one shard, with its event clock.

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
        self.clock_s: float | None = None
        self.reported_s: float | None = None
        self.measured_all: tuple[float | None, int] | None = None

    def snapshot(self, encoder_id: str, dimension: int) -> StateSnapshot:
        """Everything needed to continue elsewhere; arrays are views, save them before going on."""
        tracker = self.tracker
        index, vectors = tracker.index, tracker.vectors
        n = index.n
        copies = np.array(list(tracker.copies.items()), np.int64).reshape(-1, 2)
        arrays = [
            NamedArray("clusters/sums", index.sums[:n]),
            NamedArray("clusters/centres", index.centres[:n]),
            NamedArray("clusters/mass", index.mass[:n]),
            NamedArray("clusters/last_s", index.last_s[:n]),
            NamedArray("clusters/topic", index.topic[:n]),
            NamedArray("vectors/embedding_sum", vectors.embedding_sum),
            NamedArray("vectors/open_sum", vectors.open_sum),
            NamedArray("vectors/document_frequency", vectors.lexical.document_frequency),
            NamedArray("reservoir", tracker.reservoir.sample()),
            NamedArray("copies", copies),
            NamedArray("background", self.background.centres()),
            NamedArray("deleted/posts", self.deleted.posts()),
            NamedArray("deleted/authors", self.deleted.authors()),
            NamedArray("deleted/until_s", self.deleted.until_s()),
        ]
        arrays += self._ledger_arrays() + self._recent_arrays()
        document = _Document(
            n_arrivals=tracker.n_arrivals,
            next_topic=tracker.next_topic,
            n_vectors=vectors.n,
            n_open=vectors.n_open,
            n_documents=vectors.lexical.n_documents,
            n_reservoir=tracker.reservoir.n_seen,
            mu=tracker.calibration.mu,
            sigma=tracker.calibration.sigma,
            n_calibration=tracker.calibration.n,
            clock_s=self.clock_s,
            reported_s=self.reported_s,
            measured_all=self.measured_all,
            background=tuple(self.background.topics()),
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
        tracker.index.restore(
            arrays["clusters/sums"],
            arrays["clusters/mass"],
            arrays["clusters/last_s"],
            arrays["clusters/topic"],
            arrays["clusters/centres"],
        )
        tracker.vectors.embedding_sum = arrays["vectors/embedding_sum"].copy()
        tracker.vectors.open_sum = arrays["vectors/open_sum"].copy()
        tracker.vectors.n = document.n_vectors
        tracker.vectors.n_open = document.n_open
        tracker.vectors.lexical.restore(arrays["vectors/document_frequency"], document.n_documents)
        tracker.reservoir.restore(arrays["reservoir"], document.n_reservoir)
        for text_hash, topic in arrays["copies"].tolist():
            tracker.copies.remember(text_hash, topic)
        tracker.calibration = Calibration(document.mu, document.sigma, document.n_calibration)
        tracker.n_arrivals = document.n_arrivals
        tracker.next_topic = document.next_topic
        self.clock_s = document.clock_s
        self.reported_s = document.reported_s
        self.measured_all = document.measured_all
        self.background.restore(document.background, arrays["background"])
        gone = (arrays[f"deleted/{name}"].tolist() for name in ("posts", "authors", "until_s"))
        self.deleted.restore(*gone)
        self.ledger.restore(_ledger_entries(arrays))
        self.recent.restore(_recent_segments(arrays))

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


def _packed(value: object) -> NDArray[np.uint8]:
    return np.frombuffer(msgspec.msgpack.encode(value), np.uint8)


def _ledger_entries(arrays: dict[str, NDArray[Any]]) -> list[TopicEntry]:
    entries: list[TopicEntry] = []
    for name, values in arrays.items():
        if name.startswith("ledger/"):
            entries += msgspec.msgpack.decode(values.tobytes(), type=list[TopicEntry], strict=False)
    return sorted(entries, key=lambda entry: entry.number)


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
