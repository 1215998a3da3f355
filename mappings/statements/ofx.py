"""Reads OFX 1 and 2 downloads: tags to parts, one transaction in memory at a time (docs/ofx.md)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from io import TextIOWrapper
from typing import BinaryIO, Final

from core.model import MoneyError, exponent
from mappings.statements.charset import charset_of
from mappings.statements.draft import AccountName, Closed, Context, Line, Opened, Part, Stated, Unreadable
from mappings.statements.ofx_fields import as_line, balance, bank_account, card_account
from mappings.statements.ofx_tags import Event, events
from mappings.statements.result import Finding

_HEAD: Final = 2048
_DECLARED: Final = re.compile(rb"(CHARSET|ENCODING)\s*[:=]\s*[\"']?([\w-]+)", re.I)
_CODECS: Final = {
    b"1252": "cp1252", b"WINDOWS-1252": "cp1252", b"CP1252": "cp1252", b"ISO-8859-1": "latin-1",
    b"8859-1": "latin-1", b"ISO-8859-15": "iso8859-15", b"8859-15": "iso8859-15", b"UTF-8": "utf-8",
}  # fmt: skip
_ACCOUNTS: Final = {"STMTRS": "BANKACCTFROM", "CCSTMTRS": "CCACCTFROM"}
_STATUSES: Final = {"STMTTRN": "booked", "STMTTRNP": "pending"}


def parts(name: str, file: BinaryIO, context: Context) -> Iterator[Part]:
    """Bank and card statements in the order of the file.

    A download has no opening balance: its ledger balance is read as the closing one and proves
    nothing by itself. Lines are given as they come once the statement has named its account and
    currency (the order of the standard), else when it ends.
    """
    encoding, notes = _encoding(name, file)
    text = TextIOWrapper(file, encoding, errors="replace")
    try:
        yield from _statements(events(name, text), notes)
    finally:
        text.detach()  # a wrapper that is thrown away closes the caller's file


def _encoding(name: str, file: BinaryIO) -> tuple[str, list[Finding]]:
    """What the header declares, unless the bytes prove it wrong: that is said, not passed over."""
    head = file.read(_HEAD)
    file.seek(0)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", []
    words = {key.upper(): value.upper() for key, value in _DECLARED.findall(head.partition(b"<OFX>")[0])}
    declared = _CODECS.get(words.get(b"CHARSET", b"")) or _CODECS.get(words.get(b"ENCODING", b""))
    charset = charset_of(name, file)
    if charset == "ascii":
        return "ascii", []
    eight_bit = declared if declared and declared != "utf-8" else "cp1252"
    found = "utf-8" if charset == "utf-8" else eight_bit
    if found == declared:
        return found, []
    stated = f"declares {declared}" if declared else "declares no set of letters with accents"
    message = f"the file {stated} but is {found}: it was read as that"
    return f"{found}-sig" if found == "utf-8" else found, [
        Finding("unusual_encoding", "warning", message, "line 1")
    ]


def _statements(found: Iterable[Event], notes: list[Finding]) -> Iterator[Part]:
    statement: _Statement | None = None
    for event in found:
        if event.name in _ACCOUNTS:
            if event.kind == "open":
                statement, notes = _Statement(event.name, event.line, notes), []
            elif statement is not None:
                yield from statement.cut() if event.kind == "cut" else statement.close()
                statement = None
        elif statement is not None:
            yield from statement.take(event)
    if statement is not None:
        yield from statement.cut()


@dataclass(slots=True)
class _Statement:
    """The statement that is open: its head, and the lines that came before it was complete."""

    kind: str
    first: int
    notes: list[Finding]
    currency: str = ""
    account: AccountName | None = None
    opened: bool = False
    failed: bool = False
    head: dict[str, dict[str, str]] = field(default_factory=dict)
    entry: dict[str, str] | None = None
    entry_line: int = 0
    waiting: list[tuple[str, dict[str, str], int]] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    last: date | None = None
    oddities: Counter[str] = field(default_factory=Counter)

    @property
    def place(self) -> str:
        return f"line {self.first}"

    def take(self, event: Event) -> Iterator[Part]:
        """One event within the statement; gives what it completes."""
        if self.failed:
            return
        if event.kind == "leaf":
            self._leaf(event)
        elif event.name in _STATUSES:
            if event.kind == "open":
                self.entry, self.entry_line = {}, event.line
            elif self.entry is not None:
                self.waiting.append((event.name, self.entry, self.entry_line))
                self.entry = None
                yield from self._lines(final=False)

    def _leaf(self, event: Event) -> None:
        if self.entry is None:
            if event.name == "CURDEF":
                self.currency = event.text.upper()
            else:
                self.head.setdefault(event.inside, {}).setdefault(event.name, event.text)
            return
        name = event.name if event.inside in _STATUSES else f"{event.inside}.{event.name}"
        self.entry.setdefault(name, event.text)
        if "\ufffd" in event.text:
            self.oddities["a letter is in no set that OFX allows and was left out"] += 1

    def _lines(self, *, final: bool) -> Iterator[Part]:
        """The waiting lines, if the head of the statement is known or must be by now."""
        named = self.currency and _ACCOUNTS[self.kind] in self.head
        if not (named or final):
            return
        try:
            if not self.opened:
                yield self._opened()
            for kind, said, line in self.waiting:
                yield self._line(kind, said, f"line {line}")
        except Unreadable as problem:
            self.failed = True
            yield problem
        self.waiting.clear()

    def _opened(self) -> Opened:
        try:
            exponent(self.currency)
        except MoneyError as error:
            raise Unreadable("unknown_currency", str(error), self.place) from None
        read = bank_account if self.kind == "STMTRS" else card_account
        self.account = read(self.head.get(_ACCOUNTS[self.kind], {}), self.place)
        self.opened = True
        return Opened(self.account, "ofx", self.place)

    def _line(self, kind: str, said: dict[str, str], place: str) -> Line:
        line = as_line(said, self.currency, place, "booked" if kind == "STMTTRN" else "pending")
        if line.status == "booked" and line.booking_date:
            self.last = max(self.last or line.booking_date, line.booking_date)
        if fitid := said.get("FITID"):
            content = hash(frozenset(said.items()))
            if fitid not in self.seen:
                self.seen[fitid] = content
            elif self.seen[fitid] == content:
                self.oddities["two lines are alike in every word and in their id (FITID): both are kept"] += 1
            else:
                self.oddities["an id (FITID) is used again for another line"] += 1
        return line

    def close(self) -> Iterator[Part]:
        """The statement ends: lines that still wait, then its balances."""
        yield from self._lines(final=True)
        if self.failed:
            return
        try:
            ledger, available = (
                balance(self.head.get(name, {}), self.currency, self.place)
                for name in ("LEDGERBAL", "AVAILBAL")
            )
        except Unreadable as problem:
            yield problem
            return
        others = {"available": available} if available else {}
        findings = [*self.notes, *self._odd(), *self._other_day(ledger)]
        yield Closed(self.currency, None, ledger, others, findings)

    def _odd(self) -> Iterator[Finding]:
        for text, count in self.oddities.items():
            times = f" ({count} times)" if count > 1 else ""
            yield Finding("unusual_record", "warning", f"{text}{times}", self.place)

    def _other_day(self, ledger: Stated | None) -> Iterator[Finding]:
        if ledger is not None and ledger.on and self.last and ledger.on < self.last:
            message = (
                f"the ledger balance is that of {ledger.on} and the last line is of {self.last}: it does"
                " not cover the lines after it"
            )
            yield Finding("balance_of_another_day", "warning", message, self.place)

    def cut(self) -> Iterator[Part]:
        """The file ends, or another statement begins, before this one is closed."""
        if not self.failed:
            message = (
                "a statement is not closed: the file is cut. Nothing of the statement was taken over:"
                " download it again"
            )
            yield Unreadable("statement_cut", message, self.place)
