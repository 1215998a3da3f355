"""The events of single allocations: allocated, split, deallocated, reversed."""

from core.model import Allocation, Evidence, Money
from core.model.decision import Grade
from core.model.event import EventType
from core.reconciliation.explain import reason_in_words
from core.repayment.finality import FINAL
from core.repayment.story import Story
from core.repayment.watch import Watch
from core.settlement import Settlement


def tell_entry(story: Story, entry: Allocation, after: Settlement) -> None:
    """One allocation or contrary entry, and that its line was split when it was."""
    type = _type_of(entry, story.watch)
    minor = story.watch.sign * entry.amount_minor
    story.tell(
        type,
        entry.id,
        occurred_on=entry.occurred_on,
        amount=story.amount(minor, after),
        evidence=_evidence(story.watch, entry, type),
        finality=FINAL if minor < 0 else story.finality_of([entry.transaction_id]),
        attributes=_attributes(entry),
        reverses=story.told_of(entry.reverses) if entry.reverses else None,
    )
    if not entry.reverses:
        _tell_split(story, entry, minor, after)


def _type_of(entry: Allocation, watch: Watch) -> EventType:
    """A contrary entry on the same line detaches; one on another line is money that went back."""
    undone = next((a for a in watch.allocations if a.id == entry.reverses), None)
    if undone is None or undone.reverses:
        return "payment.allocated"
    return "payment.reversed" if undone.transaction_id != entry.transaction_id else "payment.deallocated"


def _attributes(entry: Allocation) -> dict[str, str | int]:
    gap = {"gap_minor": entry.gap_minor, "gap_reason": entry.gap_reason} if entry.gap_reason else {}
    code = {"reason_code": entry.reason_code} if entry.reason_code else {}
    return {
        "allocation_id": entry.id,
        "transaction_id": entry.transaction_id,
        "kind": entry.kind,
        **gap,
        **code,
    }


_VERBS = {
    "payment.allocated": "{amount} of {line} pays invoice {invoice}",
    "payment.deallocated": "{amount} of {line} no longer counts for invoice {invoice}",
    "payment.reversed": "{amount} of invoice {invoice} went back with {line}",
}


def _line(watch: Watch, transaction_id: str) -> str:
    """A bank line as a person would name it: its day and, where the bank says so, its payer."""
    line = watch.transactions.get(transaction_id)
    if line is None or line.booking_date is None:
        return f"bank line {transaction_id}"
    payer = f" ({line.counterparty_name})" if line.counterparty_name else ""
    return f"the bank line of {line.booking_date}{payer}"


def _evidence(watch: Watch, entry: Allocation, type: EventType) -> Evidence:
    grade: Grade = "E4" if entry.grade in ("E3", "E4") and entry.transaction_id in watch.agreed else "E3"
    sentence = _VERBS[type].format(
        amount=Money(abs(entry.amount_minor), entry.currency),
        line=_line(watch, entry.transaction_id),
        invoice=watch.name,
    )
    decision = watch.decisions.get(entry.decision_id)
    told = decision is not None and type == "payment.allocated"
    why = f" ({decision.tier}): {reason_in_words(decision.reason)}" if decision and told else ""
    code = f", reason {entry.reason_code}" if entry.reason_code else ""
    return Evidence(
        grade=grade if entry.grade in ("E3", "E4") else entry.grade,
        records=(watch.invoice.id, entry.id, entry.transaction_id, entry.decision_id),
        explanation=f"{sentence}{why}{code}.",
    )


def _tell_split(story: Story, entry: Allocation, minor: int, after: Settlement) -> None:
    """Says that the line pays several invoices, when it does."""
    decision = story.watch.decisions.get(entry.decision_id)
    if decision is None or len({s.item_id for s in decision.shares}) < 2:
        return
    shares = {s.item_id: s.amount_minor for s in decision.shares}
    count, total = len(shares), sum(shares.values())
    story.tell(
        "payment.bulk_split",
        entry.id,
        occurred_on=entry.occurred_on,
        amount=story.amount(minor, after),
        evidence=Evidence(
            grade="E3",
            records=(story.watch.invoice.id, entry.id, entry.transaction_id, decision.id),
            explanation=f"{Money(total, entry.currency)} of one bank line pay {count} documents together.",
        ),
        finality=story.finality_of([entry.transaction_id]),
        attributes={"allocated_minor": total, "shares": dict(sorted(shares.items()))},
    )
