"""The thresholds of one brand."""

from __future__ import annotations

from dataclasses import dataclass

from configs.settings import ReportSettings, VerdictSettings
from pipeline.brand.profile.profile import BrandProfile


@dataclass(frozen=True)
class VerdictRules:
    """Thresholds for one brand.

    Percentiles are against background topics (0–100); ``hot`` is a heat in [0, 1];
    ``evidence_posts`` and ``evidence_authors`` are what a topic needs to be judged at all. ``divided`` is the division
    that its lower bound must reach; ``unverified_share`` the share of hedged posts, or of links to domains listed as
    unreliable, from which a topic is hearsay; ``narrow_share`` that of copies, or of one origin, worth a warning.
    ``hazard_share`` is the share of posts from which a hazard is in a report at all; with fewer than ``own_topics``
    topics of its own in the background a deployment is new, and only a clear fit is ridden; a verdict waits ``hold_s``
    seconds of event time before it follows a finding that barely changed (:mod:`pipeline.verdict.hysteresis`).
    """

    ride_percentile: float
    watch_percentile: float
    hot: float
    evidence_posts: int
    evidence_authors: int
    divided: float
    unverified_share: float
    narrow_share: float
    hazard_share: float = 0.2
    own_topics: int = 0
    hold_s: float = 0.0


def rules_of(profile: BrandProfile, verdict: VerdictSettings, report: ReportSettings) -> VerdictRules:
    """Thresholds of one brand: its own, and those of the deployment where it has none."""
    own = profile.thresholds
    return VerdictRules(
        ride_percentile=own.ride_percentile if own.ride_percentile is not None else verdict.ride_percentile,
        watch_percentile=own.watch_percentile if own.watch_percentile is not None else verdict.watch_percentile,
        hot=verdict.hot,
        evidence_posts=report.evidence_posts,
        evidence_authors=report.evidence_authors,
        divided=verdict.divided,
        unverified_share=verdict.unverified_share,
        narrow_share=verdict.narrow_share,
        hazard_share=verdict.hazard_share,
        own_topics=verdict.own_topics,
        hold_s=verdict.hold_s,
    )
