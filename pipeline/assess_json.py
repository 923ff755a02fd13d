"""The black-box contract: topics and assignments as JSON lines. Keys here are a promise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from pipeline.types import Burst, Exposure, Hazard, Score, TopicReport, Verdict, Window


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


class BrandLine(msgspec.Struct, frozen=True):
    """The answer for one brand."""

    verdict: str
    fit: FitLine | None
    facets: tuple[FacetLine, ...]
    nuance: NuanceLine | None
    reasons: tuple[ReasonLine, ...]


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
    hazards: tuple[HazardLine, ...]
    exposure: Exposure | None
    saturation: ScoreLine | None
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
        hazards=tuple(_hazard(hazard) for hazard in report.hazards),
        exposure=report.exposure,
        saturation=None if report.saturation is None else _score(report.saturation.share),
        brands={brand_id: _brand(verdict) for brand_id, verdict in verdicts.items()},
    )
    return _ENCODER.encode(line) + b"\n"


def assignment_line(post_id: str, topic_id: str) -> bytes:
    """One assignment as a JSON line."""
    return _ENCODER.encode(AssignmentLine(post_id, topic_id)) + b"\n"


def _score(score: Score | None) -> ScoreLine | None:
    if score is None:
        return None
    return ScoreLine(round(score.value, 4), score.n, round(score.low, 4), round(score.high, 4))


def _window(window: Window | None) -> WindowLine | None:
    return None if window is None else WindowLine(window.low_h, window.high_h)


def _hazard(hazard: Hazard) -> HazardLine:
    return HazardLine(hazard.name, hazard.tier, round(hazard.share.value, 4), hazard.evidence)


def _brand(verdict: Verdict) -> BrandLine:
    fit, nuance = verdict.fit, verdict.nuance
    return BrandLine(
        verdict=verdict.kind.value,
        fit=None if fit is None else FitLine(round(fit.value, 4), round(fit.percentile, 2), fit.n),
        facets=() if fit is None else tuple(FacetLine(f.name, round(f.z, 3), f.evidence) for f in fit.facets),
        nuance=None if nuance is None else NuanceLine(nuance.label, nuance.post_ids),
        reasons=tuple(ReasonLine(reason.code, reason.text, reason.evidence) for reason in verdict.reasons),
    )
