"""The daybook: what a ledger books on customers and suppliers, in the order of the file.

Letters and repeats tie the first line of a year to its last, so all of it waits for the file's end: a
long one waits on disk.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, Final, NamedTuple

from core.model.invoice import Direction
from core.model.ledger import SettlementKind
from mappings.ledger import queries
from mappings.ledger.booked import Document, Item, Lettered, Member, Payment, Third, Tie
from mappings.ledger.names import Name, Names
from mappings.ledger.scratch import Scratch

HELD: Final = 8 * 1024**2
"""Bytes of a daybook that are held in memory: those of some 25,000 lines of a ledger."""
LONGEST_LETTER: Final = 200_000
"""Lines that one letter may tie."""


class Letter(NamedTuple):
    """A letter of an account and all lines that bear it; None where they are too many to be tied."""

    account: str
    letter: str
    first_line: int
    members: Sequence[Member] | None


class NamedDocument(NamedTuple):
    """A document under its name. `in_folder`: its piece numbers a folder or a month, and not it alone."""

    document: Document
    name: Name
    assigned_to: str | None
    in_folder: bool


class NamedPayment(NamedTuple):
    """A payment under its name; `reverses` is the id of the payment that it takes back."""

    payment: Payment
    name: Name
    reverses: str | None


class Allocation(NamedTuple):
    """What letters tie of one payment or credit note and one invoice, all ties of the two together."""

    id: str
    settled_by: str
    invoice_id: str
    amount_minor: int
    kind: SettlementKind
    letter: str
    lettered_on: date | None
    complete: bool
    derived: bool


class Daybook:
    """First written (`document`, `payment`, `letter`), then `close`d and its letters tied, then read."""

    def __init__(self, names: Names, *, held: int = HELD) -> None:
        self.names = names
        self.balances_only = 0
        """Opening lines that name no document."""
        self._scratch = Scratch(queries.SCHEMA, held=held)

    def document(self, one: Document) -> int:
        """Writes a document; returns its number."""
        flat = (*one[:2], *one.third, *one[3:5], _text(one.issue_date), *one[6:])
        return self._scratch.add(queries.ADD_DOCUMENT, (*self.names.document(one), *flat))

    def payment(self, one: Payment, *, is_reject: bool) -> int:
        """Writes a payment; returns its number. `is_reject`: it may take another one back."""
        flat = (*one[:2], *one.third, *one[3:5], str(one.paid_on), *one[6:-1], _text(one.lettered_on))
        number = self._scratch.add(queries.ADD_PAYMENT, (*self.names.payment(one), *flat))
        if is_reject:
            self._scratch.add(queries.ADD_REJECT, (number,))
        return number

    def letter(self, line: Lettered, item: int | None, factor: str | None) -> None:
        """Writes a line that bears a letter."""
        self._scratch.add(queries.ADD_LETTERED, (*line[:3], _text(line.lettered_on), *line[4:], item, factor))

    def close(self) -> None:
        """Finds what only the whole file tells: equals, folders, and payments that were taken back."""
        for statement in queries.CLOSE:
            self._scratch.add(statement)
        for number, object, key, occurrence in self._scratch.rows(queries.REPEATS):
            name = self.names.again(object, key, occurrence)
            self._scratch.add(queries.RENAME, (name.key, name.id, number))
        if any(self._scratch.rows(queries.REJECTS)):
            self._scratch.add(queries.INDEX_CASH)
            self._take_back()

    def _take_back(self) -> None:
        """Each reject takes back the one earlier payment of its amount; where there are several, none."""
        for (number,) in self._scratch.rows(queries.REJECTS):
            earlier = [found for (found,) in self._scratch.rows(queries.EARLIER, (number,))]
            if len(earlier) == 1:
                self._scratch.add(queries.TAKE_BACK, (earlier[0],))
                self._scratch.add(queries.REVERSE, (earlier[0], number))

    def letters(self) -> Iterator[Letter]:
        """Every letter with its lines, in the order of the file; memory is that of the longest."""
        rows = self._scratch.rows(queries.LETTERS)
        for (_, account, letter), lines in groupby(rows, key=itemgetter(0, 1, 2)):
            members = [_member(row) for row in islice(lines, LONGEST_LETTER + 1)]
            whole = members if len(members) <= LONGEST_LETTER else None
            yield Letter(account, letter, members[0].line, whole)

    def tie(self, one: Tie) -> None:
        """Adds an amount to what is tied of the two."""
        id = self.names.allocation(one.source.id, one.invoice.id).id
        ends = one.source.number, one.invoice.number
        told = one.amount_minor, one.letter, one.kind, _text(one.lettered_on), one.complete, one.derived
        self._scratch.add(queries.ADD_TIE, (id, *ends, *told))

    def assign(self, item: int, factor: str) -> None:
        """An invoice went to a factor."""
        self._scratch.add(queries.ASSIGN, (item, factor))

    def thirds(self) -> Iterator[tuple[Direction, str, list[str]]]:
        """Customers and suppliers that have a name, each with its names, the last one last."""
        rows = self._scratch.rows(queries.THIRDS)
        for (direction, key), named in groupby(rows, key=itemgetter(0, 1)):
            yield direction, key, [name for _, _, name, _ in named]

    def documents(self) -> Iterator[NamedDocument]:
        """In the order of the file."""
        for row in self._scratch.rows(queries.DOCUMENTS):
            *_, assigned_to, in_folder = row
            yield NamedDocument(_document(row[3:-2]), Name._make(row[:3]), assigned_to, bool(in_folder))

    def payments(self) -> Iterator[NamedPayment]:
        """In the order of the file."""
        for row in self._scratch.rows(queries.PAYMENTS):
            yield NamedPayment(_payment(row[3:-1]), Name._make(row[:3]), row[-1])

    def allocations(self) -> Iterator[Allocation]:
        """In the order in which their letters come up."""
        for *told, lettered_on, complete, derived in self._scratch.rows(queries.TIES):
            yield Allocation._make((*told, _day(lettered_on), bool(complete), bool(derived)))

    def stated(self, ids: Collection[str]) -> set[str]:
        """Those of the ids that documents, payments or allocations of this ledger have."""
        for statement in queries.INDEX_IDS:
            self._scratch.add(statement)
        return {id for id in ids if any(self._scratch.rows(queries.STATED, (id, id)))}


def _document(row: Any) -> Document:
    direction, kind, key, third, piece, label, day, amount, line, opening, *told = row
    *amounts, reverse_charge, foreign_amount, foreign_currency = told
    return Document._make((
        direction, kind, Third(key, third), piece, label, _day(day), amount, line, bool(opening),
        *amounts, None if reverse_charge is None else bool(reverse_charge), foreign_amount, foreign_currency,
    ))  # fmt: skip


def _payment(row: Any) -> Payment:
    direction, kind, key, third, piece, label, day, *told, lettered_on = row
    who = direction, kind, Third(key, third)
    return Payment._make((*who, piece, label, _day(day), *told, _day(lettered_on)))


def _member(row: Any) -> Member:
    _first, _account, _letter, minor, lettered_on, line, factor, number, *told = row
    if number is None:
        return Member(minor, _day(lettered_on), line, factor, None)
    id, kind, is_payment, piece, label, day, first_line, reverses = told
    what = Item(number, id, kind, bool(is_payment), piece, label, _day(day), first_line, reverses)
    return Member(minor, _day(lettered_on), line, factor, what)


def _text(day: date | None) -> str | None:
    return None if day is None else str(day)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
