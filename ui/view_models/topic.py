"""The page of one topic: why each brand got its verdict, and the posts behind every number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from pipeline.store.contract import StoredBrand, StoredPost
from pipeline.types import TopicReport, Verdict
from ui.board_query import BoardQuery, href
from ui.i18n.locale import Locale
from ui.view_models.facts import FactView, fact_views
from ui.view_models.parts import QuoteView, hazard_name, interval, quote_view, quotes_of
from ui.view_models.timeline import TimelineView, timeline_view
from ui.view_models.verdicts import NuanceView, VerdictView, verdict_view


class TopicData(msgspec.Struct, frozen=True):
    """What one read of the store gave the page. ``quoted`` holds the posts named as evidence, ``parent`` the topic
    that this one split from."""

    report: TopicReport
    parent: TopicReport | None
    verdicts: tuple[Verdict, ...]
    histories: tuple[tuple[str, tuple[tuple[datetime, str], ...]], ...]
    newest: tuple[StoredPost, ...]
    quoted: tuple[StoredPost, ...]
    brands: tuple[StoredBrand, ...]
    as_of: datetime | None
    written_at: datetime | None


class HazardView(msgspec.Struct, frozen=True):
    """A hazard, how grave, how widespread, and where it is spoken of."""

    name: str
    tier: str
    tier_word: str
    share: str
    detail: str
    quotes: tuple[QuoteView, ...]


class PolesView(msgspec.Struct, frozen=True):
    """Posts of both camps and of the middle."""

    one: tuple[QuoteView, ...]
    other: tuple[QuoteView, ...]
    middle: tuple[QuoteView, ...]


class PartView(msgspec.Struct, frozen=True):
    """One share of a whole: a language, a source, a creator."""

    name: str
    count: str
    share: float


class ParentView(msgspec.Struct, frozen=True):
    """The topic that this one split from."""

    label: str
    href: str


class TopicView(msgspec.Struct, frozen=True, kw_only=True):
    """The whole page. ``selected`` is the chosen brand's verdict, ``others`` the rest."""

    topic_id: str
    label: str
    keywords: tuple[str, ...]
    stage: str
    stage_word: str
    first_seen: str
    last_seen: str
    moved_from: str | None
    parent: ParentView | None
    back: str
    selected: VerdictView | None
    others: tuple[VerdictView, ...]
    facts: tuple[FactView, ...]
    hazards: tuple[HazardView, ...]
    poles: PolesView | None
    timeline: TimelineView | None
    nuances: tuple[NuanceView, ...]
    creators: tuple[PartView, ...]
    languages: tuple[PartView, ...]
    sources: tuple[PartView, ...]
    questions: tuple[QuoteView, ...]
    representatives: tuple[QuoteView, ...]
    newest: tuple[QuoteView, ...]


