"""What is kept beside the latest results, so that the past can be judged again and taste can be learned.

Centres of topics and the backgrounds they were held against, versions of brand profiles, opinions of people.
``tests/contracts/test_archive_contract.py`` runs SQLite and PostgreSQL. No post text is in any of it: reports and
verdicts name posts by id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.types import FloatArray, Hazard, TopicReport, Verdict, VerdictKind

CHANNELS = ("board", "slack", "command")
"""Where an opinion was given."""

_NO_ROWS = np.zeros((0, 0), np.float32)


def as_kept(vectors: FloatArray) -> FloatArray:
    """The vectors as the archive will give them back: rounded to float16.

    Examples
    --------
    >>> as_kept(np.array([0.1], np.float32)).tolist()
    [0.0999755859375]
    """
    kept: FloatArray = vectors.astype(np.float16).astype(np.float32)
    return kept


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


class ArchiveTransaction(Protocol):
    """Writes of a transaction that feed the archive."""

    def save_centres(self, shard: str, centres: Sequence[StoredCentres]) -> None:
        """Replace the centres of each topic; those of a topic merged away are not kept."""

    def save_backgrounds(self, shard: str, backgrounds: Sequence[StoredBackground]) -> None:
        """Add backgrounds, in order; one that is known by number is replaced."""

    def save_profile_version(self, brand_id: str, toml: str, author: str, note: str, at: datetime) -> int:
        """Add a version and return its number; the same TOML as the newest adds none and returns that number."""

    def save_feedback(self, feedback: StoredFeedback) -> None:
        """Add an opinion; its ``id`` is given by the store."""


class ArchiveReader(Protocol):
    """What is read from the archive."""

    def archive(self, since: datetime, min_posts: int = 1) -> Iterator[ArchivedTopic]:
        """Topics whose report is of ``since`` or later, with ``min_posts`` posts or more, by topic id.

        Read in blocks, each on one snapshot: what is written meanwhile may or may not be seen.
        """

    def backgrounds(self, shard: str, numbers: Sequence[int]) -> list[StoredBackground]:
        """Those that are known, by number; ``entries`` are those that no earlier one of the list brought."""

    def profile_versions(self, brand_id: str) -> list[ProfileVersion]:
        """Newest first."""

    def feedback(self, brand_id: str | None = None, since: datetime | None = None) -> list[StoredFeedback]:
        """Newest first: of one brand or all, from ``since`` on or ever."""
