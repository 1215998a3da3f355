"""What decisions do inside one wall: amounts are used up or reserved, and who pays for whom is learnt."""

from collections.abc import Iterable, Sequence
from typing import Final

from core.model.decision import Decision, Share
from core.reconciliation.line import Item, Line
from core.reconciliation.scope import Lesson, Scope, alias_of, normal_iban

_TEACHING: Final = frozenset({"T1", "T2", "T3"})


class Wall:
    """One tenant, company and currency: what is open, reserved and learnt at the point that is reached.

    What a decision teaches counts from the next `learn` on. A share of an item that is not held here
    changes nothing.
    """

    def __init__(self, items: Sequence[Item], accounts: list[tuple[str, str]]) -> None:
        self.receivables = Scope([i for i in items if i.direction == "receivable"], accounts)
        self.payables = Scope([i for i in items if i.direction == "payable"], accounts)
        self._taught: dict[str, Lesson] = {}
        self._lessons: list[Lesson] = []

    def side(self, line: Line) -> Scope:
        """What a line of that sign closes: money in pays receivables, money out payables."""
        return self.receivables if line.amount_minor > 0 else self.payables

    def reserve(self, shares: Iterable[Share]) -> None:
        """Keeps what a decision that stands will take; a return takes nothing."""
        self._reserve(shares, 1)

    def free(self, shares: Iterable[Share]) -> None:
        """The decision takes effect now: nothing is kept for it any more."""
        self._reserve(shares, -1)

    def _reserve(self, shares: Iterable[Share], sign: int) -> None:
        for share in shares:
            for scope in (self.receivables, self.payables):
                n = scope.index.position.get(share.item_id)
                if n is not None and _closes(share, scope.items[n]):
                    scope.reserved[n] += sign * share.amount_minor

    def has_room(self, shares: Iterable[Share]) -> bool:
        """Whether these shares can take effect; one that opens an item again always can."""
        return all(self._has_room(share) for share in shares)

    def _has_room(self, share: Share) -> bool:
        for scope in (self.receivables, self.payables):
            n = scope.index.position.get(share.item_id)
            if n is not None and _closes(share, scope.items[n]):
                return scope.can_take(n, share.amount_minor)
        return True

    def apply(self, decision: Decision, line: Line) -> None:
        """The decision about `line` takes effect."""
        for share in decision.shares:
            for scope in (self.receivables, self.payables):
                n = scope.index.position.get(share.item_id)
                if n is not None:
                    scope.change(n, -_within(scope, n, share.amount_minor))
                    scope.changed_on[n] = line.booking_date
        self._note(decision, line)

    def _note(self, decision: Decision, line: Line) -> None:
        """Keeps for tomorrow the account and the name a payment that added up exactly came from."""
        certain = decision.tier in _TEACHING or decision.decided_by != "engine"
        exact = decision.unallocated_minor == 0 and not any(s.gap_minor for s in decision.shares)
        if not (certain and exact and decision.outcome == "auto"):
            return
        scope = self.side(line)
        positions = [scope.index.position.get(s.item_id) for s in decision.shares]
        debtors = {scope.items[n].debtor_id for n in positions if n is not None}
        if len(debtors) == 1:
            payer = decision.explanation.get("payer") or {}
            alias = alias_of(payer.get("name") or line.counterparty_name)
            iban = normal_iban(line.counterparty_iban)
            self._lessons.append(Lesson(line.transaction_id, scope, iban, alias, debtors.pop()))

    def learn(self) -> None:
        """What was taught since the last time counts from here on."""
        for lesson in self._lessons:
            lesson.learn()
            self._taught[lesson.transaction_id] = lesson
        self._lessons.clear()

    def forget(self, transaction_id: str) -> None:
        """What this line taught, whether it counts already or not."""
        lesson = self._taught.pop(transaction_id, None)
        if lesson is not None:
            lesson.forget()
        self._lessons = [x for x in self._lessons if x.transaction_id != transaction_id]


def _closes(share: Share, item: Item) -> bool:
    """Whether the share uses the item up; that of a return opens it again."""
    return (share.amount_minor > 0) == (item.amount_minor > 0)


def _within(scope: Scope, n: int, amount: int) -> int:
    """`amount` cut so that what is open of the item stays between zero and what it was at first; it
    only cuts when an item was made smaller after a decision that stands."""
    initial, now = scope.items[n].initial_minor, scope.open[n]
    low, high = min(0, initial), max(0, initial)
    return now - max(low, min(high, now - amount))
