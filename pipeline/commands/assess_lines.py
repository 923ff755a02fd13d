"""The black-box contract: topics and assignments as JSON lines. Keys here are a promise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from pipeline.types import (
    Burst,
    Change,
    Controversy,
    Creator,
    Dialogue,
    Exposure,
    Hazard,
    Poles,
    Saturation,
    Score,
    TopicReport,
    Verdict,
    Window,
)
from pipeline.types.voices import AudienceShare, BrandContext, ExpertMatch, RivalPresence


class ScoreLine(msgspec.Struct, frozen=True):
    """A measured value with its evidence."""

    value: float
    n: int
    low: float
    high: float


class HazardLine(msgspec.Struct, frozen=True):
    """A hazard and the posts that speak of it."""

    name: str
    tier: str
    share: float
    evidence: tuple[str, ...]


class SaturationLine(msgspec.Struct, frozen=True):
    """Promotional accounts among all, or promotional posts where no author is known (``counted`` says which)."""

    value: float
    n: int
    low: float
    high: float
    counted: str
    n_brands: int | None
    n_disclosed: int
    evidence: tuple[str, ...]
    answers_negative: ScoreLine | None
    answers_positive: ScoreLine | None


class ControversyLine(msgspec.Struct, frozen=True):
    """Random-walk controversy of who answers whom, what chance alone gives, and the difference."""

    value: float
    null: float
    difference: ScoreLine


class SolemnDayLine(msgspec.Struct, frozen=True):
    """A day of mourning, remembrance, awareness or religion on the day of the report; its name by language."""

    key: str
    kind: str
    names: dict[str, str]


class WindowLine(msgspec.Struct, frozen=True):
    """Hours in which joining still makes sense."""

    low_h: float
    high_h: float


class FitLine(msgspec.Struct, frozen=True):
    """Fit of the topic as a whole."""

    value: float
    percentile: float
    n: int


class FacetLine(msgspec.Struct, frozen=True):
    """One facet that meets the topic."""

    name: str
    z: float
    evidence: tuple[str, ...]


class NuanceLine(msgspec.Struct, frozen=True):
    """The one sub-conversation that is the brand's."""

    label: str
    post_ids: tuple[str, ...]


class ReasonLine(msgspec.Struct, frozen=True):
    """One reason for the verdict."""

    code: str
    text: str
    evidence: tuple[str, ...]


class ChangeLine(msgspec.Struct, frozen=True):
    """One finding that, moved to ``needed``, would make the verdict another; ``name`` of a hazard, else empty."""

    code: str
    verdict: str
    now: float
    needed: float
    name: str
    text: str


class BrandLine(msgspec.Struct, frozen=True):
    """The answer for one brand."""

    verdict: str
    fit: FitLine | None
    facets: tuple[FacetLine, ...]
    nuance: NuanceLine | None
    reasons: tuple[ReasonLine, ...]
    confidence: str | None
    doubts: tuple[str, ...]
    changes: tuple[ChangeLine, ...]
    audience: AudienceShare | None
    experts: tuple[ExpertMatch, ...]
    rivals: tuple[RivalPresence, ...]


class TopicLine(msgspec.Struct, frozen=True):
    """One line of the topics file."""

    topic_id: str
    label: str
    keywords: tuple[str, ...]
    first_seen: datetime
    last_seen: datetime
    n_posts: int
    n_authors: int
    languages: dict[str, int]
    stage: str
    momentum: float
    bursts: tuple[Burst, ...]
    window: WindowLine | None
    heat: ScoreLine | None
    division: ScoreLine | None
    poles: Poles | None
    controversy: ControversyLine | None
    mood: dict[str, ScoreLine]
    hazards: tuple[HazardLine, ...]
    exposure: Exposure | None
    saturation: SaturationLine | None
    dialogue: Dialogue | None
    creators: tuple[Creator, ...]
    solemn_days: tuple[SolemnDayLine, ...]
    brands: dict[str, BrandLine]


class AssignmentLine(msgspec.Struct, frozen=True):
    """One line of the assignments file."""

    post_id: str
    topic_id: str


