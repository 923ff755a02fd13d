"""Archive structs to rows and back: vectors as float16, everything else as JSON beside the columns to filter by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Row

from configs.errors import FatalError, StateMismatch
from pipeline.store.archive_contract import CHANNELS, ProfileVersion, StoredCentres, StoredFeedback
from pipeline.store.rows import from_payload, storable, to_payload
from pipeline.store.schema import from_micros, to_micros
from pipeline.types import FloatArray, Hazard, TopicReport, Verdict, VerdictKind

AT_REST = np.dtype("<f2")


class _Header(msgspec.Struct, frozen=True):
    """How to cut the vectors of one topic, and what is known about its parts."""

    dimension: int
    n_bodies: int
    nuance_hazards: tuple[tuple[Hazard, ...], ...]
    nuance_bodies_of: tuple[int, ...]
    unread: tuple[int, ...]


def vectors_at_rest(vectors: FloatArray) -> bytes:
    """float16 bytes of finite vectors.

    Raises
    ------
    FatalError
        A number is not finite, or too large for float16: no mean of unit vectors is.

    Examples
    --------
    >>> len(vectors_at_rest(np.ones((2, 3), np.float32)))
    12
    """
    small = np.asarray(vectors, AT_REST, order="C")
    if not np.isfinite(small).all():
        raise FatalError("a vector holds a number that cannot be stored: it is no mean of embeddings")
    return small.tobytes()


def vectors_of(data: bytes, dimension: int) -> FloatArray:
    """``(n, dimension) float32`` of what :func:`vectors_at_rest` made.

    Raises
    ------
    StateMismatch
        The bytes are no whole number of such vectors.
    """
    if not dimension or len(data) % (dimension * AT_REST.itemsize):
        raise StateMismatch("a stored vector is damaged: its length does not fit its dimension")
    return np.frombuffer(data, AT_REST).reshape(-1, dimension).astype(np.float32)


def centres_row(shard: str, centres: StoredCentres) -> dict[str, Any]:
    """Columns of ``topic_centres``.

    Raises
    ------
    FatalError
        The parts of ``centres`` do not agree with each other, or cannot be stored.
    """
    dimension = len(centres.centre)
    parts = (centres.bodies, centres.nuances, centres.nuance_bodies)
    fits = (
        dimension > 0
        and all(len(part) == 0 or part.shape[1] == dimension for part in parts)
        and len(centres.bodies) <= 1
        and len(centres.nuances) == len(centres.nuance_hazards)
        and len(centres.nuance_bodies) == len(centres.nuance_bodies_of)
        and all(0 <= nuance < len(centres.nuances) for nuance in centres.nuance_bodies_of)
    )
    if not fits:
        raise FatalError("centres of a topic do not agree in their dimensions or numbers")
    header = _Header(dimension, len(centres.bodies), centres.nuance_hazards, centres.nuance_bodies_of, centres.unread)
    rows = np.vstack([centres.centre[None], *(part for part in parts if len(part))])
    return {
        "topic_id": storable(centres.topic_id),
        "shard": storable(shard),
        "encoder_id": storable(centres.encoder_id),
        "background": centres.background,
        "header": to_payload(header),
        "vectors": vectors_at_rest(rows),
    }


def centres_of(row: Row[Any]) -> StoredCentres:
    """A row of ``topic_centres``.

    Raises
    ------
    StateMismatch
        It is damaged or of another version.
    """
    header = from_payload(row.header, _Header)
    rows = vectors_of(row.vectors, header.dimension)
    n_nuances, n_nuance_bodies = len(header.nuance_hazards), len(header.nuance_bodies_of)
    cuts = np.cumsum([1, header.n_bodies, n_nuances])
    if len(rows) != cuts[-1] + n_nuance_bodies:
        raise StateMismatch(f"stored centres of topic {row.topic_id} are incomplete")
    first, bodies, nuances, nuance_bodies = np.split(rows, cuts)
    return StoredCentres(
        topic_id=row.topic_id,
        encoder_id=row.encoder_id,
        centre=first[0],
        bodies=bodies,
        nuances=nuances,
        nuance_hazards=header.nuance_hazards,
        nuance_bodies=nuance_bodies,
        nuance_bodies_of=header.nuance_bodies_of,
        unread=header.unread,
        background=row.background,
    )


def feedback_row(feedback: StoredFeedback, topic_id: str) -> dict[str, Any]:
    """Columns of ``feedback`` but its id; ``topic_id`` is the topic after merges.

    Raises
    ------
    FatalError
        The channel is none of ``CHANNELS``, or a report or verdict cannot be stored.
    """
    if feedback.channel not in CHANNELS:
        raise FatalError(f"feedback came through {feedback.channel!r}; known are {', '.join(CHANNELS)}")
    return {
        "brand_id": storable(feedback.brand_id),
        "topic_id": topic_id,
        "at": to_micros(feedback.at),
        "by": storable(feedback.by),
        "channel": feedback.channel,
        "right": feedback.right,
        "wanted": None if feedback.wanted is None else str(feedback.wanted),
        "note": storable(feedback.note),
        "verdict": to_payload(feedback.verdict),
        "report": to_payload(feedback.report),
    }


def feedback_of(row: Row[Any]) -> StoredFeedback:
    """A row of ``feedback``."""
    return StoredFeedback(
        id=row.id,
        brand_id=row.brand_id,
        topic_id=row.topic_id,
        at=from_micros(row.at),
        by=row.by,
        channel=row.channel,
        right=row.right,
        wanted=None if row.wanted is None else VerdictKind(row.wanted),
        note=row.note,
        verdict=from_payload(row.verdict, Verdict),
        report=from_payload(row.report, TopicReport),
    )


def versions_of(rows: Iterable[Row[Any]]) -> list[ProfileVersion]:
    """Rows of ``profile_versions``."""
    return [
        ProfileVersion(row.brand_id, row.version, from_micros(row.saved_at), row.author, row.note, row.toml)
        for row in rows
    ]
