"""What each opinion about a verdict says about a profile, and how much it counts. Pure.

An opinion moves something only where fit decided: nobody's taste softens a hazard, and evidence that is too thin is no
matter of taste. One person has one opinion on a topic, the latest; opinions fade; and nobody has more than a few
voices however often they speak.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec

from pipeline.store.records import StoredFeedback
from pipeline.types import BrandFit, Verdict, VerdictKind
from pipeline.types.reason_codes import ReasonCode
from pipeline.verdict.alert import THIN_CODES

HALF_LIFE_DAYS = 90.0
"""After so long an opinion counts half: brands change, and so do the people who judge."""
MAX_VOICES = 4.0
"""More than so much nobody counts, however many topics they judge."""

Direction = Literal["warmer", "colder", "none"]
Threshold = Literal["ride", "watch", ""]

_HEAT = {VerdictKind.RIDE: 2, VerdictKind.NUANCE: 2, VerdictKind.WATCH: 1, VerdictKind.RISKY: 0, VerdictKind.IGNORE: 0}
_FIT_REASONS = frozenset(
    {
        ReasonCode.FITS_FACET,
        ReasonCode.WEAK_FIT,
        ReasonCode.NO_FIT,
        ReasonCode.NUANCE_FITS,
        ReasonCode.FALSE_FIT,
    }
)
_HEAT_OR_HEARSAY = frozenset({ReasonCode.HOT, ReasonCode.CONTESTED, ReasonCode.UNVERIFIED, ReasonCode.UNRELIABLE_LINKS})


class OpinionEffect(msgspec.Struct, frozen=True):
    """One opinion, as it counts.

    ``weight`` is after fading and the bound of a person; ``direction`` is where it moves the ``threshold`` it speaks of
    (``warmer``: let more in); ``facets`` are (name, share) of what it speaks of, the shares sum to 1; ``why`` says in
    English why it moves nothing, where it does not.
    """

    feedback_id: int
    topic_id: str
    label: str
    at: datetime
    by: str
    kind: VerdictKind
    right: bool
    wanted: VerdictKind | None
    rule: str
    weight: float
    direction: Direction
    threshold: Threshold
    facets: tuple[tuple[str, float], ...] = ()
    why: str = ""


def effects_of(opinions: Sequence[StoredFeedback], as_of: datetime) -> tuple[OpinionEffect, ...]:
    """What counts of these opinions at ``as_of``, newest first; the order they come in makes no difference."""
    latest: dict[tuple[str, str], StoredFeedback] = {}
    for opinion in sorted(opinions, key=lambda opinion: (opinion.at, opinion.id)):
        latest[opinion.by, opinion.topic_id] = opinion
    counted = sorted(latest.values(), key=lambda opinion: (opinion.at, opinion.id), reverse=True)
    faded = [0.5 ** (max(0.0, (as_of - o.at).total_seconds()) / 86_400 / HALF_LIFE_DAYS) for o in counted]
    voices: dict[str, float] = {}
    for opinion, weight in zip(counted, faded, strict=True):
        voices[opinion.by] = voices.get(opinion.by, 0.0) + weight
    return tuple(
        _effect(opinion, weight * min(1.0, MAX_VOICES / voices[opinion.by]))
        for opinion, weight in zip(counted, faded, strict=True)
    )


def rule_of(verdict: Verdict) -> str:
    """Code of the reason that came first: what the verdict rests on most.

    Examples
    --------
    >>> from tests.samples import make_verdict
    >>> rule_of(make_verdict())
    'fits_facet'
    """
    return verdict.reasons[0].code if verdict.reasons else ""


def _effect(opinion: StoredFeedback, weight: float) -> OpinionEffect:
    direction, threshold, why = _read(opinion)
    return OpinionEffect(
        feedback_id=opinion.id,
        topic_id=opinion.topic_id,
        label=opinion.report.label,
        at=opinion.at,
        by=opinion.by,
        kind=opinion.verdict.kind,
        right=opinion.right,
        wanted=opinion.wanted,
        rule=rule_of(opinion.verdict),
        weight=weight,
        direction=direction,
        threshold=threshold,
        facets=_shares(opinion.verdict.fit),
        why=why,
    )


def _read(opinion: StoredFeedback) -> tuple[Direction, Threshold, str]:
    """Where an opinion moves which threshold; or why it moves none."""
    if opinion.right:
        return "none", "", "it agrees"
    kind, wanted = opinion.verdict.kind, opinion.wanted
    told = _HEAT[kind]
    if wanted is None and told < 2:
        return "none", "", "it does not say what would be right"
    asked = _HEAT[wanted] if wanted is not None else 1
    if told == asked:
        return "none", "", "it asks for nothing that fit decides"
    if asked > told:
        barred = _barred(opinion)
        if barred:
            return "none", "", barred
        return "warmer", "ride" if asked == 2 else "watch", ""
    if told == 2 and opinion.verdict.kind is VerdictKind.NUANCE:
        return "none", "", "it is about a part of the topic: the whole did not fit anyway"
    return "colder", "ride" if told == 2 else "watch", ""


def _barred(opinion: StoredFeedback) -> str:
    """What else than fit keeps this verdict from being warmer."""
    grave = [hazard.name for hazard in opinion.report.hazards if hazard.tier != "low"]
    if grave:
        return f"a hazard decides there ({grave[0].replace('_', ' ')}), and taste moves no hazard"
    codes = {reason.code for reason in opinion.verdict.reasons}
    if ReasonCode.NO_GO in codes:
        return "the topic meets a theme the brand stays away from: edit the profile if it should not"
    if ReasonCode.COLD_START in codes:
        return "the deployment had too few topics of its own to compare with"
    if codes & THIN_CODES:
        return "the evidence was too thin there, whatever the fit"
    if not codes & _FIT_REASONS or opinion.verdict.fit is None:
        return "fit did not decide there"
    if codes & _HEAT_OR_HEARSAY:
        return "heat or hearsay decides there, not fit"
    return ""


def _shares(fit: BrandFit | None) -> tuple[tuple[str, float], ...]:
    """Each facet's part in what the topic had of the brand, by its z."""
    if fit is None or not fit.facets:
        return ()
    total = sum(max(facet.z, 0.0) for facet in fit.facets)
    return tuple((facet.name, max(facet.z, 0.0) / total) for facet in fit.facets) if total > 0 else ()
