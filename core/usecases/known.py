"""All that reconciliation reads of one company, as known now or at an earlier revision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from core.lifecycle import with_lifecycles
from core.model import (
    Allocation,
    AuditEntry,
    BankAccount,
    BankTransaction,
    Counterparty,
    Decision,
    EInvoiceStatus,
    Event,
    Fact,
    FinancedInvoice,
    Invoice,
    LedgerAllocation,
    LedgerPayment,
    ProviderMatch,
    Statement,
)
from core.ports import Unit, Version
from core.repayment.watch import PARIS
from core.usecases.audit import WALKED
from core.usecases.succession import explained

F = TypeVar("F", bound=Fact)
Walk = tuple[str, str, str, str]
"""Company, provider, account, list."""
Histories = Callable[[type[Fact], str], list[Version[Fact]]]


@dataclass(frozen=True)
class Known:
    """A snapshot. `decisions` are by transaction; `allocations` and `events` as they were written.

    `walked`: every list that was once read to its end.
    `since(kind, id, holds)`: the day (Europe/Paris) from which every version known holds.
    """

    tenant_id: str
    revision: int
    lines: Mapping[str, BankTransaction]
    accounts: Mapping[str, BankAccount]
    invoices: Mapping[str, Invoice]
    counterparties: Mapping[str, Counterparty]
    matches: tuple[ProviderMatch, ...]
    ledger_payments: Mapping[str, LedgerPayment]
    lettering: tuple[LedgerAllocation, ...]
    statements: tuple[Statement, ...]
    financed: tuple[FinancedInvoice, ...]
    decisions: Mapping[str, Decision]
    allocations: tuple[Allocation, ...]
    events: tuple[Event, ...]
    walked: frozenset[Walk]
    histories: Histories = field(repr=False)

    def since(self, kind: type[F], id: str, holds: Callable[[F], bool]) -> date | None:
        """None when the version known does not hold."""
        start: date | None = None
        for version in reversed(self.histories(kind, id)):
            if version.revision > self.revision:
                continue
            if not holds(version.fact):  # type: ignore[arg-type]  # the history is of `kind`
                break
            start = version.known_from.astimezone(PARIS).date()
        return start


def load(unit: Unit, company_id: str | None, *, as_of: int | None = None) -> Known:
    """What is known of one company (None: of what belongs to none) now, or was at revision `as_of`;
    invoices bear what their statuses say, bank lines what announced them says."""
    of: dict[str, Any] = {"as_of": as_of, "company_id": company_id}
    counterparties = _by_id(unit.all(Counterparty, **of))
    invoices = _by_id(unit.all(Invoice, **of))
    return Known(
        tenant_id=unit.tenant_id,
        revision=unit.revision if as_of is None else as_of,
        lines=explained(_by_id(unit.all(BankTransaction, **of))),
        accounts=_by_id(unit.all(BankAccount, **of)),
        invoices=with_lifecycles(invoices, unit.entries(EInvoiceStatus, **of), counterparties),
        counterparties=counterparties,
        matches=tuple(m for m in unit.all(ProviderMatch, **of) if not m.withdrawn),
        ledger_payments=_by_id(unit.all(LedgerPayment, **of)),
        lettering=tuple(a for a in unit.all(LedgerAllocation, **of) if not a.withdrawn),
        statements=tuple(unit.all(Statement, **of)),
        financed=tuple(unit.all(FinancedInvoice, **of)),
        decisions={d.transaction_id: d for d in unit.all(Decision, **of)},
        allocations=tuple(unit.entries(Allocation, **of)),
        events=tuple(unit.entries(Event, **of)),
        walked=frozenset(walk for walk in walks_of(unit, as_of=as_of) if walk[0] == company_id),
        histories=unit.history,
    )


def _by_id(facts: list[F]) -> dict[str, F]:
    return {fact.id: fact for fact in facts}


def walks_of(unit: Unit, *, as_of: int | None = None) -> list[Walk]:
    """The lists read to their end, in the order in which they were."""
    return [_walk(entry) for entry in unit.entries(AuditEntry, as_of=as_of, action=WALKED)]


def _walk(entry: AuditEntry) -> Walk:
    named = entry.details
    return (str(named["company_id"]), str(named["provider"]), str(named["account"]), str(named["object"]))
