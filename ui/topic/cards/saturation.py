"""Which promotional accounts already jumped on a topic, and what they hear back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.store.records import StoredPost
from pipeline.types import Saturation
from ui.shared.facts import FactsView, FactView, group_of, share_fact
from ui.shared.parts import QuoteView, interval, quotes_of

N_QUOTES = 2


class SaturationView(msgspec.Struct, frozen=True):
    """``none`` says that nobody jumped yet, where that is known."""

    facts: FactsView
    none: str | None = None
    quotes: tuple[QuoteView, ...] = ()
    answers: FactsView | None = None
    answer_quotes: tuple[QuoteView, ...] = ()


def saturation_view(
    found: Saturation | None, posts: Mapping[str, StoredPost], locale: Locale, now: datetime
) -> SaturationView | None:
    """The card; ``None`` where nothing was measured."""
    if found is None:
        return None
    if not found.n_brands and found.post_share.value == 0:
        n = found.share.n if found.share is not None else found.post_share.n
        return SaturationView(FactsView(()), none=locale.text("saturation.none", n=locale.number(n)))
    disclosed = FactView(locale.text("saturation.disclosed"), locale.number(found.n_disclosed), "")
    facts = (
        ("saturation.accounts", _accounts(found, locale)),
        share_fact("saturation.posts", found.post_share, locale),
        ("saturation.disclosed", disclosed),
    )
    answers = None
    if found.answers_negative is not None or found.answers_positive is not None:
        answers = group_of(
            (
                share_fact("saturation.negative", found.answers_negative, locale),
                share_fact("saturation.positive", found.answers_positive, locale),
            ),
            locale,
        )
    return SaturationView(
        facts=group_of(facts, locale),
        quotes=quotes_of(found.evidence, posts, locale, now, N_QUOTES),
        answers=answers,
        answer_quotes=quotes_of(found.answers, posts, locale, now, N_QUOTES),
    )


def _accounts(found: Saturation, locale: Locale) -> FactView | None:
    share = found.share
    if found.n_brands is None or share is None:
        return None
    detail = locale.text(
        "saturation.of_accounts",
        share=locale.percent(share.value),
        low=locale.number(100 * share.low),
        high=locale.number(100 * share.high),
        n=locale.number(share.n),
    )
    return FactView(locale.text("saturation.accounts"), locale.number(found.n_brands), detail, interval(share, locale))
