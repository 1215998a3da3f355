"""Differences that have a name: what is missing of a cited item, and whether the contract allows it."""

from collections.abc import Sequence
from typing import Final

from core.model.decision import GapReason
from core.money import exponent
from core.reconciliation.case import Case
from core.reconciliation.line import Item

DEDUCTION: Final = 10
"""A partial payment that leaves less than a tenth looks like a deduction, not like an instalment."""
CLOSE: Final = 20
"""Amounts that differ by less than a twentieth may be the same with a difference."""
MAX_RETENTION_BP: Final = 500
"""The law caps the retention of a works contract at five percent of the amount including tax."""

INDEMNITY: Final = 40
"""Fixed indemnity for late payment, in major units, per invoice (French commercial code D441-5)."""

MOST_INTEREST: Final = 5
"""Interest for late payment is no more than a fifth of what is owed: about a year at the legal rate."""


def gap_reason(case: Case, item: Item, gap: int) -> GapReason | None:
    """The name of a gap that the contract allows: the first of those that fit."""
    if 0 < gap <= case.policy.rounding_tolerance_minor:
        return "rounding"
    if in_time(case, item) and is_rate(item, gap, item.discount_bp):
        return "discount"
    if (item.retention_bp or 0) <= MAX_RETENTION_BP and is_rate(item, gap, item.retention_bp):
        return "retention"
    if case.policy.commission_allowed and gap > 0 and _is_commission(case, item, gap):
        return "commission"
    if gap > 0 and _is_exchange(case, gap):
        return "exchange"
    return "charges" if 0 < gap <= case.policy.charges_tolerance_minor else None


def _is_commission(case: Case, item: Item, gap: int) -> bool:
    """Whether an agent's commission of this amount is written in the text, in a readable currency, and
    only one item of the debtor has the gross amount. A rate is never guessed."""
    written = [a.minor(case.line.currency) for a in case.label.amounts if a.said == "commission"]
    gross = case.scope.owed_at(item.debtor_id, case.paid + gap, most=2)
    return written == [gap] and len(gross) == 1


def _is_exchange(case: Case, gap: int) -> bool:
    """Whether the money was changed on its way, and little is missing of the item, or of what was sent
    when that was in the item's currency."""
    line, due = case.line, case.paid + gap
    if not line.original_currency or not line.original_amount_minor:
        return False
    if line.original_currency == line.currency and abs(line.original_amount_minor) != due:
        return False
    return gap * 10_000 <= due * case.policy.exchange_tolerance_bp


def in_time(case: Case, item: Item) -> bool:
    """Whether the money was there by the last day of the agreed discount."""
    paid_on = case.line.value_date or case.line.booking_date
    return item.discount_until is not None and paid_on is not None and paid_on <= item.discount_until


def is_rate(item: Item, gap: int, basis_points: int | None) -> bool:
    """Whether the gap is this rate of the whole amount, to the cent."""
    return bool(basis_points) and abs(gap * 10_000 - item.amount_minor * (basis_points or 0)) < 10_000


def is_agreed(case: Case, n: int) -> bool:
    """Whether nothing but a rounding is missing, or the item's own rate to the cent, in time or not."""
    item, gap = case.scope.items[n], case.scope.open[n] - case.paid
    if 0 < gap <= case.policy.rounding_tolerance_minor:
        return True
    return gap > 0 and (is_rate(item, gap, item.discount_bp) or is_rate(item, gap, item.retention_bp))


def is_deduction(case: Case, n: int) -> bool:
    """Whether what would stay open looks like something withheld rather than a later instalment."""
    item, gap = case.scope.items[n], case.scope.open[n] - case.paid
    named = is_rate(item, gap, item.discount_bp) or is_rate(item, gap, item.retention_bp)
    return named or gap * DEDUCTION <= item.amount_minor


def is_left_over(item: Item, left: int) -> bool:
    """Whether so little of an item is left that it is what a payment of the whole of it withheld."""
    return abs(left) * DEDUCTION <= abs(item.amount_minor)


def late_payment(case: Case, items: Sequence[int], excess: int) -> dict[str, int]:
    """An excess taken apart: the fixed indemnity of each item, and what is left as interest for so many
    days, with the yearly rate (basis points) that this would be. Only told; nothing is absorbed."""
    indemnity = INDEMNITY * 10 ** exponent(case.line.currency) * len(items)
    owed = sum(case.scope.open[n] for n in items)
    if case.line.currency != "EUR" or not 0 <= excess - indemnity <= owed // MOST_INTEREST:
        return {}
    booked, due = case.line.booking_date, [case.scope.items[n].due_date for n in items]
    late = [(booked - day).days for day in due if booked and day and booked > day]
    if len(items) == 1 and not late and due[0] is not None:
        return {}
    parts, interest = {"indemnity_minor": indemnity}, excess - indemnity
    if interest:
        parts["interest_or_other_minor"] = interest
    if late:
        parts["days_late"] = max(late)
        parts["yearly_rate_bp"] = interest * 365 * 10_000 // (owed * max(late)) if owed > 0 else 0
    return parts


def rivals(case: Case, n: int) -> list[int]:
    """What else explains a payment below the open amount of the cited item: another open item of the
    debtor at exactly that amount, a credit note nobody cited that makes up the difference, or another
    debtor's item of that number at exactly that amount."""
    scope, debtor_id = case.scope, case.scope.items[n].debtor_id
    few = case.policy.max_shared_key
    equal = scope.owed_at(debtor_id, case.paid, most=few)
    netted = scope.owed_at(debtor_id, case.paid - scope.open[n], most=few)
    same = scope.index.full.get(scope.index.numbers[n].compact, ())[:few]
    others = [m for m in same if scope.open[m] == case.paid and scope.items[m].debtor_id != debtor_id]
    return [m for m in (*equal, *netted, *others) if m != n]


def _credits(case: Case, n: int) -> list[int] | None:
    """What is open of the credit notes of the debtor of item `n` that were issued by then; None when he owes
    so much that nobody can look at all of it."""
    scope = case.scope
    if not scope.has_credit_notes:
        return []
    owed = scope.owed(scope.items[n].debtor_id, most=case.policy.max_owed)
    return None if owed is None else [-scope.open[m] for m in owed if scope.open[m] < 0 and case.is_issued(m)]


def may_be_netted(case: Case, n: int, most: int) -> bool:
    """Whether a credit note of at most so much, which nobody cited, may be some of what is missing of the
    cited item, and the rest something withheld, or another item that nobody cited."""
    notes = _credits(case, n)
    return notes is None or any(note <= most for note in notes)


def may_make_up(case: Case, n: int) -> bool:
    """Whether credit notes that nobody cited are enough for what is missing of the cited item, but for
    something withheld: then it may be paid whole, alone or with others."""
    notes = _credits(case, n)
    if not notes:
        return notes is None
    missing = case.scope.open[n] - case.paid
    return (missing - sum(notes)) * DEDUCTION <= case.scope.items[n].amount_minor


def close_rival(case: Case, n: int) -> bool:
    """Whether a part may be no part: the debtor owes something else of about this amount, or so much
    that nobody can look at all of it."""
    if rivals(case, n):
        return True
    owed = case.scope.owed(case.scope.items[n].debtor_id, most=case.policy.max_owed)
    if owed is None:
        return True
    return any(m != n and abs(case.scope.open[m] - case.paid) * CLOSE <= case.paid for m in owed)
