"""The decision: what one brand should do with one topic, and why. Pure and total.

Raising a hazard, or heat, never makes a verdict friendlier; the order from friendly to
unfriendly is ``FRIENDLINESS``. Floor hazards (tragedy, death, violence …) are gates that no
fit can override.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipeline.types import (
    BrandFit,
    BrandNuance,
    Hazard,
    Reason,
    Score,
    Stage,
    TopicReport,
    Verdict,
    VerdictKind,
)

FRIENDLINESS = (
    VerdictKind.RIDE,
    VerdictKind.NUANCE,
    VerdictKind.WATCH,
    VerdictKind.IGNORE,
    VerdictKind.RISKY,
)

TEMPTING_SIGNIFICANCE = 1.0
"""From here a topic moves enough to tempt a team into joining."""

TEMPTING_SIZE = 4
"""So does a topic with this many times the posts needed to judge it, however slowly it grew."""


@dataclass(frozen=True)
class VerdictRules:
    """Thresholds for one brand.

    Percentiles are against background topics (0–100); ``hot`` is a heat in [0, 1];
    ``evidence_posts`` and ``evidence_authors`` are what a topic needs to be judged at all.
    """

    ride_percentile: float
    watch_percentile: float
    hot: float
    evidence_posts: int
    evidence_authors: int


@dataclass(frozen=True)
class _Findings:
    """What the decision rests on, each with its reasons."""

    fits: bool
    interests: bool
    nuance: BrandNuance | None
    floor: tuple[Hazard, ...]
    high: tuple[Hazard, ...]
    medium: tuple[Hazard, ...]
    hot: bool
    tempting: bool
    thin: tuple[Reason, ...]


def judge(
    brand_id: str,
    report: TopicReport,
    fit: BrandFit | None,
    nuance: BrandNuance | None,
    rules: VerdictRules,
    as_of: datetime,
) -> Verdict:
    """Decide for one brand and one topic.

    Parameters
    ----------
    report
        Everything measured; its hazards are those above the reporting threshold.
    fit
        Fit of the whole topic; ``None`` when it could not be measured.
    nuance
        The sub-conversation that fits best among those free of floor hazards, if there is any.
    """
    found = _find(report, fit, nuance, rules)
    kind = _decide(found)
    reasons = _reasons(kind, found, report, fit, rules)
    return Verdict(brand_id, report.topic_id, kind, fit, nuance, reasons, as_of)


def _find(report: TopicReport, fit: BrandFit | None, nuance: BrandNuance | None, rules: VerdictRules) -> _Findings:
    percentile = fit.percentile if fit is not None else 0.0
    tiers = {tier: tuple(h for h in report.hazards if h.tier == tier) for tier in ("floor", "high", "medium")}
    fits_nuance = nuance is not None and nuance.percentile >= rules.ride_percentile and not nuance.hazards
    return _Findings(
        fits=percentile >= rules.ride_percentile,
        interests=percentile >= rules.watch_percentile,
        nuance=nuance if fits_nuance else None,
        floor=tiers["floor"],
        high=tiers["high"],
        medium=tiers["medium"],
        hot=report.heat is not None and report.heat.value >= rules.hot,
        tempting=bool(report.bursts)
        or report.momentum.significance >= TEMPTING_SIGNIFICANCE
        or report.n_posts - report.n_copies >= TEMPTING_SIZE * rules.evidence_posts,
        thin=_thin(report, rules),
    )


def _thin(report: TopicReport, rules: VerdictRules) -> tuple[Reason, ...]:
    reasons = []
    distinct = report.n_posts - report.n_copies
    if distinct < rules.evidence_posts:
        reasons.append(
            _reason(
                "thin_posts",
                f"only {distinct} distinct posts so far, {rules.evidence_posts} needed to judge",
                n=distinct,
                needed=rules.evidence_posts,
            )
        )
    # a stream without authors (0 known) cannot be held to a number of authors
    if 0 < report.n_authors < rules.evidence_authors:
        reasons.append(
            _reason(
                "thin_authors",
                f"only {report.n_authors} authors so far, {rules.evidence_authors} needed to judge",
                n=report.n_authors,
                needed=rules.evidence_authors,
            )
        )
    return tuple(reasons)


def _decide(found: _Findings) -> VerdictKind:
    drawn = found.interests or found.nuance is not None
    if found.floor:
        return VerdictKind.IGNORE if found.thin and not drawn else VerdictKind.RISKY
    if found.thin:
        return VerdictKind.WATCH if drawn else VerdictKind.IGNORE
    if not drawn:
        bandwagon = found.tempting and (found.hot or found.high or found.medium)
        return VerdictKind.RISKY if bandwagon else VerdictKind.IGNORE
    if found.high:
        return VerdictKind.RISKY
    if found.hot:
        return VerdictKind.WATCH
    if found.fits and not found.medium:
        return VerdictKind.RIDE
    # a medium risk of the topic is not a risk of the part that is ours and free of it
    return VerdictKind.NUANCE if found.nuance is not None else VerdictKind.WATCH


def _reasons(
    kind: VerdictKind, found: _Findings, report: TopicReport, fit: BrandFit | None, rules: VerdictRules
) -> tuple[Reason, ...]:
    about_hazards = [_hazard_reason(h) for h in (*found.floor, *found.high, *found.medium)]
    about_fit = _fit_reasons(found, fit, rules)
    about_mood = _mood_reasons(found, report)
    if kind in (VerdictKind.RISKY, VerdictKind.IGNORE) or found.floor:
        ordered = [*about_hazards, *about_mood, *found.thin, *about_fit]
    elif kind is VerdictKind.WATCH:
        ordered = [*found.thin, *about_hazards, *about_mood, *about_fit]
    else:
        ordered = [*about_fit, *about_mood, *about_hazards]
    if kind is VerdictKind.IGNORE and not found.thin:
        ordered = [*about_fit, *about_hazards, *about_mood]
    if report.stage is Stage.FADING and kind in (VerdictKind.RIDE, VerdictKind.NUANCE):
        ordered.append(_reason("fading", "the conversation is already fading"))
    return tuple(ordered)


def _fit_reasons(found: _Findings, fit: BrandFit | None, rules: VerdictRules) -> list[Reason]:
    reasons: list[Reason] = []
    if found.nuance is not None and not found.fits:
        nuance = found.nuance
        reasons.append(
            _reason(
                "nuance_fits",
                f"the part about “{nuance.label}” speaks to “{nuance.facet}”",
                evidence=nuance.post_ids[:2],
                label=nuance.label,
                facet=nuance.facet,
            )
        )
    if fit is None:
        reasons.append(_reason("no_background", "fit is unknown: there is no background to compare with yet"))
    elif found.interests:
        strength = "fits_facet" if found.fits else "weak_fit"
        if not fit.facets:  # close to the whole brand, to no facet in particular: still said, never a silent verdict
            words = "fits" if found.fits else "comes near"
            text = f"{words} the brand as a whole (percentile {fit.percentile:.0f})"
            reasons.append(_reason(strength, text, percentile=f"{fit.percentile:.0f}"))
        for facet in fit.facets[:2]:
            words = "speaks to" if found.fits else "comes near"
            reasons.append(
                _reason(
                    strength,
                    f"{words} “{facet.name}” ({facet.z:.1f} σ above background, percentile {fit.percentile:.0f})",
                    evidence=facet.evidence,
                    facet=facet.name,
                    z=f"{facet.z:.1f}",
                    percentile=f"{fit.percentile:.0f}",
                )
            )
    else:
        near = fit.facets[0].name if fit.facets else ""
        reasons.append(
            _reason(
                "no_fit",
                f"does not speak to any facet (percentile {fit.percentile:.0f}, {rules.watch_percentile:.0f} needed)",
                percentile=f"{fit.percentile:.0f}",
                needed=f"{rules.watch_percentile:.0f}",
                facet=near,
            )
        )
    return reasons


def _mood_reasons(found: _Findings, report: TopicReport) -> list[Reason]:
    reasons: list[Reason] = []
    if found.hot and report.heat is not None:
        reasons.append(_heat_reason("hot", "heated", report.heat, report))
    elif report.heat is not None and not found.floor:
        reasons.append(_heat_reason("calm", "calm", report.heat, report))
    if found.tempting and not (found.interests or found.nuance):
        reasons.append(
            _reason(
                "bandwagon",
                f"it is moving ({report.momentum.rate_per_h:.0f} posts an hour), but it is not ours",
                rate=f"{report.momentum.rate_per_h:.0f}",
            )
        )
    return reasons


def _heat_reason(code: str, word: str, heat: Score, report: TopicReport) -> Reason:
    evidence = report.hot_posts[:2] if code == "hot" else ()
    return _reason(
        code,
        f"the tone is {word}: heat {heat.value:.2f} [{heat.low:.2f}–{heat.high:.2f}], n = {heat.n}",
        evidence=evidence,
        value=f"{heat.value:.2f}",
        low=f"{heat.low:.2f}",
        high=f"{heat.high:.2f}",
        n=heat.n,
    )


def _hazard_reason(hazard: Hazard) -> Reason:
    return _reason(
        f"hazard_{hazard.tier}",
        f"{hazard.name.replace('_', ' ')} in {hazard.share.value:.0%} of posts (n = {hazard.share.n})",
        evidence=hazard.evidence,
        hazard=hazard.name,
        share=f"{hazard.share.value:.2f}",
        n=hazard.share.n,
    )


def _reason(code: str, text: str, *, evidence: tuple[str, ...] = (), **params: object) -> Reason:
    return Reason(code, text, evidence, tuple((name, str(value)) for name, value in params.items()))
