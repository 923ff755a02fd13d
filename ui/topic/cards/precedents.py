"""Finished topics that one is like: what they were, how long they lasted, what was decided, how they ended."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import hazard_name
from pipeline.i18n.texts import Texts
from pipeline.types import Precedent
from ui.elements.element import Markup, el
from ui.elements.pieces import badge_markup
from ui.query import BoardQuery, href
from ui.shared.card import card
from ui.shared.parts import BadgeView, badge

TONE_OF = {"grave": "floor", "quarrel": "high", "short": "low", "faded": "low"}


class PrecedentView(msgspec.Struct, frozen=True):
    """One finished topic. ``badge`` is what the chosen brand was told; ``None`` where it was not judged for it."""

    href: str
    label: str
    facts: str
    badge: BadgeView | None
    tone: str
    ended: str
    hazards: str
    nearness: str


def precedent_views(
    precedents: tuple[Precedent, ...], brand_id: str | None, query: BoardQuery, locale: Locale
) -> tuple[PrecedentView, ...]:
    """Each in the viewer's language, the nearest first."""
    return tuple(_view(precedent, brand_id, query, locale) for precedent in precedents)


def _view(precedent: Precedent, brand_id: str | None, query: BoardQuery, locale: Locale) -> PrecedentView:
    kind = dict(precedent.verdicts).get(brand_id or "")
    posts = locale.count("board.posts", precedent.n_posts, n=locale.number(precedent.n_posts))
    facts = (
        locale.day(precedent.first_seen),
        posts,
        locale.text("precedents.lasted", span=locale.span(3600 * precedent.lasted_h)),
        ", ".join(precedent.languages),
    )
    return PrecedentView(
        href=href(query, topic=precedent.topic_id),
        label=precedent.label or precedent.topic_id,
        facts=" · ".join(fact for fact in facts if fact),
        badge=badge(kind, locale) if kind is not None else None,
        tone=TONE_OF[precedent.ended],
        ended=locale.text(f"precedents.ended_{precedent.ended}"),
        hazards=", ".join(hazard_name(name, locale).lower() for name in precedent.hazards),
        nearness=locale.text("precedents.nearness", standing=locale.number(precedent.standing, 1)),
    )


def precedents_markup(views: Sequence[PrecedentView], texts: Texts) -> Markup:
    """The card; nothing where nothing is like it."""
    if not views:
        return Markup("")
    return card(
        texts.text("precedents.title"),
        el("p", texts.text("precedents.lead"), class_="ts-second"),
        el("ul", (_precedent(view) for view in views), class_="ts-findings"),
        class_="ts-precedents",
    )


def _precedent(view: PrecedentView) -> Markup:
    return el(
        "li",
        el("a", view.label, href=view.href, dir="auto"),
        " ",
        el("span", view.ended, class_=f"ts-tier ts-tier-{view.tone}"),
        el("span", view.hazards, class_="ts-second") if view.hazards else None,
        el("span", view.facts, class_="ts-second"),
        badge_markup(view.badge) if view.badge is not None else None,
        el("span", view.nearness, class_="ts-second"),
    )
