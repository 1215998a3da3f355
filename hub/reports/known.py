"""What one report reads from a unit, indexed once: lines, invoices, decisions, allocations, events."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from core.lifecycle import with_lifecycles
from core.model import (
    Allocation,
    BankAccount,
    BankTransaction,
    Company,
    Counterparty,
    Decision,
    EInvoiceStatus,
    Event,
    FinancedInvoice,
    Invoice,
    LedgerAllocation,
    LedgerPayment,
    ProviderMatch,
)
from core.ports import Unit
from core.settlement import Settlement, settle
from core.usecases.copies import copies_of
from core.usecases.lettered import confirmed_pairs, lettering_of

PARIS = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Scope:
    """What the reader asked for: one company or all, booking dates from..to inclusive (None: open)."""

    company_id: str | None = None
    since: date | None = None
    until: date | None = None

    def covers(self, on: date | None) -> bool:
        """True when a booking date lies in the period."""
        if on is None:
            return False
        return (self.since is None or on >= self.since) and (self.until is None or on <= self.until)

    def equal(self) -> dict[str, str | None]:
        """The store's filter for this scope."""
        return {} if self.company_id is None else {"company_id": self.company_id}


@dataclass(frozen=True, slots=True)
class Known:
    """Everything the sections of the report look up, as of one revision and one day in Paris."""

    scope: Scope
    today: date
    companies: dict[str, Company]
    counterparties: dict[str, Counterparty]
    accounts: dict[str, BankAccount]
    lines: tuple[BankTransaction, ...]
    invoices: dict[str, Invoice]
    financed: tuple[FinancedInvoice, ...]
    decisions: dict[str, Decision]
    allocations: dict[str, Allocation]
    by_transaction: dict[str, tuple[Allocation, ...]]
    by_invoice: dict[str, tuple[Allocation, ...]]
    agreed: dict[str, frozenset[str]]
    copies: Mapping[str, str]
    events: dict[str, tuple[Event, ...]]

    def credits(self) -> list[BankTransaction]:
        """Booked money in, in the period, oldest first; money seen by two sources is there once."""
        return [t for t in self.booked() if t.amount_minor > 0]

    def is_copy(self, line: BankTransaction) -> bool:
        """True when another source told of the same money and that line is the book of record."""
        decision = self.decisions.get(line.id)
        return decision is not None and decision.tier == "T0" and decision.reason == "copy"

    def settlement(self, invoice: Invoice) -> Settlement:
        """How far `invoice` is paid."""
        entries = self.by_invoice.get(invoice.id, ())
        return settle(invoice, entries, agreed=self.agreed.get(invoice.id, frozenset()))

    def booked(self) -> list[BankTransaction]:
        """Booked lines of the period in both directions, oldest first, each money once."""
        found = (t for t in self.lines if t.status == "booked" and self.scope.covers(t.booking_date))
        return sorted(
            (t for t in found if not self.is_copy(t)), key=lambda t: (t.booking_date or date.min, t.id)
        )

    def root(self, entry: Allocation) -> Allocation:
        """The payment that a chain of contrary entries goes back to."""
        while entry.reverses and entry.reverses in self.allocations:
            entry = self.allocations[entry.reverses]
        return entry

    def in_line_sign(self, entry: Allocation) -> int:
        """The entry's amount in the sign of the bank line: paying a supplier takes money out."""
        invoice = self.invoices.get(entry.invoice_id)
        return -entry.amount_minor if invoice and invoice.direction == "payable" else entry.amount_minor


def know(unit: Unit, scope: Scope) -> Known:
    """Reads all that a reconciliation report over `scope` needs."""
    equal = scope.equal()
    allocations = unit.entries(Allocation, as_of=None, **equal)
    documents = {i.id: i for i in unit.all(Invoice, as_of=None, **equal)}
    financed = unit.all(FinancedInvoice, as_of=None, **equal)
    decisions = {d.transaction_id: d for d in unit.all(Decision, as_of=None, **equal)}
    used = {*(a.invoice_id for a in allocations), *(f.invoice_id for f in financed)}
    counterparties = {c.id: c for c in unit.all(Counterparty, as_of=None, **equal)}
    statuses = unit.entries(EInvoiceStatus, as_of=None, **equal)
    invoices = dict(with_lifecycles(documents, statuses, counterparties))
    lines = tuple(unit.all(BankTransaction, as_of=None, **equal))
    payments = {p.id: p for p in unit.all(LedgerPayment, as_of=None, **equal)}
    copies = copies_of(invoices.values(), used=used, parties=counterparties)
    same = {id: str(d.explanation.get("copy_of")) for id, d in decisions.items() if d.reason == "copy"}
    lettering = lettering_of(unit.all(LedgerAllocation, as_of=None, **equal), payments, copies)
    return Known(
        scope=scope,
        today=unit.now.astimezone(PARIS).date(),
        companies={c.id: c for c in unit.all(Company)},
        counterparties=counterparties,
        accounts={a.id: a for a in unit.all(BankAccount, as_of=None, **equal)},
        lines=lines,
        invoices=invoices,
        financed=tuple(financed),
        decisions=decisions,
        allocations={a.id: a for a in allocations},
        by_transaction=_grouped((a.transaction_id, a) for a in allocations),
        by_invoice=_grouped((a.invoice_id, a) for a in allocations),
        agreed=_agreed(
            unit.all(ProviderMatch, as_of=None, **equal),
            {**copies, **same},
            confirmed_pairs(lettering, {line.id: line for line in lines}, decisions.values()),
        ),
        copies=copies,
        events=_timelines(unit.entries(Event, as_of=None, **equal)),
    )


def _grouped(pairs: Iterable[tuple[str, Allocation]]) -> dict[str, tuple[Allocation, ...]]:
    groups: dict[str, list[Allocation]] = defaultdict(list)
    for key, allocation in pairs:
        groups[key].append(allocation)
    return {key: tuple(group) for key, group in groups.items()}


def _agreed(
    matches: Iterable[ProviderMatch], counts: Mapping[str, str], lettered: Iterable[tuple[str, str]]
) -> dict[str, frozenset[str]]:
    """The transactions that a provider or a ledger ties to each invoice; `counts` names the record a
    copy stands for."""
    ties: dict[str, set[str]] = defaultdict(set)
    for line, invoice_id in lettered:
        ties[invoice_id].add(line)
    for match in matches:
        if not match.withdrawn:
            line = counts.get(match.transaction_id, match.transaction_id)
            ties[counts.get(match.invoice_id, match.invoice_id)].add(line)
    return {invoice_id: frozenset(found) for invoice_id, found in ties.items()}


def _timelines(events: Iterable[Event]) -> dict[str, tuple[Event, ...]]:
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[event.subject].append(event)
    return {subject: tuple(sorted(group, key=lambda e: e.sequence)) for subject, group in groups.items()}
