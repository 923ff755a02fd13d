"""The codes of what a verdict says: verdicts give them, the catalogue has a sentence for each.

Stored verdicts and those of another release may carry others, so on the wire a code is text: whoever reads one treats
what is not here as unknown, and nothing stops decoding.
"""

from __future__ import annotations

from enum import StrEnum


class ReasonCode(StrEnum):
    """Why a verdict is what it is."""

    FITS_FACET = "fits_facet"
    WEAK_FIT = "weak_fit"
    NO_FIT = "no_fit"
    NUANCE_FITS = "nuance_fits"
    RISKY_PART = "risky_part"
    WHOLE_NO_FIT = "whole_no_fit"
    WHOLE_GUARDED = "whole_guarded"
    NO_BACKGROUND = "no_background"
    COLD_START = "cold_start"
    NO_GO = "no_go"
    HAZARD_FLOOR = "hazard_floor"
    HAZARD_HIGH = "hazard_high"
    HAZARD_MEDIUM = "hazard_medium"
    HOT = "hot"
    CALM = "calm"
    CONTESTED = "contested"
    BANDWAGON = "bandwagon"
    UNVERIFIED = "unverified"
    UNRELIABLE_LINKS = "unreliable_links"
    THIN_POSTS = "thin_posts"
    THIN_AUTHORS = "thin_authors"
    FADING = "fading"
    COPY_BURST = "copy_burst"
    SINGLE_ORIGIN = "single_origin"
    CROWDED = "crowded"
    SOLEMN_DAY = "solemn_day"
    HELD_DANGER = "held_danger"
    HELD_BACK = "held_back"
    HELD_ON = "held_on"
    # no rule gives these any more; stored verdicts carry them
    HAZARD_LOW = "hazard_low"
    RISING = "rising"
    FALSE_FIT = "false_fit"


RETIRED = frozenset({ReasonCode.HAZARD_LOW, ReasonCode.RISING, ReasonCode.FALSE_FIT})
"""Still read, never given."""


class ChangeCode(StrEnum):
    """What would change a verdict: the finding that would move, and which way."""

    MORE_POSTS = "more_posts"
    MORE_AUTHORS = "more_authors"
    MORE_EVIDENCE = "more_evidence"
    FIT_UP = "fit_up"
    FIT_DOWN = "fit_down"
    NUANCE_UP = "nuance_up"
    NUANCE_DOWN = "nuance_down"
    HAZARD_UP = "hazard_up"
    HAZARD_DOWN = "hazard_down"
    HEAT_UP = "heat_up"
    HEAT_DOWN = "heat_down"
    DIVISION_UP = "division_up"
    DIVISION_DOWN = "division_down"
    HEARSAY_UP = "hearsay_up"
    HEARSAY_DOWN = "hearsay_down"
    LINKS_UP = "links_up"
    LINKS_DOWN = "links_down"
    WAIT = "wait"


class DoubtCode(StrEnum):
    """What keeps a verdict from being firm, besides the single steps of :class:`ChangeCode`."""

    GATE = "gate"
    THIN = "thin"
    NO_BACKGROUND = "no_background"
    COLD_START = "cold_start"
    HELD = "held"


def finding_of(code: str) -> str:
    """What the code of a change or a doubt is about, whichever way it moves.

    Examples
    --------
    >>> finding_of("heat_down"), finding_of("thin")
    ('heat', 'thin')
    """
    return code.removesuffix("_up").removesuffix("_down")
