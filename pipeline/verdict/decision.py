"""From findings to one of the five verdicts: the rules themselves, in one place. Pure and total."""

from __future__ import annotations

from pipeline.types import VerdictKind
from pipeline.verdict.findings import Findings

FRIENDLINESS = (
    VerdictKind.RIDE,
    VerdictKind.NUANCE,
    VerdictKind.WATCH,
    VerdictKind.IGNORE,
    VerdictKind.RISKY,
)


def friendlier(one: VerdictKind, other: VerdictKind) -> bool:
    """Whether ``one`` invites a team more than ``other``.

    Examples
    --------
    >>> friendlier(VerdictKind.WATCH, VerdictKind.RISKY), friendlier(VerdictKind.WATCH, VerdictKind.WATCH)
    (True, False)
    """
    return FRIENDLINESS.index(one) < FRIENDLINESS.index(other)


def decide(found: Findings) -> VerdictKind:
    """What to do with a topic of which this was found."""
    if found.floor and not found.scant:
        return VerdictKind.IGNORE if found.thin and not found.drawn else VerdictKind.RISKY
    if found.thin:
        return VerdictKind.WATCH if found.drawn else VerdictKind.IGNORE
    if not found.drawn:
        hazardous = found.high or found.guarded
        return VerdictKind.RISKY if found.tempting and (found.contested or hazardous) else VerdictKind.IGNORE
    if found.high:
        return VerdictKind.RISKY
    if found.contested:
        return VerdictKind.WATCH
    if found.fits and not found.guarded:
        return VerdictKind.RIDE
    # a medium risk of the topic is not a risk of the part that is ours and free of it
    return VerdictKind.NUANCE if found.nuance is not None else VerdictKind.WATCH
