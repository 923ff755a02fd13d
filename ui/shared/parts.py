"""The pieces both pages are made of: scores, badges, reasons and quoted posts."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.store.records import StoredPost
from pipeline.types import BrandFit, Reason, Score, VerdictKind

MAX_QUOTES = 3
_SHARES = frozenset({"share", "value", "low", "high"})
"""Params of reasons that are in [0, 1]."""
_LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


class ScoreView(msgspec.Struct, frozen=True):
    """A score in words. ``share`` (0–100) draws its meter; ``None`` is unknown, and draws none."""

    text: str
    detail: str
    share: float | None

    @property
    def known(self) -> bool:
        """False when there was not enough evidence."""
        return self.share is not None


class BadgeView(msgspec.Struct, frozen=True):
    """A verdict as word, icon name and hint."""

    icon: str
    word: str
    hint: str


class QuoteView(msgspec.Struct, frozen=True):
    """One post as quoted. ``href`` is ``None`` unless the post has an http(s) address."""

    post_id: str
    text: str
    language: str | None
    author: str
    at: str
    ago: str
    source: str
    href: str | None
    tags: tuple[str, ...] = ()


class ReasonView(msgspec.Struct, frozen=True):
    """One reason and the posts it quotes."""

    text: str
    quotes: tuple[QuoteView, ...]


class EmptyView(msgspec.Struct, frozen=True):
    """Nothing to show: what that means, what to do, and where to go."""

    title: str
    text: str
    action: str | None = None
    href: str | None = None


def unknown(locale: Locale) -> ScoreView:
    """The view of a score that does not exist."""
    return ScoreView(text=locale.text("board.unknown_short"), detail=locale.text("board.unknown"), share=None)


def score_view(score: Score | None, locale: Locale) -> ScoreView:
    """A score in [0, 1] as 0 to 100 with its interval and n; ``None`` stays unknown, never 0."""
    if score is None:
        return unknown(locale)
    shown = locale.number(100 * score.value)
    detail = locale.text(
        "board.score_detail",
        value=shown,
        low=locale.number(100 * score.low),
        high=locale.number(100 * score.high),
        n=locale.number(score.n),
    )
    return ScoreView(text=shown, detail=detail, share=min(100.0, max(0.0, 100 * score.value)))


def interval(score: Score, locale: Locale) -> str:
    """The 90 % interval of a score in [0, 1], and its n."""
    low, high = locale.number(100 * score.low), locale.number(100 * score.high)
    return locale.text("fact.interval", low=low, high=high, n=locale.number(score.n))


def percentile(value: float, locale: Locale) -> str:
    """A percentile with one decimal, rounded down so that only 100 reads as 100."""
    return locale.number(math.floor(value * 10 + 1e-6) / 10, 0 if value >= 100 else 1)


def fit_view(fit: BrandFit | None, locale: Locale) -> ScoreView:
    """The fit percentile and how many background topics it stands on."""
    if fit is None:
        return unknown(locale)
    shown = percentile(fit.percentile, locale)
    detail = locale.text("board.fit_detail", percentile=shown, n=locale.number(fit.n))
    return ScoreView(text=shown, detail=detail, share=min(100.0, max(0.0, fit.percentile)))


def badge(kind: VerdictKind | str | None, locale: Locale) -> BadgeView:
    """The badge of a verdict; a kind this board does not know yet keeps its own name."""
    if kind is None:
        return BadgeView(icon="none", word=locale.text("verdict.none"), hint=locale.text("verdict_hint.none"))
    word = locale.texts.known(f"verdict.{kind}")
    if word is None:
        return BadgeView(icon="none", word=str(kind), hint="")
    return BadgeView(icon=kind.lower(), word=word, hint=locale.text(f"verdict_hint.{kind}"))


def hazard_name(name: str, locale: Locale) -> str:
    """A hazard in the viewer's language; a brand's own no-go theme stays as the brand wrote it."""
    return locale.texts.known(f"hazard.{name.replace('-', '_')}") or name.replace("_", " ")


def reason_text(reason: Reason, locale: Locale) -> str:
    """The sentence of a reason: translated by code, or its own English text.

    When the reason lacks a number its sentence wants, the viewer's language wins over the
    number, unless the reason's own text is already in that language.
    """
    values = {name: _param(name, value, locale) for name, value in reason.params}
    own = f"_{locale.language}"  # a param may come in every language: day_en, day_it
    values |= {name.removesuffix(own): value for name, value in values.items() if name.endswith(own)}
    full = locale.texts.known(f"reason.{reason.code}", values)
    if full is not None:
        return full
    plain = locale.texts.known(f"reason_plain.{reason.code}")
    if plain is None or (locale.language == "en" and reason.text):
        return reason.text or reason.code
    return plain


def _param(name: str, value: str, locale: Locale) -> str:
    """One number or name of a reason as people read it: shares as %, heat as 0 to 100."""
    if name == "hazard":
        return hazard_name(value, locale).lower()
    if name == "kind":
        return locale.texts.known(f"verdict.{value}") or value
    if name == "until":
        return locale.clock(datetime.fromisoformat(value))
    try:
        number = float(value)
    except ValueError:
        return value
    if name in _SHARES and 0 <= number <= 1:
        return locale.percent(number) if name == "share" else locale.number(100 * number)
    return locale.written_number(value)


def outside_link(url: str | None) -> str | None:
    """``url`` if it is a plain http or https address, else ``None``.

    Examples
    --------
    >>> outside_link("https://example.org/p1")
    'https://example.org/p1'
    >>> outside_link("javascript:alert(1)") is None
    True
    """
    if url is None or any(sign.isspace() or ord(sign) < 32 for sign in url):
        return None
    try:
        parts = urlsplit(url)
        return url if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def quote_view(post: StoredPost, locale: Locale, now: datetime) -> QuoteView:
    """A stored post as quoted on a page."""
    language = post.language if post.language and _LANGUAGE_TAG.fullmatch(post.language) else None
    marks = (("topic.copy", post.is_copy), ("topic.reply", post.is_reply))
    return QuoteView(
        post_id=post.post_id,
        text=post.text,
        language=language,
        author=post.author_handle or locale.text("topic.unknown_author"),
        at=locale.moment(post.event_time),
        ago=locale.ago(post.event_time, now),
        source=post.source,
        href=outside_link(post.url),
        tags=tuple(locale.text(key) for key, applies in marks if applies),
    )


def quotes_of(
    post_ids: Iterable[str],
    posts: Mapping[str, StoredPost],
    locale: Locale,
    now: datetime,
    limit: int = MAX_QUOTES,
) -> tuple[QuoteView, ...]:
    """The first ``limit`` of the posts that are still stored; equal texts are quoted once."""
    quotes: list[QuoteView] = []
    seen: set[str] = set()
    for post_id in post_ids:
        post = posts.get(post_id)
        if post is None or post.text in seen:
            continue
        seen.add(post.text)
        quotes.append(quote_view(post, locale, now))
        if len(quotes) == limit:
            break
    return tuple(quotes)
