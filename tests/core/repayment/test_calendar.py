"""The TARGET calendar (closing days as the European Central Bank publishes them)."""

from datetime import date

import pytest

from core.banking_days import add_banking_days, easter, is_banking_day


@pytest.mark.parametrize(
    ("year", "sunday"),
    [(2000, (4, 23)), (2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25))],
)
def test_easter(year: int, sunday: tuple[int, int]) -> None:
    assert easter(year) == date(year, *sunday)


def test_closing_days_of_2026() -> None:
    days = [date.fromordinal(n) for n in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]
    closed = [d for d in days if d.weekday() < 5 and not is_banking_day(d)]
    assert closed == [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 12, 25),
    ]


def test_counting_skips_weekends_and_closings() -> None:
    assert add_banking_days(date(2026, 12, 23), 2) == date(2026, 12, 28)
    assert add_banking_days(date(2026, 3, 1), 0) == date(2026, 3, 1)
