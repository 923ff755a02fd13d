"""Finished topics that one is like, as HTML."""

from __future__ import annotations

from collections.abc import Sequence

from ui.i18n import Texts
from ui.markup.element import Markup, el
from ui.markup.evidence import card
from ui.markup.pieces import badge_markup
from ui.view_models.precedents import PrecedentView


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
