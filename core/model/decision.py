"""What reconciliation decided about one transaction, and the allocations that follow from it."""

from datetime import date
from typing import Any, ClassVar, Literal

from core.model.base import Currency, Entry, Fact, Minor, Value

Outcome = Literal["auto", "review", "none"]
Tier = Literal["T0", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10"]
GapReason = Literal["charges", "discount", "retention", "commission", "exchange", "rounding"]
AllocationKind = Literal[
    "cash", "credit", "discount", "fee", "retention", "penalty", "netting", "exchange", "write_off",
]  # fmt: skip
AllocationSource = Literal["provider", "matcher", "person"]
Grade = Literal["E0", "E1", "E2", "E3", "E4"]


class Share(Value):
    """An amount of the transaction proposed or decided for one item. Signed like the item:
    positive on an invoice, negative on a credit note that is set off."""

    item_id: str
    amount_minor: Minor
    gap_minor: Minor = 0
    gap_reason: GapReason | None = None


class Candidate(Value):
    """One possible answer of a REVIEW, best first; `score` ranks and is not a probability."""

    rank: int
    shares: tuple[Share, ...]
    score: float
    why: dict[str, Any]


class Decision(Fact):
    """The outcome for one transaction; a later decision supersedes an earlier one of the same id.

    `id` is derived from the transaction, so versions of a decision are versions of one fact.
    `decided_by` is `engine` or `person:<name>`; a person's decision is never changed by a run.
    `explanation` holds tokens with positions, signals, rivals, caps, policy and code version.
    """

    entity: ClassVar[str] = "decision"
    transaction_id: str
    outcome: Outcome
    tier: Tier
    reason: str
    coincidence: float
    currency: Currency
    allocated_minor: Minor
    unallocated_minor: Minor
    shares: tuple[Share, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    explanation: dict[str, Any]
    decided_by: str = "engine"
    rejected: tuple[tuple[str, ...], ...] = ()


class Allocation(Entry):
    """An amount of a transaction attributed to an invoice; undone by a contrary entry, never deleted.

    `amount_minor` follows Share; a contrary entry carries the opposite sign and `reverses`.
    `occurred_on` is the date that counts for interest: value date, else booking date.
    """

    entity: ClassVar[str] = "allocation"
    company_id: str | None
    decision_id: str
    transaction_id: str
    invoice_id: str
    amount_minor: Minor
    currency: Currency
    kind: AllocationKind
    source: AllocationSource
    grade: Grade
    occurred_on: date
    gap_minor: Minor = 0
    gap_reason: GapReason | None = None
    reverses: str | None = None
    reason_code: str | None = None
