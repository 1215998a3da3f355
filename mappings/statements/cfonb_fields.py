"""What a CFONB field says: overpunched amounts, decimals, two-digit years."""

from datetime import date
from functools import lru_cache
from typing import Final

from mappings.statements.cfonb_records import Record
from mappings.statements.draft import Unreadable, rescaled

_CREDIT, _DEBIT = "{ABCDEFGHI", "}JKLMNOPQR"
OVERPUNCH: Final = {
    **{letter: (1, str(digit)) for digit, letter in enumerate(_CREDIT)},
    **{letter: (-1, str(digit)) for digit, letter in enumerate(_DEBIT)},
}
"""The last character of an amount: its sign and its last digit."""
# A code page of France (ISO 646-FR, EBCDIC 297) shows the braces as é and è.
_ODD_SIGNS: Final = {"é": (1, "0"), "è": (-1, "0"), **{str(digit): (1, str(digit)) for digit in range(10)}}


def overpunched(field: str) -> int | None:
    """A signed number of 14 places whose last character is digit and sign; None for any other.

    >>> overpunched("0000000001904}"), overpunched("0000010173118I")
    (-19040, 101731189)
    """
    known = OVERPUNCH.get(field[13])
    if known is None:
        return None
    digits = field[:13]
    if digits.isdigit() and digits.isascii():
        return known[0] * int(digits + known[1])
    return _number(digits, *known)


def oddly_signed(field: str) -> int | None:
    """The same for the last characters that a code page or a program leaves in place of the right one."""
    known = _ODD_SIGNS.get(field[13])
    return _number(field[:13], *known) if known else None


def _number(digits: str, sign: int, last: str) -> int | None:
    digits = digits.lstrip(" ")
    return sign * int(digits + last) if digits.isdigit() and digits.isascii() else None


def in_minor(number: int, decimals: str, currency: str, record: Record) -> int:
    """From the record's decimals (blank: those of the currency) to minor units, without loss."""
    if decimals == " ":
        return number
    if not ("0" <= decimals <= "9"):
        raise Unreadable("unreadable_amount", "the number of decimals is unreadable", record.place)
    minor = rescaled(number, int(decimals), currency)
    if minor is None:
        message = f"the amount has more decimals than {currency} allows"
        raise Unreadable("unreadable_amount", message, record.place)
    return minor


@lru_cache(maxsize=4096)
def day(text: str) -> date | None:
    """DDMMYY as a date, 80 to 99 in the twentieth century; None when it is none."""
    if not (text.isascii() and text.isdigit()):
        return None
    year = int(text[4:6])
    try:
        return date(year + (2000 if year < 80 else 1900), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None


def dated(text: str, record: Record) -> date:
    """DDMMYY as a date; raises Unreadable."""
    found = day(text)
    if found is None:
        raise Unreadable("unreadable_date", f"the date {text!r} is unreadable", record.place)
    return found
