"""What a topic means to a brand: fit, verdict, alert."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pipeline.types.topics import TopicId, TopicReport
from pipeline.types.voices import BrandContext


class FacetFit(msgspec.Struct, frozen=True):
    """How well one facet of a brand meets a topic, against background topics."""

    name: str
    z: float
    evidence: tuple[str, ...]


class ThemeFit(msgspec.Struct, frozen=True):
    """A no-go theme of a brand that a topic meets: nearer to it than background topics, and than to the brand."""

    theme: str
    percentile: float
    evidence: tuple[str, ...] = ()


class BrandFit(msgspec.Struct, frozen=True):
    """Fit of a topic to a brand. ``percentile`` is against background topics, 0–100."""

    value: float
    percentile: float
    n: int
    facets: tuple[FacetFit, ...]
    n_own: int | None = None
    """How many of the ``n`` are topics of this deployment, not everyday concepts; ``None``: not known."""
    no_go: tuple[ThemeFit, ...] = ()
    """No-go themes of the brand that the topic meets, the clearest first."""


class BrandNuance(msgspec.Struct, frozen=True):
    """The one sub-conversation that belongs to a brand, and the facet it speaks to."""

    label: str
    facet: str
    z: float
    percentile: float
    post_ids: tuple[str, ...]
    hazards: tuple[str, ...] = ()
    """Names of its own hazards of medium tier or worse; floor ones never get this far. A no-go theme is ``no_go``."""
    share: float | None = None
    """Of the topic's posts."""
    n_posts: int | None = None


class VerdictKind(StrEnum):
    """What a team should do with a trend; :data:`pipeline.verdict.decision.FRIENDLINESS` orders them."""

    RIDE = "RIDE"
    NUANCE = "NUANCE"
    WATCH = "WATCH"
    RISKY = "RISKY"
    IGNORE = "IGNORE"


class Reason(msgspec.Struct, frozen=True):
    """One reason for a verdict.

    ``code`` (a :class:`pipeline.types.reason_codes.ReasonCode`; in verdicts of another release maybe one of theirs) and
    ``params``, the numbers and names of its sentence, are what it says; ``text`` is the English sentence, kept for
    whoever does not know the code; ``evidence`` quotes post ids.
    """

    code: str
    text: str
    evidence: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()


class Confidence(StrEnum):
    """How likely a verdict would be the same with other posts of the same conversation."""

    FIRM = "firm"
    FAIR = "fair"
    TENTATIVE = "tentative"


class Change(msgspec.Struct, frozen=True):
    """One finding that, changed alone as far as ``needed``, would make the verdict ``kind``.

    ``code`` is what would move and which way (:class:`pipeline.types.reason_codes.ChangeCode`); ``name`` which hazard,
    for those about one. ``now`` and ``needed`` are in the finding's own unit: posts, authors, a percentile, a share.
    ``params`` are the numbers and names of its sentence, ``text`` is that sentence in English.
    """

    code: str
    kind: VerdictKind
    now: float
    needed: float
    text: str
    name: str = ""
    params: tuple[tuple[str, str], ...] = ()


class Held(msgspec.Struct, frozen=True):
    """A verdict that waits: the rules say ``measured`` since ``since``; if that lasts ``until``, it becomes that."""

    measured: VerdictKind
    since: datetime
    until: datetime


class Verdict(msgspec.Struct, frozen=True):
    """The answer for one brand and one topic; ``reasons`` are most important first.

    ``kind`` is what is told. What the rules alone say of this moment is ``measured``: another kind only while the
    verdict is ``held`` (:mod:`pipeline.verdict.hysteresis`).
    """

    brand_id: str
    topic_id: TopicId
    kind: VerdictKind
    fit: BrandFit | None
    nuance: BrandNuance | None
    reasons: tuple[Reason, ...]
    as_of: datetime
    changes: tuple[Change, ...] = ()
    """What would change the verdict, one finding at a time: what makes it friendlier first, then the nearest first."""
    confidence: Confidence | None = None
    """``None`` where nobody asked: verdicts stored before there was one."""
    doubts: tuple[str, ...] = ()
    """Codes of what keeps the confidence from being firm (:mod:`pipeline.verdict.confidence`)."""
    held: Held | None = None
    context: BrandContext | None = None
    """Whose voices these are: the brand's audience, experts, rivals; no ground for the verdict. ``None``: not known."""

    profile_version: int | None = None
    """The version of the brand's profile it was made with; ``None`` where profiles have none (a file, judged once)."""

    @property
    def measured(self) -> VerdictKind:
        """What the rules alone say of this moment."""
        return self.kind if self.held is None else self.held.measured


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
