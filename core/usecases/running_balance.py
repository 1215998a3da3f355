"""A statement that states only its closing balance (OFX) against the last balance known before it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from core.model import BankTransaction, Money, Statement
from core.ports import Unit
from core.usecases.file_records import FILE_PROVIDER

LONGEST: Final = 400
"""Days between two balances that are compared."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What the comparison found: `balance_follows` or `balance_differs`."""

    code: Literal["balance_follows", "balance_differs"]
    severity: Literal["info", "warning"]
    message: str
    record: str


def compared(unit: Unit, stated: Iterable[Statement], known: Sequence[Statement]) -> Iterator[Compared]:
    """One finding for each of `stated` that has no opening balance of its own and follows a balance
    among `known`, after its lines are stored."""
    for one in stated:
        before = _before(one, known) if one.opening_on is None else None
        if before is not None and before.closing_on is not None and one.closing_on is not None:
            lines = list(_booked(unit, one.account_id, before.closing_on, one.closing_on))
            yield _finding(one, before, lines)


def _before(one: Statement, known: Iterable[Statement]) -> Statement | None:
    """The nearest earlier statement of the account."""
    earlier = [
        (other.closing_on, other.id, other)
        for other in known
        if (other.account_id, other.currency) == (one.account_id, one.currency)
        and other.closing_on is not None
        and one.closing_on is not None
        and 0 < (one.closing_on - other.closing_on).days <= LONGEST
    ]
    return max(earlier)[2] if earlier else None


def _booked(unit: Unit, account_id: str, after: date, until: date) -> Iterator[BankTransaction]:
    for shift in range((until - after).days):
        day = str(after + timedelta(days=shift + 1))
        for line in unit.all(BankTransaction, account_id=account_id, booking_date=day, status="booked"):
            if line.source is not None and line.source.provider == FILE_PROVIDER:
                yield line


def _finding(one: Statement, before: Statement, lines: Sequence[BankTransaction]) -> Compared:
    booked = sum(line.amount_minor for line in lines)
    expected = before.closing_minor + booked

    def told(minor: int) -> str:
        return str(Money(minor, one.currency))

    since = (
        f"from the balance of {before.closing_on}, {told(before.closing_minor)}, and the {len(lines)} lines"
        f" booked since, {told(booked)}"
    )
    if expected == one.closing_minor:
        message = f"the balance of {one.closing_on}, {told(one.closing_minor)}, follows {since}"
        return Compared("balance_follows", "info", message, one.id)
    message = (
        f"{since}, follows {told(expected)}, but the statement says {told(one.closing_minor)} on"
        f" {one.closing_on}: difference {told(one.closing_minor - expected)}. Lines of the days between are"
        " missing: import a statement of them"
    )
    return Compared("balance_differs", "warning", message, one.id)
