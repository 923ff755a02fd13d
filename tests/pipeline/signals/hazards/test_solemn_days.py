"""Solemn days: the calendar is right, local midnight decides, keywords count on the day only, nothing is lowered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import ConfigError
from pipeline.signals.hazards.easter import easter_sunday
from pipeline.signals.hazards.solemn_days import (
    HAZARD_OF_KIND,
    SOLEMN_DAYS,
    SolemnCalendar,
    load_solemn_days,
    on_the_day,
    with_solemn_days,
)
from pipeline.signals.hazards.topic_hazards import topic_hazards

NAMES = ["death", "commemoration", "religion"]
TIERS = ["floor", "floor", "medium"]


@pytest.fixture(scope="module")
def calendar() -> SolemnCalendar:
    return load_solemn_days()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def today(calendar: SolemnCalendar, text: str, market: str) -> set[str]:
    return {observance.day.name for observance in on_the_day(calendar.near(at(text), market))}


# --- dates --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "month_day"),
    [
        (1961, "04-02"),
        (2000, "04-23"),
        (2008, "03-23"),
        (2019, "04-21"),
        (2024, "03-31"),
        (2025, "04-20"),
        (2285, "03-22"),
    ],
)
def test_easter(year: int, month_day: str) -> None:
    assert easter_sunday(year).isoformat() == f"{year}-{month_day}"


@given(st.integers(1583, 9999))
def test_easter_is_a_sunday_between_22_march_and_25_april(year: int) -> None:
    day = easter_sunday(year)
    assert day.weekday() == 6
    assert date(year, 3, 22) <= day <= date(year, 4, 25)


@pytest.mark.parametrize(
    ("name", "year", "expected"),
    [
        ("good_friday", 2024, "2024-03-29"),
        ("ash_wednesday", 2025, "2025-03-05"),
        ("memorial_day_us", 2024, "2024-05-27"),
        ("memorial_day_us", 2021, "2021-05-31"),
        ("remembrance_sunday", 2025, "2025-11-09"),
        ("road_victims", 2024, "2024-11-17"),
        ("bologna_1980", 2030, "2030-08-02"),
    ],
)
def test_movable_and_fixed_days(calendar: SolemnCalendar, name: str, year: int, expected: str) -> None:
    [day] = [day for day in calendar.days if day.name == name]
    assert day.in_year(year).isoformat() == expected


def test_the_calendar_speaks_both_languages_and_names_the_tragedies(calendar: SolemnCalendar) -> None:
    names = {day.name for day in calendar.days}
    assert {"holocaust_memorial", "foibe", "liberation_it", "capaci_1992", "ustica_1980", "via_damelio_1992"} <= names
    assert {"bologna_1980", "ponte_morandi_2018", "laquila_2009", "vajont_1963", "armed_forces_it"} <= names
    assert {"terrorism_victims_it", "september_11", "paris_2015", "armistice", "womens_day"} <= names
    assert all(day.en and day.it and day.en != day.it for day in calendar.days if day.name != "memorial_day_us")
    assert {day.kind for day in calendar.days} == set(HAZARD_OF_KIND)


# --- when a day is near -------------------------------------------------------------


def test_local_midnight_decides(calendar: SolemnCalendar) -> None:
    assert "bologna_1980" in today(calendar, "2024-08-01T22:00", "it")  # midnight in Rome
    assert "bologna_1980" not in today(calendar, "2024-08-01T21:59", "it")
    assert "bologna_1980" in today(calendar, "2024-08-02T21:59", "it")
    assert "bologna_1980" not in today(calendar, "2024-08-02T22:00", "it")
    assert "pearl_harbor_1941" not in today(calendar, "2024-12-07T04:59", "us")
    assert "pearl_harbor_1941" in today(calendar, "2024-12-07T05:00", "us")


def test_a_market_has_its_own_days_and_those_of_the_world(calendar: SolemnCalendar) -> None:
    assert "bologna_1980" not in today(calendar, "2024-08-02T12:00", "gb")
    assert "september_11" in today(calendar, "2024-09-11T12:00", "it")
    assert today(calendar, "2024-09-11T12:00", "somewhere") == {"september_11"}


def test_eve_and_day_after_are_near_and_said_so(calendar: SolemnCalendar) -> None:
    found = {}
    for hours in (-36, -12, 12, 36, 60):
        moment = at("2024-05-22T22:00") + timedelta(hours=hours)
        near = [o for o in calendar.near(moment, "it") if o.day.name == "capaci_1992"]
        found[hours] = [(o.distance, o.note("en").split(":")[0], o.note("it").split(":")[0]) for o in near]
    assert found == {
        -36: [],
        -12: [(-1, "Tomorrow", "Domani")],
        12: [(0, "Today", "Oggi")],
        36: [(1, "Yesterday", "Ieri")],
        60: [],
    }


@given(st.integers(0, 80 * 365 * 24))
def test_every_day_near_is_at_most_a_day_away(hours: int) -> None:
    moment = at("1990-01-01T00:00") + timedelta(hours=hours)
    for observance in load_solemn_days_once().near(moment, "it"):
        assert abs((observance.on - moment.date()).days) <= 2  # a day, and the hours between Rome and UTC
        assert observance.day.in_year(observance.on.year) == observance.on


def test_the_year_turns() -> None:
    near = load_solemn_days_once().near(at("2025-12-31T12:00"), "it")
    assert near == ()


def test_a_time_without_a_zone_is_refused(calendar: SolemnCalendar) -> None:
    with pytest.raises(ValueError, match="time zone"):
        calendar.near(datetime(2024, 1, 1), "it")  # noqa: DTZ001 - a naive time is what is tested


# --- what it does to a topic --------------------------------------------------------


def raised(calendar: SolemnCalendar, texts: list[str], when: str, market: str = "it") -> set[str]:
    strengths = with_solemn_days(
        NAMES, np.zeros((len(texts), 3), np.float32), texts, [at(when)] * len(texts), calendar, [market]
    )
    ids = [str(i) for i in range(len(texts))]
    return {hazard.name for hazard in topic_hazards(NAMES, TIERS, strengths, ids, ids)}  # type: ignore[arg-type]  # tiers as plain text


def test_a_weak_topic_of_the_day_is_a_commemoration_on_that_day_only(calendar: SolemnCalendar) -> None:
    texts = ["Ciao Giovanni, ciao Falcone", "#Falcone un albero per te", "a Palermo c'è il sole", "lenzuoli bianchi"]
    assert raised(calendar, texts, "2024-05-23T10:00") == {"commemoration"}
    assert raised(calendar, texts, "2024-05-22T10:00") == {"commemoration"}
    assert raised(calendar, texts, "2024-05-26T10:00") == set()
    assert raised(calendar, texts, "2024-05-23T10:00", "gb") == set()


def test_an_unrelated_topic_on_a_mourning_day_stays_what_it_is(calendar: SolemnCalendar) -> None:
    texts = ["saldi fino al 2 agosto", "che gelato buono", "il treno per Bologna è in orario", "tutti al mare"]
    assert raised(calendar, texts, "2024-08-02T10:00") == set()
    assert today(calendar, "2024-08-02T10:00", "it") == {"bologna_1980"}


def test_phrases_are_found_as_hashtags_and_kinds_lead_to_their_hazards(calendar: SolemnCalendar) -> None:
    assert raised(calendar, ["#StrageDiBologna", "#stragedibologna mai"], "2024-08-02T10:00") == {"commemoration"}
    assert raised(calendar, ["via crucis stasera", "Venerdì Santo"], "2024-03-29T10:00") == {"religion"}
    assert raised(calendar, ["buon 8 marzo", "mimose per tutte"], "2024-03-08T10:00") == set()


@given(st.lists(st.sampled_from(["shoah", "gelato", "mai più", ""]), max_size=6), st.integers(0, 2**16))
def test_nothing_is_lowered_or_changed_in_place(texts: list[str], seed: int) -> None:
    strengths = np.random.default_rng(seed).random((len(texts), 3)).astype(np.float32)
    before = strengths.copy()
    after = with_solemn_days(
        NAMES, strengths, texts, [at("2024-01-27T10:00")] * len(texts), load_solemn_days_once(), ["it"]
    )
    np.testing.assert_array_equal(strengths, before)
    assert np.all(after >= before)
    np.testing.assert_array_equal(after[:, [0, 2]], before[:, [0, 2]])
    order = list(range(len(texts)))[::-1]
    again = with_solemn_days(
        NAMES,
        strengths[order],
        [texts[i] for i in order],
        [at("2024-01-27T10:00")] * len(texts),
        load_solemn_days_once(),
        ["it"],
    )
    np.testing.assert_array_equal(again, after[order])


def test_columns_must_match(calendar: SolemnCalendar) -> None:
    with pytest.raises(ValueError, match="do not match"):
        with_solemn_days(NAMES, np.zeros((1, 2), np.float32), ["x"], [at("2024-01-01T00:00")], calendar, ["it"])


# --- the file -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('name = "foibe"', 'name = "holocaust_memorial"', "defined twice"),
        ('month_day = "02-10"', "", "exactly one date rule"),
        ('month_day = "02-10"', 'month_day = "02-30"', "gives no date"),
        ('month_day = "02-10"', 'month_day = "02-10"\neaster_days = 1', "exactly one date rule"),
        ("nth = 2 }", "nth = 0 }", "gives no date"),
        ("nth = 2 }", "nth = 6 }", "gives no date"),
        ('"Europe/Rome"', '"Europe/Atlantis"', "time zone"),
        ('kind = "religious"', 'kind = "festive"', "kind"),
        ('markets = ["it", "gb"]', 'markets = ["mars"]', "market"),
        ('keywords = ["grenfell"]', "keywords = []", "keyword"),
        ('keywords = ["grenfell"]', 'keywords = ["!"]', "no word"),
        ('keywords = ["grenfell"]', 'keyword = ["grenfell"]', "keyword"),
    ],
)
def test_mistakes_in_the_file_are_named(tmp_path: Path, old: str, new: str, names: str) -> None:
    text = SOLEMN_DAYS.read_text(encoding="utf-8")
    assert old in text
    broken = tmp_path / "solemn_days.toml"
    broken.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=names):
        load_solemn_days(broken)


@cache
def load_solemn_days_once() -> SolemnCalendar:
    """Reading the file for every example of a property would be slow."""
    return load_solemn_days()
