"""What is said without a new allocation: open questions, claims without cash, scheduled repayments."""

from collections.abc import Iterable
from datetime import date

from core.banking_days import add_banking_days
from core.model import Decision, Evidence, Money
from core.reconciliation.explain import reason_in_words
from core.repayment.finality import FINAL, UNDECIDED
from core.repayment.story import Story
from core.repayment.watch import Claim
from core.settlement import Settlement


def tell_questions(story: Story, after: Settlement) -> None:
    """Says which undecided lines may pay this invoice, and takes back what got decided."""
    asked = {d.id: d for d in _questions(story)}
    for event in [e for e in story.events if e.type == "payment.ambiguous" and story.stands(e)]:
        if event.cause.partition("#")[0] not in asked:
            story.withdraw(event, after, occurred_on=event.occurred_on, why="The question is settled.")
    for decision in asked.values():
        if story.standing("payment.ambiguous", decision.id) is None:
            _ask(story, decision)


def _questions(story: Story) -> Iterable[Decision]:
    """Reviews with several answers of which one touches this invoice, oldest line first."""
    own = story.watch.invoice.id
    found = [
        d
        for d in story.watch.decisions.values()
        if d.outcome == "review"
        and len(d.candidates) > 1
        and any(share.item_id == own for c in d.candidates for share in c.shares)
    ]
    return sorted(found, key=lambda d: (_day_of(story, d), d.id))


def _day_of(story: Story, decision: Decision) -> date:
    line = story.watch.transactions.get(decision.transaction_id)
    day = line and (line.value_date or line.booking_date)
    return day or story.moment.today


def _ask(story: Story, decision: Decision) -> None:
    amount = Money(decision.unallocated_minor, decision.currency)
    story.tell(
        "payment.ambiguous",
        decision.id,
        occurred_on=_day_of(story, decision),
        amount=None,
        evidence=Evidence(
            records=(story.watch.invoice.id, decision.transaction_id, decision.id),
            explanation=f"{amount} may pay this invoice or another: a person decides. "
            f"{reason_in_words(decision.reason).capitalize()}.",
        ),
        finality=UNDECIDED,
        attributes={"transaction_id": decision.transaction_id, "candidates": len(decision.candidates)},
    )


def tell_claim(story: Story, after: Settlement) -> None:
    """Somebody says paid, the banks were read beyond the waiting period, and no cash is there."""
    claim = story.watch.claim
    said = story.standing("invoice.declared_paid_without_cash")
    if said is not None:
        _take_back(story, after, claim)
    elif claim is not None and _is_due(story, claim, after):
        _say_claim(story, claim, after)


def _is_due(story: Story, claim: Claim, after: Settlement) -> bool:
    watch, end = story.watch, add_banking_days(claim.since, story.policy.claim_wait_days)
    covered = watch.covered_through is not None and watch.covered_through >= end
    unexplained = after.state == "open" and not watch.cash_in_question
    return unexplained and covered and story.moment.today >= end and watch.financed.state == "watched"


def _say_claim(story: Story, claim: Claim, after: Settlement) -> None:
    story.tell(
        "invoice.declared_paid_without_cash",
        f"claim:{claim.grade}:{claim.since}",
        occurred_on=add_banking_days(claim.since, story.policy.claim_wait_days),
        amount=story.amount(after.open_minor, after),
        evidence=Evidence(
            grade=claim.grade,
            records=(story.watch.invoice.id, claim.record),
            explanation=f"Said to be paid since {claim.since}; no bank account shows the money.",
        ),
        finality=UNDECIDED,
        attributes={
            "claimed_on": claim.since.isoformat(),
            "waited_banking_days": story.policy.claim_wait_days,
        },
    )


def _take_back(story: Story, after: Settlement, claim: Claim | None) -> None:
    said = story.standing("invoice.declared_paid_without_cash")
    if said is None or (claim is not None and after.state == "open"):
        return
    arrived = after.live[0].allocation.occurred_on if after.live else story.moment.today
    why = "Cash arrived." if after.live else "Nobody says paid any more."
    story.withdraw(said, after, occurred_on=arrived, why=why)


def tell_schedule(story: Story, after: Settlement) -> None:
    """A payable is repaid on the agreed date, whatever its own settlement is."""
    financed = story.watch.financed
    due = financed.due_date
    if financed.direction != "payable" or financed.state == "closed" or due is None:
        return
    if story.moment.today < due or story.standing("repayment.due", f"schedule:{due}"):
        return
    story.tell(
        "repayment.due",
        f"schedule:{due}",
        occurred_on=due,
        amount=story.amount(financed.advance_minor, after),
        evidence=Evidence(
            grade=after.grade,
            records=(financed.id,),
            explanation=f"The agreed repayment date of loan {financed.loan_reference} is reached.",
        ),
        finality=FINAL,
        attributes={"trigger": "schedule"},
        supersedes=story.standing("repayment.due"),
    )
