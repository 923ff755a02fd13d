"""One finding of a case moved to a value, everything else left as it was. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nextafter
from types import MappingProxyType

import msgspec

from pipeline.types import BrandFit, BrandNuance, Score, TopicReport
from pipeline.types.reason_codes import ChangeCode
from pipeline.verdict.rules import VerdictRules


@dataclass(frozen=True)
class Case:
    """What one verdict rests on."""

    report: TopicReport
    fit: BrandFit | None
    nuance: BrandNuance | None

    @property
    def distinct(self) -> int:
        """Posts without copies."""
        return self.report.n_posts - self.report.n_copies


def moved(case: Case, code: ChangeCode, needed: float, name: str, rules: VerdictRules) -> Case:
    """The case with one finding moved to ``needed``; downwards: to just below it.

    Examples
    --------
    >>> from tests.samples import make_report
    >>> rules = VerdictRules(99.0, 95.0, 0.9, 20, 5, 0.5, 0.3, 0.5)
    >>> moved(Case(make_report(n_copies=0), None, None), ChangeCode.MORE_POSTS, 60, "", rules).report.n_posts
    60
    """
    return _MOVES[code](case, needed if not code.endswith("_down") else nextafter(needed, -1.0), name, rules)


def _grown(case: Case, n: float, authors: int) -> Case:
    report = case.report
    return Case(
        msgspec.structs.replace(report, n_posts=int(n) + report.n_copies, n_authors=authors), case.fit, case.nuance
    )


def _more_evidence(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    return _grown(case, needed, rules.evidence_authors)


def _more_posts(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    return _grown(case, needed, case.report.n_authors)


def _more_authors(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    return _grown(case, case.distinct, int(needed))


def _fit(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    if case.fit is None:
        return case
    return Case(case.report, msgspec.structs.replace(case.fit, percentile=needed), case.nuance)


def _nuance(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    nuance = case.nuance
    if nuance is None:
        return case
    return Case(case.report, case.fit, msgspec.structs.replace(nuance, percentile=needed))


def _without_hazard(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    left = tuple(hazard for hazard in case.report.hazards if hazard.name != name)
    return Case(msgspec.structs.replace(case.report, hazards=left), case.fit, case.nuance)


def _with_hazard(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    report = case.report
    risen = [
        msgspec.structs.replace(near, share=msgspec.structs.replace(near.share, value=needed))
        for near in report.near_hazards
        if near.name == name
    ]
    return Case(msgspec.structs.replace(report, hazards=(*report.hazards, *risen)), case.fit, case.nuance)


def _heat(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    report = case.report
    heat = None if report.heat is None else msgspec.structs.replace(report.heat, value=needed)
    return Case(msgspec.structs.replace(report, heat=heat), case.fit, case.nuance)


def _division(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    report = case.report
    division = None if report.division is None else msgspec.structs.replace(report.division, low=needed)
    return Case(msgspec.structs.replace(report, division=division), case.fit, case.nuance)


def _hearsay(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    return _exposed(case, needed, "hedged_share")


def _links(case: Case, needed: float, name: str, rules: VerdictRules) -> Case:
    return _exposed(case, needed, "unreliable_share")


def _exposed(case: Case, needed: float, field: str) -> Case:
    exposure = case.report.exposure
    share: Score | None = None if exposure is None else getattr(exposure, field)
    if exposure is None or share is None:
        return case
    changed = msgspec.structs.replace(exposure, **{field: msgspec.structs.replace(share, value=needed)})
    return Case(msgspec.structs.replace(case.report, exposure=changed), case.fit, case.nuance)


_MOVES: Mapping[ChangeCode, Callable[[Case, float, str, VerdictRules], Case]] = MappingProxyType(
    {
        ChangeCode.MORE_POSTS: _more_posts,
        ChangeCode.MORE_AUTHORS: _more_authors,
        ChangeCode.MORE_EVIDENCE: _more_evidence,
        ChangeCode.FIT_UP: _fit,
        ChangeCode.FIT_DOWN: _fit,
        ChangeCode.NUANCE_UP: _nuance,
        ChangeCode.NUANCE_DOWN: _nuance,
        ChangeCode.HAZARD_DOWN: _without_hazard,
        ChangeCode.HAZARD_UP: _with_hazard,
        ChangeCode.HEAT_UP: _heat,
        ChangeCode.HEAT_DOWN: _heat,
        ChangeCode.DIVISION_UP: _division,
        ChangeCode.DIVISION_DOWN: _division,
        ChangeCode.HEARSAY_UP: _hearsay,
        ChangeCode.HEARSAY_DOWN: _hearsay,
        ChangeCode.LINKS_UP: _links,
        ChangeCode.LINKS_DOWN: _links,
    }
)
"""What each code of a :class:`pipeline.types.Change` moves."""
