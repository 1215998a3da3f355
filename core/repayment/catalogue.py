"""What each event means, when it is said, what undoes it, and what we advise: the event catalogue."""

from dataclasses import dataclass
from typing import get_args

from core.model.event import EventType


@dataclass(frozen=True, slots=True)
class Entry:
    """One event type. `amount` says what `amount.minor` holds; `withdrawal` is the advice that
    goes with the reversing event of the same type, for the types that are withdrawn that way."""

    meaning: str
    when: str
    undone_by: str
    amount: str
    cause: str
    action: str | None = None
    withdrawal: str | None = None


CATALOGUE: dict[EventType, Entry] = {
    "payment.allocated": Entry(
        meaning="Part of a booked bank line is attributed to the invoice.",
        when="A decision (of the engine or of a person) allocates an amount to it.",
        undone_by="payment.deallocated or payment.reversed, whose `reverses` names this event",
        amount="the amount attributed",
        cause="the allocation",
    ),
    "payment.deallocated": Entry(
        meaning="An earlier attribution no longer holds; it says nothing about where the money is.",
        when="A person undoes or changes a decision, or the bank line is removed at its source.",
        undone_by="a new payment.allocated",
        amount="the amount detached (negative)",
        cause="the contrary allocation",
        action="Do not count the earlier attribution.",
    ),
    "payment.bulk_split": Entry(
        meaning="The bank line pays several invoices; the shares add up to what was allocated of it.",
        when="Together with payment.allocated, when the decision has more than one share.",
        undone_by="payment.deallocated of the share",
        amount="this invoice's share",
        cause="the allocation",
    ),
    "payment.ambiguous": Entry(
        meaning="Two or more attributions of one bank line are possible and this invoice is in one.",
        when="A decision is left to a person.",
        undone_by="the decision: an event of the same type with `reverses`",
        amount="none",
        cause="the decision",
        action="Decide the case.",
        withdrawal="Nothing to do: the question is settled.",
    ),
    "payment.reversed": Entry(
        meaning="The money went back: return, recall or chargeback, with its reason code if one was given.",
        when="A later bank line of opposite sign returns a payment that was allocated.",
        undone_by="payment.allocated with `reverses`, when the return itself turns out to be wrong",
        amount="the amount that went back (negative)",
        cause="the contrary allocation",
        action="Suspend the repayment and ask the company.",
    ),
    "invoice.partially_paid": Entry(
        meaning="Something is settled and something is still open.",
        when="An allocation leaves an open amount.",
        undone_by="invoice.reopened when nothing is settled any more; superseded by the next one",
        amount="cash settled so far",
        cause="the allocations that stand and the payable amount",
        action="Wait for the rest.",
    ),
    "invoice.paid": Entry(
        meaning=(
            "Nothing is open: cash and agreed deductions reach the payable amount. `timing` is early, "
            "on_time, late or unknown; `days` is signed against the contractual due date (late > 0)."
        ),
        when="The cumulative cash reaches the payable amount; occurred_on is that day.",
        undone_by="invoice.reopened; superseded when the day turns out to be another",
        amount="cash settled",
        cause="the allocations that stand and the payable amount",
        action="Close the claim against the debtor.",
    ),
    "invoice.overpaid": Entry(
        meaning="More was received for this invoice than it owes; the excess is unapplied, not revenue.",
        when="A second payment cites it alone, a person leaves a rest of its payment unapplied, or the "
        "payable amount falls after payment.",
        undone_by="an event of the same type with `reverses`, once there is no excess",
        amount="the excess",
        cause="the allocations that stand, the payable amount and the lines in excess",
        action="Return or reassign the excess.",
        withdrawal="Nothing to do: there is no excess any more.",
    ),
    "invoice.reopened": Entry(
        meaning="What was settled fell, or the payable amount grew: an amount is open again.",
        when="After payment.deallocated or payment.reversed, or when the source edits the amount.",
        undone_by="the next payment",
        amount="the amount that is open now",
        cause="the event it reverses",
        action="Hold the repayment; the claim is open again.",
    ),
    "invoice.declared_paid_without_cash": Entry(
        meaning="Somebody says paid (E0 to E2), the bank data covers the period, and no cash is there.",
        when="The waiting period after the claim is over and every account was read beyond it.",
        undone_by="an event of the same type with `reverses`, when cash arrives or the claim is taken back",
        amount="the amount that is open",
        cause="the claim",
        action="Ask the company for proof of payment.",
        withdrawal="Nothing to do: the statement no longer holds.",
    ),
    "repayment.due": Entry(
        meaning="The condition for repayment is met. The loan itself lives at the platform.",
        when=("Receivable: the invoice is paid with grade E3 or E4. Payable: the scheduled date is reached."),
        undone_by="an event of the same type with `reverses`, when the invoice is reopened",
        amount="the advance",
        cause="the payment of the invoice, or the scheduled date",
        action="Collect the repayment.",
        withdrawal="Do not collect; if collected already, give it back or reschedule.",
    ),
}


def advice(type: EventType, *, reverses: bool = False) -> str | None:
    """What we recommend with an event of this type, or with the event that withdraws one."""
    entry = CATALOGUE[type]
    return entry.withdrawal if reverses and entry.withdrawal else entry.action


def missing() -> frozenset[str]:
    """Event types without an entry: must be empty (a test says so)."""
    return frozenset(get_args(EventType)) - frozenset(CATALOGUE)