def topic_view(data: TopicData, query: BoardQuery, locale: Locale, now: datetime) -> TopicView:
    """The page in words. ``query.topic`` may be an old id that was merged into this topic."""
    report = data.report
    posts = {post.post_id: post for post in (*data.newest, *data.quoted)}
    names = {brand.brand_id: brand.name for brand in data.brands}
    histories = dict(data.histories)
    verdicts = [
        verdict_view(
            verdict,
            names.get(verdict.brand_id, verdict.brand_id),
            href(query, brand=verdict.brand_id, topic=report.topic_id),
            histories.get(verdict.brand_id, ()),
            posts,
            locale,
            now,
        )
        for verdict in data.verdicts
    ]
    brand_id = query.brand or (data.brands[0].brand_id if data.brands else None)
    chosen = [verdict.brand_id == brand_id for verdict in data.verdicts]
    poles = report.poles
    return TopicView(
        topic_id=report.topic_id,
        label=report.label or report.topic_id,
        keywords=report.keywords,
        stage=report.stage.value,
        stage_word=locale.text(f"stage.{report.stage}"),
        first_seen=f"{locale.ago(report.first_seen, now)} ({locale.moment(report.first_seen)})",
        last_seen=f"{locale.ago(report.last_seen, now)} ({locale.moment(report.last_seen)})",
        moved_from=query.topic if query.topic and query.topic != report.topic_id else None,
        parent=_parent(data, query),
        back=href(query, topic=None),
        selected=next((view for view, mine in zip(verdicts, chosen, strict=True) if mine), None),
        others=tuple(view for view, mine in zip(verdicts, chosen, strict=True) if not mine),
        facts=fact_views(report, locale),
        hazards=tuple(
            HazardView(
                name=hazard_name(hazard.name, locale),
                tier=hazard.tier,
                tier_word=locale.text(f"tier.{hazard.tier}"),
                share=locale.text("topic.hazard_share", share=locale.percent(hazard.share.value)),
                detail=interval(hazard.share, locale),
                quotes=quotes_of(hazard.evidence, posts, locale, now, 2),
            )
            for hazard in report.hazards
        ),
        poles=PolesView(
            one=quotes_of(poles.one, posts, locale, now),
            other=quotes_of(poles.other, posts, locale, now),
            middle=quotes_of(poles.middle, posts, locale, now, 2),
        )
        if poles is not None
        else None,
        timeline=timeline_view(report.momentum, report.bursts, report.as_of, locale),
        nuances=tuple(
            NuanceView(
                label=nuance.label,
                detail=f"{locale.text('topic.nuance_share', share=locale.percent(nuance.share))} · "
                f"{locale.count('board.posts', nuance.n_posts, n=locale.number(nuance.n_posts))}",
                quotes=quotes_of(nuance.post_ids, posts, locale, now, 1),
            )
            for nuance in report.nuances
        ),
        creators=_creators(report, posts, locale),
        languages=_parts(report.languages, locale),
        sources=_parts(report.sources, locale, upper=False),
        questions=quotes_of(report.dialogue.questions, posts, locale, now) if report.dialogue is not None else (),
        representatives=quotes_of(report.representatives, posts, locale, now, 5),
        newest=tuple(quote_view(post, locale, now) for post in data.newest[:20]),
    )


def evidence_ids(report: TopicReport, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Every post id the page may quote, once each, in the order of first use."""
    groups: list[tuple[str, ...]] = [reason.evidence for verdict in verdicts for reason in verdict.reasons]
    groups += [facet.evidence for verdict in verdicts if verdict.fit is not None for facet in verdict.fit.facets]
    groups += [verdict.nuance.post_ids for verdict in verdicts if verdict.nuance is not None]
    groups += [hazard.evidence for hazard in report.hazards]
    if report.poles is not None:
        groups += [report.poles.one, report.poles.other, report.poles.middle]
    groups += [nuance.post_ids[:3] for nuance in report.nuances]
    groups += [report.dialogue.questions] if report.dialogue is not None else []
    groups.append(report.representatives)
    return tuple(dict.fromkeys(post_id for group in groups for post_id in group))


def _creators(report: TopicReport, posts: Mapping[str, StoredPost], locale: Locale) -> tuple[PartView, ...]:
    handles = {post.author_id: post.author_handle for post in posts.values() if post.author_handle}
    return tuple(
        PartView(
            # an id without a stored handle stays unnamed: platform ids mean nothing to people
            name=handles.get(creator.author_id) or locale.text("topic.unknown_author"),
            count=locale.count("board.posts", creator.n_posts, n=locale.number(creator.n_posts)),
            share=100 * creator.share,
        )
        for creator in report.creators
    )


def _parts(counts: Sequence[tuple[str, int]], locale: Locale, upper: bool = True) -> tuple[PartView, ...]:
    total = sum(count for _, count in counts)
    return tuple(
        PartView(
            name=(name.upper() if upper else name) or locale.text("topic.unknown_language"),
            count=f"{locale.number(count)} · {locale.percent(count / total)}",
            share=100 * count / total,
        )
        for name, count in sorted(counts, key=lambda item: -item[1])
        if count > 0
    )


def _parent(data: TopicData, query: BoardQuery) -> ParentView | None:
    parent = data.parent
    if parent is None or parent.topic_id == data.report.topic_id:  # it was merged into this one again
        return None
    return ParentView(parent.label or parent.topic_id, href(query, topic=parent.topic_id))
