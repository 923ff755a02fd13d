"""The decision: what one brand should do with one topic, and why. Pure and total.

Raising a hazard, heat, division or hearsay never makes a verdict friendlier; the order from friendly to
unfriendly is ``FRIENDLINESS``. Floor hazards (tragedy, death, violence …) are gates that no fit can override.
What is found is in :mod:`pipeline.verdict_findings`, the sentences are in :mod:`pipeline.verdict_reasons`.
"""

from __future__ import annotations

from datetime import datetime

from pipeline.types import BrandFit, BrandNuance, TopicReport, Verdict, VerdictKind
from pipeline.verdict_findings import Findings, VerdictRules, find
from pipeline.verdict_reasons import reasons

__all__ = ["FRIENDLINESS", "VerdictRules", "judge"]

FRIENDLINESS = (
    VerdictKind.RIDE,
    VerdictKind.NUANCE,
    VerdictKind.WATCH,
    VerdictKind.IGNORE,
    VerdictKind.RISKY,
)


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
    found = find(report, fit, nuance, rules)
    kind = _decide(found)
    return Verdict(brand_id, report.topic_id, kind, fit, nuance, reasons(kind, found, report, fit, rules), as_of)


def _decide(found: Findings) -> VerdictKind:
    drawn = found.interests or found.nuance is not None
    if found.floor and not found.scant:
        return VerdictKind.IGNORE if found.thin and not drawn else VerdictKind.RISKY
    if found.thin:
        return VerdictKind.WATCH if drawn else VerdictKind.IGNORE
    if not drawn:
        hazardous = found.high or found.medium or found.hearsay
        return VerdictKind.RISKY if found.tempting and (found.contested or hazardous) else VerdictKind.IGNORE
    if found.high:
        return VerdictKind.RISKY
    if found.contested:
        return VerdictKind.WATCH
    if found.fits and not found.medium and not found.hearsay:
        return VerdictKind.RIDE
    # a medium risk of the topic is not a risk of the part that is ours and free of it
    return VerdictKind.NUANCE if found.nuance is not None else VerdictKind.WATCH
