"""Numbers, dates and spans as people of one language write them, in their own time zone.

Source: the Unicode Common Locale Data Repository (CLDR), through Babel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import babel
from babel.dates import parse_pattern as parse_date_pattern
from babel.numbers import NumberPattern, parse_pattern

from pipeline.i18n.texts import Language, Texts, load_texts

MINUS = "\N{MINUS SIGN}"
"""For a hyphen is no minus: it breaks lines, and screen readers skip it."""
_CLDR: Mapping[Language, str] = {"en": "en_GB", "it": "it"}
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,15})?%?")
_TOO_LARGE = 1e15
"""Babel writes at most 28 digits."""


class Locale:
    """How one viewer reads texts, numbers and times.

    Parameters
    ----------
    texts
        The words of the viewer's language.
    zone
        Time zone of the viewer; data stays in UTC, only its display moves.
    names_zone
        Whether times of day name their zone: for readers whose own zone nobody knows, as of a channel or a file.

    Examples
    --------
    >>> Locale(load_texts("it")).number(1234.5, 1)
    '1.234,5'
    >>> Locale(load_texts("en")).number(1234.5, 1)
    '1,234.5'
    """

    def __init__(self, texts: Texts, zone: tzinfo = UTC, *, names_zone: bool = False) -> None:
        self.texts = texts
        self.text = texts.text
        self.count = texts.count
        self.language: Language = texts.language
        self._zone = zone
        self._zone_mark = " z" if names_zone else ""
        self._cldr = babel.Locale.parse(_CLDR[texts.language])
        self._decimal = str(self._cldr.decimal_formats[None].pattern).partition(".")[0]
        self._percent = str(self._cldr.percent_formats[None].pattern)
        self._times = {name: str(self._cldr.time_formats[name].pattern) for name in ("short", "medium")}

    def number(self, value: float, digits: int = 0) -> str:
        """``value`` rounded to ``digits`` decimals, grouped by thousands."""
        if not abs(value) < _TOO_LARGE:
            return f"{value:g}"
        return self._apply(_pattern(self._decimal, digits), Decimal(f"{value:.{digits}f}"))

    def short(self, value: float) -> str:
        """About two significant digits: one decimal below ten, none above."""
        return self.number(value, 1 if abs(value) < 9.95 and round(value, 1) % 1 else 0)

    def percent(self, share: float, digits: int = 0) -> str:
        """A share in [0, 1] as a percentage; small but not nothing is ``<1%``, unless it has ``digits``."""
        if 0 < share < 0.005 and not digits:
            return f"<{self.percent(0.01)}"
        if not abs(share) < _TOO_LARGE:
            return f"{share:g}"
        return self._apply(_pattern(self._percent, digits), Decimal(f"{100 * share:.{digits}f}").scaleb(-2))

    def _apply(self, pattern: NumberPattern, value: Decimal) -> str:
        # plus zero, because "minus nothing" is nothing
        return str(pattern.apply(value + 0, self._cldr)).replace("-", MINUS)

    def written_number(self, text: str) -> str:
        """A number that was written with a decimal point, rewritten; other text stays as it is.

        Examples
        --------
        >>> Locale(load_texts("it")).written_number("0.53"), Locale(load_texts("it")).written_number("v1.2")
        ('0,53', 'v1.2')
        """
        if not _DECIMAL.fullmatch(text):
            return text
        plain, tail = text.rstrip("%"), "%" if text.endswith("%") else ""
        return self.number(float(plain), len(plain.partition(".")[2])) + tail

    def clock(self, moment: datetime, seconds: bool = False) -> str:
        """Time of day, 24 hours."""
        pattern = self._times["medium" if seconds else "short"] + self._zone_mark
        return parse_date_pattern(pattern).apply(moment.astimezone(self._zone), self._cldr)

    def day(self, moment: datetime) -> str:
        """The day alone, e.g. ``1 Mar 2026``."""
        return str(self._cldr.date_formats["medium"].apply(moment.astimezone(self._zone), self._cldr))

    def moment(self, moment: datetime) -> str:
        """Day and time, e.g. ``1 Mar 2026, 12:00``."""
        return str(self._cldr.datetime_formats["medium"]).format(self.clock(moment), self.day(moment))

    def span(self, seconds: float) -> str:
        """A length of time in its largest unit, rounded down."""
        whole = int(max(0.0, seconds))
        if whole < 60:
            return self.text("time.seconds", n=str(whole))
        if whole < 3600:
            return self.text("time.minutes", n=str(whole // 60))
        if whole < 2 * 86_400:
            return self.text("time.hours", n=str(whole // 3600))
        return self.count("time.days", whole // 86_400, n=self.number(whole // 86_400))

    def ago(self, moment: datetime, now: datetime) -> str:
        """How long before ``now``; a moment in the future reads as just now."""
        seconds = (now - moment).total_seconds()
        if seconds < 1:
            return self.text("time.now")
        return self.text("time.ago", span=self.span(seconds))


def make_locale(language: Language, zone_name: str | None = None) -> Locale:
    """The locale of a viewer's language and IANA zone name; an unknown zone falls back to UTC."""
    try:
        zone: tzinfo = ZoneInfo(zone_name) if zone_name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    return Locale(load_texts(language), zone)


@cache
def far_locale(language: Language) -> Locale:
    """The locale of readers whose zone nobody knows: of a channel, a terminal, a file. Times are UTC and say so.

    Examples
    --------
    >>> far_locale("en").clock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    '12:00 UTC'
    """
    return Locale(load_texts(language), names_zone=True)


@cache
def _pattern(whole: str, digits: int) -> NumberPattern:
    """The pattern of whole numbers (``#,##0``, ``#,##0%``), with so many decimals."""
    return parse_pattern(whole.replace("0", f"0.{'0' * digits}") if digits else whole)
