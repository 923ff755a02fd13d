"""What the store keeps, as structs. No post text is in any of it but :class:`StoredPost` and the quotes of an alert:
reports and verdicts name posts by id.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.types import Alert, FloatArray, Hazard, Signals, TopicReport, Verdict, VerdictKind

CHANNELS = ("board", "slack", "command")
"""Where an opinion was given."""

_NO_ROWS = np.zeros((0, 0), np.float32)


class StoredPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post as the board shows it, with its topic. Unique by ``post_id``."""

    post_id: str
    rev: int
    topic_id: str
    cluster: int
    """Number of the small cluster inside the topic; it stays when the cluster changes topics."""
    text: str
    event_time: datetime
    similarity: float | None
    language: str | None
    source: str
    author_id: str | None
    author_handle: str | None
    url: str | None
    is_copy: bool
    is_reply: bool
    signals: Signals
    hazards: tuple[tuple[str, float], ...] = ()


class StoredMove(msgspec.Struct, frozen=True):
    """Posts of ``cluster`` that are in topic ``old_id`` belong to ``new_id`` from now on."""

    cluster: int
    old_id: str
    new_id: str


class StoredSwitch(msgspec.Struct, frozen=True):
    """From the post at event time ``at`` on ``to_encoder`` reads a shard. ``code`` is stable, ``reason`` for people."""

    at: datetime
    from_encoder: str
    to_encoder: str
    code: str
    reason: str


class BoardRow(msgspec.Struct, frozen=True):
    """One ranked line of the board for one brand: the latest report and verdict of a topic."""

    report: TopicReport
    verdict: Verdict | None
    rank: int
    previous_rank: int | None


class StoredBrand(msgspec.Struct, frozen=True):
    """A brand profile as last loaded: its id, name and the TOML text it came from."""

    brand_id: str
    name: str
    toml: str


class OutboxEntry(msgspec.Struct, frozen=True):
    """An alert waiting to be delivered."""

    alert: Alert
    attempts: int


class StoredCentres(msgspec.Struct, frozen=True):
    """Where a topic and its parts lay when its posts were last read; written beside each fresh report.

    Arrays are float32 in memory and float16 at rest: numbers that float16 can hold come back as they were.
    """

    topic_id: str
    encoder_id: str
    centre: FloatArray
    """``(d,)``: mean of its distinct posts."""
    bodies: FloatArray
    """``(1, d)``: mean of what posts say without their closing hashtags; ``(0, d)`` where that was not looked at."""
    nuances: FloatArray
    """``(k, d)``: centres of ``report.nuances``, in their order."""
    nuance_hazards: tuple[tuple[Hazard, ...], ...]
    """Hazards of each nuance by itself."""
    nuance_bodies: FloatArray = _NO_ROWS
    """``(b, d)``: as ``bodies``, of the nuances in ``nuance_bodies_of``."""
    nuance_bodies_of: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()
    """Whose posts end with hashtags but were not read without them: 0 the topic, ``1 + i`` nuance ``i``."""
    background: int | None = None
    """Number of the :class:`StoredBackground` that fit was measured against; ``None``: of no own topics yet."""


class ArchivedTopic(msgspec.Struct, frozen=True):
    """The last word on a topic: what was measured, where it lay, what each brand was told."""

    report: TopicReport
    centres: StoredCentres | None
    verdicts: tuple[Verdict, ...]
    """By brand id."""
    shard: str = ""


class StoredBackground(msgspec.Struct, frozen=True):
    """The topics of a deployment that fits were compared with from ``as_of`` until the next one.

    A topic's place is an entry that never changes; a background is a list of entries, most of them known from
    the background before. ``entries`` are those it brought, ``centres`` ``(len(entries), d)`` theirs, stored as
    those of :class:`StoredCentres`; ``members`` all it consists of.
    """

    number: int
    as_of: datetime
    encoder_id: str
    members: NDArray[np.int64]
    entries: NDArray[np.int64]
    centres: FloatArray


class ProfileVersion(msgspec.Struct, frozen=True):
    """A brand profile as it once was. Versions of a brand count from 1."""

    brand_id: str
    version: int
    saved_at: datetime
    author: str
    note: str
    toml: str


class StoredFeedback(msgspec.Struct, frozen=True):
    """What somebody said about a verdict, with the verdict and the measurements it was about.

    ``id`` is 0 before it is stored. After a merge ``topic_id`` is the topic it lives on in; ``verdict`` and
    ``report`` stay as they were.
    """

    id: int
    brand_id: str
    topic_id: str
    at: datetime
    by: str
    channel: str
    right: bool
    wanted: VerdictKind | None
    note: str
    verdict: Verdict
    report: TopicReport
