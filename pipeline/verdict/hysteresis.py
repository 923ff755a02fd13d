"""Verdicts that do not flap: towards caution at once, towards an invitation only when it is clear or has lasted.

The rules of :mod:`pipeline.verdict.judge` have no past, so a topic whose fit wavers about a threshold would change its
verdict at every look. A verdict once told therefore stays while the new finding lies within one standard error of the
threshold, until it has lasted. Two things never wait: a danger, and missing evidence. And nothing is let go of quickly:
a topic that was dangerous is dangerous until it has been free of that for the whole time.
Source: the Schmitt trigger (O. H. Schmitt, "A thermionic trigger", 1938), with a time as second way out.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from pipeline.types import Change, Confidence, Held, Reason, Verdict, VerdictKind
from pipeline.types.reason_codes import ChangeCode, DoubtCode, ReasonCode
from pipeline.verdict.case import Case
from pipeline.verdict.counterfactuals import MAX_TOLD
from pipeline.verdict.decision import FRIENDLINESS, decide, friendlier
from pipeline.verdict.findings import find
from pipeline.verdict.in_words import make_change, make_reason
from pipeline.verdict.rules import VerdictRules

DANGERS = frozenset(
    {
        ReasonCode.HAZARD_FLOOR,
        ReasonCode.HAZARD_HIGH,
        ReasonCode.HAZARD_MEDIUM,
        ReasonCode.HOT,
        ReasonCode.CONTESTED,
        ReasonCode.UNVERIFIED,
        ReasonCode.UNRELIABLE_LINKS,
        ReasonCode.NO_GO,
        ReasonCode.HELD_DANGER,
    }
)
"""Codes of reasons that must stay away for the whole time before a verdict gets friendlier."""


def hold(last: Verdict | None, verdict: Verdict, case: Case, rules: VerdictRules) -> Verdict:
    """The verdict to tell now: ``verdict``, or the last one for a while longer.

    Parameters
    ----------
    last
        What was told before of the same brand and topic; ``None`` for the first.
    verdict, case
        What the rules say now, and what it rests on.

    Notes
    -----
    Pure: the same three give the same, so a replay or a restart from stored verdicts does too. For one ``last``, more
    danger in ``case`` never makes the result friendlier.
    """
    if last is None or last.kind is verdict.kind or rules.hold_s <= 0:
        return verdict
    kind = _held_kind(last, verdict.kind, case, rules)
    if kind is verdict.kind:
        return verdict
    invites = friendlier(verdict.kind, kind)
    before = last.held
    same_way = before is not None and friendlier(before.measured, last.kind) == friendlier(verdict.kind, last.kind)
    since = before.since if before is not None and same_way else verdict.as_of
    until = since + timedelta(seconds=rules.hold_s)
    if verdict.as_of >= until:
        return verdict
    code = ReasonCode.HELD_ON
    if invites:
        code = ReasonCode.HELD_DANGER if _was_in_danger(last) else ReasonCode.HELD_BACK
    return msgspec.structs.replace(
        verdict,
        kind=kind,
        held=Held(verdict.kind, since, until),
        reasons=(_reason(code, verdict.kind, until), *verdict.reasons),
        changes=_changes(verdict, kind, until),
        confidence=Confidence.TENTATIVE if code is ReasonCode.HELD_ON else verdict.confidence,
        doubts=(DoubtCode.HELD, *verdict.doubts),
    )


def _held_kind(last: Verdict, measured: VerdictKind, case: Case, rules: VerdictRules) -> VerdictKind:
    """The last kind, moved only as far as the rules ask for even one standard error of fit to either side.

    A clamp between two verdicts that both get less friendly with more danger, hence so does the result.
    """
    worse, better = (decide(find(case.report, case.fit, case.nuance, rules, leeway=leeway)) for leeway in (1.0, -1.0))
    ranks = [FRIENDLINESS.index(kind) for kind in (last.kind, measured, worse, better)]
    most = len(FRIENDLINESS) - 1 if _was_in_danger(last) else max(ranks[1], ranks[2])
    least = min(ranks[1], ranks[3])
    return FRIENDLINESS[min(max(ranks[0], least), most)]


def _was_in_danger(last: Verdict) -> bool:
    return any(reason.code in DANGERS for reason in last.reasons)


def _reason(code: ReasonCode, kind: VerdictKind, until: datetime) -> Reason:
    return make_reason(code, kind=kind, until=until.isoformat())


def _changes(verdict: Verdict, told: VerdictKind, until: datetime) -> tuple[Change, ...]:
    left_s = (until - verdict.as_of).total_seconds()
    wait = make_change(ChangeCode.WAIT, verdict.kind, 0.0, left_s, {"until": until.isoformat()})
    return (wait, *(change for change in verdict.changes if change.kind is not told))[:MAX_TOLD]
