"""What is known about one financed invoice at one moment: the input of the events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from core.model import Allocation, BankTransaction, Decision, FinancedInvoice, Invoice
from core.model.decision import Grade
from core.settlement import Settlement, settle

PARIS = ZoneInfo("Europe/Paris")
"""Lateness is counted in days of this zone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Somebody says paid: the grade of the claim, the day it was made, and the record that holds it."""

    grade: Grade
    since: date
    record: str


@dataclass(frozen=True, slots=True)
class Surplus:
    """Booked cash that is meant for this invoice alone and that it did not owe: unapplied money."""

    transaction_id: str
    amount_minor: int
    on: date


@dataclass(frozen=True, slots=True)
class Watch:
    """All that is known about one financed invoice at one moment.

    `allocations` are the invoice's, in the order they were written. `decisions` are those that name
    it in a share or a candidate. `agreed`: transactions a provider ties to it too. `covered_through`:
    the day up to which every account of the company was read, None when one was not.
    `cash_in_question`: a bank line may be its payment and nobody decided yet. `surplus`: cash that
    names it alone and exceeds what it owes, by day.
    """

    financed: FinancedInvoice
    invoice: Invoice
    allocations: tuple[Allocation, ...] = ()
    decisions: Mapping[str, Decision] = field(default_factory=dict)
    transactions: Mapping[str, BankTransaction] = field(default_factory=dict)
    agreed: frozenset[str] = frozenset()
    claim: Claim | None = None
    covered_through: date | None = None
    cash_in_question: bool = False
    surplus: tuple[Surplus, ...] = ()

    @property
    def sign(self) -> int:
        """-1 for a credit note, whose allocations are negative."""
        return -1 if self.invoice.kind == "credit_note" else 1

    @property
    def name(self) -> str:
        """The invoice's number for sentences, else its id."""
        return self.invoice.number or self.invoice.id

    def settlement(self, allocations: Iterable[Allocation]) -> Settlement:
        """The invoice's settlement if only `allocations` were known."""
        return settle(self.invoice, allocations, agreed=self.agreed)


@dataclass(frozen=True, slots=True)
class Moment:
    """When events are said; `today` is the day in Europe/Paris."""

    now: datetime
    today: date

    @classmethod
    def at(cls, now: datetime) -> "Moment":
        """The moment `now` (an instant with a zone)."""
        return cls(now, now.astimezone(PARIS).date())
