"""The date of Western Easter.

Source: the anonymous Gregorian algorithm (Meeus, "Astronomical Algorithms", 1991, chapter 8).
"""

from __future__ import annotations

from datetime import date


def easter_sunday(year: int) -> date:
    """Western Easter Sunday of a Gregorian year (1583 and later).

    Examples
    --------
    >>> easter_sunday(2024).isoformat(), easter_sunday(2038).isoformat()
    ('2024-03-31', '2038-04-25')
    """
    golden, (century, year_of_century) = year % 19, divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_correction = (8 * century + 13) // 25
    epact = (19 * golden + century - leap_centuries - moon_correction + 15) % 30
    leap_years, year_rest = divmod(year_of_century, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)
