"""A small business world with a movable clock, which every simulator shows in its provider's words."""

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, TypeVar

from core.model.identifiers import french_iban

MILLISECOND = timedelta(milliseconds=1)
_SPACE = uuid.UUID("6f0e0d3c-7a0b-4d0e-9d5c-1e77a9e00001")


@dataclass(frozen=True, kw_only=True)
class Thing:
    """What every record of the world has: two ids (providers differ), and when it changed."""

    number_id: int
    id: str
    company_id: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    extra: dict[str, Any] = field(default_factory=dict)
    """Wire fields a test wants to see: simulators lay it over what they render."""


@dataclass(frozen=True, kw_only=True)
class Company(Thing):
    """A small company; `company_id` is its own id."""

    legal_name: str
    siren: str
    country: str = "FR"

    @property
    def siret(self) -> str:
        """A well-formed SIRET of the head office."""
        base = self.siren + "0001"
        return next(base + d for d in "0123456789" if _luhn_sum(base + d) % 10 == 0)

    @property
    def vat_number(self) -> str:
        """The French VAT number of the SIREN."""
        return f"FR{(12 + 3 * (int(self.siren) % 97)) % 97:02d}{self.siren}"


@dataclass(frozen=True, kw_only=True)
class Partner(Thing):
    """A customer or a supplier."""

    role: Literal["customer", "supplier"]
    name: str
    siren: str
    iban: str
    kind: Literal["company", "individual"] = "company"


@dataclass(frozen=True, kw_only=True)
class Account(Thing):
    """A bank account of a company; the balance counts booked movements."""

    iban: str
    bic: str = "QNTOFRP1XXX"
    name: str = "Compte principal"
    currency: str = "EUR"
    balance_minor: int = 0
    closed: bool = False


@dataclass(frozen=True, kw_only=True)
class Document(Thing):
    """An invoice or credit note, sent (`receivable`) or received (`payable`); amounts are positive."""

    direction: Literal["receivable", "payable"]
    kind: Literal["invoice", "credit_note"]
    partner_id: str
    number: str
    issue_date: date
    due_date: date | None
    currency: str
    gross_minor: int
    tax_minor: int
    state: Literal["draft", "issued", "cancelled"] = "issued"
    paid_minor: int = 0
    paid_at: datetime | None = None
    credits_id: str | None = None
    matched: tuple[str, ...] = ()
    """Ids of the movements the tool says belong to it."""


@dataclass(frozen=True, kw_only=True)
class Movement(Thing):
    """A line on an account; `amount_minor` is signed, `booked_at` None until it is booked."""

    account_id: str
    amount_minor: int
    currency: str
    status: Literal["pending", "booked", "declined"]
    operation: Literal["transfer", "card", "direct_debit", "fee", "recall"]
    label: str
    reference: str | None
    counterparty_iban: str | None
    emitted_at: datetime
    booked_at: datetime | None
    balance_after_minor: int | None


@dataclass(frozen=True)
class Change:
    """One line of the world's own journal; a feed of changes is made of these."""

    at: datetime
    kind: str
    id: str
    number_id: int
    operation: Literal["insert", "update", "delete"]
    created_at: datetime


T = TypeVar("T", bound=Thing)


def _luhn_sum(digits: str) -> int:
    doubled = (int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled)


def siren(number: int) -> str:
    """The well-formed SIREN whose first eight digits are `number`."""
    base = f"{number:08d}"
    return next(base + d for d in "0123456789" if _luhn_sum(base + d) % 10 == 0)


def iban(number: int) -> str:
    """A well-formed French IBAN at a bank that does not exist."""
    return french_iban("99998", "00001", f"{number:011d}")


