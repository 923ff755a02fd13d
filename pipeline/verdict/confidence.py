"""How sure a verdict is, in a word: whether other posts of the same conversation would have given the same.

Each single step that would change the verdict is so many standard errors away. Chance alone takes it with the tail
probability of a normal variable; together the steps give a bound on the chance that the verdict is an accident of
which posts were seen (Boole's inequality). What no interval covers caps the word: too little evidence, a background
that is still new, a verdict that is being held. What the words turned out to mean on real streams is in
``docs/verdicts.md``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from pipeline.types import BrandFit, Confidence
from pipeline.types.reason_codes import ChangeCode, DoubtCode
from pipeline.verdict.counterfactuals import Flip
from pipeline.verdict.findings import Findings

FIRM = 0.1
"""Chance of another verdict up to which this one is firm."""
FAIR = 0.3
"""The same for fair; above it is tentative."""
DOUBT = 0.05
"""A step more likely than this is named as a doubt."""

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Sureness:
    """The word, and codes of what keeps it from being firm, gravest first."""

    level: Confidence
    doubts: tuple[ChangeCode | DoubtCode, ...]


def confidence(found: Findings, fit: BrandFit | None, possible: Sequence[Flip]) -> Sureness:
    """How sure a verdict is.

    Parameters
    ----------
    found, fit
        What was found.
    possible
        Every single step that would change the verdict.

    Examples
    --------
    >>> from pipeline.types import VerdictKind
    >>> from pipeline.verdict.findings import find
    >>> from pipeline.verdict.rules import VerdictRules
    >>> from tests.samples import make_report
    >>> found = find(make_report(), None, None, VerdictRules(99.0, 95.0, 0.9, 20, 5, 0.5, 0.3, 0.5))
    >>> flip = Flip(ChangeCode.HEAT_UP, VerdictKind.RISKY, 0.8, 0.9, 0.4)
    >>> confidence(found, BrandFit(1.0, 50.0, 400, ()), [flip])
    Sureness(level=<Confidence.TENTATIVE: 'tentative'>, doubts=(<ChangeCode.HEAT_UP: 'heat_up'>,))
    """
    if found.thin and not (found.floor and not found.scant):
        return Sureness(Confidence.TENTATIVE, (DoubtCode.THIN,))
    chances = [(_NORMAL.cdf(-flip.gap), flip.code) for flip in possible if flip.gap is not None]
    doubts = [code for chance, code in sorted(chances, reverse=True) if chance > DOUBT]
    chance = sum(chance for chance, _ in chances)
    level = Confidence.FIRM if chance <= FIRM else Confidence.FAIR if chance <= FAIR else Confidence.TENTATIVE
    if fit is None and not found.floor:
        return Sureness(Confidence.TENTATIVE, (DoubtCode.NO_BACKGROUND, *doubts))
    if found.thin:
        level, doubts = Confidence.FAIR if level is Confidence.FIRM else level, [DoubtCode.THIN, *doubts]
    if found.cold and not found.floor:
        level, doubts = Confidence.FAIR if level is Confidence.FIRM else level, [DoubtCode.COLD_START, *doubts]
    return Sureness(level, tuple(doubts))
