"""The card of voices as HTML: audience, expert, brands in the conversation."""

from __future__ import annotations

from ui.i18n import Texts
from ui.markup.element import Markup, el
from ui.markup.evidence import card
from ui.markup.pieces import quote_markup
from ui.view_models.voices import AudienceView, ExpertView, RivalView, VoicesView


def voices_markup(view: VoicesView, texts: Texts) -> Markup:
    """Audience and expert side by side where there is room, then every brand that joined or is named."""
    pair = (
        _audience(view.audience, texts) if view.audience is not None else None,
        _expert(view.expert, texts) if view.expert is not None else None,
    )
    rivals = None
    if view.rivals:
        items = (_rival(rival, texts) for rival in view.rivals)
        rivals = el("div", el("h3", texts.text("voices.rivals_title")), el("div", items, class_="ts-nuances"))
    return card(
        texts.text("voices.title"),
        el("div", pair, class_="ts-duo" if all(pair) else None) if any(pair) else None,
        rivals,
    )


def _audience(view: AudienceView, texts: Texts) -> Markup:
    return el(
        "div",
        el("h3", texts.text("voices.audience_title")),
        el("p", view.share),
        el("p", view.lift),
    )


def _expert(view: ExpertView, texts: Texts) -> Markup:
    return el(
        "div",
        el("h3", texts.text("voices.expert_title")),
        el("p", el("strong", view.who, dir="auto"), " ", view.field),
        el("p", view.detail, class_="ts-second"),
        el("p", view.question, class_="ts-second") if view.question is not None else None,
        (quote_markup(post, texts) for post in view.quotes),
    )


def _rival(view: RivalView, texts: Texts) -> Markup:
    own = el("span", texts.text("voices.own"), class_="ts-tag") if view.own else None
    return el(
        "div",
        el("p", el("strong", view.name, dir="auto"), " ", own),
        (el("p", line, class_="ts-second") for line in view.lines),
        (quote_markup(post, texts) for post in view.quotes),
        class_="ts-nuance-item",
    )
