"""The sentences about fit: to the whole topic, to the part that is ours, to a no-go theme, against what background."""

from __future__ import annotations

from pipeline.types import BrandFit, BrandNuance, Reason, VerdictKind
from pipeline.verdict.findings import Findings, ride_threshold
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
        make_reason(
            "no_go",
            f"meets a theme that the brand keeps away from: “{met.theme}”",
            evidence=met.evidence,
            theme=met.theme,
            percentile=f"{met.percentile:.0f}",
        )
        for met in found.no_go
    ]


def make_reason(code: str, text: str, *, evidence: tuple[str, ...] = (), **params: object) -> Reason:
    """A reason whose parameters are written as text."""
    return Reason(code, text, evidence, tuple((name, str(value)) for name, value in params.items()))


def _nuance_fits(nuance: BrandNuance) -> Reason:
    size = "" if nuance.share is None else f" ({nuance.share:.0%} of the posts)"
    more = {} if nuance.share is None else {"share": f"{nuance.share:.2f}"}
    return make_reason(
        "nuance_fits",
        f"the part about “{nuance.label}”{size} speaks to “{nuance.facet}”",
        evidence=nuance.post_ids[:2],
        label=nuance.label,
        facet=nuance.facet,
        **more,
    )


def _risky_part(part: BrandNuance) -> Reason:
    return make_reason(
        "risky_part",
        f"the part about “{part.label}” speaks to “{part.facet}”, but carries a risk of its own: "
        f"{part.hazards[0].replace('_', ' ')}",
        evidence=part.post_ids[:2],
        label=part.label,
        facet=part.facet,
        hazard=part.hazards[0],
    )


def _whole(found: Findings, fit: BrandFit | None, rules: VerdictRules) -> Reason:
    """Why not the topic as a whole."""
    if fit is None:
        return make_reason("no_background", "fit is unknown: there is no background to compare with yet")
    if found.fits:
        return make_reason(
            "whole_guarded", "the topic as a whole fits, but carries what this part is free of", facet=_nearest(fit)
        )
    needed = ride_threshold(fit, rules)
    return make_reason(
        "whole_no_fit",
        f"the topic as a whole does not fit: percentile {fit.percentile:.0f}, {needed:.0f} needed",
        percentile=f"{fit.percentile:.0f}",
        needed=f"{needed:.0f}",
    )


def _of_the_whole(found: Findings, fit: BrandFit | None, rules: VerdictRules) -> list[Reason]:
    if fit is None:
        return [make_reason("no_background", "fit is unknown: there is no background to compare with yet")]
    if not found.interests:
        return [
            make_reason(
                "no_fit",
                f"does not speak to any facet (percentile {fit.percentile:.0f}, {rules.watch_percentile:.0f} needed)",
                percentile=f"{fit.percentile:.0f}",
                needed=f"{rules.watch_percentile:.0f}",
                facet=_nearest(fit),
            )
        ]
    strength = "fits_facet" if found.fits else "weak_fit"
    if not fit.facets:  # close to the whole brand, to no facet in particular: still said, never a silent verdict
        words = "fits" if found.fits else "comes near"
        text = f"{words} the brand as a whole (percentile {fit.percentile:.0f})"
        return [make_reason(strength, text, percentile=f"{fit.percentile:.0f}")]
    words = "speaks to" if found.fits else "comes near"
    return [
        make_reason(
            strength,
            f"{words} “{facet.name}” ({facet.z:.1f} σ above background, percentile {fit.percentile:.0f})",
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
    n = fit.n_own or 0
    return [
        make_reason(
            "cold_start",
            f"still new here: {n} topics of this stream to compare with, everyday subjects stand in for the rest; "
            f"until there are {rules.own_topics}, only a clear fit is ridden",
            n=n,
            needed=rules.own_topics,
        )
    ]


def _nearest(fit: BrandFit) -> str:
    return fit.facets[0].name if fit.facets else ""
