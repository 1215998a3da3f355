"""Lines, items and what stands about lines, as the texts in which a wall of the kernel takes them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from core.model.decision import Decision
from core.reconciliation.grouping import zoned
from core.reconciliation.kernel.library import MOST_MINOR, Declined
from core.reconciliation.kernel.words import RECORD, UNIT
from core.reconciliation.line import Item, Line
from core.reconciliation.replay import stage_of

_GROUP: Final = "\x1d"
_PART: Final = "\x1c"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_Cell = Callable[[Any], Any]


def _instant(at: datetime | None) -> int | None:
    """Microseconds since 1970."""
    told = zoned(at)
    return (told - _EPOCH) // _MICROSECOND if told is not None else None


def _day(day: date | None) -> int | None:
    return day.toordinal() if day else None


_TEXTS_OF_LINES: Final[Mapping[str, _Cell]] = {
    "transaction_id": lambda x: x.transaction_id,
    "tenant_id": lambda x: None,
    "account_id": lambda x: x.account_id,
    "currency": lambda x: None,
    "status": lambda x: x.status,
    "counterparty_name": lambda x: x.counterparty_name,
    "counterparty_iban": lambda x: x.counterparty_iban,
    "remittance": lambda x: x.remittance,
    "creditor_reference": lambda x: x.creditor_reference,
    "end_to_end_id": lambda x: x.end_to_end_id,
    "bank_reference": lambda x: x.bank_reference,
    "original_currency": lambda x: x.original_currency,
    "return_reason": lambda x: x.return_reason,
    "operation": lambda x: x.operation,
}
_NUMBERS_OF_LINES: Final[Mapping[str, _Cell]] = {
    "booking_date": lambda x: _day(x.booking_date),
    "value_date": lambda x: _day(x.value_date),
    "booked_at": lambda x: _instant(x.booked_at),
    "amount_minor": lambda x: x.amount_minor,
    "original_amount_minor": lambda x: x.original_amount_minor,
}
_TEXTS_OF_ITEMS: Final[Mapping[str, _Cell]] = {
    "item_id": lambda x: x.item_id,
    "tenant_id": lambda x: None,
    "seller_id": lambda x: x.seller_id,
    "debtor_id": lambda x: x.debtor_id,
    "currency": lambda x: None,
    "seller_name": lambda x: x.seller_name,
    "debtor_name": lambda x: x.debtor_name,
    "debtor_ibans": lambda x: x.debtor_ibans,
    "number": lambda x: x.number,
    "creditor_reference": lambda x: x.creditor_reference,
    "buyer_reference": lambda x: x.buyer_reference,
    "replaces": lambda x: x.replaces,
    "expected_account_id": lambda x: x.expected_account_id,
}
_NUMBERS_OF_ITEMS: Final[Mapping[str, _Cell]] = {
    "amount_minor": lambda x: x.amount_minor,
    "open_minor": lambda x: x.open_minor,
    "issue_date": lambda x: _day(x.issue_date),
    "due_date": lambda x: _day(x.due_date),
    "whole_turnover": lambda x: int(x.whole_turnover),
    "discount_bp": lambda x: x.discount_bp,
    "discount_until": lambda x: _day(x.discount_until),
    "retention_bp": lambda x: x.retention_bp,
}


def lines_sheet(lines: Sequence[Line]) -> str:
    """Lines of one wall, of which the kernel can read everything. Raises Declined when it cannot."""
    _check(line.amount_minor for line in lines)
    _check(line.original_amount_minor or 0 for line in lines)
    return _sheet(lines, _TEXTS_OF_LINES, _NUMBERS_OF_LINES)


def items_sheet(items: Sequence[Item]) -> str:
    """Receivables of one wall, or its payables. Raises Declined when the kernel cannot read them."""
    _check(item.amount_minor for item in items)
    _check(item.initial_minor for item in items)
    return _sheet(items, _TEXTS_OF_ITEMS, _NUMBERS_OF_ITEMS)


def accounts_sheet(accounts: Sequence[tuple[str, str]]) -> str:
    """Payer accounts: (IBAN, debtor)."""
    return _sheet(accounts, {"iban": lambda x: x[0], "debtor_id": lambda x: x[1]}, {})


def _check(amounts: Iterable[int]) -> None:
    if max(map(abs, amounts), default=0) > MOST_MINOR:
        raise Declined(f"an amount is beyond {MOST_MINOR} minor units")


def _sheet(rows: Sequence[Any], texts: Mapping[str, _Cell], numbers: Mapping[str, _Cell]) -> str:
    columns = [UNIT.join([name, *[cell(row) or "" for row in rows]]) for name, cell in texts.items()]
    for name, cell in numbers.items():
        cells = [cell(row) for row in rows]
        columns.append(UNIT.join([name, *["" if one is None else str(one) for one in cells]]))
    sheet = RECORD.join(columns)
    if sheet.count(UNIT) != len(rows) * len(columns) or sheet.count(RECORD) != len(columns) - 1:
        raise Declined("a text holds a separator")
    return sheet


class Note(NamedTuple):
    """What is known about a line besides it: its row, the decision that stands, the row of the line that this
    takes back, groups of items that a person said no to, items that a tool declares, rows of its copies."""

    row: int
    stands: Decision | None
    returns: int | None
    rejected: tuple[tuple[str, ...], ...]
    declared: tuple[str, ...]
    copies: tuple[int, ...]

    @property
    def tells(self) -> bool:
        """Whether anything is known."""
        return self.stands is not None or bool(self.rejected or self.declared or self.copies)


def notes(found: Iterable[Note]) -> str:
    """Records as `WarmWall::note` reads them."""
    return RECORD.join(UNIT.join(map(str, _note(note))) for note in found)


def _note(note: Note) -> Iterable[object]:
    groups = _GROUP.join("=" + _PART.join(map(_plain, group)) for group in note.rejected)
    declared = _PART.join(map(_plain, note.declared))
    copies = _PART.join(map(str, note.copies))
    stands = [""] * 11 if note.stands is None else _standing(note.stands, note.returns)
    return (note.row, *stands, groups, declared, copies)


def _standing(decision: Decision, returns: int | None) -> Iterable[object]:
    payer = decision.explanation.get("payer") or {}
    shares = [(_plain(s.item_id), str(s.amount_minor), str(s.gap_minor)) for s in decision.shares]
    return (
        1,
        1 if decision.decided_by == "engine" else "",
        int(stage_of(decision)),
        decision.tier.removeprefix("T"),
        decision.outcome,
        decision.allocated_minor,
        decision.unallocated_minor,
        _held_until(decision),
        "" if returns is None else returns,
        _plain(payer.get("name") or ""),
        _GROUP.join(map(_PART.join, shares)),
    )


def _held_until(decision: Decision) -> object:
    until = decision.explanation.get("held_until")
    return date.fromisoformat(until).toordinal() if isinstance(until, str) else ""


def _plain(text: str) -> str:
    if any(one in text for one in (RECORD, UNIT, _GROUP, _PART)):
        raise Declined("a text holds a separator")
    return text


def plan(*, until: date, own: Iterable[str], expected: Iterable[int], lines: Iterable[int]) -> str:
    """What a wall is to do next: lines by row in their order, and those whose decision may be replayed."""
    told: Mapping[str, Iterable[object]] = {
        "until": (until.toordinal(),),
        "own": map(_plain, sorted(own)),
        "expected": expected,
        "lines": lines,
    }
    return RECORD.join(UNIT.join((key, *map(str, values))) for key, values in told.items())
