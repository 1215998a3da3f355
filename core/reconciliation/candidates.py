"""Possible answers for a person: made from what is cited and owed, each with its arithmetic, ranked."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from core.reconciliation.case import Case, Meaning, Proposal, share
from core.reconciliation.coincidence import amount_odds
from core.reconciliation.endings import ended
from core.reconciliation.gaps import gap_reason, late_payment, rivals
from core.reconciliation.group import groups
from core.reconciliation.hints import due_now, in_common, of_amount_about_due, of_like_number
from core.reconciliation.index import FULL, LONG_DIGITS, SHORT_DIGITS, STRUCTURED
from core.reconciliation.memory import for_good
from core.reconciliation.silent import is_far_from_due, sole_debtor
from core.reconciliation.slips import near
from core.reconciliation.tiers import counter_hits

HANDFUL: Final = 8
"""More items than this at the amount paid, and the amount alone says nothing."""
FEW: Final = 3
"""So few items of a payer can all be shown."""
SIZE, STEPS, MOST = 4, 2_000, 40
"""Bounds of a search for groups that are only proposed."""

REFERENCE: Final = {
    "structured": 8.0, "full": 6.0, "long": 5.0, "declared": 4.0, "slip": 3.5, "short": 3.0, "counter": 2.5,
    "none": 0.0, "elsewhere": -2.0,
}  # fmt: skip
AMOUNT: Final = {
    "exact and rare": 6.0, "exact": 4.0, "named gap": 3.0, "indemnity": 3.0, "excess": 0.5, "short": 0.0,
}  # fmt: skip
PAYER: Final = {2: 4.0, 1: 2.5, 0: 0.0, -1: -4.0}
"""How much each level of a signal speaks for a candidate, in bits (the logarithm of how much more often
it is seen with the right item than with another). For ranking only: the signals are not independent."""
EACH_MORE: Final = -0.5
"""For each further item of a group that nobody cited."""
LEFT_OUT: Final = -2.0
"""For leaving out some of what is cited."""
FAR: Final = -3.0
"""For a difference without a name, in proportion to the larger amount."""
MIDDLE: Final = 6.0
DAYS_A_BIT, MOST_LATE, NO_DATE, EARLY = 45, 2.0, 1.0, 4.0
"""Days from the due day that cost a bit, bits that they cost at most, what it costs that no day is known, and
to be paid before the issue."""
RARE: Final = 0.2
"""An amount that chance would give less often than one in five tells one item from another."""
_LEVELS: Final = {STRUCTURED: "structured", FULL: "full", LONG_DIGITS: "long", SHORT_DIGITS: "short"}


def propose(
    case: Case, items: Sequence[int], because: str, reference: str = "none", *, left_out: bool = False
) -> Proposal | None:
    """These items for this money: whole, the largest cut by what is missing, the excess left over.

    None when the items are no debt of that direction, or when the money does not even reach the largest:
    which part is meant, nobody can say.
    """
    scope, paid, sign = case.scope, case.paid, 1 if case.paid > 0 else -1
    places = tuple(n for n in sorted(set(items)) if scope.open[n])
    amounts = [scope.open[n] for n in places]
    due = sum(amounts)
    if due * sign <= 0:
        return None
    over = paid - due
    level, more = _amount_level(case, places, over)
    if over * sign < 0:
        largest = amounts.index(max(amounts) if sign > 0 else min(amounts))
        amounts[largest] += over
        if amounts[largest] * sign <= 0:
            return None
    grade = min([case.grade(n) for n in places])
    bits = REFERENCE[reference] + AMOUNT[level] + PAYER[grade] + _dates(case, places)
    bits += EACH_MORE * (len(places) - 1) if reference in ("none", "elsewhere") else 0
    bits += LEFT_OUT if left_out else 0
    bits += FAR * abs(over) / max(abs(paid), abs(due)) if level in ("short", "excess") else 0
    shares = [
        share(item_id=scope.items[n].item_id, amount_minor=a) for n, a in zip(places, amounts, strict=True)
    ]
    why = {"because": because, "reference": reference, "amount": level, "payer": grade, **more}
    return Proposal(tuple(shares), 1 / (1 + 2 ** ((MIDDLE - bits) / 2)), why)


def _amount_level(case: Case, items: tuple[int, ...], over: int) -> tuple[str, dict[str, Any]]:
    if over == 0:
        return "exact and rare" if is_rare(case) else "exact", {}
    if over * case.paid > 0:
        parts = late_payment(case, items, over)
        return "indemnity" if "indemnity_minor" in parts else "excess", {"excess_minor": over, **parts}
    reason = gap_reason(case, case.scope.items[items[0]], -over) if len(items) == 1 else None
    return "named gap" if reason else "short", {
        "gap_minor": -over,
        **({"gap_reason": reason} if reason else {}),
    }


@for_good
def is_rare(case: Case) -> bool:
    """Whether the amount tells one item from another: chance would give less than one in five."""
    index = case.scope.index
    return len(index.billed) * amount_odds(index, case.paid, case.line.currency) <= RARE


def _dates(case: Case, items: tuple[int, ...]) -> float:
    """Up to two bits less the further the payment is from the due day; much less before the issue."""
    booked, found = case.line.booking_date, 0.0
    for n in items if booked else ():
        item = case.scope.items[n]
        due = item.due_date or item.issue_date
        assert booked is not None
        found -= min(MOST_LATE, abs((booked - due).days) / DAYS_A_BIT) if due else NO_DATE
        found -= EARLY if item.issue_date and item.issue_date > booked and not case.is_issued(n) else 0.0
    return found / max(1, len(items))


def candidates(case: Case, meaning: Meaning | None) -> tuple[Proposal, ...]:
    """Everything that the line may pay, unordered; the caller ranks and cuts."""
    found: list[Proposal | None] = []
    if meaning is not None:
        found += _of_cited(case, meaning)
    found += _nearly_cited(case)
    found += [propose(case, [n], f"counter {c}", "counter") for n, c in counter_hits(case).items()]
    found += _ended(case)
    found += [propose(case, [n], "a number like it, and the amount", "slip") for n in of_like_number(case)]
    found += [propose(case, [n], "the amount, about due") for n in of_amount_about_due(case)]
    found += _declared(case)
    found += _of_payer_exactly(case)
    if meaning is None or not meaning.items:
        found += _of_payer(case)
    found += [propose(case, [n], "a word of the name, and the amount") for n in of_partly_named(case)]
    if len(found) < HANDFUL and is_rare(case):
        held = case.scope.held(case.paid, most=HANDFUL) or ()
        reference = _elsewhere(case)
        found += [
            propose(case, [n], "amount only", reference) for n in case.there(held) if case.grade(n) >= 0
        ]
    return tuple(p for p in found if p is not None)


def _level(meaning: Meaning, items: Iterable[int]) -> str:
    strengths = dict(zip(meaning.items, meaning.strengths, strict=True))
    return _LEVELS.get(min(strengths.get(n, SHORT_DIGITS) for n in items), "short")


def _of_cited(case: Case, meaning: Meaning) -> Iterator[Proposal | None]:
    items, scope = meaning.items, case.scope
    for group in meaning.ambiguous:
        live = [n for n in group if scope.open[n]]
        for n in sorted(live, key=lambda n: scope.open[n] != case.paid)[:HANDFUL]:
            yield propose(case, [*items, n], "shares the cited number", "short")
            yield propose(case, [n], "shares the cited number", "short")
    if common := in_common(case, meaning):
        yield propose(case, common, "what one debtor owes under these numbers", "long")
    if not items:
        return
    yield propose(case, items, "cited", _level(meaning, items))
    if len(items) > 1:
        pool = items[:MOST]
        fitting = groups([scope.open[n] for n in pool], case.paid, size=len(pool), steps=STEPS)
        for found in fitting.found:
            part = [pool[i] for i in found]
            because = "this group of the cited sums exactly"
            yield propose(case, part, because, _level(meaning, part), left_out=len(part) < len(items))
        for n in items[:HANDFUL]:
            yield propose(case, [n], "one of the cited", _level(meaning, [n]), left_out=True)
    yield from _with_uncited(case, meaning)


def _with_uncited(case: Case, meaning: Meaning) -> Iterator[Proposal | None]:
    """What is cited together with one item that is not: a credit note, or one more invoice."""
    items, scope = meaning.items, case.scope
    level = _level(meaning, items)
    over = case.paid - sum(scope.open[n] for n in items)
    debtor_id = scope.items[items[0]].debtor_id
    for m in scope.owed_at(debtor_id, over, most=HANDFUL) if over else ():
        if m not in items:
            because = "cited, and one more" if over > 0 else "with a credit note that is not cited"
            yield propose(case, [*items, m], because, level)
    for more in _several_more(case, items, over) if over > 0 else ():
        yield propose(case, [*items, *more], "cited, and several more", level)
    if len(items) == 1:
        for m in rivals(case, items[0])[:HANDFUL]:
            if scope.open[m] == case.paid:
                yield propose(case, [m], "open at this amount", "slip")


def _several_more(case: Case, items: Sequence[int], over: int) -> Iterator[list[int]]:
    """Groups of what else the debtor of what is cited owes that make what was paid too much."""
    scope = case.scope
    owed = case.there(scope.owed(scope.items[items[0]].debtor_id, most=MOST) or ())
    others = [m for m in owed if m not in items and scope.open[m] != over]
    for found in groups([scope.open[m] for m in others], over, size=SIZE, steps=STEPS).found:
        yield [others[i] for i in found]


_NEAR: Final = {"cut": "its number begins so", "typo": "one slip from the cited number"}


def _nearly_cited(case: Case) -> Iterator[Proposal | None]:
    for citation in near(case):
        for n in citation.items[:MOST]:
            yield propose(case, [n], _NEAR[citation.how], "slip")


def _ended(case: Case) -> Iterator[Proposal | None]:
    """What the payer owes and the text may mean by the ends of its numbers: together, and one by one."""
    items = ended(case)
    if len(items) > 1:
        yield propose(case, items, "its numbers end so", "counter")
    for n in items[:HANDFUL]:
        yield propose(case, [n], "its number ends so", "counter")


def _declared(case: Case) -> Iterator[Proposal | None]:
    """What a tool says is paid: with the credit notes it sets off when that is the amount, else without."""
    stated = sorted([n for n in case.declared if case.scope.open[n]])
    items = [n for n in stated if case.scope.open[n] > 0]
    whole = stated if sum([case.scope.open[n] for n in stated]) == case.paid else items
    yield propose(case, whole, "declared by a tool", "declared")
    for n in items[:HANDFUL] if len(items) > 1 else ():
        yield propose(case, [n], "declared by a tool", "declared")


def _elsewhere(case: Case) -> str:
    return "elsewhere" if case.cited.unknown or case.cited.citations else "none"


def of_payer_exactly(case: Case) -> tuple[int, ...]:
    """What those who may be the payer owe at exactly the amount paid."""
    return case.scope.of_payer_at(case.payer, case.paid, most=MOST)


def _of_payer_exactly(case: Case) -> Iterator[Proposal | None]:
    for n in case.there(of_payer_exactly(case)):
        yield propose(case, [n], "payer and amount", _elsewhere(case))


def _of_payer(case: Case) -> Iterator[Proposal | None]:
    """Several of what the payer owes together, or one with a difference that has a name."""
    scope, reference = case.scope, _elsewhere(case)
    mine = [n for n in case.there(scope.of_payer(case.payer, most=MOST)) if scope.open[n] != case.paid]
    together = groups([scope.open[n] for n in mine], case.paid, size=SIZE, steps=STEPS)
    for found in together.found:
        yield propose(case, [mine[i] for i in found], "payer, and together they sum exactly", reference)
    for n in mine:
        named = is_named(case, n)
        yield propose(case, [n], "payer, with a difference that has a name", reference) if named else None
    if due := due_now(case, mine):
        yield propose(case, due, "the payer's, due now", reference)
    if not together.found and (sole_debtor(case) is not None or len(mine) <= FEW):
        yield from _something_owed(case, mine)


def is_named(case: Case, n: int) -> bool:
    """Whether what was paid differs from this item by something that has a name."""
    return _amount_level(case, (n,), case.paid - case.scope.open[n])[0] in ("named gap", "indemnity")


def of_partly_named(case: Case) -> list[int]:
    """When nobody knows who pays, and no other number is cited: what those owe at exactly the amount paid of
    whose names a rare word stands there, if it may be paid on that day."""
    if not case.payer_is_unknown or case.cited.unknown:
        return []
    found = case.there(case.of_partly_named())
    return [n for n in found if not is_far_from_due(case, case.scope.items[n].due_date)]


def _something_owed(case: Case, mine: Sequence[int]) -> Iterator[Proposal | None]:
    """A payer all of whose invoices are known pays some of them, whatever the amount says."""
    due = [n for n in mine if case.scope.open[n] > 0 and case.is_issued(n)]
    if sum(case.scope.open[n] for n in due) <= case.paid:
        yield propose(case, due, "everything the payer owes")
    near = sorted(due, key=lambda n: (abs(case.scope.open[n] - case.paid), n))
    for n in near[:FEW]:
        yield propose(case, [n], "the payer's, nearest to the amount")
