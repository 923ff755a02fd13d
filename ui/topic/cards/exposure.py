"""Where a topic comes from, in words that never say whether it is true."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.store.records import StoredPost
from pipeline.types import Exposure, Origin, TopicReport
from ui.shared.facts import FactsView, FactView, group_of, number_range, share_fact, share_range
from ui.shared.parts import QuoteView, quotes_of
from ui.topic.cards.creators import handles_of

N_HEDGED = 2


class OriginView(msgspec.Struct, frozen=True):
    """The one place that much of the topic comes from, and posts that show it."""

    text: str
    detail: str
    quotes: tuple[QuoteView, ...]


class ListedView(msgspec.Struct, frozen=True):
    """A domain on the list of unreliable ones, with the list's own word for it."""

    domain: str
    detail: str
    quotes: tuple[QuoteView, ...]


class ExposureView(msgspec.Struct, frozen=True):
    """``uses_list``: something here rests on the list of domains, which has to be credited."""

    facts: FactsView
    origin: OriginView | None = None
    unreliable: tuple[ListedView, ...] = ()
    hedged: tuple[QuoteView, ...] = ()
    uses_list: bool = False


def exposure_view(
    report: TopicReport, posts: Mapping[str, StoredPost], locale: Locale, now: datetime
) -> ExposureView | None:
    """The card; ``None`` where nothing was measured."""
    found = report.exposure
    if found is None:
        return None
    return ExposureView(
        facts=_facts(found, locale),
        origin=None if found.origin is None else _origin(found.origin, report, posts, locale, now),
        unreliable=tuple(
            ListedView(
                domain=listed.domain,
                detail=f"{locale.text('exposure.category', category=listed.category)} · "
                f"{locale.count('board.posts', listed.n_posts, n=locale.number(listed.n_posts))}",
                quotes=quotes_of(listed.evidence, posts, locale, now, 1),
            )
            for listed in found.unreliable
        ),
        hedged=quotes_of(found.hedged, posts, locale, now, N_HEDGED),
        uses_list=found.listed_share is not None or found.unreliable_share is not None or bool(found.unreliable),
    )


def quoted_ids(found: Exposure | None) -> list[tuple[str, ...]]:
    """Post ids the card may quote."""
    if found is None:
        return []
    groups = [found.hedged, *(listed.evidence for listed in found.unreliable)]
    if found.origin is not None:
        groups += [(found.origin.what,)] if found.origin.kind == "post" and found.origin.what else []
        groups.append(found.origin.evidence)
    return groups


def _facts(found: Exposure, locale: Locale) -> FactsView:
    facts = [
        share_fact("exposure.hedged_share", found.hedged_share, locale),
        share_fact("exposure.copy_share", found.copy_share, locale),
        share_fact("exposure.top_author", found.top_author_share, locale),
        share_fact("exposure.one_platform", found.single_platform_share, locale),
        ("exposure.domains", _domains(found, locale)),
    ]
    # without any link there is nothing to say about links: one name stands for all
    if found.hidden_link_share is not None:
        facts.append(share_fact("exposure.hidden_links", found.hidden_link_share, locale))
    for key, share in (
        ("exposure.listed_share", found.listed_share),
        ("exposure.unreliable_share", found.unreliable_share),
    ):
        if share is not None:
            facts.append(share_fact(key, share, locale))
    return group_of(facts, locale)


def _domains(found: Exposure, locale: Locale) -> FactView | None:
    if found.link_domains is None:
        return None
    name, value, effective = locale.text("exposure.domains"), locale.number(found.link_domains), found.effective_domains
    if effective is None:
        return FactView(name, value, locale.text("fact.n", n=locale.number(found.n)))
    varied = locale.text("exposure.effective", value=locale.number(effective.value, 1))
    return FactView(name, value, f"{varied} ({number_range(effective, 1, locale)})")


def _origin(
    origin: Origin, report: TopicReport, posts: Mapping[str, StoredPost], locale: Locale, now: datetime
) -> OriginView:
    share, ids = locale.percent(origin.share.value), origin.evidence
    if origin.kind == "domain":
        text = locale.text("exposure.origin_domain", share=share, domain=origin.what or "")
    elif origin.kind == "author":
        name = handles_of(report.creators, posts).get(origin.what or "") or locale.text("exposure.one_author")
        text = locale.text("exposure.origin_author", share=share, author=name)
    else:
        text = locale.text("exposure.origin_post", share=share)
        ids = (origin.what, *ids) if origin.what else ids
    return OriginView(text, share_range(origin.share, locale), quotes_of(ids, posts, locale, now, 1))
