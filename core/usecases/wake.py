"""When a reconciliation is owed: something it reads is newer than the last one that ran."""

from dataclasses import dataclass
from datetime import datetime
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
from core.usecases.known import walks_of

READ: Final[tuple[type[Fact] | type[Entry], ...]] = (
    BankAccount, BankTransaction, Counterparty, EInvoiceStatus, FinancedInvoice, Invoice,
    LedgerAllocation, LedgerPayment, MatchingPolicy, ProviderMatch, Statement,
)  # fmt: skip
"""The facts and statuses a reconciliation reads, besides its own decisions."""
COMPANIES: Final = tuple(kind for kind in READ if kind is not MatchingPolicy)
"""Those that belong to a company; a tenant's policy concerns all of them."""
MARK: Final = "reconcile"


def newest(unit: Unit) -> int:
    """The revision of the newest fact or status a reconciliation reads; 0 when there is none."""
    return max((revisions[-1] for kind in READ if (revisions := unit.revisions(kind))), default=0)


def wake(unit: Unit) -> bool:
    """Registers a reconciliation when one is owed; at most one per newest revision."""
    wanted = newest(unit)
    if wanted == 0 or mark_of(unit).revision >= wanted:
        return False
    unit.enqueue(
        "reconcile",
        key=f"reconcile:{unit.tenant_id}",
        args={"tenant_id": unit.tenant_id},
        dedupe_id=f"reconcile:{unit.tenant_id}:{wanted}",
    )
    return True


@dataclass(frozen=True, slots=True)
class Mark:
    """How far reconciliation has read: every fact up to `revision` and so many `walks` (lists read to
    their end). `whole_at`: when every company was last looked at, changed or not."""

    revision: int = 0
    walks: int = 0
    whole_at: datetime | None = None


def mark_of(unit: Unit) -> Mark:
    """Where the last run stopped."""
    state = unit.load(StreamState, MARK)
    if state is None:
        return Mark()
    at = state.cursor.get("whole_at")
    whole_at = datetime.fromisoformat(at) if at else None
    return Mark(state.cursor["revision"], state.cursor.get("walks", 0), whole_at)


def concerned(unit: Unit, *, whole: bool) -> tuple[list[str | None], Mark]:
    """The companies that a run must look at, in a defined order, and the mark to set once it did.

    Those of which something changed since the last run; all of them when `whole`, or when the
    tenant's policy changed.
    """
    before, walks = mark_of(unit), walks_of(unit)
    if before.revision and unit.companies_since([MatchingPolicy], before.revision):
        whole = True
    found = unit.companies_since(COMPANIES, -1 if whole else before.revision)
    found |= {walk[0] for walk in walks[0 if whole else before.walks :]}
    mark = Mark(newest(unit), len(walks), unit.now if whole else before.whole_at)
    return sorted(found, key=lambda id: (id is not None, id)), mark


def rest(unit: Unit, mark: Mark) -> None:
    """Remembers how far a run has read; silent when it has read nothing new."""
    before = mark_of(unit)
    if (before.revision, before.walks) == (mark.revision, mark.walks) and before.whole_at:
        return
    at = mark.whole_at.isoformat() if mark.whole_at else None
    cursor = {"revision": mark.revision, "walks": mark.walks, "whole_at": at}
    state = StreamState(id=MARK, connection_id=MARK, stream=MARK, cursor=cursor, updated_at=unit.now)
    unit.save([state])
