"""Reads CFONB 240 advices of rejects and settlements: what an announced line is for and why (docs/cfonb.md).

An advice explains money that the CFONB 120 books, per line or as one total for the day. It is never
money itself: its lines are announced, and tied to the lines that book them.
"""

from collections.abc import Iterator
from operator import itemgetter
from typing import BinaryIO, Final, NamedTuple

from core.model import Money
from core.model.bank import Operation
from mappings.grammar import fingerprint
from mappings.statements.cfonb_fields import dated
from mappings.statements.cfonb_records import ENCODINGS, Layout, Record, records
from mappings.statements.charset import charset_of
from mappings.statements.draft import AccountName, Closed, Context, Line, Opened, Part, Unreadable, told
from mappings.statements.operations import REJECT_REASONS
from mappings.statements.rib import account

LAYOUT: Final = Layout(240, frozenset({"31", "34", "36", "39"}), beside="36")
_CURRENCY: Final = "EUR"
_FIELDS: Final = itemgetter(
    slice(8, 10),  # 9-10 operation code
    slice(10, 16),  # 11-16 settlement date
    slice(21, 42),  # 22-42 bank, branch, account of the first party
    slice(42, 66),  # 43-66 its name
    slice(77, 98),  # 78-98 bank, branch, account of the second party
    slice(98, 122),  # 99-122 its name
    slice(122, 128),  # 123-128 reference of the presenter
    slice(128, 228),  # 129-228 description, by operation
)


class _Kind(NamedTuple):
    """Which way the money of an operation goes, and where in the record (from 0) it keeps its parts."""

    operation: Operation
    sign: int
    label: slice
    original_day: slice
    reason: slice | None = None


_KINDS: Final = {
    "20": _Kind("transfer", 1, slice(128, 216), slice(216, 222)),
    "61": _Kind("trade_bill", -1, slice(138, 148), slice(212, 218), slice(226, 228)),
    "81": _Kind("direct_debit_return", -1, slice(152, 183), slice(214, 220), slice(226, 228)),
}


def parts(name: str, file: BinaryIO, context: Context) -> Iterator[Part]:
    """Groups in the order of the file: 31, then each 34 with the 36 that follow it, then 39."""
    encoding = ENCODINGS[charset_of(name, file)]
    group: list[Record] = []
    for record in records(name, file, encoding, LAYOUT):
        code = record.text[:2]
        if code == "31" and group:
            yield _cut(group[0])
            group = []
        group.append(record)
        if code == "39":
            yield from _group(group)
            group = []
    if group:
        yield _cut(group[0])


def _cut(first: Record) -> Unreadable:
    message = (
        "a group of records is not complete (31 to 39): the file is cut. Nothing of it was taken over: ask"
        " the bank for the file again"
    )
    return Unreadable("statement_cut", message, first.place)


def _group(group: list[Record]) -> Iterator[Part]:
    if group[0].text[:2] != "31":
        yield _cut(group[0])
        return
    first, *details, last = group
    try:
        own = account(first.text[21:26], first.text[26:31], first.text[31:42])
        lines = [_line(record, first.text[21:42]) for record in details]
        _adds_up(lines, last)
    except Unreadable as problem:
        yield problem
        return
    yield Opened(own, "cfonb240", first.place)
    yield from _batched(lines, own)
    yield Closed(_CURRENCY)


def _line(record: Record, own: str) -> Line:
    """Raises Unreadable for an operation that does not tell which way the money goes."""
    text, beside = record.text, [text[2:].strip() for text in record.beside]
    code, settled, first, first_name, second, second_name, presenter, description = _FIELDS(text)
    kind = _KINDS.get(code) if text[:2] == "34" else None
    if kind is None or own != (first if kind.sign < 0 else second):
        message = (
            f"operation {code!r} does not tell which way the money goes: read are rejects of direct debits"
            " (81) and of bills (61) with the account first, transfers (20) with the account second"
        )
        raise Unreadable("unknown_operation", message, record.place)
    other, name = (second, second_name) if kind.sign < 0 else (first, first_name)
    party = account(other[:5], other[5:10], other[10:])
    reason = text[kind.reason].strip() if kind.reason else ""
    label = told(text[kind.label])
    words = {
        "operation_code": code,
        "reject_code": reason,
        "original_date": text[kind.original_day].strip(),
        "presenter_reference": presenter.strip(),
        "description": " ".join(description.split()),
        "complement": "\n".join(beside),
        "counterparty_account": "" if party.iban else other.strip(),
    }
    return Line(
        amount_minor=kind.sign * _amount(record),
        currency=_CURRENCY,
        booking_date=dated(settled, record),
        operation=kind.operation,
        key_text=" ".join((code, other, name, presenter, description, *beside)),
        more={
            "counterparty_name": told(name),
            "counterparty_iban": party.iban,
            "remittance": label,
            "text_lines": tuple(filter(None, (label, *beside))),
            "return_reason": REJECT_REASONS.get(reason, reason) or None,
        },
        words={word: said for word, said in words.items() if said},
    )


def _amount(record: Record) -> int:
    """Unsigned cents at 229-240; the index `E` at 17 says that they are euro."""
    text = record.text
    if text[16] != "E":
        message = f"the currency index {text[16]!r} is not E (euro)"
        raise Unreadable("unknown_currency", message, record.place)
    digits = text[228:240]
    if not (digits.isdigit() and digits.isascii()):
        raise Unreadable("unreadable_amount", "the amount at positions 229-240 is unreadable", record.place)
    return int(digits)


def _adds_up(lines: list[Line], last: Record) -> None:
    total, found = _amount(last), sum(abs(line.amount_minor) for line in lines)
    if total != found:
        raise Unreadable(
            "balance_mismatch",
            f"the {len(lines)} records of a group come to {Money(found, _CURRENCY)} and its total (39) says"
            f" {Money(total, _CURRENCY)}: nothing of it was taken over, ask the bank for the file again",
            last.place,
        )


def _batched(lines: list[Line], own: AccountName) -> Iterator[Line]:
    """The lines of a group name it, as the CFONB 120 may book them as one total."""
    if len(lines) > 1:
        batch = fingerprint(own.raw, *sorted(line.key_text for line in lines))
        for line in lines:
            line.words.update(batch=batch, batch_count=str(len(lines)))
    return iter(lines)
