"""The log of one subject as it grows: numbers events, makes their ids, knows which still stand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from core.model import Event, EventAmount, Evidence, Finality, content_hash, stable_id
from core.model.decision import Grade
from core.model.event import EventType
from core.repayment.catalogue import advice
from core.repayment.finality import FINAL, WatchPolicy, finality_of
from core.repayment.watch import Moment, Watch
from core.settlement import Settlement


class Story:
    """Starts with what was said; `open_minor` and `state` are those of the last event with an amount."""

    def __init__(self, watch: Watch, said: Sequence[Event], moment: Moment, policy: WatchPolicy) -> None:
        self.watch = watch
        self.moment = moment
        self.policy = policy
        self.events = sorted(said, key=lambda e: e.sequence)
        self.fresh: list[Event] = []
        amounts = [e.amount for e in self.events if e.amount is not None]
        first = watch.settlement(())
        self.open_minor = amounts[-1].open_after_minor if amounts else first.open_minor
        self.state = amounts[-1].settlement_after if amounts else first.state

    def stands(self, event: Event) -> bool:
        """Nothing reversed or superseded it, and it is no withdrawal itself."""
        gone = {e.reverses for e in self.events} | {e.supersedes for e in self.events}
        return event.id not in gone and not event.attributes.get("withdrawn")

    def standing(self, type: EventType, about: str | None = None) -> Event | None:
        """The last event of this type (and cause) that stands."""
        return next(
            (
                e
                for e in reversed(self.events)
                if e.type == type and about in (None, e.cause.partition("#")[0]) and self.stands(e)
            ),
            None,
        )

    def amount(self, minor: int, after: Settlement) -> EventAmount:
        """`minor` moved, from the state last said to `after`."""
        return EventAmount(
            minor=minor,
            currency=after.currency,
            open_before_minor=self.open_minor,
            open_after_minor=after.open_minor,
            settlement_before=self.state,
            settlement_after=after.state,
        )

    def tell(
        self,
        type: EventType,
        about: str,
        *,
        occurred_on: date,
        amount: EventAmount | None,
        evidence: Evidence,
        finality: Finality,
        attributes: Mapping[str, Any] | None = None,
        reverses: Event | None = None,
        supersedes: Event | None = None,
    ) -> None:
        """Appends an event. The same cause may come back: its occurrence number keeps ids apart."""
        financed = self.watch.financed
        seen = sum(e.type == type and e.cause.partition("#")[0] == about for e in self.events)
        cause = f"{about}#{seen + 1}" if seen else about
        event = Event(
            id=stable_id("evt", financed.id, type, cause),
            type=type,
            company_id=financed.company_id,
            subject=financed.id,
            loan_reference=financed.loan_reference,
            sequence=len(self.events) + 1,
            cause=cause,
            occurred_on=occurred_on,
            detected_at=self.moment.now,
            amount=amount,
            evidence=evidence,
            finality=finality,
            attributes=dict(attributes or {}),
            reverses=reverses.id if reverses else None,
            supersedes=supersedes.id if supersedes else None,
            recommended_action=advice(type, reverses=reverses is not None),
        )
        self.events.append(event)
        self.fresh.append(event)

    def withdraw(self, event: Event, after: Settlement, *, occurred_on: date, why: str) -> None:
        """Takes an event back with a reversing event of the same type."""
        self.tell(
            event.type,
            event.cause.partition("#")[0],
            occurred_on=occurred_on,
            amount=self.amount(event.amount.minor, after) if event.amount else None,
            evidence=event.evidence.model_copy(update={"explanation": why}),
            finality=FINAL,
            attributes={"withdrawn": True},
            reverses=event,
        )

    def told_of(self, allocation_id: str) -> Event | None:
        """The payment event of one allocation."""
        wanted = (e for e in self.events if e.attributes.get("allocation_id") == allocation_id)
        return next(wanted, None)

    def reached(self, after: Settlement) -> None:
        """From now on `after` is what was said last."""
        self.open_minor, self.state = after.open_minor, after.state

    def finality(self, after: Settlement) -> Finality:
        """That of the cash which counts in `after`."""
        return self.finality_of(one.allocation.transaction_id for one in after.live)

    def finality_of(self, transaction_ids: Iterable[str]) -> Finality:
        known = self.watch.transactions
        lines = [known[id] for id in transaction_ids if id in known]
        return finality_of(lines, self.policy, self.moment.today)

    def evidence(self, after: Settlement, explanation: str, *, grade: Grade | None = None) -> Evidence:
        """The records behind a state: the invoice, the allocations that count and their lines; `grade`
        where they are not what proves it (money that went back proves an open amount)."""
        entries = sorted(one.allocation.id for one in after.live)
        lines = sorted({one.allocation.transaction_id for one in after.live})
        records = (self.watch.invoice.id, *entries, *lines)
        return Evidence(grade=grade or after.grade, records=records, explanation=explanation)


def position(after: Settlement) -> str:
    """The cause of a state: the allocations that stand and the amount owed, however they arrived."""
    parts: list[str | int] = [f"{one.allocation.id}:{one.amount_minor}" for one in after.live]
    return "pos_" + content_hash([*parts, after.payable_minor])[:26]
