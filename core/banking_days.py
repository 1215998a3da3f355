"""The TARGET calendar: the days on which euro payments settle (European Central Bank, since 2002)."""

from datetime import date, timedelta
from functools import lru_cache

_FIXED_CLOSINGS = ((1, 1), (5, 1), (12, 25), (12, 26))


def easter(year: int) -> date:
    """Easter Sunday (Gregorian computus, Meeus/Jones/Butcher).

    >>> easter(2026)
    datetime.date(2026, 4, 5)
    """
    golden, century, short = year % 19, year // 100, year % 100
    leap = (8 * century + 13) // 25
    epact = (19 * golden + century - century // 4 - leap + 15) % 30
    shift = (golden + 11 * epact) // 319
    weekday = (2 * (century % 4) + 2 * (short // 4) - short % 4 - epact + shift + 32) % 7
    month = (epact - shift + weekday + 90) // 25
    return date(year, month, (epact - shift + weekday + month + 19) % 32)


@lru_cache(maxsize=64)
def _closings(year: int) -> frozenset[date]:
    sunday = easter(year)
    moving = (sunday - timedelta(days=2), sunday + timedelta(days=1))
    return frozenset((*moving, *(date(year, month, day) for month, day in _FIXED_CLOSINGS)))


def is_banking_day(day: date) -> bool:
    """True when TARGET is open. French holidays such as 14 July are banking days.

    >>> is_banking_day(date(2026, 7, 14)), is_banking_day(date(2026, 4, 3))
    (True, False)
    """
    return day.weekday() < 5 and day not in _closings(day.year)


def add_banking_days(day: date, count: int) -> date:
    """The `count`-th banking day after `day`, which itself does not count.

    >>> add_banking_days(date(2026, 4, 2), 1)
    datetime.date(2026, 4, 7)
    """
    while count > 0:
        day += timedelta(days=1)
        count -= is_banking_day(day)
    return day
