"""What a new settlement means: partly paid, paid, overpaid, reopened, repayment due."""

from datetime import date
from typing import Any

from core.model import Event, Money
from core.repayment.finality import FINAL, UNDECIDED
from core.repayment.story import Story, position
from core.settlement import Settlement


def tell_state(story: Story, after: Settlement, occurred_on: date) -> None:
    """What the new settlement means for the invoice and the repayment."""
    if after.is_paid and after.paid_on is not None:
        _tell_paid(story, after, after.paid_on)
    elif after.open_minor:
        _tell_open(story, after, occurred_on)
    story.reached(after)


def _tell_paid(story: Story, after: Settlement, paid_on: date) -> None:
    said = story.standing("invoice.paid")
    if said is None or said.occurred_on != paid_on:
        timing, lateness = _timing(story.watch.financed.due_date, paid_on)
        received = Money(after.cash_minor, after.currency)
        story.tell(
            "invoice.paid",
            position(after),
            occurred_on=paid_on,
            amount=story.amount(after.cash_minor, after),
            evidence=story.evidence(
                after, f"Invoice {story.watch.name}: {received} received by {paid_on}{lateness}."
            ),
            finality=story.finality(after),
            attributes=timing,
            supersedes=said,
        )
    if story.watch.financed.direction == "receivable" and (after.grade or "E0") >= "E3":
        _tell_due(story, after, paid_on)


def _timing(due: date | None, paid_on: date) -> tuple[dict[str, Any], str]:
    """The lateness attributes and their words; unknown when no due date was agreed."""
    if due is None:
        return {"timing": "unknown", "days": None, "due_date": None}, ", no due date known"
    days = (paid_on - due).days
    timing = "late" if days > 0 else "early" if days < 0 else "on_time"
    words = f", {abs(days)} days {timing}" if days else ", on the due date"
    return {"timing": timing, "days": days, "due_date": due.isoformat()}, words


def _tell_due(story: Story, after: Settlement, paid_on: date) -> None:
    said = story.standing("repayment.due")
    if said is not None and said.occurred_on == paid_on:
        return
    financed = story.watch.financed
    story.tell(
        "repayment.due",
        position(after),
        occurred_on=paid_on,
        amount=story.amount(financed.advance_minor, after),
        evidence=story.evidence(
            after, f"The invoice behind loan {financed.loan_reference} was paid on {paid_on}."
        ),
        finality=story.finality(after),
        attributes={"trigger": "invoice_paid"},
        supersedes=said,
    )


def _tell_open(story: Story, after: Settlement, occurred_on: date) -> None:
    """An amount is open: reopened when less is settled than was said, partly paid when more is."""
    paid, partial = story.standing("invoice.paid"), story.standing("invoice.partially_paid")
    lost = paid or (partial if after.state == "open" else None)
    if lost is not None:
        _tell_reopened(story, lost, after, occurred_on)
    due = story.standing("repayment.due")
    if paid is not None and due is not None and due.attributes.get("trigger") == "invoice_paid":
        story.withdraw(due, after, occurred_on=occurred_on, why="The invoice is open again.")
    grew = after.open_minor < story.open_minor
    if after.state == "partial" and after.cash_minor and lost is None and grew:
        _tell_partial(story, partial, after, occurred_on)


def _tell_reopened(story: Story, lost: Event, after: Settlement, occurred_on: date) -> None:
    story.tell(
        "invoice.reopened",
        lost.id,
        occurred_on=occurred_on,
        amount=story.amount(after.open_minor, after),
        evidence=story.evidence(
            after,
            f"{Money(after.open_minor, after.currency)} of the invoice are open again.",
            grade=lost.evidence.grade,
        ),
        finality=FINAL,
        reverses=lost,
    )


def _tell_partial(story: Story, said: Event | None, after: Settlement, occurred_on: date) -> None:
    received, left = Money(after.cash_minor, after.currency), Money(after.open_minor, after.currency)
    story.tell(
        "invoice.partially_paid",
        position(after),
        occurred_on=occurred_on,
        amount=story.amount(after.cash_minor, after),
        evidence=story.evidence(after, f"{received} received, {left} open."),
        finality=story.finality(after),
        supersedes=said,
    )


def tell_excess(story: Story, after: Settlement) -> None:
    """More than owed was received for this invoice alone; what exceeds stays unapplied."""
    surplus = story.watch.surplus if after.is_paid else ()
    excess = after.excess_minor + sum(one.amount_minor for one in surplus)
    said = story.standing("invoice.overpaid")
    if excess == (said.amount.minor if said and said.amount else 0):
        return
    day = max((one.on for one in surplus), default=after.paid_on or story.moment.today)
    if said is not None and not excess:
        story.withdraw(said, after, occurred_on=day, why="There is no excess any more.")
        return
    lines = tuple(one.transaction_id for one in surplus)
    evidence = story.evidence(after, f"{Money(excess, after.currency)} more than owed were received.")
    story.tell(
        "invoice.overpaid",
        "/".join((position(after), *lines)),
        occurred_on=day,
        amount=story.amount(excess, after),
        evidence=evidence.model_copy(update={"records": tuple(dict.fromkeys((*evidence.records, *lines)))}),
        finality=UNDECIDED if surplus else story.finality(after),
        attributes={"destination": "unapplied"},
        supersedes=said,
    )
