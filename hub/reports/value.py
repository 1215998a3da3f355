"""The reconciliation report as one frozen value: what every rendering is made from."""

from datetime import date
from typing import Literal

from core.model import Value
from core.model.base import Currency, Instant, Minor
from core.model.connection import ConnectionState, Health
from core.model.decision import GapReason, Grade, Outcome, Tier
from core.model.event import Settlement
from core.model.quality import Severity

Bucket = Literal["not_due", "1-30", "31-60", "61-90", ">90", "no_due_date"]
BUCKETS: tuple[Bucket, ...] = ("not_due", "1-30", "31-60", "61-90", ">90", "no_due_date")


class Flow(Value):
    """Where the credits of one currency went, each figure from its own source: `received` from bank
    lines, `allocated` and `returned` from allocations, the others from decisions.

    `difference` is received less all the others: zero when no cent is lost or counted twice.
    """

    currency: Currency
    lines: int
    received_minor: Minor
    allocated_minor: Minor
    unallocated_minor: Minor
    returned_minor: Minor
    undecided_minor: Minor
    waiting_minor: Minor
    not_receipt_minor: Minor
    difference_minor: Minor

    @property
    def conserved(self) -> bool:
        return self.difference_minor == 0


class Rate(Value):
    """Shares of the booked customer credits of one currency; None where nothing could be counted.

    `population` are booked credits less those found not to be receipts; `allocated` have grade E3 or
    better; `straight_through` were decided without a person.
    """

    currency: Currency
    population_lines: int
    population_minor: Minor
    allocated_lines: int
    allocated_minor: Minor
    straight_through_lines: int

    @property
    def by_count(self) -> int | None:
        """Basis points of lines allocated."""
        return _basis_points(self.allocated_lines, self.population_lines)

    @property
    def by_amount(self) -> int | None:
        """Basis points of the amount allocated."""
        return _basis_points(self.allocated_minor, self.population_minor)

    @property
    def straight_through(self) -> int | None:
        """Basis points of lines decided without a person."""
        return _basis_points(self.straight_through_lines, self.population_lines)


def _basis_points(part: int, whole: int) -> int | None:
    return 10_000 * part // whole if whole else None


class Segment(Value):
    """A run of the bank's words; `matched` where the decision rests on it."""

    text: str
    matched: bool = False


class Line(Value):
    """One bank line as the report shows it."""

    transaction_id: str
    account: str
    booking_date: date | None
    value_date: date | None
    amount_minor: Minor
    currency: Currency
    counterparty_name: str | None
    remittance: tuple[Segment, ...]


class Portion(Value):
    """An amount for one invoice, with the words a person knows the invoice by."""

    invoice_id: str
    number: str | None
    counterparty: str | None
    amount_minor: Minor
    currency: Currency
    gap_minor: Minor = 0
    gap_reason: GapReason | None = None
    open_minor: Minor | None = None
    grade: Grade | None = None


class Matched(Value):
    """A line whose money is attributed, and why; `returned_minor` of it went back later."""

    line: Line
    portions: tuple[Portion, ...]
    outcome: Outcome
    tier: Tier
    tier_words: str
    reason: str
    sentence: str
    decided_by: str
    coincidence: float
    unallocated_minor: Minor
    returned_minor: Minor


class Answer(Value):
    """One candidate: `arithmetic` is the sum a person would do on paper, `left_minor` what remains."""

    rank: int
    portions: tuple[Portion, ...]
    score: float
    arithmetic: str
    left_minor: Minor
    why: tuple[str, ...]


class Waiting(Value):
    """A line that waits for a person: why no answer was certain, and up to three candidates."""

    line: Line
    decision_id: str
    tier: Tier
    tier_words: str
    reason: str
    sentence: str
    rivals: tuple[str, ...]
    candidates: tuple[Answer, ...]


class Left(Value):
    """A credit that was left alone: not a receipt, or nothing points anywhere."""

    line: Line
    tier: Tier | None
    reason: str
    sentence: str


class Ageing(Value):
    """Open amount of one currency in one bucket of days past due."""

    currency: Currency
    bucket: Bucket
    invoices: int
    open_minor: Minor


class OpenInvoice(Value):
    """An invoice with its settlement. `days_past_due` is negative before the due date, None without one;
    `declared_paid` is a claim: the tool's (grade E0) or, by e-invoicing, a party's (E2)."""

    invoice_id: str
    number: str | None
    counterparty: str | None
    direction: Literal["receivable", "payable"]
    issue_date: date | None
    due_date: date | None
    days_past_due: int | None
    bucket: Bucket
    payable_minor: Minor
    settled_minor: Minor
    open_minor: Minor
    currency: Currency
    settlement: Settlement
    grade: Grade | None
    paid_on: date | None
    declared_paid: bool | None


class Moment(Value):
    """One event on the timeline of a financed invoice; `reverses` and `supersedes` are the numbers
    (sequences) of earlier events on it."""

    event_id: str
    sequence: int
    type: str
    occurred_on: date
    detected_at: Instant
    amount_minor: Minor | None
    open_after_minor: Minor | None
    currency: Currency | None
    grade: Grade | None
    explanation: str
    finality: str
    lateness: str | None
    reverses: int | None
    supersedes: int | None
    recommended_action: str | None


class Financed(Value):
    """A financed invoice: its terms, where it stands, and what happened to it in order."""

    financed_invoice_id: str
    loan_reference: str
    advance_minor: Minor
    disbursed_on: date
    assignment: str
    watch: Literal["watched", "closed"]
    invoice: OpenInvoice
    timeline: tuple[Moment, ...]


class Finding(Value):
    """A quality issue: what was set aside or does not add up."""

    code: str
    severity: Severity
    record: str
    message: str
    occurrences: int
    first_seen_at: Instant
    last_seen_at: Instant
    resolved_at: Instant | None


class Covered(Value):
    """One connection: what we may read there, and when that last worked."""

    connection_id: str
    provider: str
    company: str
    state: ConnectionState
    health: Health
    last_success_at: Instant | None
    history_from: date | None
    streams: tuple[str, ...]
    error: str | None


class Account(Value):
    """A bank account: how far its lines reach, and whether they add up to the stated balance."""

    account_id: str
    label: str
    provider: str | None
    currency: Currency
    lines: int
    first_booking: date | None
    last_booking: date | None
    statements: int


class ReconciliationReport(Value):
    """Everything the report says, as known at `revision`, for booking dates `since`..`until` inclusive.

    Unpaid invoices, findings and coverage are as of `generated_at` whatever the period; `today` is the day
    in Paris. None everywhere means unknown, never zero.
    """

    title: str
    revision: int
    generated_at: Instant
    today: date
    since: date | None
    until: date | None
    company_id: str | None
    companies: tuple[str, ...]
    flows: tuple[Flow, ...]
    rates: tuple[Rate, ...]
    matched: tuple[Matched, ...]
    waiting: tuple[Waiting, ...]
    left: tuple[Left, ...]
    ageing: tuple[Ageing, ...]
    financed: tuple[Financed, ...]
    open_invoices: tuple[OpenInvoice, ...]
    declared_paid: tuple[OpenInvoice, ...]
    findings: tuple[Finding, ...]
    connections: tuple[Covered, ...]
    accounts: tuple[Account, ...]