_ENCODER = msgspec.json.Encoder()


def topic_line(report: TopicReport, verdicts: Mapping[str, Verdict]) -> bytes:
    """One topic as a JSON line.

    Parameters
    ----------
    verdicts
        By brand id.
    """
    line = TopicLine(
        topic_id=report.topic_id,
        label=report.label,
        keywords=report.keywords,
        first_seen=report.first_seen,
        last_seen=report.last_seen,
        n_posts=report.n_posts,
        n_authors=report.n_authors,
        languages=dict(report.languages),
        stage=report.stage.value,
        momentum=round(report.momentum.significance, 4),
        bursts=report.bursts,
        window=_window(report.window),
        heat=_score(report.heat),
        division=_score(report.division),
        poles=report.poles,
        controversy=_controversy(report.controversy),
        mood={emotion: _line(share) for emotion, share in report.mood},
        hazards=tuple(_hazard(hazard) for hazard in report.hazards),
        exposure=report.exposure,
        saturation=_saturation(report.saturation),
        dialogue=report.dialogue,
        creators=report.creators,
        solemn_days=tuple(SolemnDayLine(day.key, day.kind, dict(day.names)) for day in report.solemn_days),
        brands={brand_id: _brand(verdict) for brand_id, verdict in verdicts.items()},
    )
    return _ENCODER.encode(line) + b"\n"


def assignment_line(post_id: str, topic_id: str) -> bytes:
    """One assignment as a JSON line."""
    return _ENCODER.encode(AssignmentLine(post_id, topic_id)) + b"\n"


def _score(score: Score | None) -> ScoreLine | None:
    return None if score is None else _line(score)


def _line(score: Score) -> ScoreLine:
    return ScoreLine(round(score.value, 4), score.n, round(score.low, 4), round(score.high, 4))


def _controversy(found: Controversy | None) -> ControversyLine | None:
    if found is None:
        return None
    return ControversyLine(round(found.value, 4), round(found.null, 4), _line(found.score))


def _saturation(found: Saturation | None) -> SaturationLine | None:
    if found is None:
        return None
    share = found.post_share if found.share is None else found.share
    return SaturationLine(
        value=round(share.value, 4),
        n=share.n,
        low=round(share.low, 4),
        high=round(share.high, 4),
        counted="posts" if found.share is None else "accounts",
        n_brands=found.n_brands,
        n_disclosed=found.n_disclosed,
        evidence=found.evidence,
        answers_negative=_score(found.answers_negative),
        answers_positive=_score(found.answers_positive),
    )


def _window(window: Window | None) -> WindowLine | None:
    return None if window is None else WindowLine(window.low_h, window.high_h)


def _hazard(hazard: Hazard) -> HazardLine:
    return HazardLine(hazard.name, hazard.tier, round(hazard.share.value, 4), hazard.evidence)


def _change(change: Change) -> ChangeLine:
    now, needed = round(change.now, 4), round(change.needed, 4)
    return ChangeLine(change.code, change.kind.value, now, needed, change.name, change.text)


def _brand(verdict: Verdict) -> BrandLine:
    fit, nuance, context = verdict.fit, verdict.nuance, verdict.context or BrandContext()
    return BrandLine(
        verdict=verdict.kind.value,
        fit=None if fit is None else FitLine(round(fit.value, 4), round(fit.percentile, 2), fit.n),
        facets=() if fit is None else tuple(FacetLine(f.name, round(f.z, 3), f.evidence) for f in fit.facets),
        nuance=None if nuance is None else NuanceLine(nuance.label, nuance.post_ids),
        reasons=tuple(ReasonLine(reason.code, reason.text, reason.evidence) for reason in verdict.reasons),
        confidence=None if verdict.confidence is None else verdict.confidence.value,
        doubts=verdict.doubts,
        changes=tuple(_change(change) for change in verdict.changes),
        audience=context.audience,
        experts=() if context.expert is None else (context.expert,),
        rivals=context.rivals,
    )
