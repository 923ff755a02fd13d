"""What would change a verdict, as an alert says it: English as the rules wrote it, Italian by code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pipeline.i18n.numbers import as_percentage
from pipeline.i18n.sentences import Language, hazard_name
from pipeline.types import Change

_ITALIAN: Mapping[str, str] = MappingProxyType(
    {
        "more_posts": "con altri {more} post distinti ({needed} in tutto)",
        "more_authors": "con altri {more} autori ({needed} in tutto)",
        "more_evidence": "con altri {more} post distinti ({needed} in tutto), di più autori",
        "fit_up": "se l’affinità salisse dal percentile {percentile} al {needed}",
        "fit_down": "se l’affinità scendesse dal percentile {percentile} a sotto il {needed}",
        "nuance_up": "se la parte più vicina salisse dal percentile {percentile} al {needed}",
        "nuance_down": "se la parte che è nostra scendesse dal percentile {percentile} a sotto il {needed}",
        "hazard_up": "se «{hazard}» salisse dal {value} al {threshold} dei post",
        "hazard_down": "se «{hazard}» scendesse dal {value} a meno del {threshold} dei post",
        "heat_up": "se il calore salisse da {value} a {threshold}",
        "heat_down": "se il calore scendesse da {value} a sotto {threshold}",
        "division_up": "se la divisione fosse di sicuro almeno {threshold} (il suo minimo è {value})",
        "division_down": "se la divisione non fosse più di sicuro almeno {threshold} (il suo minimo è {value})",
        "hearsay_up": "se il {threshold} dei post lo desse per non confermato (ora {value})",
        "hearsay_down": "se meno del {threshold} dei post lo desse per non confermato (ora {value})",
        "links_up": "se il {threshold} dei link portasse a domini indicati come inaffidabili (ora {value})",
        "links_down": "se meno del {threshold} dei link portasse a domini indicati come inaffidabili (ora {value})",
        "wait": "se resta così ancora un po’",
    }
)
"""Codes and parameters are those of :mod:`pipeline.verdict.counterfactuals`."""


def change_text(change: Change, language: Language) -> str | None:
    """A change in one sentence; ``None`` when this language has none for its code.

    Examples
    --------
    >>> from pipeline.types import VerdictKind
    >>> params = (("more", "8"), ("needed", "20"))
    >>> change_text(Change("more_posts", VerdictKind.RIDE, 12.0, 20.0, "with 8 more: RIDE", params=params), "it")
    'con altri 8 post distinti (20 in tutto): RIDE'
    """
    if language == "en":
        return change.text
    params = {name: _written(change.code, name, value) for name, value in change.params}
    try:
        return f"{_ITALIAN[change.code].format_map(params)}: {change.kind}"
    except KeyError:
        return None


def _written(code: str, name: str, value: str) -> str:
    if name == "hazard":
        return hazard_name(value, "it")
    if name in ("value", "threshold") and code.startswith(("hazard", "hearsay", "links")):
        value = as_percentage(value)
    return value.replace(".", ",")
