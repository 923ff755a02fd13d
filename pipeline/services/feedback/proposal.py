"""From opinions about verdicts to a change of the profile that can be looked at before it is made. Pure.

The change is always computed from the strategist's own profile and all opinions since: applying it twice changes
nothing more, and no number of opinions moves a weight beyond half or double of what the strategist wrote, or a
threshold beyond half or double the share of topics it lets through. Opinions that contradict each other cancel; what
is left counts only beyond what chance alone would leave. What is said of all facets alike is a matter of the
threshold; a weight moves by what is said of its facet more than of the others. Opinions that agree hold both in place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from math import exp, log, sqrt, tanh
from typing import Literal

import msgspec

from pipeline.brand.profile.profile import BrandProfile, Facet, Thresholds
from pipeline.services.feedback.opinions import OpinionEffect, effects_of, rule_of
from pipeline.signals.intervals import wilson
from pipeline.store.records import StoredFeedback
from pipeline.types import Score, VerdictKind

MAX_FACTOR = 2.0
"""A weight, or the share of topics above a threshold, stays between 1 / this and this times the strategist's."""
FULL_EVIDENCE = 8.0
"""Net opinions, beyond chance, from which a change is three quarters of the bound."""
PRIOR_OPINIONS = 6.0
"""So many opinions, even over the facets, are thought beside those that were given."""
CHANCE_SIGMAS = 1.64
"""So much of the spread of opinions given at random (√Σ weight²) is not counted."""
MIN_OPINIONS = 5
MIN_TOPICS = 3
"""Fewer opinions, or on fewer topics, are anecdotes."""
LEAST_CHANGE = 0.01
"""A smaller change of a weight, or of a percentile, is not worth a version."""
_HELD_BY: Mapping[str, frozenset[VerdictKind]] = {
    "ride": frozenset({VerdictKind.RIDE}),
    "watch": frozenset({VerdictKind.WATCH, VerdictKind.IGNORE}),
}
"""Verdicts that, where people call them right, speak for leaving a threshold where it is."""
PRECISION_METHOD = "precision-wilson/1"


class FacetChange(msgspec.Struct, frozen=True):
    """A facet's weight: the strategist's, the one in force, the proposed one, and the net opinions behind it."""

    name: str
    base: float
    before: float
    after: float
    evidence: float


class ThresholdChange(msgspec.Struct, frozen=True):
    """A threshold in percentiles: as :class:`FacetChange`."""

    name: str
    base: float
    before: float
    after: float
    evidence: float


class RulePrecision(msgspec.Struct, frozen=True):
    """How often people called a verdict right that rests on this rule first; every opinion counts once."""

    rule: str
    kind: VerdictKind
    n: int
    n_right: int
    share: Score


class ProposedChange(msgspec.Struct, frozen=True):
    """What the opinions ask for.

    ``profile`` is the brand after the change, ``digest`` names exactly this proposal, ``n_counted`` opinions move
    something. ``why_not`` says in English why nothing is proposed, and is empty when something is.
    """

    brand_id: str
    as_of: datetime
    digest: str
    n_opinions: int
    n_counted: int
    facets: tuple[FacetChange, ...]
    thresholds: tuple[ThresholdChange, ...]
    effects: tuple[OpinionEffect, ...]
    precision: tuple[RulePrecision, ...]
    profile: BrandProfile
    why_not: str = ""

    @property
    def changes(self) -> bool:
        """Whether there is something to apply."""
        return not self.why_not


def propose(
    base: BrandProfile,
    current: BrandProfile,
    opinions: Sequence[StoredFeedback],
    defaults: tuple[float, float],
    as_of: datetime,
) -> ProposedChange:
    """The change that opinions about a brand ask for.

    Parameters
    ----------
    base
        The profile as a person last wrote it.
    current
        The profile in force: ``base``, or ``base`` with earlier feedback applied.
    opinions
        Given since ``base`` was saved.
    defaults
        The deployment's (ride, watch) percentiles, for a profile without its own.
    as_of
        Now: opinions fade towards it.
    """
    effects = effects_of(opinions, as_of)
    moving = [effect for effect in effects if effect.direction != "none"]
    n_topics = len({effect.topic_id for effect in moving})
    why_not = ""
    if len(moving) < MIN_OPINIONS or n_topics < MIN_TOPICS:
        why_not = (
            f"{len(moving)} opinions on {n_topics} topics ask for a change; {MIN_OPINIONS} on {MIN_TOPICS} are needed"
        )
        moving = []
    weights = [_facet(facet, base, current, effects if moving else ()) for facet in base.facets]
    thresholds = _thresholds(base, current, effects if moving else (), defaults)
    profile = _applied(base, weights, thresholds)
    moved: list[FacetChange | ThresholdChange] = [*weights, *thresholds]
    if not why_not and not any(abs(change.after - change.before) >= LEAST_CHANGE for change in moved):
        in_force = any(abs(change.after - change.base) >= LEAST_CHANGE for change in moved)
        why_not = "what the opinions ask for is in force already" if in_force else "the opinions cancel each other"
    return ProposedChange(
        brand_id=base.id,
        as_of=as_of,
        digest=_digest(profile),
        n_opinions=len(effects),
        n_counted=len(moving),
        facets=tuple(weights),
        thresholds=thresholds,
        effects=effects,
        precision=precision(opinions),
        profile=profile,
        why_not=why_not,
    )


