"""What a topic means to a brand: fit, verdict, alert."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pipeline.types.topics import TopicId, TopicReport


class FacetFit(msgspec.Struct, frozen=True):
    """How well one facet of a brand meets a topic, against background topics."""

    name: str
    z: float
    evidence: tuple[str, ...]


class BrandFit(msgspec.Struct, frozen=True):
    """Fit of a topic to a brand. ``percentile`` is against background topics, 0–100."""

    value: float
    percentile: float
    n: int
    facets: tuple[FacetFit, ...]


class BrandNuance(msgspec.Struct, frozen=True):
    """The one sub-conversation that belongs to a brand, and the facet it speaks to."""

    label: str
    facet: str
    z: float
    percentile: float
    post_ids: tuple[str, ...]
    hazards: tuple[str, ...] = ()
    """Names of its own hazards of medium tier or worse; floor ones never get this far."""


class VerdictKind(StrEnum):
    """What a team should do with a trend; :data:`pipeline.verdict.FRIENDLINESS` orders them."""

    RIDE = "RIDE"
    NUANCE = "NUANCE"
    WATCH = "WATCH"
    RISKY = "RISKY"
    IGNORE = "IGNORE"


class Reason(msgspec.Struct, frozen=True):
    """One reason for a verdict.

    ``code`` is stable and translated by the board; ``text`` is the English sentence;
    ``params`` are the numbers and names in it; ``evidence`` quotes post ids.
    """

    code: str
    text: str
    evidence: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """The answer for one brand and one topic; ``reasons`` are most important first."""

    brand_id: str
    topic_id: TopicId
    kind: VerdictKind
    fit: BrandFit | None
    nuance: BrandNuance | None
    reasons: tuple[Reason, ...]
    as_of: datetime


class Alert(msgspec.Struct, frozen=True):
    """A message to send once. ``dedup_key`` is the same for the same state of the same topic."""

    dedup_key: str
    brand_id: str
    topic_id: TopicId
    created_at: datetime
    report: TopicReport
    verdict: Verdict
    quotes: tuple[tuple[str, str], ...] = ()
    """(post id, text) of the posts quoted in the message."""
