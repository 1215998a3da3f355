"""Payments that cite nothing wait some business days, in case a stronger claim comes meanwhile."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from itertools import islice
from typing import Final

from core.model.decision import Decision
from core.reconciliation.case import Case, Ruling
from core.reconciliation.line import Line
from core.reconciliation.policy import Policy
from core.reconciliation.scope import alias_of, normal_iban
from core.reconciliation.silent import is_silent, sole_debtor

HELD_TIERS = frozenset({"T6", "T7"})
_SATURDAY = 5
TWINS: Final = 9
"""Of more equal payments, the first so many stand for all."""
TWIN_DAYS: Final = 31
"""Days within which a second payment of one payer and amount may be the first once more."""


def business_day_after(day: date, count: int) -> date:
    """The business day (Monday to Friday) `count` of them later; the day itself for 0."""
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


def effective_day(decision: Decision, booked: date) -> date:
    """The day from which a decision counts: its line's booking day, or the end of its hold."""
    until = decision.explanation.get("held_until")
    return date.fromisoformat(until) if isinstance(until, str) else booked


Claim = tuple[str, int]
"""Who pays, and the amount, below zero for money out; of a payment that cites an item, also which one: equal
claims may be one."""
Waiting = tuple[tuple[Case, frozenset[str]], ...]
"""Cases that wait, each with the twins that it had then."""


class Hold:
    """Cases that wait, by the day on which their wait ends."""

    def __init__(self, policy: Policy) -> None:
        self._days = policy.hold_days if HELD_TIERS & set(policy.automatic_tiers) else 0
        self._waiting: dict[date, dict[str, Case]] = defaultdict(dict)
        self._left: dict[Claim, dict[str, date]] = defaultdict(dict)

    def leave(self, claim: Claim, line: Line) -> None:
        """A person is asked about this payment; or it paid a part."""
        assert line.booking_date is not None
        self._left[claim][line.transaction_id] = line.booking_date

    def take_back(self, claim: Claim, line: Line) -> None:
        """Takes back `leave`."""
        self._left[claim].pop(line.transaction_id, None)

    def left(self, case: Case, is_returned: Callable[[str], bool]) -> frozenset[str]:
        """A payment of the same claim, about that time: of a part, or about which a person was asked; not one
        that went back. The last one is enough."""
        claims = (claim for claim in (claim_of(case), _part(case)) if claim is not None)
        found = (self._last_left(claim, case.line, is_returned) for claim in claims)
        return next(filter(None, found), frozenset())

    def _last_left(self, claim: Claim, line: Line, is_returned: Callable[[str], bool]) -> frozenset[str]:
        booked = line.booking_date
        if booked is None or claim not in self._left:
            return frozenset()
        asked = reversed(self._left[claim].items())
        lately = (id for id, day in asked if abs(booked - day).days <= TWIN_DAYS and not is_returned(id))
        return frozenset(islice(lately, 1))

    def against(self, case: Case, ruling: Ruling, is_returned: Callable[[str], bool]) -> str | None:
        """Why a payment about which a person was asked lately keeps the ruling from taking effect: it may be
        the same one, or one of the items of a group that nothing cites may be paid by it."""
        if ruling.tier in ("T2", "T8"):
            return "twin_payments" if self.left(case, is_returned) else None
        if ruling.tier != "T7":
            return None
        items, position = case.scope.items, case.scope.index.position
        for share in ruling.shares:
            alone = items[position[share.item_id]].debtor_id, case.sign * share.amount_minor
            if self._last_left(alone, case.line, is_returned):
                return "one_paid_alone"
        return None

    def take(self, cases: list[Case]) -> list[Case]:
        """Keeps those that T6 or T7 could decide; returns the others."""
        if not self._days:
            return cases
        left = []
        for case in cases:
            if case.refused is None and is_silent(case) and sole_debtor(case) is not None:
                self._keep(case)
            else:
                left.append(case)
        return left

    def _keep(self, case: Case) -> None:
        assert case.line.booking_date is not None
        case.held_until = business_day_after(case.line.booking_date, self._days)
        self._waiting[case.held_until][case.line.transaction_id] = case

    def as_is(self) -> Waiting:
        """Who waits, for `restore`."""
        return tuple((case, case.twins) for case in self.waiting())

    def restore(self, cases: Iterable[tuple[Case, frozenset[str]]]) -> None:
        """These wait again and no others, as they were then: nothing was asked of them at the end of it."""
        self._waiting.clear()
        for case, twins in cases:
            assert case.held_until is not None
            case.refused, case.gate, case.twins = None, None, twins
            self._waiting[case.held_until][case.line.transaction_id] = case

    def days(self) -> list[date]:
        """Days on which a wait ends, in order."""
        return sorted(day for day, cases in self._waiting.items() if cases)

    def over(self, day: date) -> list[Case]:
        """The cases whose wait ends on this day; they wait no longer."""
        return list(self._waiting.pop(day, {}).values())

    def drop(self, transaction_id: str) -> bool:
        """The payment was returned, and is nobody's twin any more: says whether it was waiting."""
        dropped = [cases.pop(transaction_id, None) for cases in self._waiting.values()]
        for case in self.waiting():
            case.twins -= {transaction_id}
        return any(dropped)

    def waiting(self) -> list[Case]:
        """Every case that still waits, by the day on which its wait ends."""
        return [case for day in sorted(self._waiting) for case in self._waiting[day].values()]

    def end(self) -> list[Case]:
        """What still waits when the known days are over; nothing waits any longer."""
        left = self.waiting()
        self._waiting.clear()
        return left


def claim_of(case: Case) -> Claim | None:
    """What a payment that cites nothing claims, from one sure debtor; or one that cites an item, and pays no
    more than is open of it."""
    return _cited(case) if case.cites else _silent(case)


def _silent(case: Case) -> Claim | None:
    debtor_id = sole_debtor(case)
    return (debtor_id, case.line.amount_minor) if debtor_id is not None and is_silent(case) else None


def _cited(case: Case) -> Claim | None:
    payer = alias_of(case.label.payer) or normal_iban(case.line.counterparty_iban)
    item_id = _cited_item(case)
    return (
        (f"{payer}/{item_id}", case.line.amount_minor) if payer is not None and item_id is not None else None
    )


def _cited_item(case: Case) -> str | None:
    """The one open item that is cited, if no more is paid than is open of it."""
    items = case.meaning().items if case.cites else ()
    if len(items) != 1 or not 0 < case.paid <= case.scope.open[items[0]]:
        return None
    return case.scope.items[items[0]].item_id


def _part(case: Case) -> Claim | None:
    item_id = _cited_item(case)
    return None if item_id is None else (f"/{item_id}", case.line.amount_minor)


def part_of(decision: Decision, line: Line) -> Claim | None:
    """What a payment of part of one item claims, whoever pays: the same once more may be paid twice."""
    if decision.tier != "T8" or not decision.shares:
        return None
    return f"/{decision.shares[0].item_id}", line.amount_minor


def mark_twins(asked: Iterable[Case], waiting: Iterable[Case]) -> None:
    """Tells each case that cites nothing the others of the same payer and amount: a duplicate, or
    instalments, and nothing tells which is which."""
    seen: dict[Claim, list[Case]] = defaultdict(list)
    for case in (*asked, *waiting):
        claim = None if case.cites else claim_of(case)
        if claim is not None:
            seen[claim].append(case)
    for alike in seen.values():
        if len(alike) > 1:
            names = frozenset(sorted([case.line.transaction_id for case in alike])[:TWINS])
            for case in alike:
                case.twins |= names - {case.line.transaction_id}
