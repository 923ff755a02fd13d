"""The reasons about fit: to the whole topic, to the part that is ours, to a no-go theme, against what background."""

from __future__ import annotations

from pipeline.types import BrandFit, BrandNuance, Reason, VerdictKind
from pipeline.types.reason_codes import ReasonCode
from pipeline.verdict.findings import Findings, ride_threshold
from pipeline.verdict.in_words import make_reason
from pipeline.verdict.rules import VerdictRules


def fit_reasons(kind: VerdictKind, found: Findings, fit: BrandFit | None, rules: VerdictRules) -> list[Reason]:
    """Why the topic, or a part of it, speaks to the brand or does not.

    Parameters
    ----------
    kind, found, fit, rules
        As in :func:`pipeline.verdict.reasons.reasons`.
    """
    cold = _cold(found, fit, rules)
    part = [_risky_part(found.risky_part)] if found.risky_part is not None else []
    if kind is VerdictKind.NUANCE and found.nuance is not None:
        return [_nuance_fits(found.nuance), _whole(found, fit, rules), *cold]
    if found.fits:
        return [*_of_the_whole(found, fit, rules), *part, *cold]
    ours = [_nuance_fits(found.nuance)] if found.nuance is not None else part
    return [*ours, *_of_the_whole(found, fit, rules), *cold]


def no_go_reasons(found: Findings) -> list[Reason]:
    """Themes that the brand keeps away from, as it wrote them."""
    return [
        make_reason(ReasonCode.NO_GO, evidence=met.evidence, theme=met.theme, percentile=f"{met.percentile:.0f}")
        for met in found.no_go
    ]


def _nuance_fits(nuance: BrandNuance) -> Reason:
    more = {} if nuance.share is None else {"share": f"{nuance.share:.2f}"}
    return make_reason(
        ReasonCode.NUANCE_FITS, evidence=nuance.post_ids[:2], label=nuance.label, facet=nuance.facet, **more
    )


def _risky_part(part: BrandNuance) -> Reason:
    return make_reason(
        ReasonCode.RISKY_PART,
        evidence=part.post_ids[:2],
        label=part.label,
        facet=part.facet,
        hazard=part.hazards[0],
    )


def _whole(found: Findings, fit: BrandFit | None, rules: VerdictRules) -> Reason:
    """Why not the topic as a whole."""
    if fit is None:
        return make_reason(ReasonCode.NO_BACKGROUND)
    if found.fits:
        return make_reason(ReasonCode.WHOLE_GUARDED, facet=_nearest(fit))
    needed = ride_threshold(fit, rules)
    return make_reason(ReasonCode.WHOLE_NO_FIT, percentile=f"{fit.percentile:.0f}", needed=f"{needed:.0f}")


def _of_the_whole(found: Findings, fit: BrandFit | None, rules: VerdictRules) -> list[Reason]:
    if fit is None:
        return [make_reason(ReasonCode.NO_BACKGROUND)]
    if not found.interests:
        return [
            make_reason(
                ReasonCode.NO_FIT,
                percentile=f"{fit.percentile:.0f}",
                needed=f"{rules.watch_percentile:.0f}",
                facet=_nearest(fit),
            )
        ]
    strength = ReasonCode.FITS_FACET if found.fits else ReasonCode.WEAK_FIT
    if not fit.facets:  # close to the whole brand, to no facet in particular: still said, never a silent verdict
        return [make_reason(strength, percentile=f"{fit.percentile:.0f}")]
    return [
        make_reason(
            strength,
            evidence=facet.evidence,
            facet=facet.name,
            z=f"{facet.z:.1f}",
            percentile=f"{fit.percentile:.0f}",
        )
        for facet in fit.facets[:2]
    ]


def _cold(found: Findings, fit: BrandFit | None, rules: VerdictRules) -> list[Reason]:
    """Said wherever fit speaks for the topic: the background is still mostly everyday concepts."""
    if not found.cold or fit is None or not found.drawn:
        return []
    return [make_reason(ReasonCode.COLD_START, n=fit.n_own or 0, needed=rules.own_topics)]


def _nearest(fit: BrandFit) -> str:
    return fit.facets[0].name if fit.facets else ""
