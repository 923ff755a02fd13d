"""The top voices as HTML: who, how much, and signals with dated posts behind a click."""

from __future__ import annotations

from collections.abc import Sequence

from ui.i18n import Texts
from ui.markup.element import Markup, el
from ui.markup.evidence import card, nothing
from ui.markup.pieces import share_bar
from ui.markup.signals import credit_markup
from ui.view_models.creators import CreatorView, ExampleView, SignalView


def creators_markup(creators: Sequence[CreatorView], texts: Texts, credit: bool) -> Markup:
    """All voices, with one neutral line for all of their signals.

    Parameters
    ----------
    credit
        Whether the list of domains has still to be credited on this page.
    """
    title = texts.text("topic.creators")
    if not creators:
        return card(title, nothing(texts, "topic.no_creators"))
    neutral = el("p", texts.text("creator.neutral"), class_="ts-second")
    return card(
        title,
        (_creator(creator, texts) for creator in creators),
        neutral if any(creator.signals for creator in creators) else None,
        credit_markup(texts) if credit and any(creator.uses_list for creator in creators) else None,
    )


def _creator(creator: CreatorView, texts: Texts) -> Markup:
    signals = None
    if creator.too_few is not None:
        signals = el("p", creator.too_few, class_="ts-second")
    else:
        signals = el(
            "details",
            el("summary", creator.known),
            el("ul", (_signal(signal, texts) for signal in creator.signals), class_="ts-signals"),
            el("p", creator.none, class_="ts-second") if creator.none else None,
            class_="ts-more",
        )
    facts = el("p", " · ".join(creator.facts), class_="ts-second") if creator.facts else None
    return el(
        "div",
        el(
            "div",
            el("span", creator.name, class_="ts-author", dir="auto"),
            el("span", creator.count, class_="ts-second"),
            class_="ts-pair",
        ),
        share_bar(creator.share, "plain"),
        facts,
        signals,
        class_="ts-creator",
    )


def _signal(signal: SignalView, texts: Texts) -> Markup:
    return el(
        "li",
        el(
            "div",
            el("span", signal.name),
            el(
                "span",
                el("span", signal.value, class_="ts-figure"),
                " ",
                el("span", signal.detail, class_="ts-second"),
            ),
            class_="ts-pair",
        ),
        el("ul", (_example(example) for example in signal.examples), class_="ts-examples") if signal.examples else None,
    )


def _example(example: ExampleView) -> Markup:
    date = el("span", example.at)
    if example.href is not None:
        date = el("a", example.at, href=example.href, target="_blank")
    text = el("span", example.text, class_="ts-example-text", dir="auto") if example.text is not None else None
    return el("li", date, text)
