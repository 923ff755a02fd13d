"""Solemn days: which days of mourning, remembrance or awareness a moment falls on, and what that means for a post.

The calendar is ``configs/solemn_days.toml``. Everything here is a pure function of an event time and a market: no
clock, no network.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import numpy as np

from configs.errors import ConfigError
from configs.settings import CONFIGS_DIR, convert, read_toml
from pipeline.enrich.hazards.heads import POST_THRESHOLD
from pipeline.signals.hazards.easter import easter_sunday
from pipeline.text.phrases import PhraseTable, a_bit_each, numbers
from pipeline.text.words import folded_words
from pipeline.types import FloatArray

SOLEMN_DAYS = CONFIGS_DIR / "solemn_days.toml"

KEPT_DATES = 1_024
"""Dates whose days are remembered: every topic of a tick asks for the same ones."""

WORLD = "world"
"""The market of days that belong to every market."""

Kind = Literal["mourning", "remembrance", "awareness", "religious"]
Distance = Literal[-1, 0, 1]
"""-1: the day is tomorrow; 0: today; 1: it was yesterday."""

HAZARD_OF_KIND: dict[Kind, str | None] = {
    "mourning": "commemoration",
    "remembrance": "commemoration",
    "religious": "religion",
    "awareness": None,  # a cause is not a grief: its own hazards speak for themselves
}

_WHEN: dict[Literal["en", "it"], dict[Distance, str]] = {
    "en": {-1: "Tomorrow", 0: "Today", 1: "Yesterday"},
    "it": {-1: "Domani", 0: "Oggi", 1: "Ieri"},
}


class NthWeekday(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``weekday`` 0 is Monday; ``nth`` counts from 1, or from the end of the month when negative."""

    month: int
    weekday: int
    nth: int


