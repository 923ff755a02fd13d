"""The reasons behind a verdict: each a stable code, its numbers and the posts it quotes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from pipeline.types import BrandFit, Hazard, Reason, Score, Stage, TopicReport, VerdictKind
from pipeline.types.reason_codes import ReasonCode
from pipeline.verdict.findings import Findings
from pipeline.verdict.fit_reasons import fit_reasons, no_go_reasons
from pipeline.verdict.in_words import make_reason
from pipeline.verdict.rules import VerdictRules


def reasons(
    kind: VerdictKind, found: Findings, report: TopicReport, fit: BrandFit | None, rules: VerdictRules
) -> tuple[Reason, ...]:
    """Why it is ``kind``, most important first; at least one.

    Parameters
    ----------
    kind, found
        The decision and what it rests on.
    report, fit, rules
        As in :func:`pipeline.verdict.judge.judge`.
    """
    thin = _thin_reasons(found, report, rules)
    about_hazards = [_hazard_reason(h) for h in (*found.floor, *found.high, *found.medium)]
    about_fit = fit_reasons(kind, found, fit, rules)
    about_mood = [*no_go_reasons(found), *_mood_reasons(found, report), *_hearsay_reasons(found, report)]
    calm = [] if found.hot or found.floor or report.heat is None else [_score_reason(ReasonCode.CALM, report.heat)]
    if kind in (VerdictKind.RISKY, VerdictKind.IGNORE) or found.floor:
        ordered = [*about_hazards, *about_mood, *thin, *about_fit, *calm]
    elif kind is VerdictKind.WATCH:
        ordered = [*thin, *about_hazards, *about_mood, *about_fit, *calm]
    else:
        ordered = [*about_fit, *calm, *about_mood, *about_hazards]
    if kind is VerdictKind.IGNORE and not found.thin:
        ordered = [*about_fit, *about_hazards, *about_mood, *calm]
    if report.stage is Stage.FADING and kind in (VerdictKind.RIDE, VerdictKind.NUANCE):
        ordered.append(make_reason(ReasonCode.FADING))
    if kind is not VerdictKind.IGNORE:
        ordered += _warnings(found, report)
    return tuple(ordered)


def _thin_reasons(found: Findings, report: TopicReport, rules: VerdictRules) -> list[Reason]:
    given: list[Reason] = []
    if found.thin_posts:
        given.append(_thin_posts(report.n_posts - report.n_copies, rules.evidence_posts))
    if found.thin_authors:
        given.append(make_reason(ReasonCode.THIN_AUTHORS, n=report.n_authors, needed=rules.evidence_authors))
    return given


@lru_cache(maxsize=256)
def _thin_posts(n: int, needed: int) -> Reason:
    """The reason of most topics of a raw stream: made once."""
    return make_reason(ReasonCode.THIN_POSTS, n=n, needed=needed)


def _mood_reasons(found: Findings, report: TopicReport) -> list[Reason]:
    reasons: list[Reason] = []
    if found.hot and report.heat is not None:
        reasons.append(_score_reason(ReasonCode.HOT, report.heat, report.hot_posts[:2]))
    if found.divided and report.division is not None:
        camps = (report.poles.one[:1] + report.poles.other[:1]) if report.poles is not None else ()
        reasons.append(_score_reason(ReasonCode.CONTESTED, report.division, camps))
    if found.tempting and not found.drawn:
        reasons.append(make_reason(ReasonCode.BANDWAGON, rate=f"{report.momentum.rate_per_h:.0f}"))
    return reasons


def _score_reason(code: ReasonCode, score: Score, evidence: tuple[str, ...] = ()) -> Reason:
    return make_reason(
        code,
        evidence=evidence,
        value=f"{score.value:.2f}",
        low=f"{score.low:.2f}",
        high=f"{score.high:.2f}",
        n=score.n,
    )


def _hearsay_reasons(found: Findings, report: TopicReport) -> list[Reason]:
    """Unverified, never untrue."""
    given: list[Reason] = []
    exposure = report.exposure
    if exposure is None:
        return given
    if found.hedged and exposure.hedged_share is not None:
        given.append(_share_reason(ReasonCode.UNVERIFIED, exposure.hedged_share, exposure.hedged[:2]))
    if found.unreliable and exposure.unreliable_share is not None:
        evidence = tuple(post_id for listed in exposure.unreliable for post_id in listed.evidence[:1])[:2]
        domains = ", ".join(listed.domain for listed in exposure.unreliable[:3])
        given.append(_share_reason(ReasonCode.UNRELIABLE_LINKS, exposure.unreliable_share, evidence, domains=domains))
    return given


def _warnings(found: Findings, report: TopicReport) -> list[Reason]:
    """What to know before joining, whatever the verdict."""
    given: list[Reason] = []
    exposure, saturation = report.exposure, report.saturation
    if exposure is not None and found.copied and exposure.copy_share is not None:
        given.append(_share_reason(ReasonCode.COPY_BURST, exposure.copy_share, ()))
    if exposure is not None and found.one_origin and exposure.origin is not None:
        origin = exposure.origin
        given.append(_share_reason(ReasonCode.SINGLE_ORIGIN, origin.share, origin.evidence[:1], origin=origin.kind))
    if found.crowded and saturation is not None:
        given.append(make_reason(ReasonCode.CROWDED, evidence=saturation.evidence[:2], n=saturation.n_brands))
    if found.solemn:
        names = [dict(day.names) for day in report.solemn_days]
        english = ", ".join(name.get("en", "") for name in names)
        italian = ", ".join(name.get("it", "") for name in names)
        given.append(make_reason(ReasonCode.SOLEMN_DAY, day_en=english, day_it=italian))
    return given


def _share_reason(code: ReasonCode, share: Score, evidence: tuple[str, ...], **more: object) -> Reason:
    return make_reason(code, evidence=evidence, share=f"{share.value:.2f}", n=share.n, **more)


_OF_TIER: Mapping[str, ReasonCode] = MappingProxyType(
    {
        "floor": ReasonCode.HAZARD_FLOOR,
        "high": ReasonCode.HAZARD_HIGH,
        "medium": ReasonCode.HAZARD_MEDIUM,
    }
)


def _hazard_reason(hazard: Hazard) -> Reason:
    return make_reason(
        _OF_TIER[hazard.tier],
        evidence=hazard.evidence,
        hazard=hazard.name,
        share=f"{hazard.share.value:.2f}",
        n=hazard.share.n,
    )
