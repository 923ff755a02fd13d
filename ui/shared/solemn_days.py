"""Solemn days as one line each, for the topic page and the board."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.types import SolemnDay, TopicReport

MAX_DAYS = 3


class SolemnView(msgspec.Struct, frozen=True):
    """Which day it is, and what that means for a promotion."""

    text: str
    advice: str


def solemn_views(report: TopicReport, locale: Locale, now: datetime) -> tuple[SolemnView, ...]:
    """The solemn days of the day the report was made on, at most ``MAX_DAYS``."""
    return tuple(day_view(day, report.as_of, locale, now) for day in report.solemn_days[:MAX_DAYS])


def day_view(day: SolemnDay, at: datetime, locale: Locale, now: datetime) -> SolemnView:
    """``at`` is the moment the day was true of: a page looked at later names the date instead of "today"."""
    names = dict(day.names)
    name = names.get(locale.language) or names.get("en") or day.key.replace("_", " ")
    text = locale.text("solemn.today", name=name)
    if locale.day(at) != locale.day(now):
        text = locale.text("solemn.on", day=locale.day(at), name=name)
    return SolemnView(text, locale.texts.known(f"solemn.{day.kind}") or locale.text("solemn.remembrance"))


def shared_by_all(reports: Iterable[TopicReport]) -> tuple[SolemnDay, ...]:
    """Days that every one of these reports remembers: they are said once, not on every row."""
    found: tuple[SolemnDay, ...] | None = None
    for report in reports:
        found = report.solemn_days if found is None else tuple(day for day in found if day in report.solemn_days)
    return (found or ())[:MAX_DAYS]