class CalendarDay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One day of the calendar; exactly one of ``month_day``, ``easter_days`` and ``nth_weekday`` is given."""

    name: str
    kind: Kind
    markets: tuple[str, ...]
    en: str
    it: str
    keywords: tuple[str, ...]
    month_day: str | None = None
    easter_days: int | None = None
    nth_weekday: NthWeekday | None = None

    def in_year(self, year: int) -> date:
        """The date it falls on."""
        if self.easter_days is not None:
            return easter_sunday(year) + timedelta(days=self.easter_days)
        if self.nth_weekday is not None:
            return _nth_weekday(self.nth_weekday, year)
        month, day = (self.month_day or "").split("-")
        return date(year, int(month), int(day))


class _Calendar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    days: tuple[CalendarDay, ...]
    time_zones: dict[str, str]


@dataclass(frozen=True)
class Observance:
    """A solemn day near a moment: ``distance`` says whether it is tomorrow, today or was yesterday."""

    day: CalendarDay
    on: date
    distance: Distance

    def note(self, language: Literal["en", "it"]) -> str:
        """What a report says of it, e.g. ``"Today: Pearl Harbor Remembrance Day"``."""
        return f"{_WHEN[language][self.distance]}: {self.day.it if language == 'it' else self.day.en}"


class SolemnCalendar:
    """The days of all markets. Build it with :func:`load_solemn_days`; it never changes.

    Examples
    --------
    >>> calendar = load_solemn_days()
    >>> [o.note("en") for o in calendar.near(datetime(2024, 8, 1, 22, 30, tzinfo=UTC), "it") if o.distance == 0]
    ['Today: Anniversary of the Bologna station bombing (1980)']
    """

    def __init__(self, days: Sequence[CalendarDay], zones: dict[str, tzinfo]) -> None:
        self.days = tuple(days)
        self._zones = dict(zones)
        self._around: dict[tuple[date, str], tuple[Observance, ...]] = {}
        self._cues: dict[tuple[str, ...], PhraseTable] = {}

    def near(self, at: datetime, market: str) -> tuple[Observance, ...]:
        """The solemn days that are today, tomorrow or were yesterday in a market, today's first.

        A day begins and ends at local midnight. The eve counts because what is drafted on it appears on the day,
        and vigils are held then; the day after, because ceremonies are reported then and half of the world is still
        on the date. Nothing further away does: a keyword alone is not a commemoration.

        Parameters
        ----------
        at
            Event time, aware.
        market
            Code as in the calendar; one without a time zone of its own is read in UTC and has the world's days only.

        Raises
        ------
        ValueError
            ``at`` has no time zone.
        """
        if at.tzinfo is None:
            raise ValueError("an event time needs a time zone")
        today = at.astimezone(self._zones.get(market, UTC)).date()
        if (today, market) not in self._around:
            if len(self._around) >= KEPT_DATES:
                self._around.clear()
            self._around[today, market] = self._days_around(today, market)
        return self._around[today, market]

    def _days_around(self, today: date, market: str) -> tuple[Observance, ...]:
        found = []
        for day in self.days:
            if market not in day.markets and WORLD not in day.markets:
                continue
            for distance in (0, -1, 1):
                on = today - timedelta(days=distance)
                if day.in_year(on.year) == on:
                    found.append(Observance(day, on, distance))
        return tuple(sorted(found, key=lambda o: (abs(o.distance), -o.distance, o.day.name)))

    def spoken_of(self, days: Sequence[CalendarDay], words: tuple[str, ...]) -> list[CalendarDay]:
        """The days of which a post says a keyword, as words or as one hashtag; ``words`` are made by
        :func:`~pipeline.text.words.folded_words`."""
        names = tuple(day.name for day in days)
        if names not in self._cues:
            if len(self._cues) >= KEPT_DATES:
                self._cues.clear()
            self._cues[names] = PhraseTable(a_bit_each(_with_hashtags(day.keywords) for day in days), folded_words)
        return [days[i] for i in numbers(self._cues[names].find(words))]


def on_the_day(observances: Sequence[Observance]) -> tuple[Observance, ...]:
    """What "today is …" may be said of: a verdict or a draft check shows these whatever the topic."""
    return tuple(o for o in observances if o.distance == 0)


def with_solemn_days(
    names: Sequence[str],
    strengths: FloatArray,
    texts: Sequence[str],
    times: Sequence[datetime],
    calendar: SolemnCalendar,
    markets: Sequence[str],
) -> FloatArray:
    """Strengths in which a post that names the solemn day it was written on speaks of a commemoration.

    The cues of the day raise a weak post to the line (:data:`~pipeline.enrich.hazards.heads.POST_THRESHOLD`) and lower
    nothing; the same post on another date, and another post on the same date, stay what they are. The rules of
    :func:`~pipeline.signals.hazards.topic_hazards.topic_hazards` (share, two posts, two authors) decide about the
    topic then.

    Parameters
    ----------
    names
        One hazard per column of ``strengths``.
    strengths
        ``(n, h) float32`` in [0, 1]; left unchanged.
    texts, times
        The ``n`` posts and their event times (aware).
    calendar, markets
        The solemn days, and whose count.

    Returns
    -------
    ``(n, h) float32`` in [0, 1].

    Examples
    --------
    >>> quiet = np.zeros((1, 1), np.float32)
    >>> noon = datetime(2024, 5, 23, 10, tzinfo=UTC)
    >>> with_solemn_days(["commemoration"], quiet, ["ciao Falcone"], [noon], load_solemn_days(), ["it"]).tolist()
    [[0.5]]
    """
    if strengths.shape != (len(texts), len(names)) or len(times) != len(texts):
        raise ValueError(f"strengths {strengths.shape} do not match {len(texts)} posts and {len(names)} hazards")
    raised = strengths.copy()
    column = {name: i for i, name in enumerate(names)}
    near: dict[datetime, tuple[CalendarDay, ...]] = {}
    for row, (text, at) in enumerate(zip(texts, times, strict=True)):
        # time zones are whole quarters of an hour away from UTC, so a quarter of an hour never spans two local days
        quarter = at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)
        if quarter not in near:
            days = (o.day for market in markets for o in calendar.near(quarter, market))
            near[quarter] = tuple({day.name: day for day in days if HAZARD_OF_KIND[day.kind] in column}.values())
        if not near[quarter]:
            continue
        for day in calendar.spoken_of(near[quarter], folded_words(text)):
            own = column[str(HAZARD_OF_KIND[day.kind])]
            raised[row, own] = max(raised[row, own], np.float32(POST_THRESHOLD))
    return raised


def _nth_weekday(rule: NthWeekday, year: int) -> date:
    if rule.nth == 0:
        raise ValueError("nth counts from 1, or from the end below 0")
    length = monthrange(year, rule.month)[1]
    days = [d for d in range(1, length + 1) if date(year, rule.month, d).weekday() == rule.weekday]
    return date(year, rule.month, days[rule.nth - 1 if rule.nth > 0 else rule.nth])


def _with_hashtags(keywords: Sequence[str]) -> list[str]:
    spoken = [(keyword, folded_words(keyword)) for keyword in keywords]
    joined = ["".join(words) + "*" * keyword.endswith("*") for keyword, words in spoken if len(words) > 1]
    return [*keywords, *joined]


def load_solemn_days(path: Path = SOLEMN_DAYS) -> SolemnCalendar:
    """Read and check a calendar.

    Raises
    ------
    ConfigError
        The file is missing or malformed, a name is used twice, a day has no rule or several, no keyword or no market,
        its rule gives no date, or a market's time zone is unknown.
    """
    stored, origin = convert(read_toml(path), _Calendar, str(path)), str(path)
    zones: dict[str, tzinfo] = {}
    for market, zone in stored.time_zones.items():
        try:
            zones[market] = ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            problem = f"is not a known time zone ({zone})"
            raise ConfigError(origin, f"time_zones.{market}", problem, "use an IANA name") from error
    names = [day.name for day in stored.days]
    for day in stored.days:
        key = f"days.{day.name}"
        if names.count(day.name) > 1:
            raise ConfigError(origin, key, "is defined twice", "keep one of them")
        if sum(rule is not None for rule in (day.month_day, day.easter_days, day.nth_weekday)) != 1:
            raise ConfigError(origin, key, "needs exactly one date rule", "give month_day, easter_days or nth_weekday")
        if not day.keywords or not all(folded_words(word) for word in day.keywords):
            raise ConfigError(origin, f"{key}.keywords", "has no word to find", "write at least one keyword")
        unknown = sorted(set(day.markets) - set(zones) - {WORLD})
        if unknown or not day.markets:
            raise ConfigError(origin, f"{key}.markets", f"names no known market {unknown}", "add its time zone")
        try:
            day.in_year(2023), day.in_year(2024)
        except (ValueError, IndexError) as error:
            raise ConfigError(origin, key, f"has a rule that gives no date ({error})", "correct the rule") from error
    return SolemnCalendar(stored.days, zones)
