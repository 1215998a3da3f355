"""Reads CFONB 120 statements: records to drafts (banks.md 7.2 to 7.6)."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from core.model import MoneyError, exponent
from core.model.identifiers import french_iban, is_iban
from mappings.statements.cfonb_lines import Movement, as_line
from mappings.statements.draft import AccountName, Draft, Stated, Unreadable, rescaled
from mappings.statements.records import Record
from mappings.statements.result import Finding

_CREDIT = "{ABCDEFGHI"
_DEBIT = "}JKLMNOPQR"
OVERPUNCH = {
    **{letter: (1, str(digit)) for digit, letter in enumerate(_CREDIT)},
    **{letter: (-1, str(digit)) for digit, letter in enumerate(_DEBIT)},
}
# A code page of France (ISO 646-FR, EBCDIC 297) shows the braces as é and è.
_ODD_SIGNS = {"é": (1, "0"), "è": (-1, "0"), **{str(digit): (1, str(digit)) for digit in range(10)}}
HOUSE_CURRENCY = "EUR"


@dataclass(slots=True)
class Group:
    """The records from one 01 to its 07, not yet understood."""

    first: Record
    opening: Record | None = None
    closing: Record | None = None
    movements: list[Movement] = field(default_factory=list)
    oddities: Counter[str] = field(default_factory=Counter)

    @property
    def account(self) -> str:
        """Branch and number: what the records of a statement must share."""
        return self.first.text[11:16] + self.first.text[21:32]

    def records(self) -> Iterator[Record]:
        """Opening, movements and closing: the records that carry amounts."""
        if self.opening:
            yield self.opening
        yield from (movement.record for movement in self.movements)
        if self.closing:
            yield self.closing


def groups(records: Iterable[Record]) -> Iterator[Group]:
    """Records put together into statements by their order: 01, then 04 each with its 05, then 07."""
    open: Group | None = None
    for record in records:
        code = record.text[:2]
        if open is None or code == "01":
            if open is not None:
                yield open
            open = Group(record)
        _add(open, record, code)
        if code == "07":
            yield open
            open = None
    if open is not None:
        yield open


def _add(group: Group, record: Record, code: str) -> None:
    if code == "01":
        group.opening = record
    elif code == "07":
        group.closing = record
    elif code == "05":
        if group.movements:
            group.movements[-1].complements.append(record.text)
        else:
            group.oddities["a complement (05) without a movement before it was left out"] += 1
    else:
        if code == "03":
            group.oddities["record code 03 was read as a movement (04)"] += 1
        group.movements.append(Movement(record, []))


def draft(group: Group, currency: str | None) -> Draft:
    """One statement; raises Unreadable with the record that stops it.

    `currency` is that of the account where other statements of the file or the caller tell it. A
    statement that names none anywhere is taken as euro with a warning: CFONB 120 is the format
    of French banks, whose accounts are in euro unless the record says otherwise.
    """
    if group.opening is None or group.closing is None:
        raise _cut(group)
    _one_account(group)
    code = _currency(group) or currency
    if code is None:
        code = HOUSE_CURRENCY
        group.oddities["no record names a currency: taken as EUR"] += 1
    return Draft(
        account=account_name(group.opening),
        version="cfonb120",
        currency=code,
        opening=_balance(group.opening, code, group.oddities),
        closing=_balance(group.closing, code, group.oddities),
        lines=[
            as_line(movement, amount(movement.record, code, group.oddities), code, day)
            for movement in group.movements
        ],
        record=group.first.place,
        findings=[_odd(text, count, group.first) for text, count in group.oddities.items()],
    )


def _cut(group: Group) -> Unreadable:
    missing = "opening balance (01)" if group.opening is None else "closing balance (07)"
    return Unreadable(
        "statement_cut",
        f"a statement has no {missing}: the file is cut or a record is lost. Nothing of the statement"
        " was taken over: ask the bank for the file again",
        group.first.place,
    )


def _odd(text: str, count: int, first: Record) -> Finding:
    times = f" ({count} times)" if count > 1 else ""
    return Finding("unusual_record", "warning", f"{text}{times}", first.place)


def _one_account(group: Group) -> None:
    bank = group.first.text[2:7]
    for record in group.records():
        if record.text[11:16] + record.text[21:32] != group.account:
            raise Unreadable(
                "account_differs",
                "a record names another account than the opening balance of its statement",
                record.place,
            )
        if record.text[2:7] != bank:
            group.oddities["a record names another bank code than the opening balance"] += 1


def _currency(group: Group) -> str | None:
    """The one currency the records name; None when all are blank."""
    named = {record.text[16:19] for record in group.records()} - {"   "}
    if len(named) > 1:
        raise Unreadable("mixed_currencies", f"the statement mixes {sorted(named)}", group.first.place)
    for code in named:
        try:
            exponent(code)
        except MoneyError as error:
            raise Unreadable("unknown_currency", str(error), group.first.place) from None
    return next(iter(named), None)


def named_currency(group: Group) -> str | None:
    """As stated by the records, or None; never raises."""
    try:
        return _currency(group)
    except Unreadable:
        return None


@lru_cache(maxsize=256)
def _named(bank: str, branch: str, number: str) -> AccountName:
    raw = f"{bank} {branch} {number}"
    try:
        iban = french_iban(bank, branch, number)
    except ValueError:  # a factor's internal account may be no French account number
        return AccountName(raw=raw)
    return AccountName(raw=raw, iban=iban if is_iban(iban) else None)


def account_name(record: Record) -> AccountName:
    """The account of a 01 record, with its IBAN where the number can have one."""
    text = record.text
    return _named(text[2:7], text[11:16], text[21:32])


def _balance(record: Record, currency: str, oddities: Counter[str]) -> Stated:
    on = day(record.text[34:40], record)
    return Stated(amount(record, currency, oddities), on, currency)


def amount(record: Record, currency: str, oddities: Counter[str]) -> int:
    """The signed amount at 91-104 in minor units; the last character is digit and sign."""
    text = record.text
    digits, last = text[90:103].lstrip(" "), text[103]
    known = OVERPUNCH.get(last)
    if known is None:
        known = _ODD_SIGNS.get(last)
        oddities[f"an amount ends in {last!r} in place of an overpunched digit"] += 1
    if known is None or not (digits.isascii() and digits.isdigit()):
        raise Unreadable("unreadable_amount", "the amount at positions 91-104 is unreadable", record.place)
    sign, digit = known
    return sign * _scaled(int(digits + digit), text[19], currency, record)


def _scaled(number: int, decimals: str, currency: str, record: Record) -> int:
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


def day(text: str, record: Record) -> date:
    """DDMMYY; years 00-79 are 2000 and after."""
    found = _day(text)
    if found is None:
        raise Unreadable("unreadable_date", f"the date {text!r} is unreadable", record.place)
    return found


@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    if not (text.isascii() and text.isdigit()):
        return None
    year = int(text[4:6])
    try:
        return date(year + (2000 if year < 80 else 1900), int(text[2:4]), int(text[:2]))
    except ValueError:
        return None
