"""The values camt puts in its elements: amounts, sides and dates."""

import re
from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.model import MoneyError, exponent, to_minor
from mappings.statements.draft import Unreadable

Stated = tuple[str, str | None]
"""An amount as written and its Ccy attribute."""
_AMOUNT = re.compile(r"\+?(\d{1,18}(\.\d*)?|\.\d+)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_SIGNS = {"CRDT": 1, "DBIT": -1}
"""The direction of the entry itself: RvslInd says why, it does not turn the sign."""


def known_currency(code: str | None, record: str) -> str:
    """An ISO currency code; raises Unreadable for anything else."""
    try:
        exponent(code or "")
    except MoneyError as error:
        raise Unreadable("unknown_currency", str(error), record) from None
    return code or ""


def amount(stated: Stated | None, record: str) -> tuple[int, str]:
    """An unsigned amount in minor units and its currency; raises Unreadable."""
    text, code = stated or ("", None)
    if not _AMOUNT.fullmatch(text):
        raise Unreadable("unreadable_amount", "an amount is missing or unreadable", record)
    currency = known_currency(code, record)
    whole, _, cents = text.partition(".")
    if len(cents) == exponent(currency) and len(whole) < 16:
        return int(whole + cents), currency
    try:
        return to_minor(text, currency), currency
    except MoneyError as error:
        raise Unreadable("unreadable_amount", str(error), record) from None


def sign(side: str | None, record: str) -> int:
    """+1 for CRDT, -1 for DBIT; raises Unreadable."""
    found = _SIGNS.get(side or "")
    if found is None:
        raise Unreadable("unreadable_amount", "an amount does not say credit or debit", record)
    return found


@lru_cache(maxsize=4096)
def _calendar(text: str) -> tuple[date, datetime | None]:
    """Raises ValueError for what is no date."""
    if not _DAY.fullmatch(text[:10]):
        raise ValueError
    if "T" not in text:
        return date.fromisoformat(text[:10]), None
    moment = datetime.fromisoformat(text)
    if moment.time() == time() or moment.tzinfo is None:
        return moment.date(), None
    return moment.astimezone(ZoneInfo("Europe/Paris")).date(), moment.astimezone(UTC)


def stated_day(text: str | None, record: str) -> tuple[date | None, datetime | None]:
    """Dt or DtTm as a bank-local date, and the moment where one with a zone is given.

    A DtTm at midnight is a date: its first ten characters count and no zone is converted. Any
    other moment is put on the calendar of Paris. Raises Unreadable for what is no date.
    """
    if text is None:
        return None, None
    try:
        return _calendar(text)
    except (ValueError, OverflowError):
        raise Unreadable("unreadable_date", "a date is unreadable", record) from None
