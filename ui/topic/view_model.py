"""The page of one topic: why each brand got its verdict, and the posts behind every number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import hazard_name
from pipeline.store.records import StoredBrand, StoredPost
from pipeline.types import TopicReport, Verdict
from ui.query import BoardQuery, href
from ui.shared.facts import FactsView, fact_views
from ui.shared.parts import QuoteView, interval, quote_view, quotes_of
from ui.shared.solemn_days import SolemnView, solemn_views
from ui.topic.cards import creators, dialogue, exposure, voices
from ui.topic.cards.creators import CreatorView, creator_views
from ui.topic.cards.dialogue import DialogueView, dialogue_view
from ui.topic.cards.division import SidesView, sides_view
from ui.topic.cards.exposure import ExposureView, exposure_view
from ui.topic.cards.precedents import PrecedentView, precedent_views
from ui.topic.cards.saturation import SaturationView, saturation_view
from ui.topic.cards.timeline import TimelineView, timeline_view
from ui.topic.cards.tone import ToneView, tone_view
from ui.topic.cards.verdicts import NuanceView, VerdictView, verdict_view
from ui.topic.cards.voices import VoicesView, voices_view

MAX_QUOTED = 400
"""Posts that one page may ask the store for: what a report of the pipeline names stays below it."""


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


class PartView(msgspec.Struct, frozen=True):
    """One share of a whole: a language, a source."""

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
    solemn_days: tuple[SolemnView, ...]
    facts: FactsView
    tone: ToneView | None
    hazards: tuple[HazardView, ...]
    sides: SidesView | None
    timeline: TimelineView | None
    nuances: tuple[NuanceView, ...]
    voices: VoicesView | None
    precedents: tuple[PrecedentView, ...]
    dialogue: DialogueView | None
    exposure: ExposureView | None
    saturation: SaturationView | None
    creators: tuple[CreatorView, ...]
    languages: tuple[PartView, ...]
    sources: tuple[PartView, ...]
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
    context = next((verdict.context for verdict in data.verdicts if verdict.brand_id == brand_id), None)
    tone = tone_view(report, locale)
    talk = dialogue_view(report.dialogue, posts, locale, now)
    origin = exposure_view(report, posts, locale, now)
    jumped = saturation_view(report.saturation, posts, locale, now)
    cards = (("tone", tone), ("dialogue", talk), ("exposure", origin), ("saturation", jumped))
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
        solemn_days=solemn_views(report, locale, now),
        facts=fact_views(report, locale, [f"{name}.title" for name, card in cards if card is None]),
        tone=tone,
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
        sides=sides_view(report, posts, locale, now),
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
        voices=voices_view(context, posts, locale, now),
        precedents=precedent_views(report.precedents, brand_id, query, locale),
        dialogue=talk,
        exposure=origin,
        saturation=jumped,
        creators=creator_views(report.creators, posts, locale),
        languages=_parts(report.languages, locale),
        sources=_parts(report.sources, locale, upper=False),
        representatives=quotes_of(report.representatives, posts, locale, now, 5),
        newest=tuple(quote_view(post, locale, now) for post in data.newest[:20]),
    )


def evidence_ids(report: TopicReport, verdicts: Sequence[Verdict]) -> tuple[str, ...]:
    """Every post id the page may quote, once each, in the order of first use, at most ``MAX_QUOTED``."""
    groups: list[tuple[str, ...]] = [reason.evidence for verdict in verdicts for reason in verdict.reasons]
    groups += [facet.evidence for verdict in verdicts if verdict.fit is not None for facet in verdict.fit.facets]
    groups += [verdict.nuance.post_ids for verdict in verdicts if verdict.nuance is not None]
    groups += [hazard.evidence for hazard in report.hazards]
    if report.poles is not None:
        groups += [report.poles.one, report.poles.other, report.poles.middle]
    groups += [nuance.post_ids[:3] for nuance in report.nuances]
    groups.append(report.representatives)
    groups += [*dialogue.quoted_ids(report.dialogue), *exposure.quoted_ids(report.exposure)]
    if report.saturation is not None:
        groups += [report.saturation.evidence, report.saturation.answers]
    groups += creators.quoted_ids(report.creators)
    groups += [ids for verdict in verdicts for ids in voices.quoted_ids(verdict.context)]
    return tuple(dict.fromkeys(post_id for group in groups for post_id in group))[:MAX_QUOTED]


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
