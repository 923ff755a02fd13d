"""The decision: what one brand should do with one topic, and why. Pure and total.

Raising a hazard, heat, division or hearsay never makes a verdict friendlier; the order from friendly to
unfriendly is ``FRIENDLINESS``. Floor hazards (tragedy, death, violence …) are gates that no fit can override.
What is found is in :mod:`pipeline.verdict.findings`, the reasons are in :mod:`pipeline.verdict.reasons`, what would
change the verdict in :mod:`pipeline.verdict.counterfactuals`, how sure it is in :mod:`pipeline.verdict.confidence`.
That a verdict does not flap is the business of :mod:`pipeline.verdict.hysteresis`: this one has no past.
"""

from __future__ import annotations

from datetime import datetime

from pipeline.types import BrandFit, BrandNuance, TopicReport, Verdict
from pipeline.verdict.case import Case
from pipeline.verdict.confidence import confidence
from pipeline.verdict.counterfactuals import flips, told
from pipeline.verdict.decision import decide
from pipeline.verdict.findings import find
from pipeline.verdict.reasons import reasons
from pipeline.verdict.rules import VerdictRules


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
    kind = decide(found)
    why = reasons(kind, found, report, fit, rules)
    if found.scant and not found.floor:  # a raw stream has thousands of such topics, and nothing more to say of them
        return Verdict(brand_id, report.topic_id, kind, fit, nuance, why, as_of)
    possible = flips(Case(report, fit, nuance), found, kind, rules)
    sure = confidence(found, fit, possible)
    return Verdict(
        brand_id, report.topic_id, kind, fit, nuance, why, as_of, told(possible, kind), sure.level, sure.doubts
    )
