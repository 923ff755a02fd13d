"""The two camps of a topic, quoted side by side, with the experimental number behind them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from pipeline.i18n.numbers import Locale
from pipeline.store.records import StoredPost
from pipeline.types import Controversy, TopicReport
from ui.shared.facts import FactView
from ui.shared.parts import QuoteView, interval, quotes_of


class PolesView(msgspec.Struct, frozen=True):
    """Posts of both camps and of the middle."""

    one: tuple[QuoteView, ...]
    other: tuple[QuoteView, ...]
    middle: tuple[QuoteView, ...]


class SidesView(msgspec.Struct, frozen=True):
    """What is known of two camps; ``controversy`` is one supporting line, no headline."""

    poles: PolesView | None
    division: FactView | None
    controversy: str | None


def sides_view(report: TopicReport, posts: Mapping[str, StoredPost], locale: Locale, now: datetime) -> SidesView | None:
    """``None`` when nothing is known of two camps; who answers whom alone does not show any."""
    poles, score = report.poles, report.division
    quoted = None
    if poles is not None:
        quoted = PolesView(
            one=quotes_of(poles.one, posts, locale, now),
            other=quotes_of(poles.other, posts, locale, now),
            middle=quotes_of(poles.middle, posts, locale, now, 2),
        )
        # one camp alone is not two sides: deleted posts take the comparison with them
        quoted = quoted if quoted.one and quoted.other else None
    division = None
    if score is not None:
        value = locale.number(100 * score.value)
        division = FactView(locale.text("division.name"), value, interval(score, locale))
    if quoted is None and division is None:
        return None
    return SidesView(quoted, division, controversy_text(report.controversy, locale))


def controversy_text(found: Controversy | None, locale: Locale) -> str | None:
    """One line: the value, what chance gives, and their difference with its range; ``None`` where it is unknown."""
    if found is None:
        return None
    score = found.score
    return locale.text(
        "division.controversy",
        value=locale.number(found.value, 2),
        null=locale.number(found.null, 2),
        excess=locale.number(score.value, 2),
        low=locale.number(score.low, 2),
        high=locale.number(score.high, 2),
        n=locale.number(score.n),
    )
