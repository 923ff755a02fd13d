"""Whose voices a topic has, in words: the brand's audience, who inside could speak, which brands already joined."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import percentile
from pipeline.i18n.texts import Texts
from pipeline.store.records import StoredPost
from pipeline.types import Score
from pipeline.types.voices import AudienceShare, BrandContext, ExpertMatch, RivalPresence
from ui.elements.element import Markup, el
from ui.elements.pieces import quote_markup
from ui.shared.card import card
from ui.shared.parts import QuoteView, quotes_of

N_QUOTES = 2


class AudienceView(msgspec.Struct, frozen=True):
    """The share in words, and whether that is more than chance."""

    share: str
    lift: str


class ExpertView(msgspec.Struct, frozen=True):
    """Who could speak, on what, why him, and the question he could answer."""

    who: str
    field: str
    detail: str
    question: str | None
    quotes: tuple[QuoteView, ...]


class RivalView(msgspec.Struct, frozen=True):
    """One brand in the conversation; ``own`` is the viewer's."""

    name: str
    own: bool
    lines: tuple[str, ...]
    quotes: tuple[QuoteView, ...]


class VoicesView(msgspec.Struct, frozen=True):
    """The card; ``None`` and empty where nothing is known."""

    audience: AudienceView | None
    expert: ExpertView | None
    rivals: tuple[RivalView, ...]


def voices_view(
    context: BrandContext | None, posts: Mapping[str, StoredPost], locale: Locale, now: datetime
) -> VoicesView | None:
    """The card of one brand; ``None`` where nothing is known."""
    if context is None or context == BrandContext():
        return None
    return VoicesView(
        audience=None if context.audience is None else _audience(context.audience, locale),
        expert=None if context.expert is None else _expert(context.expert, posts, locale, now),
        rivals=tuple(_rival(rival, posts, locale, now) for rival in context.rivals),
    )


def quoted_ids(context: BrandContext | None) -> tuple[tuple[str, ...], ...]:
    """Post ids that the card may quote."""
    if context is None:
        return ()
    question = context.expert.question if context.expert is not None else None
    asked = () if question is None else (question,)
    return (asked, *(rival.post_ids or rival.named_in for rival in context.rivals))


def _audience(found: AudienceShare, locale: Locale) -> AudienceView:
    share = locale.text(
        "voices.audience",
        members=locale.number(found.n_members),
        n=locale.number(found.share.n),
        share=locale.percent(found.share.value),
        **_range(found.share, locale),
    )
    lift = found.lift
    if lift is None:
        return AudienceView(share, locale.text("voices.lift_unknown"))
    key = "voices.lift_more" if lift.low > 1 else "voices.lift_less" if lift.high < 1 else "voices.lift_same"
    numbers = {name: locale.short(value) for name, value in (("low", lift.low), ("high", lift.high))}
    return AudienceView(share, locale.text(key, lift=locale.short(lift.value), **numbers))


def _expert(found: ExpertMatch, posts: Mapping[str, StoredPost], locale: Locale, now: datetime) -> ExpertView:
    asked = () if found.question is None else (found.question,)
    quotes = quotes_of(asked, posts, locale, now, 1)
    question = None
    if quotes:
        question = locale.text("voices.expert_question", field=found.question_field or found.field)
    return ExpertView(
        who=f"{found.name}, {found.role}" if found.role else found.name,
        field=locale.text("voices.expert_field", field=found.field),
        detail=locale.text(
            "voices.expert_detail", percentile=percentile(found.percentile, locale), n=locale.number(found.n)
        ),
        question=question,
        quotes=quotes,
    )


def _rival(found: RivalPresence, posts: Mapping[str, StoredPost], locale: Locale, now: datetime) -> RivalView:
    lines = []
    if found.n_posts and found.first_at is not None:
        n = locale.number(found.n_posts)
        lines.append(locale.count("voices.joined", found.n_posts, n=n, ago=locale.ago(found.first_at, now)))
        lines.append(_standing(found.standing, locale))
    else:
        lines.append(locale.text("voices.not_joined"))
    if found.n_named:
        lines.append(_voice(found, locale))
    if found.doubtful:
        lines.append(locale.count("voices.doubtful", found.doubtful, n=locale.number(found.doubtful)))
    quoted = quotes_of(found.post_ids or found.named_in, posts, locale, now, N_QUOTES)
    return RivalView(found.name, found.own, tuple(lines), quoted)


def _standing(standing: Score | None, locale: Locale) -> str:
    if standing is None:
        return locale.text("voices.standing_unknown")
    share = locale.percent(standing.value)
    return locale.text("voices.standing", share=share, n=locale.number(standing.n), **_range(standing, locale))


def _voice(found: RivalPresence, locale: Locale) -> str:
    named = locale.count("voices.named", found.n_named, n=locale.number(found.n_named))
    if found.voice is None:
        return named
    share = locale.percent(found.voice.value)
    detail = locale.text("voices.voice", share=share, n=locale.number(found.voice.n), **_range(found.voice, locale))
    return f"{named}: {detail}"


def _range(score: Score, locale: Locale) -> dict[str, str]:
    return {"low": locale.number(100 * score.low), "high": locale.number(100 * score.high)}


def voices_markup(view: VoicesView, texts: Texts) -> Markup:
    """Audience and expert side by side where there is room, then every brand that joined or is named."""
    pair = (
        _audience_markup(view.audience, texts) if view.audience is not None else None,
        _expert_markup(view.expert, texts) if view.expert is not None else None,
    )
    rivals = None
    if view.rivals:
        items = (_rival_markup(rival, texts) for rival in view.rivals)
        rivals = el("div", el("h3", texts.text("voices.rivals_title")), el("div", items, class_="ts-nuances"))
    return card(
        texts.text("voices.title"),
        el("div", pair, class_="ts-duo" if all(pair) else None) if any(pair) else None,
        rivals,
    )


def _audience_markup(view: AudienceView, texts: Texts) -> Markup:
    return el(
        "div",
        el("h3", texts.text("voices.audience_title")),
        el("p", view.share),
        el("p", view.lift),
    )


def _expert_markup(view: ExpertView, texts: Texts) -> Markup:
    return el(
        "div",
        el("h3", texts.text("voices.expert_title")),
        el("p", el("strong", view.who, dir="auto"), " ", view.field),
        el("p", view.detail, class_="ts-second"),
        el("p", view.question, class_="ts-second") if view.question is not None else None,
        (quote_markup(post, texts) for post in view.quotes),
    )


def _rival_markup(view: RivalView, texts: Texts) -> Markup:
    own = el("span", texts.text("voices.own"), class_="ts-tag") if view.own else None
    return el(
        "div",
        el("p", el("strong", view.name, dir="auto"), " ", own),
        (el("p", line, class_="ts-second") for line in view.lines),
        (quote_markup(post, texts) for post in view.quotes),
        class_="ts-nuance-item",
    )
