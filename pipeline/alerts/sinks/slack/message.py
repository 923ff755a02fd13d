"""How an alert reads on Slack, as Block Kit. Pure.

Slack's limits hold by construction (:mod:`pipeline.alerts.sinks.slack.blocks`), whatever people post.
"""

from __future__ import annotations

import msgspec

from pipeline.alerts.sinks.slack.blocks import (
    FALLBACK_CHARS,
    Block,
    context,
    escaped,
    fields,
    header,
    open_button,
    section,
    short,
)
from pipeline.alerts.sinks.wording import facts, first_change, hazards, quotes, sure, title, topic_url, why
from pipeline.i18n.numbers import far_locale
from pipeline.i18n.texts import Language
from pipeline.types import Alert

WHY_CHARS = 600
QUOTE_CHARS = 500


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
    reason = why(alert, locale)
    blocks: list[Block | None] = [
        header(title(alert)),
        context(" · ".join((locale.text("alert.brand", brand=brand), *sure(alert, locale)))),
        section(short(reason, WHY_CHARS)),
        fields(facts(alert, locale)),
    ]
    if alert.report.hazards:
        blocks.append(section(hazards(alert, locale), lead=f"*{locale.text('topic.hazards')}*\n"))
    for change in first_change(alert, locale):
        blocks.append(section(short(change, WHY_CHARS), lead=f"*{locale.text('change.title')}*\n"))
    for caption, text in quotes(alert, locale):
        blocks.append(section(short(text, QUOTE_CHARS), lead=f"*{caption}*\n> "))
    blocks.append(open_button(locale.text("alert.open"), topic_url(board_url, alert.brand_id, alert.topic_id)))
    return SlackMessage(
        text=escaped(short(f"{title(alert)} — {reason} ({brand})", FALLBACK_CHARS)),
        blocks=tuple(block for block in blocks if block is not None),
    )


def to_payload(message: SlackMessage) -> bytes:
    """The JSON body of a webhook call, UTF-8."""
    return msgspec.json.encode(message)
