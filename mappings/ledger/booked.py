"""What a ledger books on its customers and suppliers: documents, settlements, letters."""

from datetime import date
from typing import Literal, NamedTuple, cast

from core.model.invoice import Direction, InvoiceKind
from core.model.ledger import SettlementKind


class Third(NamedTuple):
    """A customer or supplier: the auxiliary account, else the account. `name` is None on a collective
    account without auxiliary ones: the ledger does not say who it is."""

    key: str
    name: str | None


class Document(NamedTuple):
    """An invoice or credit note; amounts in cents, positive. `opening`: carried over from the year
    before, by the line that brings its balance forward."""

    direction: Direction
    kind: InvoiceKind
    third: Third
    piece: str
    label: str
    issue_date: date | None
    payable_minor: int
    line: int
    opening: bool
    gross_minor: int
    net_minor: int | None
    tax_minor: int | None
    retained_minor: int
    reverse_charge: bool | None
    foreign_amount: str = ""
    foreign_currency: str = ""


class Payment(NamedTuple):
    """An amount that settles a customer's or supplier's account: cash, or what took its place.

    `moved_minor` is what the bank and cash accounts of the entry moved in all.
    """

    direction: Direction
    kind: SettlementKind
    third: Third
    piece: str
    label: str
    paid_on: date
    amount_minor: int
    line: int
    flow: Literal["in", "out"]
    moved_minor: int | None
    account: str | None
    journal: str
    letter: str
    lettered_on: date | None

    @property
    def is_usual(self) -> bool:
        """Customers pay in, suppliers are paid out."""
        return (self.flow == "in") == (self.direction == "receivable")


class Lettered(NamedTuple):
    """A line that bears a letter, which says nothing outside its account and auxiliary account.
    `minor` > 0 where it adds to what the customer (or we) owe."""

    account: str
    auxiliary: str
    letter: str
    lettered_on: date | None
    minor: int
    line: int


class Item(NamedTuple):
    """What letters need to know of a document or payment. `number` counts both in the order of the file,
    `id` is that of its fact; `day` is when the document was issued, the payment made."""

    number: int
    id: str
    kind: InvoiceKind | SettlementKind
    is_payment: bool
    piece: str
    label: str
    day: date | None
    line: int
    reverses: int | None
    """The number of the payment that this one takes back."""


class Member(NamedTuple):
    """A lettered line among those of its letter. `what` is None where the line is of no document and no
    payment: a balance brought forward, or one that went to another account, perhaps a factor's."""

    minor: int
    lettered_on: date | None
    line: int
    factor: str | None
    what: Item | None


class Tie(NamedTuple):
    """An amount of a payment or credit note lettered with an invoice."""

    invoice: Item
    source: Item
    amount_minor: int
    letter: str
    lettered_on: date | None
    complete: bool
    derived: bool

    @property
    def kind(self) -> SettlementKind:
        return cast(SettlementKind, self.source.kind) if self.source.is_payment else "credit"
