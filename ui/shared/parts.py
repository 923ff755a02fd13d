"""The pieces both pages are made of: scores, badges, reasons and quoted posts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.i18n.sentences import fit_text, percentile, reason_text, score_text
from pipeline.store.records import StoredPost
from pipeline.types import BrandFit, Reason, Score, VerdictKind

MAX_QUOTES = 3
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
    shown, share = locale.number(100 * score.value), min(100.0, max(0.0, 100 * score.value))
    return ScoreView(text=shown, detail=score_text(score, locale), share=share)


def interval(score: Score, locale: Locale) -> str:
    """The 90 % interval of a score in [0, 1], and its n."""
    low, high = locale.number(100 * score.low), locale.number(100 * score.high)
    return locale.text("fact.interval", low=low, high=high, n=locale.number(score.n))


def fit_view(fit: BrandFit | None, locale: Locale) -> ScoreView:
    """The fit percentile and how many background topics it stands on."""
    if fit is None:
        return unknown(locale)
    shown, share = percentile(fit.percentile, locale), min(100.0, max(0.0, fit.percentile))
    return ScoreView(text=shown, detail=fit_text(fit, locale), share=share)


def badge(kind: VerdictKind | str | None, locale: Locale) -> BadgeView:
    """The badge of a verdict; a kind this board does not know yet keeps its own name."""
    if kind is None:
        return BadgeView(icon="none", word=locale.text("verdict.none"), hint=locale.text("verdict_hint.none"))
    word = locale.texts.known(f"verdict.{kind}")
    if word is None:
        return BadgeView(icon="none", word=str(kind), hint="")
    return BadgeView(icon=kind.lower(), word=word, hint=locale.text(f"verdict_hint.{kind}"))


def reason_line(reason: Reason, locale: Locale) -> str:
    """The sentence of a reason; one of a code this board does not know keeps its own English text."""
    return reason_text(reason, locale) or reason.text or reason.code


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
