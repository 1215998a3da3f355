"""When a reconciliation is owed: something it reads is newer than the last one that ran."""

from typing import Final

from core.model import (
    BankAccount,
    BankTransaction,
    Counterparty,
    EInvoiceStatus,
    FinancedInvoice,
    Invoice,
    LedgerAllocation,
    LedgerPayment,
    MatchingPolicy,
    ProviderMatch,
    Statement,
    StreamState,
)
from core.model.base import Entry, Fact
from core.ports import Unit

READ: Final[tuple[type[Fact] | type[Entry], ...]] = (
    BankAccount, BankTransaction, Counterparty, EInvoiceStatus, FinancedInvoice, Invoice,
    LedgerAllocation, LedgerPayment, MatchingPolicy, ProviderMatch, Statement,
)  # fmt: skip
"""The facts and statuses a reconciliation reads, besides its own decisions."""
MARK: Final = "reconcile"


def newest(unit: Unit) -> int:
    """The revision of the newest fact or status a reconciliation reads; 0 when there is none."""
    return max((revisions[-1] for kind in READ if (revisions := unit.revisions(kind))), default=0)


def wake(unit: Unit) -> bool:
    """Registers a reconciliation when one is owed; at most one per newest revision."""
    wanted = newest(unit)
    mark = unit.load(StreamState, MARK)
    if wanted == 0 or (mark is not None and mark.cursor["revision"] >= wanted):
        return False
    unit.enqueue(
        "reconcile",
        key=f"reconcile:{unit.tenant_id}",
        args={"tenant_id": unit.tenant_id},
        dedupe_id=f"reconcile:{unit.tenant_id}:{wanted}",
    )
    return True


def rest(unit: Unit, read_until: int) -> None:
    """Marks that a reconciliation read every fact up to a revision."""
    mark = unit.load(StreamState, MARK)
    if mark is None or mark.cursor["revision"] != read_until:
        unit.save(
            [
                StreamState(
                    id=MARK,
                    connection_id=MARK,
                    stream=MARK,
                    cursor={"revision": read_until},
                    updated_at=unit.now,
                )
            ]
        )
