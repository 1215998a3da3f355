"""Dates written in a text, the day first unless the year has four digits and comes first."""

import re
from datetime import date
from typing import Final

from core.reconciliation.label.noise import MONTHS

_ISO: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_SEPARATED: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d\d))?(?!\d)")
_DENSE: Final = re.compile(r"(?<!\d)(\d\d)(\d\d)(\d{4}|\d\d)(?!\d)")
_SPELLED: Final = re.compile(rf"(\d{{1,2}})(?:ER)? ?{MONTHS} ?(\d{{4}}|\d\d)?(?!\d)")
_MONTHS: Final = (
    ("JAN",), ("FEV", "FEB"), ("MAR",), ("AVR", "APR"), ("MAI", "MAY"), ("JUIN", "JUN"),
    ("JUIL", "JUL"), ("AOU", "AUG"), ("SEP",), ("OCT",), ("NOV",), ("DEC",),
)  # fmt: skip


def date_in(folded: str) -> date | None:
    """The first date of a folded text; None when there is none, it does not exist or has no year.

    >>> date_in("DU 12/03/24"), date_in("LE 010524"), date_in("3 MARS 2024"), date_in("AU 12/03")
    (datetime.date(2024, 3, 12), datetime.date(2024, 5, 1), datetime.date(2024, 3, 3), None)
    """
    if match := _ISO.search(folded):
        return _date(match[3], int(match[2]), match[1])
    if match := _SEPARATED.search(folded):
        return _date(match[1], int(match[3]), match[4])
    if match := _SPELLED.search(folded):
        return _date(match[1], _month(folded[match.start() : match.end()]), match[2])
    if match := _DENSE.search(folded):
        return _date(match[1], int(match[2]), match[3])
    return None


def _month(text: str) -> int:
    begins = re.sub(r"[^A-Z]", "", re.sub(r"^\d+ER", "", text))
    found = (n for n, names in enumerate(_MONTHS, 1) if begins.startswith(names))
    return next(found, 0)


def _date(day: str, month: int, year: str | None) -> date | None:
    if year is None:
        return None
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), month, int(day))
    except ValueError:
        return None
