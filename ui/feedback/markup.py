"""What opinions ask for, as HTML."""

from __future__ import annotations

from pipeline.i18n.texts import Texts
from ui.elements.element import Markup, el
from ui.feedback.view_model import ChangeView, EffectView, ProposalView, RuleView
from ui.shared.card import card, nothing


def proposal_markup(view: ProposalView, texts: Texts) -> Markup:
    """What would change, why, and how good each rule was; the button is not part of it."""
    return card(
        texts.text("feedback.title"),
        el("p", view.summary),
        _changes(view.changes, texts),
        el("h3", texts.text("feedback.rules")),
        _rules(view.rules, texts),
        _effects(view, texts) if view.effects else None,
        class_="ts-feedback",
    )


def _changes(changes: tuple[ChangeView, ...], texts: Texts) -> Markup:
    names = ("what", "base", "before", "after", "evidence")
    head = el("tr", (el("th", texts.text(f"feedback.column_{name}"), scope="col") for name in names))
    rows = (
        el(
            "tr",
            el("th", change.name, scope="row", dir="auto"),
            el("td", change.base),
            el("td", change.before),
            el("td", el("strong", change.after) if change.moves else change.after),
            el("td", change.evidence),
        )
        for change in changes
    )
    return el("div", el("table", el("thead", head), el("tbody", rows), class_="ts-plain"), class_="ts-wide")


def _rules(rules: tuple[RuleView, ...], texts: Texts) -> Markup:
    if not rules:
        return nothing(texts, "feedback.no_rules")
    rows = (
        el(
            "div",
            el("div", el("span", rule.rule), el("span", rule.share, class_="ts-figure"), class_="ts-pair"),
            el("p", rule.detail, class_="ts-second"),
        )
        for rule in rules
    )
    return el("div", rows)


def _effects(view: ProposalView, texts: Texts) -> Markup:
    return el(
        "details",
        el("summary", texts.text("feedback.effects")),
        el("ul", (_effect(effect) for effect in view.effects), class_="ts-findings"),
        el("p", view.more, class_="ts-second") if view.more else None,
    )


def _effect(effect: EffectView) -> Markup:
    return el(
        "li",
        el("span", el("strong", effect.topic, dir="auto"), " ", effect.said),
        el("span", f"{effect.by}, {effect.at}: {effect.does}", class_="ts-second"),
    )
