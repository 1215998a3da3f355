"""All that reconciliation reads of one tenant, as known now or at an earlier revision."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

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
    MatchingPolicy,
    ProviderMatch,
    Statement,
)
from core.ports import Unit, Version
from core.repayment.watch import PARIS
from core.usecases.sync import WALKED

F = TypeVar("F", bound=Fact)
Histories = Callable[[type[Fact], str], list[Version[Fact]]]


@dataclass(frozen=True)
class Known:
    """A snapshot. `decisions` are by transaction; `allocations` and `events` as they were written.

    `walked`: (company, provider, account, list) of every list that was once read to its end.
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
    walked: frozenset[tuple[str, str, str, str]]
    policy: MatchingPolicy | None
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


def load(unit: Unit, *, as_of: int | None = None) -> Known:
    """What is known now, or was known at revision `as_of`; invoices bear what their statuses say."""
    counterparties = _by_id(unit.all(Counterparty, as_of=as_of))
    statuses = unit.entries(EInvoiceStatus, as_of=as_of)
    return Known(
        tenant_id=unit.tenant_id,
        revision=unit.revision if as_of is None else as_of,
        lines=_by_id(unit.all(BankTransaction, as_of=as_of)),
        accounts=_by_id(unit.all(BankAccount, as_of=as_of)),
        invoices=with_lifecycles(_by_id(unit.all(Invoice, as_of=as_of)), statuses, counterparties),
        counterparties=counterparties,
        matches=tuple(m for m in unit.all(ProviderMatch, as_of=as_of) if not m.withdrawn),
        ledger_payments=_by_id(unit.all(LedgerPayment, as_of=as_of)),
        lettering=tuple(a for a in unit.all(LedgerAllocation, as_of=as_of) if not a.withdrawn),
        statements=tuple(unit.all(Statement, as_of=as_of)),
        financed=tuple(unit.all(FinancedInvoice, as_of=as_of)),
        decisions={d.transaction_id: d for d in unit.all(Decision, as_of=as_of)},
        allocations=tuple(unit.entries(Allocation, as_of=as_of)),
        events=tuple(unit.entries(Event, as_of=as_of)),
        walked=frozenset(map(_walk, unit.entries(AuditEntry, as_of=as_of, action=WALKED))),
        policy=next(iter(unit.all(MatchingPolicy, as_of=as_of)), None),
        histories=unit.history,
    )


def _by_id(facts: list[F]) -> dict[str, F]:
    return {fact.id: fact for fact in facts}


def _walk(entry: AuditEntry) -> tuple[str, str, str, str]:
    named = entry.details
    return (str(named["company_id"]), str(named["provider"]), str(named["account"]), str(named["object"]))
