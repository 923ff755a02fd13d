"""The draft check as people read it: an outcome in words, what was found with its reason, what was not looked at."""

from __future__ import annotations

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import hazard_name, percentile
from pipeline.services.draft_check.draft_check import DraftAdvice, DraftFinding

ICON_OF = {"stop": "risky", "caution": "watch", "nothing_found": "none", "note": "none"}
"""Pictures of outcomes and severities. None of them is the green one: nothing here says that a draft is fine."""
TIER_OF = {"stop": "high", "caution": "medium", "note": "low"}


class FindingView(msgspec.Struct, frozen=True):
    """One finding: how grave, the sentence, and the words of the draft it points at."""

    code: str
    tier: str
    severity: str
    text: str
    advice: str
    quotes: tuple[str, ...]


class AdviceView(msgspec.Struct, frozen=True):
    """The whole answer."""

    icon: str
    title: str
    text: str
    findings: tuple[FindingView, ...]
    fit: str
    limits: str


def advice_view(advice: DraftAdvice, locale: Locale) -> AdviceView:
    """The answer in the viewer's language; a code this board does not know keeps its English sentence."""
    text = locale.text
    return AdviceView(
        icon=ICON_OF[advice.outcome],
        title=text(f"draft.outcome_{advice.outcome}"),
        text=text(f"draft.outcome_{advice.outcome}_text"),
        findings=tuple(_finding(finding, advice.topic or "", locale) for finding in advice.findings),
        fit=_fit(advice, locale),
        limits=text("draft.limits"),
    )


def _finding(finding: DraftFinding, topic: str, locale: Locale) -> FindingView:
    values = {name: _param(name, value, locale) for name, value in finding.params} | {"topic": topic}
    own = f"_{locale.language}"
    values |= {name.removesuffix(own): value for name, value in values.items() if name.endswith(own)}
    sentence = locale.texts.known(f"draft_finding.{finding.code}", values)
    return FindingView(
        code=finding.code,
        tier=TIER_OF[finding.severity],
        severity=locale.text(f"draft.severity_{finding.severity}"),
        text=sentence or finding.text,
        advice=locale.texts.known(f"draft_advice.{finding.code}") or "",
        quotes=finding.quotes if finding.code in QUOTES_DRAFT else (),
    )


QUOTES_DRAFT = frozenset({"personal_data"})
"""Findings whose quotes are words of the draft that the sentence does not name already."""


def _param(name: str, value: str, locale: Locale) -> str:
    if name == "hazard":
        return hazard_name(value, locale).lower()
    if name == "mood":
        return (locale.texts.known(f"emotion.{value}") or value).lower()
    if name == "share":
        return locale.percent(float(value))
    if name == "kinds":
        return ", ".join(locale.texts.known(f"draft_personal.{kind}") or kind for kind in value.split(", "))
    return value


def _fit(advice: DraftAdvice, locale: Locale) -> str:
    if advice.fit is None:
        return locale.text("draft.fit_unknown")
    shown = percentile(advice.fit.percentile, locale)
    if not advice.fit.facets:
        return locale.text("draft.fit_nothing", percentile=shown)
    return locale.text("draft.fit", percentile=shown, facet=advice.fit.facets[0].name)
