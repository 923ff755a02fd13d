"""How an alert reads on Slack, as Block Kit. Pure.

Slack's limits hold by construction (:mod:`pipeline.alerts.sinks.slack.blocks`), whatever people post.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from urllib.parse import urlencode

import msgspec

from pipeline.alerts.sinks.slack.blocks import (
    FALLBACK_CHARS,
    Block,
    context,
    escaped,
    fields,
    harmless,
    header,
    open_button,
    section,
    short,
)
from pipeline.i18n.numbers import Locale, far_locale
from pipeline.i18n.sentences import change_line, confidence_word, fit_text, hazard_name, reason_text, score_text
from pipeline.i18n.texts import Language
from pipeline.types import Alert, VerdictKind
from pipeline.verdict.alert import MAX_QUOTES

WHY_CHARS = 600
QUOTE_CHARS = 500
HAZARDS = 5
ICONS: Mapping[VerdictKind, str] = MappingProxyType(
    {
        VerdictKind.RIDE: "🟢",
        VerdictKind.NUANCE: "🔎",
        VerdictKind.WATCH: "👀",
        VerdictKind.RISKY: "⚠️",
        VerdictKind.IGNORE: "⚪",
    }
)
"""Always beside the verdict's word, never instead of it."""


class SlackMessage(msgspec.Struct, frozen=True):
    """One message: ``blocks`` for the screen, ``text`` for notifications and screen readers."""

    text: str
    blocks: tuple[Block, ...]
    unfurl_links: bool = False
    unfurl_media: bool = False


def slack_message(alert: Alert, language: Language, board_url: str, brand_name: str | None = None) -> SlackMessage:
    """Header, brand, why, three facts, hazards, one or two quoted posts and a link to the board.

    Parameters
    ----------
    board_url
        Address of the board as its readers reach it, e.g. ``https://trends.example``.
    brand_name
        Shown instead of the brand's id where known.

    Examples
    --------
    >>> from tests.samples import make_alert
    >>> slack_message(make_alert(), "en", "https://trends.example").blocks[0].text.text
    '🟢 RIDE · slow breakfast'
    """
    locale = far_locale(language)
    brand = brand_name or alert.brand_id
    why = _why(alert, locale)
    blocks: list[Block | None] = [
        header(_title(alert)),
        context(" · ".join((locale.text("alert.brand", brand=brand), *_sure(alert, locale)))),
        section(short(why, WHY_CHARS)),
        fields(_facts(alert, locale)),
    ]
    if alert.report.hazards:
        blocks.append(section(_hazards(alert, locale), lead=f"*{locale.text('topic.hazards')}*\n"))
    for change in _first_change(alert, locale):
        blocks.append(section(short(change, WHY_CHARS), lead=f"*{locale.text('change.title')}*\n"))
    for caption, text in _quotes(alert, locale):
        blocks.append(section(short(text, QUOTE_CHARS), lead=f"*{caption}*\n> "))
    blocks.append(open_button(locale.text("alert.open"), topic_url(board_url, alert.brand_id, alert.topic_id)))
    return SlackMessage(
        text=escaped(short(f"{_title(alert)} — {why} ({brand})", FALLBACK_CHARS)),
        blocks=tuple(block for block in blocks if block is not None),
    )


def to_payload(message: SlackMessage) -> bytes:
    """The JSON body of a webhook call, UTF-8."""
    return msgspec.json.encode(message)


def topic_url(board_url: str, brand_id: str, topic_id: str) -> str:
    """Address of a topic's page on the board.

    Examples
    --------
    >>> topic_url("https://trends.example/", "forno-aurora", "t7")
    'https://trends.example/?topic=t7&brand=forno-aurora'
    """
    query = urlencode({"topic": topic_id, "brand": brand_id}, errors="replace")
    return f"{board_url.rstrip('/')}/?{query}"


def _title(alert: Alert) -> str:
    label = harmless(alert.report.label) or alert.topic_id
    return f"{ICONS[alert.verdict.kind]} {alert.verdict.kind.value} · {label}"


def _why(alert: Alert, locale: Locale) -> str:
    reasons = alert.verdict.reasons
    told = reason_text(reasons[0], locale) if reasons else None
    return harmless(told or "") or locale.text(f"verdict_hint.{alert.verdict.kind}")


def _sure(alert: Alert, locale: Locale) -> list[str]:
    """How sure the verdict is, where it says so."""
    sure = alert.verdict.confidence
    return [] if sure is None else [locale.text("alert.confidence", word=confidence_word(sure, locale).lower())]


def _first_change(alert: Alert, locale: Locale) -> list[str]:
    """The nearest thing that would change the verdict, if there is one."""
    told = [change_line(change, locale) for change in alert.verdict.changes[:1]]
    return [text for text in told if text]


def _facts(alert: Alert, locale: Locale) -> tuple[tuple[str, str], ...]:
    report = alert.report
    posts = locale.count("board.posts", report.n_posts, n=locale.number(report.n_posts))
    authors = locale.count("board.authors", report.n_authors, n=locale.number(report.n_authors))
    rate, usual = (
        locale.text("board.per_hour", rate=locale.short(per_h))
        for per_h in (report.momentum.rate_per_h, report.momentum.baseline_per_h)
    )
    return (
        (locale.text("column.fit"), fit_text(alert.verdict.fit, locale)),
        (locale.text("column.heat"), score_text(report.heat, locale)),
        (
            locale.text("column.volume"),
            f"{posts} · {authors} · {rate} ({locale.text('fact.baseline', baseline=usual)})",
        ),
    )


def _hazards(alert: Alert, locale: Locale) -> str:
    shown = alert.report.hazards[:HAZARDS]
    more = len(alert.report.hazards) - len(shown)
    parts = [
        f"{hazard_name(hazard.name, locale)} "
        f"{locale.text('topic.hazard_share', share=locale.percent(hazard.share.value))}"
        for hazard in shown
    ]
    return " · ".join(parts) + (f" · +{more}" if more else "")


def _quotes(alert: Alert, locale: Locale) -> Iterator[tuple[str, str]]:
    """(caption, text) of the posts that still have a text."""
    poles = alert.report.poles
    for post_id, text in alert.quotes[:MAX_QUOTES]:
        caption = "alert.quote"
        if poles is not None and post_id in poles.one:
            caption = "topic.pole_one"
        elif poles is not None and post_id in poles.other:
            caption = "topic.pole_other"
        if harmless(text):
            yield locale.text(caption), text
