"""Weak signs that agree on a few items: never enough to decide, enough to be shown to a person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from core.reconciliation.case import Case, Meaning
from core.reconciliation.cite import is_slip
from core.reconciliation.silent import is_silent, is_usual

FEW_HELD: Final = 8
"""So few items open at the amount paid are told apart by a day, or by a number one slip from theirs."""
ABOUT_EARLY, ABOUT_LATE = 4, 11
"""Days before and after the due date in which three payments in four come."""


def of_like_number(case: Case) -> list[int]:
    """Of a few items open at exactly the amount paid, those whose number is one slip away from one in the
    text, which is not held, or is another's; if most are paid then."""
    texts = _numbers(case) if case.paid > 0 else []
    held = case.there(case.scope.held(case.paid, most=FEW_HELD) or ()) if texts else []
    items, numbers = case.scope.items, case.scope.index.numbers
    return [
        n
        for n in held
        if is_usual(case, items[n].due_date)
        and case.grade(n) >= 0
        and any(is_slip(text, numbers[n].compact) for text in texts)
    ]


def _numbers(case: Case) -> list[str]:
    """The numbers in the text, as they are compared."""
    cited = case.cited
    return [c.text.replace(" ", "") for c in cited.citations] + [word.text for word in cited.unknown]


def of_amount_about_due(case: Case) -> list[int]:
    """When nobody knows who pays, and nothing is cited: of a few items open at exactly the amount paid, the
    only one that is about due."""
    if case.paid <= 0 or not case.payer_is_unknown or not is_silent(case):
        return []
    held = case.there(case.scope.held(case.paid, most=FEW_HELD) or ())
    found = [n for n in held if _is_about_due(case, n)]
    return found if len(found) == 1 else []


def _is_about_due(case: Case, n: int) -> bool:
    due, booked = case.scope.items[n].due_date, case.line.booking_date
    return due is not None and booked is not None and -ABOUT_EARLY <= (booked - due).days <= ABOUT_LATE


def due_now(case: Case, owed: Sequence[int]) -> list[int]:
    """What a payer owes that most would pay by that day, if he paid enough for all of it."""
    scope = case.scope
    due = [n for n in owed if scope.open[n] > 0 and is_usual(case, scope.items[n].due_date)]
    return due if sum(scope.open[n] for n in due) <= case.paid else []


def is_due_now(case: Case, owed: Sequence[int]) -> bool:
    """Whether a sure payer may be paying what is due now, one item at least being about due."""
    due = due_now(case, owed) if case.payer.sure else []
    return any(_is_about_due(case, n) for n in due)


def in_common(case: Case, meaning: Meaning) -> list[int]:
    """When several numbers are cited, each of which several have: what stands under them between the one
    seller and the one debtor who have most of them; if it is what was paid, or less and most would pay it
    then."""
    if not meaning.ambiguous or len(meaning.items) + len(meaning.ambiguous) < 2:
        return []
    scope = case.scope
    found = _by_parties(case, [*((n,) for n in meaning.items), *meaning.ambiguous])
    most = max(map(len, found.values()), default=0)
    best = [items for items in found.values() if len(items) == most]
    if most < 2 or len(best) > 1:
        return []
    items = sorted(best[0])
    over = case.paid - sum(scope.open[n] for n in items)
    fits = over == 0 or (over > 0 and all(is_usual(case, scope.items[n].due_date) for n in items))
    return items if fits else []


def _by_parties(case: Case, numbers: Iterable[Sequence[int]]) -> Mapping[tuple[str, str], set[int]]:
    """Of the items under each number, the first that is open between any seller and debtor."""
    scope, found = case.scope, defaultdict[tuple[str, str], set[int]](set)
    for places in numbers:
        items = ((n, scope.items[n]) for n in reversed(places) if scope.open[n] > 0)
        firsts = {(item.seller_id, item.debtor_id): n for n, item in items}
        for parties, n in firsts.items():
            found[parties].add(n)
    return found
