"""The cards of the signals: tone, where people talk, where it comes from, who already jumped."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.i18n.texts import Texts
from ui.elements.element import Markup, el
from ui.elements.pieces import meter, quote_markup, share_bar
from ui.shared.card import card, facts_markup
from ui.shared.credit import credit_markup
from ui.shared.parts import QuoteView
from ui.topic.cards.dialogue import DialogueView, InvitationView, QuestionView
from ui.topic.cards.exposure import ExposureView, ListedView, OriginView
from ui.topic.cards.saturation import SaturationView
from ui.topic.cards.tone import EmotionView, ToneView


def tone_markup(tone: ToneView, texts: Texts) -> Markup:
    """Heat with its interval, then a small bar for each emotion."""
    heat = None
    if tone.heat is not None:
        heat = el(
            "div",
            el("div", el("span", texts.text("fact.heat")), meter(tone.heat, "heat"), class_="ts-pair"),
            el("p", texts.text("tone.heat_detail"), "; ", tone.heat_detail, class_="ts-second"),
            class_="ts-tone-heat",
        )
    emotions = None
    if tone.emotions:
        rows = el("div", (_emotion(emotion) for emotion in tone.emotions), class_="ts-emotions")
        rest = el("p", texts.text("tone.calm"), class_="ts-second")
        emotions = el("div", el("h3", texts.text("tone.emotions")), rows, rest)
    unknown = el("p", tone.missing, class_="ts-muted ts-missing") if tone.missing else None
    controversy = el("p", tone.controversy, class_="ts-second ts-missing") if tone.controversy else None
    return card(texts.text("tone.title"), heat, emotions, controversy, unknown)


def _emotion(emotion: EmotionView) -> Markup:
    return el(
        "div",
        el("span", emotion.name),
        share_bar(emotion.share, "plain"),
        el("span", emotion.value, class_="ts-figure"),
        el("span", emotion.detail, class_="ts-second"),
        class_="ts-emotion",
    )


def dialogue_markup(view: DialogueView, texts: Texts) -> Markup:
    """Shares, what people ask with how many ask it, what they made, and the groups they invite to."""
    asked = made = invited = None
    if view.questions:
        asked = el(
            "div",
            el("h3", texts.text("dialogue.asked")),
            el("div", (_question(question, texts) for question in view.questions), class_="ts-nuances"),
        )
    if view.self_made:
        made = _quotes("dialogue.self_made", view.self_made, texts)
    if view.invitations:
        rows = (_invitation(invitation, texts) for invitation in view.invitations)
        invited = el("div", el("h3", texts.text("dialogue.invitations")), rows)
    more = el("div", made, invited, class_="ts-duo") if made or invited else None
    return card(texts.text("dialogue.title"), facts_markup(view.facts, wide=True), asked, more)


def _question(question: QuestionView, texts: Texts) -> Markup:
    quotes = (quote_markup(post, texts) for post in question.quotes)
    return el("div", el("p", el("strong", question.people)), quotes, class_="ts-nuance-item")


def _invitation(invitation: InvitationView, texts: Texts) -> Markup:
    head = (el("span", invitation.name), el("span", invitation.detail, class_="ts-second"))
    if not invitation.quotes:
        return el("div", head, class_="ts-pair ts-plain-row")
    return el(
        "details",
        el("summary", el("span", head, class_="ts-pair")),
        (quote_markup(post, texts) for post in invitation.quotes),
        class_="ts-more",
    )


def exposure_markup(view: ExposureView, texts: Texts) -> Markup:
    """Shares, the single origin, listed domains with the credit of the list, and posts that hedge."""
    unreliable = None
    if view.unreliable:
        listed = (_listed(domain, texts) for domain in view.unreliable)
        unreliable = el("div", el("h3", texts.text("exposure.unreliable")), listed)
    return card(
        texts.text("exposure.title"),
        facts_markup(view.facts),
        _origin(view.origin, texts) if view.origin is not None else None,
        _quotes("exposure.hedged", view.hedged, texts) if view.hedged else None,
        unreliable,
        credit_markup(texts) if view.uses_list else None,
    )


def _origin(origin: OriginView, texts: Texts) -> Markup:
    return el(
        "div",
        el("p", el("strong", origin.text), " ", el("span", origin.detail, class_="ts-second")),
        (quote_markup(post, texts) for post in origin.quotes),
        class_="ts-origin",
    )


def _listed(listed: ListedView, texts: Texts) -> Markup:
    head = (el("span", listed.domain, dir="auto"), el("span", listed.detail, class_="ts-second"))
    if not listed.quotes:
        return el("div", head, class_="ts-pair ts-plain-row")
    return el(
        "details",
        el("summary", el("span", head, class_="ts-pair")),
        (quote_markup(post, texts) for post in listed.quotes),
        class_="ts-more",
    )


def saturation_markup(view: SaturationView, texts: Texts) -> Markup:
    """How many promotional accounts, what they post, and how people answer."""
    if view.none is not None:
        return card(texts.text("saturation.title"), el("p", view.none, class_="ts-muted"))
    answers = None
    if view.answers is not None:
        answers = el(
            "div",
            el("h3", texts.text("saturation.answers")),
            facts_markup(view.answers),
            (quote_markup(post, texts) for post in view.answer_quotes),
        )
    return card(
        texts.text("saturation.title"),
        facts_markup(view.facts),
        _quotes("saturation.quotes", view.quotes, texts) if view.quotes else None,
        answers,
    )


def _quotes(title: str, quotes: Sequence[QuoteView], texts: Texts) -> Markup:
    return el("div", el("h3", texts.text(title)), (quote_markup(post, texts) for post in quotes))


def legend_markup(texts: Texts) -> Markup:
    """What the grey ranges are, said once for the whole page."""
    return el("p", texts.text("fact.legend"), class_="ts-second ts-legend")
