"""What a topic page shows as evidence: the two camps, the timeline, nuances, numbers, shares."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.i18n.texts import Texts
from ui.elements.element import Markup, el, join
from ui.elements.pieces import quote_markup, quotes_markup, share_bar
from ui.shared.card import card, nothing
from ui.topic.cards.division import PolesView, SidesView
from ui.topic.cards.timeline import TimelineView
from ui.topic.cards.verdicts import NuanceView
from ui.topic.view_model import PartView


def sides_markup(view: SidesView, texts: Texts) -> Markup:
    """Both camps side by side, the middle below, then the experimental number and what supports it."""
    number = None
    if view.division is not None:
        value = el("span", view.division.value, class_="ts-figure")
        detail = el("span", view.division.detail, class_="ts-second")
        number = el("p", view.division.name, " ", value, " ", detail, class_="ts-division")
    notes = (texts.text("division.note"), view.controversy)
    tag = el("span", texts.text("division.tag"), class_="ts-tag ts-experimental")
    return card(
        join(texts.text("topic.poles"), " ", tag),
        _poles(view.poles, texts) if view.poles is not None else None,
        number,
        (el("p", note, class_="ts-second") for note in notes if note is not None),
    )


def _poles(poles: PolesView, texts: Texts) -> Markup:
    def camp(title: str, side: str, posts: Markup) -> Markup:
        return el("div", el("h3", texts.text(title)), posts, class_=f"ts-pole ts-pole-{side}")

    sides = el(
        "div",
        camp("topic.pole_one", "one", quotes_markup(poles.one, texts)),
        camp("topic.pole_other", "other", quotes_markup(poles.other, texts)),
        class_="ts-poles",
    )
    middle = camp("topic.pole_middle", "middle", quotes_markup(poles.middle, texts)) if poles.middle else None
    return join(sides, middle)


def timeline_markup(timeline: TimelineView, texts: Texts) -> Markup:
    """Bars with a title each, the bursts in words, and all of it as a table."""
    bars = (
        el(
            "span",
            el("span", style=f"height:{bar.height:.1f}%", class_="ts-bar-fill"),
            class_="ts-bar ts-bar-burst" if bar.burst else "ts-bar",
            title=f"{bar.label}: {bar.count}",
        )
        for bar in timeline.bars
    )
    chart = el("div", bars, class_="ts-bars", role="img", aria_label=timeline.label)
    ticks = el("div", (el("span", tick) for tick in timeline.ticks), class_="ts-ticks", aria_hidden="true")
    bursts = None
    if timeline.bursts:
        key = el("span", class_="ts-key", aria_hidden="true")
        bursts = el("p", key, texts.text("topic.bursts"), ": ", "; ".join(timeline.bursts), class_="ts-second")
    rows = (
        el(
            "tr",
            el("th", bar.label, scope="row"),
            el("td", bar.count),
            el("td", texts.text("topic.burst") if bar.burst else ""),
        )
        for bar in timeline.bars
    )
    heads = [el("th", texts.text(key), scope="col") for key in ("topic.time", "topic.posts", "topic.burst")]
    table = el(
        "details",
        el("summary", texts.text("topic.timeline_table")),
        el("table", el("thead", el("tr", heads)), el("tbody", rows), class_="ts-plain"),
    )
    top = el("span", timeline.top, class_="ts-top", aria_hidden="true")
    return card(texts.text("topic.timeline"), el("div", top, chart, ticks, class_="ts-chart"), bursts, table)


def nuances_markup(nuances: Sequence[NuanceView], texts: Texts) -> Markup:
    """The sub-conversations, two in a row where there is room."""
    if not nuances:
        return nothing(texts, "topic.no_nuances")
    return el(
        "div",
        (
            el(
                "div",
                el("p", el("strong", nuance.label, dir="auto"), el("span", nuance.detail, class_="ts-second")),
                (quote_markup(post, texts) for post in nuance.quotes),
                class_="ts-nuance-item",
            )
            for nuance in nuances
        ),
        class_="ts-nuances",
    )


def parts_markup(parts: Sequence[PartView]) -> Markup:
    """Shares of a whole as bars."""
    return join(
        el(
            "div",
            el("div", el("span", part.name), el("span", part.count, class_="ts-second"), class_="ts-pair"),
            share_bar(part.share, "plain"),
            class_="ts-part",
        )
        for part in parts
    )
