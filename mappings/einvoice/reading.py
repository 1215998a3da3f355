"""Texts of business terms to values: exact decimals, minor units, days. Nothing is guessed."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from core.model import MoneyError, exponent, to_minor
from mappings.einvoice.record import Term
from mappings.einvoice.result import Unreadable

_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,18})?", re.ASCII)
_ISO_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?", re.ASCII)
_FORMATS = {"102": "%Y%m%d", "203": "%Y%m%d%H%M", "204": "%Y%m%d%H%M%S"}
_LENGTHS = {"102": 8, "203": 12, "204": 14}
"""UN/CEFACT 2379: the way a date is written."""


@lru_cache(maxsize=1024)
def number(term: Term) -> Decimal:
    """An exact decimal: digits with a point at most. A comma or an exponent is no number here."""
    if not _NUMBER.fullmatch(term.text):
        message = f"{term.text[:30]!r} is not a number as the norm writes it (digits and a point)"
        raise Unreadable("unreadable_amount", message, term.place)
    return Decimal(term.text)


def currency_of(term: Term | None, place: str) -> str:
    """The document's currency (BT-5), an ISO 4217 code."""
    if term is None:
        raise Unreadable("missing_term", "the document names no currency (BT-5)", place)
    try:
        exponent(term.text)
    except MoneyError as error:
        raise Unreadable("unknown_currency", str(error), term.place) from None
    return term.text


def minor(term: Term, currency: str) -> int:
    """An amount in minor units of the document's currency; decimals it lacks must be zero."""
    if term.qualifier not in ("", currency):
        message = f"an amount is in {term.qualifier[:3]}, the document in {currency}"
        raise Unreadable("mixed_currencies", message, term.place)
    return minor_of(number(term), currency, term.place)


def minor_of(amount: Decimal, currency: str, place: str) -> int:
    """Major units to minor units."""
    try:
        return to_minor(amount, currency)
    except MoneyError as error:
        raise Unreadable("unreadable_amount", str(error), place) from None


def basis_points(term: Term) -> int:
    """A percentage as hundredths of a percent: `5.5` is 550."""
    points = number(term) * 100
    if points != points.to_integral_value():
        message = "a rate has more than two decimals, which no VAT rate has"
        raise Unreadable("unreadable_rate", message, term.place)
    return int(points)


def day(term: Term) -> date:
    """A calendar day. UBL writes ISO dates, perhaps with a zone that does not shift the day; CII says
    with a format code how it is written."""
    try:
        if term.qualifier:
            return _moment(term).date()
        if matched := _ISO_DAY.fullmatch(term.text):
            return date.fromisoformat(matched.group(1))
    except ValueError:
        pass
    raise Unreadable("unreadable_date", f"{term.text[:30]!r} is not a date that exists", term.place)


def moment(term: Term) -> datetime:
    """A local date and time, without a zone: none is written."""
    try:
        return _moment(term)
    except ValueError:
        message = f"{term.text[:30]!r} is not a date and time that exists"
        raise Unreadable("unreadable_date", message, term.place) from None


def _moment(term: Term) -> datetime:
    form = _FORMATS.get(term.qualifier)
    well_formed = (
        len(term.text) == _LENGTHS.get(term.qualifier) and term.text.isascii() and term.text.isdigit()
    )
    if form is None or not well_formed:
        raise ValueError
    return datetime.strptime(term.text, form)  # noqa: DTZ007  # no zone is written: the caller knows it
