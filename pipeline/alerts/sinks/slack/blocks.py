"""The part of Slack's Block Kit that alerts use: typed blocks that cannot break Slack's limits.

Text from posts reaches a block only through :func:`header`, :func:`section`,
:func:`fields`, :func:`context` and :func:`open_button`, which take away its power
(nobody is pinged, nothing is linked) and cut it on a grapheme boundary. Lengths are
counted in UTF-16 units of the text as sent: never less than what Slack counts.

Source: https://docs.slack.dev/reference/block-kit/blocks
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ingest.graphemes import cut
from pipeline.alerts.sinks.wording import harmless

HEADER_CHARS = 150
SECTION_CHARS = 3_000
FIELD_CHARS = 2_000
FIELDS = 10
BUTTON_CHARS = 75
URL_CHARS = 3_000
FALLBACK_CHARS = 3_000

_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


class PlainText(msgspec.Struct, frozen=True, tag_field="type", tag="plain_text"):
    """Text shown as it is."""

    text: str
    emoji: bool = True


class Mrkdwn(msgspec.Struct, frozen=True, tag_field="type", tag="mrkdwn"):
    """Slack's own markup; ``verbatim`` stops Slack from linking what merely looks like a link or a name."""

    text: str
    verbatim: bool = True


class Header(msgspec.Struct, frozen=True, tag_field="type", tag="header"):
    """The one big line."""

    text: PlainText


class Section(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag="section"):
    """A paragraph, or up to ten short fields in two columns."""

    text: Mrkdwn | None = None
    fields: tuple[Mrkdwn, ...] = ()


class Context(msgspec.Struct, frozen=True, tag_field="type", tag="context"):
    """A small grey line."""

    elements: tuple[Mrkdwn, ...]


class LinkButton(msgspec.Struct, frozen=True, tag_field="type", tag="button"):
    """A button that opens ``url``."""

    text: PlainText
    url: str
    action_id: str


class Actions(msgspec.Struct, frozen=True, tag_field="type", tag="actions"):
    """A row of buttons."""

    elements: tuple[LinkButton, ...]


Block = Header | Section | Context | Actions


def escaped(text: str) -> str:
    """``text`` with the three characters escaped that Slack's markup reads as its own."""
    return text.translate(_ENTITIES)


def short(text: str, limit: int) -> str:
    """``text``, harmless and at most ``limit`` long once escaped (not escaped yet)."""
    return cut(harmless(text), limit, _sent_length)


def header(text: str) -> Header:
    """A header of at most 150 characters."""
    return Header(PlainText(cut(harmless(text), HEADER_CHARS, _utf16_length) or "…"))


def section(text: str, lead: str = "") -> Section:
    """A paragraph of at most 3,000 characters. ``lead`` is our own markup, ``text`` may be anybody's."""
    return Section(text=Mrkdwn(lead + escaped(short(text, SECTION_CHARS - _utf16_length(lead))) or "…"))


def fields(pairs: Sequence[tuple[str, str]]) -> Section:
    """(name, value) in two columns: the first ten, each at most 2,000 characters."""
    return Section(fields=tuple(_field(name, value) for name, value in pairs[:FIELDS]))


def context(text: str) -> Context:
    """A small line of at most 2,000 characters."""
    return Context((Mrkdwn(escaped(short(text, FIELD_CHARS)) or "…"),))


def open_button(text: str, url: str) -> Actions | None:
    """A row with one link button; ``None`` when Slack would refuse the address."""
    if len(url) > URL_CHARS or not url.startswith(("https://", "http://")):
        return None
    return Actions((LinkButton(PlainText(cut(harmless(text), BUTTON_CHARS, _utf16_length)), url, "open_topic"),))


def _field(name: str, value: str) -> Mrkdwn:
    lead = f"*{escaped(short(name, BUTTON_CHARS))}*\n"
    return Mrkdwn(lead + escaped(short(value, FIELD_CHARS - _utf16_length(lead))))


def _utf16_length(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def _sent_length(text: str) -> int:
    return _utf16_length(text) + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))
