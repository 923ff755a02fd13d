"""The whole memory of the topic stage as one snapshot, and back."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from configs.errors import StateMismatch
from pipeline.topics.clustering.calibration import Calibration
from pipeline.topics.clustering.encoder_view import EncoderView
from pipeline.topics.clustering.tracker import TopicTracker
from pipeline.topics.memory.account_watch import AccountPost
from pipeline.topics.memory.ledger import TopicEntry
from pipeline.topics.memory.recent_posts import Segment
from pipeline.topics.memory.topic_background import BackgroundState
from pipeline.types.state import NamedArray, StateSnapshot
from pipeline.types.traces import PostTrace

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
