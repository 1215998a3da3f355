"""Lines, items and accounts sorted into walls: one tenant, company and currency each."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime

from core.model.decision import Decision
from core.reconciliation.line import Item, Line, PayerAccount
from core.reconciliation.scope import normal_iban

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)

Key = tuple[str, str | None, str]


def wall_of(one: Line | Item) -> Key:
    """The wall of a line or an item."""
    return one.tenant_id, one.company_id, one.currency


def stands(decision: Decision, line: Line | None) -> bool:
    """AUTO decisions stand while their line is booked, and what a person decided stands always; a
    person's mere rejection asks for another decision."""
    if line is None:
        return False
    if decision.decided_by != "engine":
        return decision.outcome != "review"
    return decision.outcome == "auto" and line.status == "booked"


def by_id(lines: Iterable[Line]) -> dict[str, Line]:
    """Lines by transaction id; raises ValueError when two have the same."""
    found: dict[str, Line] = {}
    for line in lines:
        if found.setdefault(line.transaction_id, line) is not line:
            raise ValueError(f"two lines have the id {line.transaction_id}")
    return found


def grouped_lines(lines: Iterable[Line]) -> dict[Key, list[Line]]:
    """Lines by wall."""
    found: dict[Key, list[Line]] = defaultdict(list)
    for line in lines:
        found[wall_of(line)].append(line)
    return found


def grouped_items(items: Iterable[Item]) -> dict[Key, list[Item]]:
    """Items by wall."""
    found: dict[Key, list[Item]] = defaultdict(list)
    for item in items:
        found[wall_of(item)].append(item)
    return found


def grouped_accounts(payer_accounts: Iterable[PayerAccount]) -> dict[str, list[tuple[str, str]]]:
    """(IBAN, debtor) pairs by tenant."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for account in payer_accounts:
        iban = normal_iban(account.iban)
        if iban:
            found[account.tenant_id].append((iban, account.debtor_id))
    return found


def order(line: Line) -> tuple[bool, datetime, str]:
    """Within a day: by booking time if it is known, then by id."""
    at = zoned(line.booked_at)
    return at is None, at or _LONG_AGO, line.transaction_id


def zoned(at: datetime | None) -> datetime | None:
    """An instant that was given without a zone is one of UTC."""
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def horizons(lines: Iterable[Line]) -> dict[tuple[str, str | None], date]:
    """The last booking day that is known of each company of a tenant: how far its calendar has come."""
    found: dict[tuple[str, str | None], date] = {}
    for line in lines:
        if line.status == "booked" and line.booking_date is not None:
            key = (line.tenant_id, line.company_id)
            found[key] = max(line.booking_date, found.get(key, date.min))
    return found
