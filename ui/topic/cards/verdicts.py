"""What a brand's verdict on a topic rests on: reasons, facets, the nuance that is its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import percentile
from pipeline.store.records import StoredPost
from pipeline.types import FacetFit, Verdict, VerdictKind
from ui.shared.parts import (
    BadgeView,
    QuoteView,
    ReasonView,
    ScoreView,
    badge,
    fit_view,
    quotes_of,
    reason_line,
)
from ui.topic.cards.sureness import ChangesView, ConfidenceView, changes_view, confidence_view

FULL_Z = 3.0
"""A facet this many standard deviations above background fills its meter."""


class FacetView(msgspec.Struct, frozen=True):
    """One facet of a brand: its z against background and the post that shows it best."""

    name: str
    z: str
    share: float
    quotes: tuple[QuoteView, ...]


class NuanceView(msgspec.Struct, frozen=True):
    """A sub-conversation with its posts."""

    label: str
    detail: str
    quotes: tuple[QuoteView, ...]


class VerdictView(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict of one brand with everything it rests on."""

    brand: str
    href: str
    badge: BadgeView
    fit: ScoreView
    reasons: tuple[ReasonView, ...]
    confidence: ConfidenceView | None
    changes: ChangesView | None
    nuance: NuanceView | None
    facets_for: tuple[FacetView, ...]
    facets_against: tuple[FacetView, ...]
    history: tuple[tuple[str, BadgeView], ...]


def verdict_view(
    verdict: Verdict,
    brand: str,
    link: str,
    history: tuple[tuple[datetime, str], ...],
    posts: Mapping[str, StoredPost],
    locale: Locale,
    now: datetime,
) -> VerdictView:
    """A verdict in words.

    Parameters
    ----------
    verdict, brand, link
        The verdict, the name of its brand, and the link that selects that brand.
    history
        (as of, kind) of every change of kind.
    posts
        The stored posts by id; evidence that is no longer stored is left out.
    """
    facets = verdict.fit.facets if verdict.fit is not None else ()
    full = max([FULL_Z, *(abs(facet.z) for facet in facets)])

    def facet_view(facet: FacetFit) -> FacetView:
        return FacetView(
            name=facet.name,
            z=locale.text("topic.facet_z", z=locale.number(facet.z, 1)),
            share=100 * abs(facet.z) / full,
            quotes=quotes_of(facet.evidence, posts, locale, now, 1),
        )

    return VerdictView(
        brand=brand,
        href=link,
        badge=badge(verdict.kind, locale),
        fit=fit_view(verdict.fit, locale),
        reasons=tuple(
            ReasonView(text=reason_line(reason, locale), quotes=quotes_of(reason.evidence, posts, locale, now))
            for reason in verdict.reasons
        ),
        confidence=confidence_view(verdict, locale),
        changes=changes_view(verdict, locale),
        nuance=_brand_nuance(verdict, posts, locale, now),
        facets_for=tuple(facet_view(facet) for facet in sorted(facets, key=lambda facet: -facet.z) if facet.z > 0),
        facets_against=tuple(facet_view(facet) for facet in sorted(facets, key=lambda facet: facet.z) if facet.z <= 0),
        history=tuple((locale.moment(at), badge(kind, locale)) for at, kind in sorted(history, reverse=True)),
    )


def _brand_nuance(
    verdict: Verdict, posts: Mapping[str, StoredPost], locale: Locale, now: datetime
) -> NuanceView | None:
    nuance = verdict.nuance
    # the best part of any topic is known; it is the brand's own only where the verdict says so
    if nuance is None or verdict.kind not in (VerdictKind.RIDE, VerdictKind.NUANCE):
        return None
    # the reasons above it quote the clearest posts already
    quoted = {post_id for reason in verdict.reasons for post_id in reason.evidence}
    more = [post_id for post_id in nuance.post_ids if post_id not in quoted]
    shown = percentile(nuance.percentile, locale)
    return NuanceView(
        label=nuance.label,
        detail=locale.text("topic.nuance_detail", facet=nuance.facet, percentile=shown),
        quotes=quotes_of(more, posts, locale, now),
    )
