"""The few words that warn on a row of the board; the topic page has the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from configs.settings import VerdictSettings
from pipeline.i18n.numbers import Locale
from pipeline.types import Exposure, Score, SolemnDay, TopicReport, Verdict
from pipeline.verdict.findings import CROWDED, MIN_LINKED_POSTS
from ui.shared.solemn_days import day_view
from ui.topic.cards.sureness import confidence_view, is_worth_marking

MAX_MARKERS = 2
"""A row stays calm: the topic page says the rest."""


class MarkerView(msgspec.Struct, frozen=True):
    """A word and, in full, what it rests on."""

    text: str
    hint: str


def marker_views(
    report: TopicReport,
    said_above: Sequence[SolemnDay],
    rules: VerdictSettings,
    locale: Locale,
    now: datetime,
    verdict: Verdict | None = None,
) -> tuple[MarkerView, ...]:
    """At most ``MAX_MARKERS``, the gravest first; a row is marked from where a verdict would mention it.

    Parameters
    ----------
    said_above
        Solemn days that the whole board announces, which no row has to repeat.
    rules
        Thresholds of the deployment's verdicts.
    verdict
        Of the brand whose board it is; one that is tentative is marked before anything else.
    """
    found: list[MarkerView] = []
    sure = confidence_view(verdict, locale) if verdict is not None and is_worth_marking(verdict) else None
    if sure is not None:
        found.append(MarkerView(locale.text("marker.tentative"), sure.hint))
    days = [day_view(day, report.as_of, locale, now) for day in report.solemn_days if day not in said_above]
    if days:
        found.append(MarkerView(locale.text("marker.solemn"), " · ".join(day.text for day in days)))
    if report.exposure is not None:
        found += _of_exposure(report.exposure, rules, locale)
    n_brands = report.saturation.n_brands if report.saturation is not None else None
    if n_brands is not None and n_brands >= CROWDED:
        n = locale.number(n_brands)
        found.append(MarkerView(locale.text("marker.promotional", n=n), locale.text("marker.promotional_hint", n=n)))
    return tuple(found[:MAX_MARKERS])


def _of_exposure(exposure: Exposure, rules: VerdictSettings, locale: Locale) -> list[MarkerView]:
    links, origin = exposure.unreliable_share, exposure.origin
    shares = (
        ("unverified", exposure.hedged_share, rules.unverified_share),
        (
            "unreliable",
            links if links is not None and links.n >= MIN_LINKED_POSTS else None,
            rules.unverified_share,
        ),
        ("one_origin", origin.share if origin is not None else None, rules.narrow_share),
    )
    return [_marker(name, share, locale) for name, share, least in shares if share is not None and share.value >= least]


def _marker(name: str, share: Score, locale: Locale) -> MarkerView:
    hint = locale.text(f"marker.{name}_hint", share=locale.percent(share.value), n=locale.number(share.n))
    return MarkerView(locale.text(f"marker.{name}"), hint)
