"""The page of one topic as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.i18n.texts import Texts
from ui.board.markup import status_markup
from ui.elements.element import Markup, el, join
from ui.elements.pieces import badge_markup, hidden, icon, meter, quote_markup, quotes_markup, share_bar, solemn_markup
from ui.shared.card import card, facts_markup, nothing
from ui.shared.freshness import StatusView
from ui.topic.cards.creators import creators_markup
from ui.topic.cards.precedents import precedents_markup
from ui.topic.cards.signals_markup import (
    dialogue_markup,
    exposure_markup,
    legend_markup,
    saturation_markup,
    tone_markup,
)
from ui.topic.cards.sureness import ChangesView, ConfidenceView
from ui.topic.cards.verdicts import FacetView, NuanceView, VerdictView
from ui.topic.cards.voices import voices_markup
from ui.topic.evidence_markup import nuances_markup, parts_markup, sides_markup, timeline_markup
from ui.topic.view_model import HazardView, ParentView, TopicView


def topic_markup(view: TopicView, status: StatusView, texts: Texts) -> Markup:
    """The whole page: the answer first, then what it rests on."""
    main = (
        _verdict(view.selected, texts) if view.selected is not None else None,
        sides_markup(view.sides, texts) if view.sides is not None else None,
        timeline_markup(view.timeline, texts) if view.timeline is not None else None,
        card(texts.text("topic.nuances"), nuances_markup(view.nuances, texts)),
        voices_markup(view.voices, texts) if view.voices is not None else None,
        dialogue_markup(view.dialogue, texts) if view.dialogue is not None else None,
        creators_markup(view.creators, texts, credit=view.exposure is None or not view.exposure.uses_list),
        card(texts.text("topic.representative"), quotes_markup(view.representatives, texts)),
        card(texts.text("topic.newest"), quotes_markup(view.newest, texts, "topic.no_posts")),
    )
    side = (
        card(texts.text("topic.more_brands"), (_other(verdict, texts) for verdict in view.others))
        if view.others
        else None,
        card(texts.text("topic.facets"), _facets(view.selected, texts)) if view.selected is not None else None,
        card(texts.text("topic.hazards"), _hazards(view.hazards, texts)),
        precedents_markup(view.precedents, texts) or None,
        card(texts.text("topic.numbers"), facts_markup(view.facts)),
        tone_markup(view.tone, texts) if view.tone is not None else None,
        exposure_markup(view.exposure, texts) if view.exposure is not None else None,
        saturation_markup(view.saturation, texts) if view.saturation is not None else None,
        card(texts.text("topic.languages"), parts_markup(view.languages)) if view.languages else None,
        card(texts.text("topic.sources"), parts_markup(view.sources)) if view.sources else None,
        card(texts.text("topic.history"), _history(view.selected, texts)) if view.selected is not None else None,
    )
    return el(
        "article",
        _head(view, status, texts),
        el("div", el("div", main, class_="ts-main"), el("aside", side, class_="ts-side"), class_="ts-columns"),
        legend_markup(texts),
        class_="ts-topic",
        lang=texts.language,
    )


def _head(view: TopicView, status: StatusView, texts: Texts) -> Markup:
    moved = el("p", texts.text("topic.moved", old=view.moved_from), class_="ts-note") if view.moved_from else None
    facts = (
        el("span", view.stage_word, class_=f"ts-stage ts-stage-{view.stage}"),
        el("span", texts.text("topic.first_seen"), " ", view.first_seen),
        el("span", texts.text("topic.last_seen"), " ", view.last_seen),
    )
    return el(
        "div",
        el(
            "div",
            el("a", "← ", texts.text("topic.back"), href=view.back, class_="ts-back"),
            status_markup(status),
            class_="ts-crumbs",
        ),
        moved,
        el("h1", view.label, dir="auto"),
        el("p", (el("span", word, class_="ts-tag", dir="auto") for word in view.keywords), class_="ts-tags"),
        el("p", facts, class_="ts-meta"),
        _split_from(view.parent, texts) if view.parent is not None else None,
        solemn_markup(view.solemn_days),
        class_="ts-topic-head",
    )


def _split_from(parent: ParentView, texts: Texts) -> Markup:
    link = el("a", parent.label, href=parent.href, dir="auto")
    return el("p", texts.text("topic.split_from"), " ", link, class_="ts-note")


def _verdict(verdict: VerdictView, texts: Texts) -> Markup:
    head = el(
        "div",
        badge_markup(verdict.badge, large=True),
        el("span", el("strong", verdict.brand), el("span", verdict.badge.hint, class_="ts-second"), class_="ts-for"),
        el(
            "span",
            el("span", texts.text("column.fit"), class_="ts-second"),
            meter(verdict.fit, "fit"),
            el("span", verdict.fit.detail, class_="ts-second", aria_hidden="true"),
            class_="ts-fit",
        ),
        _confidence(verdict.confidence, texts) if verdict.confidence is not None else None,
        class_="ts-verdict-head",
    )
    return el(
        "section",
        el("h2", texts.text("topic.verdicts"), class_="ts-hidden"),
        head,
        el("h3", texts.text("topic.why")),
        _reasons(verdict, texts),
        _own_nuance(verdict.nuance, texts) if verdict.nuance is not None else None,
        _changes(verdict.changes, texts) if verdict.changes is not None else None,
        class_=f"ts-card ts-verdict ts-{verdict.badge.icon}",
    )


def _reasons(verdict: VerdictView, texts: Texts) -> Markup:
    if not verdict.reasons:
        return nothing(texts, "topic.no_reasons")
    return el(
        "ol",
        (
            el("li", el("p", reason.text, class_="ts-reason"), (quote_markup(post, texts) for post in reason.quotes))
            for reason in verdict.reasons
        ),
        class_="ts-reasons",
    )


def _confidence(view: ConfidenceView, texts: Texts) -> Markup:
    return el(
        "p",
        el("span", texts.text("confidence.title"), class_="ts-second"),
        " ",
        el("strong", view.word, class_=f"ts-sure ts-sure-{view.level}"),
        " ",
        el("span", view.hint, class_="ts-second"),
        class_="ts-confidence",
    )


def _changes(view: ChangesView, texts: Texts) -> Markup:
    """What would change the verdict, and what would not."""
    items = (
        el("li", el("span", change.text), " ", badge_markup(change.badge), hidden(f". {change.becomes}"))
        for change in view.changes
    )
    return el(
        "div",
        el("h3", texts.text("change.title")),
        el("p", view.final, class_="ts-note") if view.final is not None else None,
        el("ul", items, class_="ts-changes") if view.changes else None,
        class_="ts-what-if",
    )


def _own_nuance(nuance: NuanceView, texts: Texts) -> Markup:
    return el(
        "div",
        el("h3", icon("nuance"), texts.text("topic.nuance_title")),
        el("p", el("strong", nuance.label, dir="auto"), el("span", nuance.detail, class_="ts-second")),
        (quote_markup(post, texts) for post in nuance.quotes),
        class_="ts-nuance-box",
    )


def _other(verdict: VerdictView, texts: Texts) -> Markup:
    return el(
        "details",
        el(
            "summary",
            badge_markup(verdict.badge),
            el("span", verdict.brand, class_="ts-for"),
            el("span", verdict.fit.text, class_="ts-figure", title=verdict.fit.detail),
        ),
        _reasons(verdict, texts),
        el("p", el("a", texts.text("topic.show_brand", brand=verdict.brand), href=verdict.href)),
        class_="ts-other",
    )


def _facets(verdict: VerdictView, texts: Texts) -> Markup:
    groups = (("topic.facets_for", "fit", verdict.facets_for), ("topic.facets_against", "heat", verdict.facets_against))
    if not verdict.facets_for and not verdict.facets_against:
        return nothing(texts, "topic.no_facets")
    return join(
        join(el("h3", texts.text(title)), (_facet(facet, tone, texts) for facet in facets))
        for title, tone, facets in groups
        if facets
    )


def _facet(facet: FacetView, tone: str, texts: Texts) -> Markup:
    return el(
        "div",
        el("div", el("span", facet.name, dir="auto"), el("span", facet.z, class_="ts-figure"), class_="ts-pair"),
        share_bar(facet.share, tone),
        (quote_markup(post, texts) for post in facet.quotes),
        class_="ts-facet",
    )


def _hazards(hazards: Sequence[HazardView], texts: Texts) -> Markup:
    if not hazards:
        return nothing(texts, "topic.no_hazards")
    return join(
        el(
            "div",
            el(
                "div",
                el("strong", hazard.name),
                el(
                    "span",
                    hidden(f"{texts.text('topic.tier')}: "),
                    hazard.tier_word,
                    class_=f"ts-tier ts-tier-{hazard.tier}",
                ),
                class_="ts-pair",
            ),
            el("p", hazard.share, el("span", hazard.detail, class_="ts-second")),
            (quote_markup(post, texts) for post in hazard.quotes),
            class_="ts-hazard",
        )
        for hazard in hazards
    )


def _history(verdict: VerdictView | None, texts: Texts) -> Markup:
    if verdict is None or not verdict.history:
        return nothing(texts, "topic.no_history")
    return el(
        "ol",
        (el("li", badge_markup(kind), el("span", at, class_="ts-second")) for at, kind in verdict.history),
        class_="ts-history",
    )
