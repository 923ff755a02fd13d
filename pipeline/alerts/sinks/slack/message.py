"""How an alert reads on Slack, as Block Kit. Pure.

Slack's limits hold by construction (:mod:`pipeline.alerts.sinks.slack.blocks`), whatever people post.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from pipeline.i18n.change_words import change_text
from pipeline.i18n.sentences import ICONS, Language, hazard_name, number, reason_text, wording
from pipeline.types import Alert, BrandFit, Score
from pipeline.verdict.alert import MAX_QUOTES

WHY_CHARS = 600
QUOTE_CHARS = 500
HAZARDS = 5


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
    words = wording(language)
    brand = brand_name or alert.brand_id
    why = _why(alert, language)
    blocks: list[Block | None] = [
        header(_title(alert)),
        context(" · ".join((f"{words.brand}: {brand}", *_sure(alert, language)))),
        section(short(why, WHY_CHARS)),
        fields(_facts(alert, language)),
    ]
    if alert.report.hazards:
        blocks.append(section(_hazards(alert, language), lead=f"*{words.hazards}*\n"))
    for change in _first_change(alert, language):
        blocks.append(section(short(change, WHY_CHARS), lead=f"*{words.change}*\n"))
    for caption, text in _quotes(alert, language):
        blocks.append(section(short(text, QUOTE_CHARS), lead=f"*{caption}*\n> "))
    blocks.append(open_button(words.open, topic_url(board_url, alert.brand_id, alert.topic_id)))
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


def _why(alert: Alert, language: Language) -> str:
    reasons = alert.verdict.reasons
    told = reason_text(reasons[0], language) if reasons else None
    why = harmless(told or "") or wording(language).meaning[alert.verdict.kind]
    return why[0].upper() + why[1:]


def _sure(alert: Alert, language: Language) -> list[str]:
    """How sure the verdict is, where it says so."""
    words, sure = wording(language), alert.verdict.confidence
    return [] if sure is None else [f"{words.confidence}: {words.sure[sure]}"]


def _first_change(alert: Alert, language: Language) -> list[str]:
    """The nearest thing that would change the verdict, if there is one."""
    told = [change_text(change, language) for change in alert.verdict.changes[:1]]
    return [text[0].upper() + text[1:] for text in told if text]


def _facts(alert: Alert, language: Language) -> tuple[tuple[str, str], ...]:
    words = wording(language)
    report = alert.report
    momentum = report.momentum
    volume = (
        f"{number(report.n_posts, 0, language)} {words.posts} · {number(report.n_authors, 0, language)} {words.authors}"
        f" · {number(momentum.rate_per_h, 1, language)}/h"
        f" ({words.baseline} {number(momentum.baseline_per_h, 1, language)}/h)"
    )
    return (
        (words.fit, _fit(alert.verdict.fit, language)),
        (words.heat, _heat(report.heat, language)),
        (words.volume, volume),
    )


def _fit(fit: BrandFit | None, language: Language) -> str:
    words = wording(language)
    if fit is None:
        return words.not_enough
    return f"{words.percentile} {number(fit.percentile, 1, language)} · n = {fit.n} {words.background}"


def _heat(heat: Score | None, language: Language) -> str:
    if heat is None:
        return wording(language).not_enough
    low, high = number(heat.low, 2, language), number(heat.high, 2, language)
    return f"{number(heat.value, 2, language)} ({low}–{high}) · n = {heat.n}"


def _hazards(alert: Alert, language: Language) -> str:
    shown = alert.report.hazards[:HAZARDS]
    more = len(alert.report.hazards) - len(shown)
    of_posts = wording(language).of_posts
    parts = [
        f"{hazard_name(hazard.name, language)} {number(100 * hazard.share.value, 0, language)} % {of_posts}"
        for hazard in shown
    ]
    return " · ".join(parts) + (f" · +{more}" if more else "")


def _quotes(alert: Alert, language: Language) -> Iterator[tuple[str, str]]:
    """(caption, text) of the posts that still have a text."""
    words = wording(language)
    poles = alert.report.poles
    for post_id, text in alert.quotes[:MAX_QUOTES]:
        caption = words.quote
        if poles is not None and post_id in poles.one:
            caption = words.one_side
        elif poles is not None and post_id in poles.other:
            caption = words.other_side
        if harmless(text):
            yield caption, text
