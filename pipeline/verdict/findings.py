"""What a verdict rests on: what was measured of a topic, held against the thresholds of one brand."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from pipeline.types import BrandFit, BrandNuance, Hazard, Score, ThemeFit, TopicReport
from pipeline.verdict.rules import VerdictRules

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
class Findings:
    """What the decision rests on.

    ``scant``: hardly any posts at all. ``cold``: too few own topics to compare with. ``hedged``, ``unreliable``:
    hearsay by its words, by its links. ``copied``, ``one_origin``, ``crowded``, ``solemn``: worth saying, no ground for
    a verdict by themselves. ``nuance`` fits and is free of risks, ``risky_part`` fits and is not.
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
    cold: bool = False
    no_go: tuple[ThemeFit, ...] = ()
    risky_part: BrandNuance | None = None

    @property
    def drawn(self) -> bool:
        """Something here is of interest to the brand, fit to join or not."""
        return self.interests or self.nuance is not None or self.risky_part is not None

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

    @property
    def guarded(self) -> bool:
        """Something about the whole that holds a team back although it is no danger of high tier."""
        return bool(self.medium or self.no_go) or self.hearsay


def find(
    report: TopicReport, fit: BrandFit | None, nuance: BrandNuance | None, rules: VerdictRules, leeway: float = 0.0
) -> Findings:
    """Hold what was measured against the thresholds; unknown is never above one.

    Parameters
    ----------
    report, fit, nuance
        As in :func:`pipeline.verdict.judge.judge`.
    leeway
        How many standard errors a fit must lie above its threshold; below 0: how many it may lie under it.
    """
    percentile = fit.percentile if fit is not None else 0.0
    ride = ride_threshold(fit, rules, leeway)
    watch = rules.watch_percentile + leeway * percentile_error(rules.watch_percentile, fit)
    tiers = {tier: tuple(h for h in report.hazards if h.tier == tier) for tier in ("floor", "high", "medium")}
    part = nuance if nuance is not None and nuance.percentile >= ride else None
    distinct = report.n_posts - report.n_copies
    exposure, saturation, division = report.exposure, report.saturation, report.division
    links = exposure.unreliable_share if exposure is not None else None
    return Findings(
        fits=percentile >= ride,
        interests=percentile >= watch,
        nuance=part if part is not None and not part.hazards else None,
        risky_part=part if part is not None and part.hazards else None,
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
        cold=is_cold(fit, rules),
        # what nobody is drawn to needs no warning, and short phrases lie near much that is far from the brand
        no_go=fit.no_go if fit is not None and (part is not None or percentile >= watch) else (),
    )


def is_cold(fit: BrandFit | None, rules: VerdictRules) -> bool:
    """Whether the background has too few topics of this deployment; where their number is not known it is not."""
    return fit is not None and fit.n_own is not None and fit.n_own < rules.own_topics


def ride_threshold(fit: BrandFit | None, rules: VerdictRules, leeway: float = 0.0) -> float:
    """The percentile from which a topic fits: one standard error above the brand's own on a cold start.

    Examples
    --------
    >>> rules = VerdictRules(99.0, 95.0, 0.9, 20, 5, 0.5, 0.3, 0.5, own_topics=20)
    >>> ride_threshold(BrandFit(1.0, 99.2, 400, (), n_own=90), rules)
    99.0
    >>> round(ride_threshold(BrandFit(1.0, 99.2, 144, (), n_own=3), rules), 2)
    99.83
    """
    caution = leeway + (1.0 if is_cold(fit, rules) else 0.0)
    # at the top nothing is left to ask for
    return min(100.0, rules.ride_percentile + caution * percentile_error(rules.ride_percentile, fit))


def percentile_error(percentile: float, fit: BrandFit | None) -> float:
    """Standard error of a percentile read off ``fit.n`` background topics, in percentile points (binomial)."""
    if fit is None or fit.n <= 0:
        return 0.0
    share = percentile / 100.0
    return 100.0 * sqrt(share * (1.0 - share) / fit.n)


def _reaches(score: Score | None, threshold: float) -> bool:
    return score is not None and score.value >= threshold