def precision(opinions: Sequence[StoredFeedback]) -> tuple[RulePrecision, ...]:
    """Share of right verdicts by first reason and kind, with a 90 % Wilson interval; most opinions first."""
    asked: Counter[tuple[str, VerdictKind]] = Counter()
    right: Counter[tuple[str, VerdictKind]] = Counter()
    for opinion in opinions:
        key = (rule_of(opinion.verdict), opinion.verdict.kind)
        asked[key] += 1
        right[key] += opinion.right
    found = []
    for (rule, kind), n in asked.items():
        low, high = wilson(right[rule, kind] / n, n)
        share = Score(right[rule, kind] / n, n, low, high, PRECISION_METHOD)
        found.append(RulePrecision(rule, kind, n, right[rule, kind], share))
    return tuple(sorted(found, key=lambda p: (-p.n, p.rule, p.kind)))


def pull(effects: Sequence[OpinionEffect], part: Callable[[OpinionEffect], float] = lambda effect: 1.0) -> float:
    """Net opinions beyond chance; above 0 for warmer.

    Parameters
    ----------
    part
        How much of an opinion speaks of the thing in question, more (above 0) or less than usual, in [-1, 1].

    Notes
    -----
    Opinions given at random leave a sum of about √Σ weight²; the first 1.64 of these are not counted, so that nineteen
    in twenty one-sided streaks of chance move nothing.
    """
    signed = [(1 if e.direction == "warmer" else -1) * e.weight * part(e) for e in effects if e.direction != "none"]
    net, spread = sum(signed), sqrt(sum(value * value for value in signed))
    beyond = max(0.0, abs(net) - CHANCE_SIGMAS * spread)
    return beyond if net > 0 else -beyond


def factor(evidence: float) -> float:
    """What a weight is multiplied with, between 1 / ``MAX_FACTOR`` and ``MAX_FACTOR``.

    Examples
    --------
    >>> factor(0.0), round(factor(1e9), 2), round(factor(-1e9), 2)
    (1.0, 2.0, 0.5)
    """
    return exp(log(MAX_FACTOR) * tanh(evidence / FULL_EVIDENCE))


def _facet(facet: Facet, base: BrandProfile, current: BrandProfile, effects: Sequence[OpinionEffect]) -> FacetChange:
    name = facet.label()
    spoken = [(effect.weight, dict(effect.facets).get(name, 0.0)) for effect in effects if effect.facets]
    usual = sum(weight * share for weight, share in spoken) + PRIOR_OPINIONS / len(base.facets)
    usual /= sum(weight for weight, _ in spoken) + PRIOR_OPINIONS
    evidence = pull(effects, lambda effect: dict(effect.facets).get(name, 0.0) - usual if effect.facets else 0.0)
    before = next((other.weight for other in current.facets if other.label() == name), facet.weight)
    return FacetChange(name, facet.weight, before, round(facet.weight * factor(evidence), 3), round(evidence, 2))


def _thresholds(
    base: BrandProfile, current: BrandProfile, effects: Sequence[OpinionEffect], defaults: tuple[float, float]
) -> tuple[ThresholdChange, ...]:
    own, now = base.thresholds, current.thresholds
    ride = _threshold("ride", own.ride_percentile, now.ride_percentile, effects, defaults[0])
    watch = _threshold("watch", own.watch_percentile, now.watch_percentile, effects, defaults[1])
    # what is ridden is watched: the lower one never overtakes
    return ride, msgspec.structs.replace(watch, after=min(watch.after, max(ride.after, watch.base)))


def _threshold(
    name: Literal["ride", "watch"],
    own: float | None,
    now: float | None,
    effects: Sequence[OpinionEffect],
    default: float,
) -> ThresholdChange:
    base = own if own is not None else default
    asking = [effect for effect in effects if effect.threshold == name]
    agreeing = [effect for effect in effects if effect.right and effect.kind in _HELD_BY[name]]
    n_asking, n_agreeing = (sum(effect.weight for effect in some) for some in (asking, agreeing))
    evidence = pull(asking) * n_asking / (n_asking + n_agreeing) if asking else 0.0
    after = 100.0 - (100.0 - base) * factor(evidence)
    after = round(min(100.0, max(50.0, after)), 2)
    return ThresholdChange(name, base, now if now is not None else default, after, round(evidence, 2))


def _applied(base: BrandProfile, weights: Sequence[FacetChange], thresholds: Sequence[ThresholdChange]) -> BrandProfile:
    """``base`` with what has changed; what has not stays as it was written, defaults included."""
    facets = tuple(
        msgspec.structs.replace(facet, weight=change.after) if abs(change.after - change.base) > 1e-9 else facet
        for facet, change in zip(base.facets, weights, strict=True)
    )
    moved = {f"{c.name}_percentile": c.after for c in thresholds if abs(c.after - c.base) >= LEAST_CHANGE}
    own: Thresholds = msgspec.structs.replace(base.thresholds, **moved)
    return msgspec.structs.replace(base, facets=facets, thresholds=own)


def _digest(profile: BrandProfile) -> str:
    return sha256(msgspec.json.encode(profile, order="deterministic")).hexdigest()[:12]
