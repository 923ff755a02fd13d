"""What would change a verdict: the smallest step of one finding that the rules themselves answer with another verdict.

Every finding that has a threshold is moved to it, alone, and the rules are asked again. So what is said holds by
construction, and nothing is said of findings that would change nothing by themselves. Gates are final: nobody is told
what would happen if the tragedy were none.
Source: counterfactual explanations (Wachter, Mittelstadt & Russell 2018), here exact because the rules are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from pipeline.types import BrandFit, BrandNuance, Change, Exposure, Score, TopicReport, VerdictKind
from pipeline.types.reason_codes import ChangeCode, DoubtCode, finding_of
from pipeline.verdict.case import Case, moved
from pipeline.verdict.decision import FRIENDLINESS, decide
from pipeline.verdict.findings import MIN_LINKED_POSTS, SCANT_POSTS, TEMPTING_SIZE, Findings, find, ride_threshold
from pipeline.verdict.in_words import make_change
from pipeline.verdict.rules import VerdictRules
from pipeline.verdict.standard_errors import fit_gap, joint_gap, score_gap

MAX_TOLD = 4
"""Nobody reads more."""

FAR = 4.0
"""Standard errors beyond which nobody is warned of a step towards caution."""

_GROWTH = frozenset({ChangeCode.MORE_POSTS, ChangeCode.MORE_AUTHORS, ChangeCode.MORE_EVIDENCE})


@dataclass(frozen=True)
class Flip:
    """A single step to ``needed`` that makes the verdict ``kind``, and how long it is.

    ``gap`` is in standard errors of what was measured; ``None`` where a step is growth, not chance.
    """

    code: ChangeCode | DoubtCode
    kind: VerdictKind
    now: float
    needed: float
    gap: float | None
    name: str = ""


@dataclass(frozen=True)
class _Step:
    code: ChangeCode
    now: float
    needed: float
    score: Score | None
    name: str = ""


def flips(case: Case, found: Findings, kind: VerdictKind, rules: VerdictRules) -> tuple[Flip, ...]:
    """Of every finding the nearest step, up and down, that makes it another verdict than ``kind``.

    A gate gives one step at most, ``DoubtCode.GATE``: that it were none. It is there to be weighed, never to be told.

    Parameters
    ----------
    case
        What the verdict rests on.
    found, kind
        What the rules find in it, and their verdict.
    """
    if any(hazard.tier == "floor" for hazard in case.report.hazards) and case.distinct >= _scant(rules):
        return _without_gate(case, kind, rules)
    possible: list[Flip] = []
    seen: set[tuple[ChangeCode, str]] = set()
    # a topic that grows is judged again anyway, unless evidence is what it lacks
    steps = chain(_evidence_steps(case.report, rules) if found.thin else (), _steps(case, rules))
    for step in steps:
        if (step.code, step.name) in seen:
            continue
        then = decide(find(*_parts(moved(case, step.code, step.needed, step.name, rules)), rules))
        if then is not kind:
            seen.add((step.code, step.name))
            gap = _gap(step, case, rules)
            possible.append(Flip(step.code, then, step.now, step.needed, gap, step.name))
    return tuple(possible)


def told(possible: Sequence[Flip], kind: VerdictKind) -> tuple[Change, ...]:
    """The changes worth telling: what makes the verdict friendlier first, then what is nearest."""
    here = FRIENDLINESS.index(kind)

    def order(flip: Flip) -> tuple[bool, float]:
        return FRIENDLINESS.index(flip.kind) > here, flip.gap if flip.gap is not None else 0.0

    worth = [
        flip
        for flip in possible
        if flip.code is not DoubtCode.GATE and (FRIENDLINESS.index(flip.kind) < here or (flip.gap or 0.0) <= FAR)
    ]
    return tuple(change(flip) for flip in sorted(worth, key=order)[:MAX_TOLD])


def change(flip: Flip) -> Change:
    """The step as it is told; of a gate nothing is."""
    code = ChangeCode(flip.code)
    finding = finding_of(code)
    if code in _GROWTH:
        shown = {"more": f"{flip.needed - flip.now:.0f}", "needed": f"{flip.needed:.0f}"}
    elif finding in ("fit", "nuance"):
        shown = {"percentile": f"{flip.now:.1f}".removesuffix(".0"), "needed": f"{flip.needed:.1f}".removesuffix(".0")}
    else:
        shown = {"value": _apart(flip.now, flip.needed), "threshold": f"{flip.needed:.2f}"}
        if flip.name:
            shown["hazard"] = flip.name
    return make_change(code, flip.kind, flip.now, flip.needed, shown, flip.name)


def _apart(now: float, needed: float) -> str:
    """With as many digits as tell it from what is needed, two at least."""
    return next((f"{now:.{n}f}" for n in (2, 3) if f"{now:.{n}f}" != f"{needed:.{n}f}"), f"{now:.4f}")


def _without_gate(case: Case, kind: VerdictKind, rules: VerdictRules) -> tuple[Flip, ...]:
    """All floor hazards gone at once, with the chance that each is an accident, as if they were independent."""
    floor = [hazard for hazard in case.report.hazards if hazard.tier == "floor"]
    free = case
    for hazard in floor:
        free = moved(free, ChangeCode.HAZARD_DOWN, rules.hazard_share, hazard.name, rules)
    then = decide(find(*_parts(free), rules))
    if then is kind:
        return ()
    # those that count only together with others have a smaller share: about as likely as not to be over the bar
    surplus = [hazard.share.value - rules.hazard_share for hazard in floor]
    gaps = [score_gap(hazard.share, max(above, 0.0)) for hazard, above in zip(floor, surplus, strict=True)]
    return (Flip(DoubtCode.GATE, then, len(floor), 0.0, joint_gap(gaps)),)


def _gap(step: _Step, case: Case, rules: VerdictRules) -> float | None:
    finding = finding_of(step.code)
    if step.code in _GROWTH:
        return None
    if finding == "fit" and case.fit is not None:
        return fit_gap(step.now, step.needed, case.fit.n, case.distinct)
    if finding == "nuance" and case.nuance is not None:
        own = case.nuance.n_posts
        posts = case.distinct if own is None else own
        return fit_gap(step.now, step.needed, 0 if case.fit is None else case.fit.n, posts)
    return None if step.score is None else score_gap(step.score, step.needed - step.now)


def _distinct(report: TopicReport) -> int:
    return report.n_posts - report.n_copies


def _scant(rules: VerdictRules) -> int:
    return min(SCANT_POSTS, rules.evidence_posts)


def _parts(case: Case) -> tuple[TopicReport, BrandFit | None, BrandNuance | None]:
    return case.report, case.fit, case.nuance


def _steps(case: Case, rules: VerdictRules) -> Iterator[_Step]:
    """Steps to every threshold that a finding has not passed, the nearest of each finding first."""
    yield from _fit_steps(case, rules)
    yield from _danger_steps(case.report, rules)
    if case.report.exposure is not None:
        yield from _hearsay_steps(case.report.exposure, rules)


def _evidence_steps(report: TopicReport, rules: VerdictRules) -> Iterator[_Step]:
    n = _distinct(report)
    too_few_authors = 0 < report.n_authors < rules.evidence_authors
    for needed in sorted({_scant(rules), rules.evidence_posts, TEMPTING_SIZE * rules.evidence_posts}):
        if n < needed:
            yield _Step(ChangeCode.MORE_POSTS, n, needed, None)
            if too_few_authors:
                yield _Step(ChangeCode.MORE_EVIDENCE, n, needed, None)
    if too_few_authors:
        yield _Step(ChangeCode.MORE_AUTHORS, report.n_authors, rules.evidence_authors, None)


def _fit_steps(case: Case, rules: VerdictRules) -> Iterator[_Step]:
    fit, nuance = case.fit, case.nuance
    if fit is not None:
        yield from _both("fit", fit.percentile, (rules.watch_percentile, ride_threshold(fit, rules)), None)
    if nuance is not None and not nuance.hazards:
        yield from _both("nuance", nuance.percentile, (ride_threshold(fit, rules),), None)


def _danger_steps(report: TopicReport, rules: VerdictRules) -> Iterator[_Step]:
    for hazard in report.hazards:
        # one that counts only together with others has a smaller share, and none to fall below
        if hazard.tier in ("high", "medium") and hazard.share.value >= rules.hazard_share:
            yield _Step(ChangeCode.HAZARD_DOWN, hazard.share.value, rules.hazard_share, hazard.share, hazard.name)
    for hazard in report.near_hazards:
        if hazard.share.value < rules.hazard_share:
            yield _Step(ChangeCode.HAZARD_UP, hazard.share.value, rules.hazard_share, hazard.share, hazard.name)
    if report.heat is not None:
        yield from _both("heat", report.heat.value, (rules.hot,), report.heat)
    if report.division is not None:
        yield from _both("division", report.division.low, (rules.divided,), report.division)


def _hearsay_steps(exposure: Exposure, rules: VerdictRules) -> Iterator[_Step]:
    hedged, links = exposure.hedged_share, exposure.unreliable_share
    if hedged is not None:
        yield from _both("hearsay", hedged.value, (rules.unverified_share,), hedged)
    if links is not None and links.n >= MIN_LINKED_POSTS:
        yield from _both("links", links.value, (rules.unverified_share,), links)


def _both(finding: str, value: float, thresholds: Sequence[float], score: Score | None) -> Iterator[_Step]:
    for needed in sorted(set(thresholds)):
        if value < needed:
            yield _Step(ChangeCode(f"{finding}_up"), value, needed, score)
    for needed in sorted(set(thresholds), reverse=True):
        if value >= needed:
            yield _Step(ChangeCode(f"{finding}_down"), value, needed, score)
