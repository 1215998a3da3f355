"""Reads CFONB 120 statements: records to parts, one movement in memory at a time (docs/cfonb.md)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from core.model import MoneyError, exponent
from mappings.statements.cfonb_fields import dated, in_minor, oddly_signed, overpunched
from mappings.statements.cfonb_lines import as_line
from mappings.statements.cfonb_records import ENCODINGS, Layout, Record, records
from mappings.statements.charset import charset_of
from mappings.statements.draft import Closed, Context, Opened, Part, Stated, Unreadable
from mappings.statements.result import Finding
from mappings.statements.rib import account

LAYOUT: Final = Layout(120, frozenset({"01", "03", "04", "05", "07"}), beside="05")
HOUSE_CURRENCY: Final = "EUR"


def parts(name: str, file: BinaryIO, context: Context) -> Iterator[Part]:
    """Statements in the order of the file: 01, then each 04 with the 05 that follow it, then 07.

    A statement without its 01 or its 07 is cut: an Unreadable takes the place of its end.
    """
    charset = charset_of(name, file)
    encoding = ENCODINGS[charset]
    notes = [_utf8()] if charset == "utf-8" else []
    currencies = _Currencies(name, file, encoding, context.currency)
    statement: _Statement | None = None
    for record in records(name, file, encoding, LAYOUT):
        code = record.text[:2]
        if statement is None or code == "01":
            if statement is not None:
                yield from statement.cut("closing balance (07)")
            statement = _Statement(record, notes)
            notes = []
            yield from statement.open(currencies)
        if record.beside and code in ("01", "07"):
            statement.lonely(len(record.beside))
        if code != "01" and not statement.failed:
            yield statement.closed(record) if code == "07" else statement.line(record)
        if code == "07":
            statement = None
    if statement is not None:
        yield from statement.cut("closing balance (07)")


def _utf8() -> Finding:
    message = "the file is UTF-8 and not Latin-1 as CFONB says: a tool has changed it on the way"
    return Finding("unusual_encoding", "warning", message, "record 1 (byte 0)")


@dataclass(slots=True)
class _Currencies:
    """The currency of an account, where the records of a statement leave it out (positions 17-19).

    Another statement of the file may tell it, or the caller. A statement that nothing tells is
    taken as euro with a warning: CFONB 120 is the format of French banks, whose accounts are in
    euro unless the record says otherwise.
    """

    name: str
    file: BinaryIO
    encoding: str
    given: str | None
    _named: dict[str, str] | None = None

    def of(self, record: Record) -> str | None:
        code = record.text[16:19]
        if code == "   ":
            if self._named is None:
                self._named = self._scan()
            return self._named.get(_account(record.text), self.given)
        return code

    def _scan(self) -> dict[str, str]:
        """Every account with the first currency a record of it names; the file stays where it was."""
        place = self.file.tell()
        self.file.seek(0)
        named: dict[str, str] = {}
        for record in records(self.name, self.file, self.encoding, LAYOUT):
            if record.text[16:19] != "   ":
                named.setdefault(_account(record.text), record.text[16:19])
        self.file.seek(place)
        return named


def _account(text: str) -> str:
    """Branch and number: what the records of a statement must share."""
    return text[11:16] + text[21:32]


@dataclass(slots=True)
class _Statement:
    """The statement that is open while its records go by."""

    first: Record
    notes: list[Finding]
    currency: str = HOUSE_CURRENCY
    decimals: str = "2"
    opening: Stated | None = None
    failed: bool = False
    head: str = ""
    oddities: Counter[str] = field(default_factory=Counter)

    def open(self, currencies: _Currencies) -> Iterator[Part]:
        text = self.first.text
        if text[:2] != "01":
            yield from self.cut("opening balance (01)")
            return
        try:
            self._set_currency(currencies.of(self.first))
            self.opening = self._balance(self.first)
        except Unreadable as problem:
            yield self._fail(problem)
        else:
            yield Opened(account(text[2:7], text[11:16], text[21:32]), "cfonb120", self.first.place)

    def line(self, record: Record) -> Part:
        if record.text[:2] == "03":
            self.oddities["record code 03 was read as a movement (04)"] += 1
        try:
            self._check(record)
            return as_line(record, self._amount(record), self.currency)
        except Unreadable as problem:
            return self._fail(problem)

    def closed(self, record: Record) -> Part:
        try:
            self._check(record)
            closing = self._balance(record)
        except Unreadable as problem:
            return self._fail(problem)
        odd = [_odd(text, count, self.first) for text, count in self.oddities.items()]
        return Closed(self.currency, self.opening, closing, findings=[*self.notes, *odd])

    def cut(self, missing: str) -> Iterator[Part]:
        if not self.failed:
            yield self._fail(_cut(missing, self.first))

    def lonely(self, count: int) -> None:
        self.oddities["a complement (05) without a movement before it was left out"] += count

    def _fail(self, problem: Unreadable) -> Unreadable:
        self.failed = True
        return problem

    def _set_currency(self, code: str | None) -> None:
        if code is None:
            self.oddities[f"no record names a currency: taken as {HOUSE_CURRENCY}"] += 1
            return
        try:
            self.decimals = str(exponent(code))
        except MoneyError as error:
            raise Unreadable("unknown_currency", str(error), self.first.place) from None
        self.currency = code

    def _check(self, record: Record) -> None:
        """That the record is of this statement: bank 3-7, branch 12-16, currency 17-19, account 22-32."""
        text, first = record.text, self.first.text
        head = text[2:7] + text[11:32]
        if head == self.head:
            return
        if _account(text) != _account(first):
            raise Unreadable(
                "account_differs",
                "a record names another account than the opening balance of its statement",
                record.place,
            )
        named = text[16:19]
        if named not in ("   ", self.currency):
            mixed = sorted({named, self.currency})
            raise Unreadable("mixed_currencies", f"the statement mixes {mixed}", record.place)
        if text[2:7] != first[2:7]:
            self.oddities["a record names another bank code than the opening balance"] += 1
        self.head = head

    def _balance(self, record: Record) -> Stated:
        return Stated(self._amount(record), dated(record.text[34:40], record), self.currency)

    def _amount(self, record: Record) -> int:
        """The signed amount at 91-104, with its decimals at 20, in minor units."""
        text = record.text
        number = overpunched(text[90:104])
        if number is None:
            number = oddly_signed(text[90:104])
            self.oddities[f"an amount ends in {text[103]!r} in place of an overpunched digit"] += 1
        if number is None:
            message = "the amount at positions 91-104 is unreadable"
            raise Unreadable("unreadable_amount", message, record.place)
        return number if text[19] == self.decimals else in_minor(number, text[19], self.currency, record)


def _cut(missing: str, first: Record) -> Unreadable:
    return Unreadable(
        "statement_cut",
        f"a statement has no {missing}: the file is cut or a record is lost. Nothing of the statement"
        " was taken over: ask the bank for the file again",
        first.place,
    )


def _odd(text: str, count: int, first: Record) -> Finding:
    times = f" ({count} times)" if count > 1 else ""
    return Finding("unusual_record", "warning", f"{text}{times}", first.place)
