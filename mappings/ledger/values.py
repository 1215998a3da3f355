"""The values of a FEC line: amounts and dates, in the ways the law and real programs write them."""

import re
from datetime import date
from typing import Final

from core.model import to_major

_AMOUNT: Final = re.compile(r"([+-]?)\s*0*(\d{1,11})(?:([.,])(\d*))?\s*([+-]?)", re.ASCII)
"""Below a hundred thousand million euros: an entry's sum then fits whatever it is made of."""
_DAY: Final = re.compile(r"(\d{4})[-/.]?(\d\d)[-/.]?(\d\d)|(\d\d)[-/.](\d\d)[-/.](\d{4})", re.ASCII)
_FIRST_YEAR: Final = 1950
_LAST_YEAR: Final = 2099
_REMEMBERED: Final = 65_536
_SHORT: Final = 32
"""Characters of an amount that is remembered: zeros in front may be thousands."""
EUR: Final = "EUR"
"""The law keeps books in euros."""
SIDES: Final = {"D": 1, "+1": 1, "+": 1, "1": 1, "C": -1, "-1": -1, "-": -1}
"""Sens: D or +1 is a debit, C or -1 a credit."""


class UnreadableError(ValueError):
    """A value that cannot be read; the message is the reason."""


class Amounts(dict[str, int]):
    """Text to cents, remembered; "" is 0.

    Decimal comma, sign first or last, zeros in front (A47 A-1, XII 2°); a decimal point as found in
    older exports. A thousands separator is refused: it cannot be told from a decimal one.
    """

    def __missing__(self, text: str) -> int:
        cents = _cents(text)
        if len(self) < _REMEMBERED and len(text) <= _SHORT:
            self[text] = cents
        return cents


def _cents(text: str) -> int:
    if not text:
        return 0
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise UnreadableError("is no amount: expected digits with a decimal comma, 1234,56")
    first, whole, mark, decimals, last = found.groups()
    if first and last:
        raise UnreadableError("is no amount: it has two signs")
    decimals = decimals or ""
    if decimals[2:].strip("0") or (mark == "." and len(decimals) > 2):
        raise UnreadableError("is no amount in euros: it has more than two decimals")
    cents = int(whole) * 100 + int(decimals[:2].ljust(2, "0"))
    return -cents if "-" in (first, last) else cents


class Days(dict[str, "date | None"]):
    """Text to date, remembered; "" is None. AAAAMMJJ by the law (XII 3°); as found also
    AAAA-MM-JJ and JJ/MM/AAAA."""

    def __missing__(self, text: str) -> date | None:
        day = _day(text)
        if len(self) < _REMEMBERED:
            self[text] = day
        return day


def _day(text: str) -> date | None:
    if not text:
        return None
    found = _DAY.fullmatch(text)
    if found is None:
        raise UnreadableError("is no date: expected AAAAMMJJ")
    year, month, day = found.group(1, 2, 3) if found.group(1) else found.group(6, 5, 4)
    try:
        read = date(int(year), int(month), int(day))
    except ValueError:
        raise UnreadableError("is no day of the calendar") from None
    if not _FIRST_YEAR <= read.year <= _LAST_YEAR:
        raise UnreadableError(f"is not between {_FIRST_YEAR} and {_LAST_YEAR}")
    return read


def euros(minor: int) -> str:
    """Cents as an amount for people: `-1200.00`."""
    return f"{to_major(minor, EUR):.2f}"
