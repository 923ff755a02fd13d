"""What a verdict rests on: what was measured of a topic, held against the thresholds of one brand."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.types import BrandFit, BrandNuance, Hazard, Score, TopicReport

TEMPTING_SIGNIFICANCE = 1.0
"""From here a topic moves enough to tempt a team into joining."""

TEMPTING_SIZE = 4
"""So does a topic with this many times the posts needed to judge it, however slowly it grew."""

SCANT_POSTS = 5
"""Of fewer distinct posts a hazard is a guess: one post in ten sounds graver than it is. It still forbids joining."""

MIN_LINKED_POSTS = 5
"""Fewer posts with a known domain say nothing about where a topic's links lead."""

CROWDED = 3
"""So many promotional accounts are worth a word before one more joins."""


@dataclass(frozen=True)
class VerdictRules:
    """Thresholds for one brand.

    Percentiles are against background topics (0–100); ``hot`` is a heat in [0, 1];
    ``evidence_posts`` and ``evidence_authors`` are what a topic needs to be judged at all. ``divided`` is the division
    that its lower bound must reach; ``unverified_share`` the share of hedged posts, or of links to domains listed as
    unreliable, from which a topic is hearsay; ``narrow_share`` that of copies, or of one origin, worth a warning.
    """

    ride_percentile: float
    watch_percentile: float
    hot: float
    evidence_posts: int
    evidence_authors: int
    divided: float
    unverified_share: float
    narrow_share: float


@dataclass(frozen=True)
class Findings:
    """What the decision rests on.

    ``scant``: hardly any posts at all. ``hedged``, ``unreliable``: hearsay by its words, by its links. ``copied``,
    ``one_origin``, ``crowded``, ``solemn``: worth saying, no ground for a verdict by themselves.
    """

    fits: bool
    interests: bool
    nuance: BrandNuance | None
    floor: tuple[Hazard, ...]
    high: tuple[Hazard, ...]
    medium: tuple[Hazard, ...]
    hot: bool
    divided: bool
    hedged: bool
    unreliable: bool
    copied: bool
    one_origin: bool
    crowded: bool
    solemn: bool
    tempting: bool
    thin_posts: bool
    thin_authors: bool
    scant: bool

    @property
    def thin(self) -> bool:
        """Too little evidence to judge."""
        return self.thin_posts or self.thin_authors

    @property
    def contested(self) -> bool:
        """Heated, or in two camps."""
        return self.hot or self.divided

    @property
    def hearsay(self) -> bool:
        """Unverified, by its words or its links. Never: untrue."""
        return self.hedged or self.unreliable


def find(report: TopicReport, fit: BrandFit | None, nuance: BrandNuance | None, rules: VerdictRules) -> Findings:
    """Hold what was measured against the thresholds; unknown is never above one.

    Parameters
    ----------
    report, fit, nuance
        As in :func:`pipeline.verdict.judge`.
    """
    percentile = fit.percentile if fit is not None else 0.0
    tiers = {tier: tuple(h for h in report.hazards if h.tier == tier) for tier in ("floor", "high", "medium")}
    fits_nuance = nuance is not None and nuance.percentile >= rules.ride_percentile and not nuance.hazards
    distinct = report.n_posts - report.n_copies
    exposure, saturation, division = report.exposure, report.saturation, report.division
    links = exposure.unreliable_share if exposure is not None else None
    return Findings(
        fits=percentile >= rules.ride_percentile,
        interests=percentile >= rules.watch_percentile,
        nuance=nuance if fits_nuance else None,
        floor=tiers["floor"],
        high=tiers["high"],
        medium=tiers["medium"],
        hot=_reaches(report.heat, rules.hot),
        divided=division is not None and division.low >= rules.divided,
        hedged=exposure is not None and _reaches(exposure.hedged_share, rules.unverified_share),
        unreliable=links is not None and links.n >= MIN_LINKED_POSTS and _reaches(links, rules.unverified_share),
        copied=exposure is not None and _reaches(exposure.copy_share, rules.narrow_share),
        one_origin=exposure is not None
        and exposure.origin is not None
        and _reaches(exposure.origin.share, rules.narrow_share),
        crowded=saturation is not None and (saturation.n_brands or 0) >= CROWDED,
        solemn=bool(report.solemn_days),
        tempting=bool(report.bursts)
        or report.momentum.significance >= TEMPTING_SIGNIFICANCE
        or distinct >= TEMPTING_SIZE * rules.evidence_posts,
        thin_posts=distinct < rules.evidence_posts,
        # a stream without authors (0 known) cannot be held to a number of authors
        thin_authors=0 < report.n_authors < rules.evidence_authors,
        scant=distinct < min(SCANT_POSTS, rules.evidence_posts),
    )


def _reaches(score: Score | None, threshold: float) -> bool:
    return score is not None and score.value >= threshold
