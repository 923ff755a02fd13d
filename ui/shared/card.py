"""A card of facts, as every page shows it."""

from __future__ import annotations

from pipeline.i18n.texts import Texts
from ui.elements.element import Child, Markup, el, join
from ui.shared.facts import FactsView


def card(title: str, *content: Child, class_: str = "") -> Markup:
    """A titled box."""
    return el("section", el("h2", title), *content, class_=f"ts-card {class_}".strip())


def nothing(texts: Texts, key: str) -> Markup:
    """A line that says there is nothing."""
    return el("p", texts.text(key), class_="ts-muted")


def facts_markup(facts: FactsView, wide: bool = False) -> Markup:
    """Names, values, and what they rest on; one line for all that is unknown."""
    unknown = el("p", facts.unknown, class_="ts-muted ts-missing") if facts.unknown is not None else None
    if not facts.known:
        return join(unknown)
    rows = (
        el(
            "div",
            el("dt", fact.name),
            el(
                "dd",
                el("span", fact.value, class_="ts-figure"),
                el("span", fact.detail, class_="ts-second", title=fact.hint or None) if fact.detail else None,
            ),
        )
        for fact in facts.known
    )
    return join(el("dl", rows, class_="ts-facts ts-facts-wide" if wide else "ts-facts"), unknown)