class World:
    """Everything that is true in the story. Changing it moves its clock by a millisecond, so no two
    changes share an instant (except inside `same_moment`). Safe to change while simulators serve it."""

    def __init__(self, start: datetime = datetime(2026, 9, 1, 7, 0, tzinfo=UTC), *, name: str = "") -> None:
        self._now = start
        self._name = name
        self._count = 0
        self._still = False
        self._things: dict[str, Thing] = {}
        self.changes: list[Change] = []
        self.lock = threading.RLock()

    def now(self) -> datetime:
        """The world's clock; a World is a `core.ports.Clock`."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Lets time pass."""
        with self.lock:
            self._now += by

    @contextmanager
    def same_moment(self) -> Iterator[None]:
        """Changes inside carry one and the same instant."""
        with self.lock:
            self._tick()
            self._still = True
            try:
                yield
            finally:
                self._still = False

    def _tick(self) -> datetime:
        if not self._still:
            self._now += MILLISECOND
        return self._now

    def add(self, kind: type[T], /, **fields: Any) -> T:
        """Creates a record; `company_id` may be left out for a company."""
        with self.lock:
            self._count += 1
            id = str(uuid.uuid5(_SPACE, f"{self._name}:{self._count}"))
            now = self._tick()
            thing = kind(
                number_id=70_110_020_000_000 + self._count,
                id=id,
                created_at=now,
                updated_at=now,
                **{"company_id": id, **fields},
            )
            self._things[id] = thing
            self._note(thing, "insert")
            return thing

    def change(self, thing: T, **changes: Any) -> T:
        """Replaces fields of a record as it is now and stamps it."""
        with self.lock:
            current = self.get(type(thing), thing.id)
            new = replace(current, updated_at=self._tick(), **changes)
            self._things[thing.id] = new
            self._note(new, "delete" if new.deleted_at and not current.deleted_at else "update")
            return new

    def touch(self, thing: T) -> T:
        """A change nobody cares about (a label, a note): only the stamp moves."""
        return self.change(thing)

    def delete(self, thing: Thing) -> None:
        """Takes a record away; it stays in the journal."""
        self.change(thing, deleted_at=self._now)

    def _note(self, thing: Thing, operation: Literal["insert", "update", "delete"]) -> None:
        kind = type(thing).__name__.lower()
        self.changes.append(Change(self._now, kind, thing.id, thing.number_id, operation, thing.created_at))

    def get(self, kind: type[T], id: str) -> T:
        """A record as it is now, deleted ones included; KeyError when there is none."""
        thing = self._things[id]
        if not isinstance(thing, kind):
            raise KeyError(id)
        return thing

    def all(self, kind: type[T], company_id: str | None = None) -> list[T]:
        """Records of a kind that exist now, in the order they were made."""
        with self.lock:
            return [
                thing
                for thing in self._things.values()
                if isinstance(thing, kind)
                and thing.deleted_at is None
                and company_id in (None, thing.company_id)
            ]

    def company(self, legal_name: str) -> Company:
        """A new company with a SIREN of its own."""
        return self.add(Company, legal_name=legal_name, siren=siren(99_000_000 + self._count))

    def account(self, company: Company, **fields: Any) -> Account:
        """A new account of a company."""
        return self.add(Account, company_id=company.id, **{"iban": iban(1_000 + self._count), **fields})

    def partner(self, company: Company, name: str, **fields: Any) -> Partner:
        """A new customer (or supplier) with a SIREN and an IBAN of its own."""
        made = {
            "role": "customer",
            "siren": siren(98_000_000 + self._count),
            "iban": iban(5_000 + self._count),
        }
        return self.add(Partner, company_id=company.id, name=name, **{**made, **fields})

    def invoice(self, partner: Partner, number: str, gross_minor: int, **fields: Any) -> Document:
        """An invoice to a customer, or from a supplier: 20 % VAT, due in 30 days."""
        today = self._now.date()
        return self.add(
            Document,
            company_id=partner.company_id,
            partner_id=partner.id,
            number=number,
            gross_minor=gross_minor,
            **{
                "direction": "receivable" if partner.role == "customer" else "payable",
                "kind": "invoice",
                "issue_date": today,
                "due_date": today + timedelta(days=30),
                "currency": "EUR",
                "tax_minor": gross_minor - round(gross_minor / 1.2),
                **fields,
            },
        )

    def credit_note(self, invoice: Document, number: str, gross_minor: int) -> Document:
        """A credit note against an invoice."""
        partner = self.get(Partner, invoice.partner_id)
        return self.invoice(
            partner, number, gross_minor, kind="credit_note", credits_id=invoice.id, due_date=None
        )

    def move(self, account: Account, amount_minor: int, label: str, **fields: Any) -> Movement:
        """A movement on an account (money in > 0), booked now unless `status` says otherwise."""
        with self.lock:
            status = fields.pop("status", "booked")
            movement = self.add(
                Movement,
                company_id=account.company_id,
                account_id=account.id,
                amount_minor=amount_minor,
                label=label,
                status=status,
                **{
                    "currency": account.currency,
                    "operation": "transfer",
                    "reference": None,
                    "counterparty_iban": None,
                    "emitted_at": self._now,
                    "booked_at": None,
                    "balance_after_minor": None,
                    **fields,
                },
            )
            return self.book(movement) if status == "booked" else movement

    def book(self, movement: Movement) -> Movement:
        """A pending movement becomes booked: the balance moves."""
        with self.lock:
            account = self.get(Account, movement.account_id)
            balance = account.balance_minor + movement.amount_minor
            self._things[account.id] = replace(account, balance_minor=balance)
            return self.change(movement, status="booked", booked_at=self._now, balance_after_minor=balance)

    def pay(
        self, invoice: Document, account: Account, amount_minor: int | None = None, **fields: Any
    ) -> Movement:
        """The partner pays (part of) an invoice by transfer and names its number."""
        partner = self.get(Partner, invoice.partner_id)
        amount = invoice.gross_minor if amount_minor is None else amount_minor
        made = {"reference": invoice.number, "counterparty_iban": partner.iban}
        signed = amount if invoice.direction == "receivable" else -amount
        return self.move(account, signed, partner.name.upper(), **{**made, **fields})

    def recall(self, movement: Movement) -> Movement:
        """The payer's bank takes a transfer back: a line of its own, with no link to the first."""
        account = self.get(Account, movement.account_id)
        return self.move(
            account,
            -movement.amount_minor,
            movement.label,
            operation="recall",
            reference=movement.reference,
            counterparty_iban=movement.counterparty_iban,
        )

    def match(self, invoice: Document, movement: Movement) -> Document:
        """In the tool, somebody ties a movement to an invoice; at full amount it counts as paid."""
        now = self.get(Document, invoice.id)
        paid = now.paid_minor + abs(movement.amount_minor)
        done = paid >= now.gross_minor
        return self.change(
            now,
            matched=(*now.matched, movement.id),
            paid_minor=paid,
            paid_at=self._now if done else None,
        )

    def unmatch(self, invoice: Document, movement: Movement) -> Document:
        """The tie is undone."""
        now = self.get(Document, invoice.id)
        return self.change(
            now,
            matched=tuple(id for id in now.matched if id != movement.id),
            paid_minor=max(0, now.paid_minor - abs(movement.amount_minor)),
            paid_at=None,
        )
