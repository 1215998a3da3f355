"""T5, too: a number that was cut, or has one slip of the finger, among what one payer owes."""

from typing import Final

from core.reconciliation.case import Case, Ruling, share
from core.reconciliation.cite import Citation, is_slip, nearly
from core.reconciliation.coincidence import amount_odds
from core.reconciliation.index import running
from core.reconciliation.memory import until_paid
from core.reconciliation.silent import OTHERWISE

MUCH_NEARER: Final = 60
"""Days by which the day that a later invoice was due must be nearer to the payment."""
LITTLE_CUT: Final = 1
"""Digits missing of a number that was cut, when the payer may as well pay another that begins so."""


@until_paid
def near(case: Case) -> tuple[Citation, ...]:
    """What the numbers that are not held may mean among the payer's open items."""
    if not (case.cited.unknown or case.cited.cut or case.cited.alike):
        return ()
    owed = case.scope.of_payer(case.payer, most=case.policy.max_owed)
    return nearly(case.cited, case.scope.index, owed) if owed else ()


def meant_instead(case: Case, n: int) -> list[int]:
    """Open items of the debtor at the amount paid whose number is one slip from that of item `n`, and which
    were due earlier and nearer to the day of payment, or later and much nearer: a recurring amount, and maybe
    the number of another month."""
    booked, due = case.line.booking_date, case.scope.items[n].due_date
    if booked is None or due is None:
        return []
    numbers, found = case.scope.index.numbers, []
    for m in case.scope.owed_at(case.scope.items[n].debtor_id, case.paid, most=case.policy.max_shared_key):
        other = case.scope.items[m].due_date
        if other is None:
            continue
        closer = abs(booked - due) - abs(booked - other)
        nearer = closer.days > 0 if other < due else closer.days >= MUCH_NEARER
        if nearer and is_slip(numbers[n].compact, numbers[m].compact):
            found.append(m)
    return found


def near_and_amount(case: Case) -> Ruling | None:
    """T5: of what the payer owes one item has a number like the one in the text, and the exact amount.

    A cut number proves nothing about the rest of it, and a slip may be no slip at all: somebody who
    also pays invoices that are not known here may mean one of those. So all his invoices are known, or
    the amount is one that chance does not meet and that he was billed once. Nor may he have had another
    of that amount and such a number before.
    """
    found = {n: c for c in near(case) for n in c.items if case.scope.open[n] == case.paid}
    if len(found) != 1:
        return None
    ((n, citation),) = found.items()
    scope, debtor_id = case.scope, case.scope.items[n].debtor_id
    if case.grade(n) < 1 or not _may_be_meant(case, n, citation):
        return None
    alike = scope.index.billed_to(debtor_id, case.paid)[: case.policy.max_group_items + 1]
    if len(alike) > (1 if debtor_id in scope.partly_known else case.policy.max_group_items):
        return None
    if any(n not in c.items or len(c.items) > 1 for c in nearly(case.cited, scope.index, alike)):
        return None
    chance = len(citation.items) * amount_odds(scope.index, case.paid, case.line.currency)
    chance *= 1 if debtor_id in scope.partly_known else OTHERWISE
    if chance > case.policy.max_coincidence:
        return None
    whole = share(item_id=scope.items[n].item_id, amount_minor=case.paid)
    return Ruling("auto", "T5", f"{citation.how}_and_amount", (whole,), chance)


def _may_be_meant(case: Case, n: int, citation: Citation) -> bool:
    """Not when the payer also pays invoices unknown here, and the text could be the number of one, or the
    beginning of many; nor when the number was cut before what tells it from others that begin so."""
    number = case.scope.index.numbers[n]
    before = _digits(number.compact) - len(running(number.groups))
    if citation.how == "cut" and len(citation.items) > 1 and _digits(citation.text) <= before:
        return False
    if case.scope.items[n].debtor_id not in case.scope.partly_known:
        return True
    index = case.scope.index
    told, whole = _digits(citation.text), _digits(index.numbers[n].compact)
    if citation.how == "cut":
        return whole + index.longer_by(n) - told <= LITTLE_CUT
    return told != whole


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text)
