"""Numbers, dates and spans as people of one language write them, in their own time zone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.i18n.texts import Language, Texts, load_texts

MINUS = "\N{MINUS SIGN}"
_SEPARATORS: Mapping[Language, tuple[str, str]] = {"en": (",", "."), "it": (".", ",")}
_DECIMAL = re.compile(r"-?\d+(\.\d+)?%?")


class Locale:
    """How one viewer reads texts, numbers and times.

    Parameters
    ----------
    texts
        The words of the viewer's language.
    zone
        Time zone of the viewer; data stays in UTC, only its display moves.

    Examples
    --------
    >>> Locale(load_texts("it")).number(1234.5, 1)
    '1.234,5'
    >>> Locale(load_texts("en")).number(1234.5, 1)
    '1,234.5'
    """

    def __init__(self, texts: Texts, zone: tzinfo = UTC) -> None:
        self.texts = texts
        self.text = texts.text
        self.count = texts.count
        self.language: Language = texts.language
        self._zone = zone

    def number(self, value: float, digits: int = 0) -> str:
        """``value`` rounded to ``digits`` decimals, grouped by thousands."""
        thousands, decimal = _SEPARATORS[self.language]
        plain = f"{abs(value):,.{digits}f}"
        sign = MINUS if value < 0 and float(plain.replace(",", "")) else ""
        return sign + plain.translate({ord(","): thousands, ord("."): decimal})

    def short(self, value: float) -> str:
        """About two significant digits: one decimal below ten, none above."""
        return self.number(value, 1 if abs(value) < 9.95 and round(value, 1) % 1 else 0)

    def percent(self, share: float) -> str:
        """A share in [0, 1] as a percentage; small but not nothing is ``<1%``."""
        if 0 < share < 0.005:
            return "<1%"
        return f"{self.number(100 * share)}%"

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
        return moment.astimezone(self._zone).strftime("%H:%M:%S" if seconds else "%H:%M")

    def day(self, moment: datetime) -> str:
        """The day alone, e.g. ``1 Mar 2026``."""
        local = moment.astimezone(self._zone)
        return f"{local.day} {self.text(f'time.months.{local.month - 1}')} {local.year}"

    def moment(self, moment: datetime) -> str:
        """Day and time, e.g. ``1 Mar 2026, 12:00``."""
        return f"{self.day(moment)}, {self.clock(moment)}"

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
    """The locale of a language and an IANA zone name; an unknown zone falls back to UTC."""
    try:
        zone: tzinfo = ZoneInfo(zone_name) if zone_name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        zone = UTC
    return Locale(load_texts(language), zone)


def as_percentage(share: str) -> str:
    """A written share with as many digits as it has.

    Examples
    --------
    >>> as_percentage("0.20"), as_percentage("0.198")
    ('20%', '19.8%')
    """
    digits = max(0, len(share.partition(".")[2]) - 2)
    return f"{100 * float(share):.{digits}f}%"
