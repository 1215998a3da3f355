"""Events about financed invoices, and their delivery to partners."""

from datetime import date
from typing import Any, ClassVar, Literal

from core.model.base import Currency, Entry, Instant, Minor, Row, Value
from core.model.decision import Grade

EventType = Literal[
    "payment.allocated", "payment.deallocated", "payment.bulk_split", "payment.ambiguous",
    "payment.reversed", "invoice.partially_paid", "invoice.paid", "invoice.overpaid",
    "invoice.reopened", "invoice.declared_paid_without_cash", "repayment.due",
]  # fmt: skip
Settlement = Literal["unknown", "open", "partial", "settled", "overpaid", "non_cash"]
DeliveryState = Literal["pending", "delivered", "failed", "dead"]


class EventAmount(Value):
    """What moved, and the open amount and settlement before and after, all in `currency`."""

    minor: Minor
    currency: Currency
    open_before_minor: Minor
    open_after_minor: Minor
    settlement_before: Settlement
    settlement_after: Settlement


class Evidence(Value):
    """The records an event rests on, the grade of what they prove about the payment (None: nothing,
    as for a question or a date that passed), and one sentence for people."""

    grade: Grade | None = None
    records: tuple[str, ...]
    explanation: str


class Finality(Value):
    """`provisional` until a date (None: until somebody decides) or `final`."""

    state: Literal["provisional", "final"]
    until: date | None = None


class Event(Entry):
    """The envelope every partner gets. `id` is deterministic; (`subject`, `sequence`) restores order.

    `occurred_on` counts for interest and lateness; `detected_at` is when the hub knew.
    `cause` is the key the id is made of; `revision` of the tenant when it was derived.
    """

    entity: ClassVar[str] = "event"
    type: EventType
    schema_version: int = 1
    company_id: str | None
    subject: str
    loan_reference: str
    sequence: int
    cause: str
    occurred_on: date
    detected_at: Instant
    amount: EventAmount | None = None
    evidence: Evidence
    finality: Finality
    attributes: dict[str, Any] = {}
    reverses: str | None = None
    supersedes: str | None = None
    recommended_action: str | None = None


class Endpoint(Row):
    """A partner's webhook address. Its signing secrets live in the vault, never here.

    `types` empty means every event type.
    """

    entity: ClassVar[str] = "webhook_endpoint"
    url: str
    types: tuple[str, ...] = ()
    enabled: bool = True
    disabled_reason: str | None = None
    created_at: Instant


class Delivery(Row):
    """One event for one endpoint. `attempts` counts posts made; `next_at` is when the next is due."""

    entity: ClassVar[str] = "delivery"
    endpoint_id: str
    event_id: str
    state: DeliveryState = "pending"
    attempts: int = 0
    next_at: Instant | None = None
    created_at: Instant
    delivered_at: Instant | None = None
    last_error: str | None = None


class Attempt(Entry):
    """One HTTP post of a delivery: every one is kept."""

    entity: ClassVar[str] = "delivery_attempt"
    delivery_id: str
    number: int
    at: Instant
    status: int | None
    duration_ms: int
    error: str | None = None
    response: str | None = None
