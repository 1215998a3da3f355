"""What a ledger books on its customers and suppliers: documents, settlements, transfers."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from core.model.invoice import Direction, InvoiceKind
from core.model.ledger import SettlementKind

LetterKey = tuple[str, str, str]
"""Account, auxiliary account, letter: a letter says nothing outside its account."""


class Third(NamedTuple):
    """A customer or supplier: the auxiliary account, else the account. `name` is None on a collective
    account without auxiliary ones: the ledger does not say who it is."""

    key: str
    name: str | None


class Name(NamedTuple):
    """The list a record stands in, its key there, and the canonical id made of both."""

    object: str
    key: str
    id: str


@dataclass(slots=True)
class Document:
    """An invoice or credit note; amounts in cents, positive. `opening`: carried over from the year
    before, by the line that brings its balance forward."""

    direction: Direction
    kind: InvoiceKind
    third: Third
    piece: str
    label: str
    issue_date: date | None
    payable_minor: int
    gross_minor: int
    net_minor: int | None
    tax_minor: int | None
    retained_minor: int
    reverse_charge: bool | None
    opening: bool
    line: int
    foreign: tuple[str, str] = ("", "")
    assigned_to: str | None = None
    occurrence: int = 1
    """Which it is of those that everything else says the same of."""


@dataclass(slots=True)
class Payment:
    """An amount that settles a customer's or supplier's account: cash, or what took its place.

    `moved_minor` is what the bank and cash accounts of the entry moved in all; `reverses` is the
    payment that this one takes back.
    """

    direction: Direction
    kind: SettlementKind
    flow: Literal["in", "out"]
    third: Third
    paid_on: date
    amount_minor: int
    moved_minor: int | None
    account: str | None
    journal: str
    piece: str
    label: str
    letter: str
    lettered_on: date | None
    line: int
    reverses: "Payment | None" = None
    occurrence: int = 1


@dataclass(frozen=True, slots=True)
class Transfer:
    """A balance that went to another account: to a factor, to doubtful debts, to a bill. No payment."""

    to_account: str
    to_name: str


@dataclass(frozen=True, slots=True)
class Member:
    """A lettered line. `minor` > 0 where it adds to what the customer (or we) owe."""

    what: Document | Payment | Transfer | None
    minor: int
    lettered_on: date | None
    line: int


@dataclass(slots=True)
class Booked:
    """All that a ledger says of customers and suppliers, in the order of the file."""

    documents: list[Document] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    letters: dict[LetterKey, list[Member]] = field(default_factory=dict)
    balances_only: int = 0
    """Opening lines that name no document."""
