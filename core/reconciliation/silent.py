"""T6 and T7: a payment that cites nothing, from one sure debtor whose every invoice is known here."""

from datetime import date
from functools import partial
from typing import Final, NamedTuple

from core.model.decision import Tier
from core.reconciliation.case import Case, Gate, Ruling, share
from core.reconciliation.coincidence import amount_odds, by_everything, by_group
from core.reconciliation.gaps import is_left_over
from core.reconciliation.group import groups
from core.reconciliation.index import form_of, shape_of
from core.reconciliation.label import Word, is_year
from core.reconciliation.label.zones import zones_of
from core.reconciliation.memory import for_good, until_paid
from core.reconciliation.scope import normal_iban

OTHERWISE: Final = 0.1
"""One payment in ten of a sure payer, whose every invoice is known, closes none of them exactly all the
same: an advance, a deduction, a second payment. Only such a payment can meet an amount by accident. It
does not count for a group that skips what fell due between: few payments are such a group."""
EARLY_DAYS: Final = 45
LATE_DAYS: Final = 90
"""Days before and after the due date in which a payment that cites nothing is plausible. A namesake, or
somebody who pays for another debtor, meets an amount on any day."""
CLOSE_DAYS: Final = 5
"""Days before and after the due date in which it is paid when it is due."""
USUAL_EARLY, USUAL_LATE = 10, 30
"""Days before and after it in which most are paid."""
IN_TIME_EARLY, IN_TIME_LATE = 3, 10
"""Days before and after it in which the money of a punctual payer is booked."""
IN_TIME: Final = 0.25
"""An accident falls on any of the 136 plausible days, on one of those 14 in one case of ten; of payments at
least two in five do. So chance counts a quarter there."""
OUT_OF_TIME: Final = 4.0
"""Beyond the days in which most are paid lie seven accidents of ten, and one payment in six."""
APART_DAYS: Final = 20
"""Documents of one amount that fall due so many days apart are told from each other by the day of payment.
Two payments of one amount within fewer days may be one that was made twice."""


class Owed(NamedTuple):
    """What the payer may be paying: his open items by that day, and the groups of them that make the
    amount (two at most). `cap` names the bound that ended the search."""

    pool: tuple[int, ...]
    found: tuple[tuple[int, ...], ...]
    cap: str | None


@for_good
def is_silent(case: Case) -> bool:
    """Whether no token of the text could be a reference: a payer who cites something means it.

    Identifiers that software fills in (end-to-end id, `/REF`) count only when they have the form of a
    number of the payer's.
    """
    if case.cited.citations or case.cited.caps or other_numbers(case):
        return False
    booked = case.line.booking_date
    for word in case.label.words:
        if word.text.isalpha() or (word.text.isdigit() and booked and is_year(word.text, booked)):
            continue
        if not _is_by_machine(case, word):
            return False
    return True


@for_good
def other_numbers(case: Case) -> tuple[Word, ...]:
    """The numbers in the text that are not held, but for identifiers that software fills in. Digits alone
    are noted only behind letters that lead to a number."""
    return tuple([w for w in case.cited.unknown if w.text.isdigit() or not _is_by_machine(case, w)])


def _is_by_machine(case: Case, word: Word) -> bool:
    """Whether software filled it in: it stands where that does, and is not like the payer's numbers (like
    anybody's, when nobody knows who pays)."""
    zones = _machine_zones(case)
    if not (word.field == "end_to_end_id" or any(a <= word.start < b for a, b in zones)):
        return False
    index, payers = case.scope.index, case.payer.sure | case.payer.likely
    if not payers:
        return shape_of(word.text) not in index.shapes
    form = form_of(word.text)
    return not any(form in index.forms_of.get(debtor_id, ()) for debtor_id in payers)


@for_good
def _machine_zones(case: Case) -> list[tuple[int, int]]:
    zones = zones_of(case.label.folded).zones
    return [(zone.start, zone.end) for zone in zones if zone.role == "reference"]


def sole_debtor(case: Case) -> str | None:
    """The one debtor who surely pays, provided that every invoice to him is known here."""
    payer = case.payer
    if len(payer.sure) != 1 or (payer.likely | payer.clearly) - payer.sure:
        return None
    (debtor_id,) = payer.sure
    return None if debtor_id in case.scope.partly_known else debtor_id


@until_paid
def owed_by_payer(case: Case) -> Owed:
    """Searches what the sole debtor owes for groups that make the amount; within the policy's caps."""
    scope, policy, debtor_id = case.scope, case.policy, sole_debtor(case)
    pool = scope.owed(debtor_id, most=policy.max_group_items) if debtor_id is not None else ()
    if pool is None:
        return Owed((), (), "max_group_items")
    pool = tuple(sorted([n for n in pool if case.is_issued(n)], key=partial(_legal_order, case)))
    amounts = [scope.open[n] for n in pool]
    if sum(amounts) == case.paid and min(amounts, default=0) > 0:
        return Owed(pool, (pool,), None)
    result = groups(
        amounts, case.paid, size=policy.max_group_size, steps=policy.max_group_steps,
        most=policy.max_group_items, alike=policy.legal_order,
    )  # fmt: skip
    return Owed(pool, tuple(tuple(pool[i] for i in found) for found in result.found), result.cap)


def _legal_order(case: Case, n: int) -> tuple[object, ...]:
    """Civil code, article 1342-10: what is due first, and of that the oldest."""
    item, day = case.scope.items[n], case.line.booking_date or date.max
    due = item.due_date or item.issue_date or date.max
    return due > day, due, item.issue_date or date.max, n


class Claim(NamedTuple):
    """The only group of what is owed that makes the amount."""

    owed: Owed
    items: tuple[int, ...]


def _claim(case: Case) -> Claim | Gate | None:
    """What may be taken without a reference, or why nothing may; None when that is plain beforehand."""
    if sole_debtor(case) is None or not is_silent(case):
        return None
    if case.twins and not case.policy.legal_order:
        return Gate("twin_payments")
    owed = owed_by_payer(case)
    if owed.cap:
        return Gate("cap_reached")
    if len(owed.found) != 1:
        return Gate("several_groups_fit" if owed.found else "no_group_fits")
    items = owed.found[0]
    doubts = [doubt for n in items if (doubt := _doubt(case, n))]
    if not doubts and not _one_seller_each(case, owed, items):
        doubts = ["several_sellers"]
    return Gate(doubts[0]) if doubts else Claim(owed, items)


def gate_of(case: Case) -> Gate | None:
    """Why the payer and the amount were not enough for a line that no rule decided."""
    if not is_silent(case):
        return Gate("something_cited")
    if sole_debtor(case) is not None:
        return case.gate
    if not case.payer.sure:
        return Gate("payer_not_sure")
    single = len(case.payer.sure | case.payer.likely | case.payer.clearly) == 1
    return Gate("turnover_not_whole" if single else "several_debtors_possible")


def _alike(case: Case, owed: Owed, items: tuple[int, ...]) -> list[int]:
    """Items left out although their amount is that of one that was taken."""
    taken = {case.scope.open[n] for n in items}
    return [n for n in owed.pool if n not in items and case.scope.open[n] in taken]


def _one_seller_each(case: Case, owed: Owed, items: tuple[int, ...]) -> bool:
    """Items of one amount stand for each other only when the money goes to the same seller."""
    sellers = {(case.scope.open[n], case.scope.items[n].seller_id) for n in items}
    return all(
        (case.scope.open[n], case.scope.items[n].seller_id) in sellers for n in _alike(case, owed, items)
    )


def _doubt(case: Case, n: int) -> str | None:
    """What speaks against an item: a credit note that nobody cited, one to be paid on another account,
    one issued after it was paid, one that fell due long before that, or falls due long after."""
    item, line = case.scope.items[n], case.line
    if case.scope.open[n] < 0:
        return "credit_note_not_cited"
    if item.expected_account_id not in (None, line.account_id):
        return "other_account"
    issued, booked = item.issue_date, line.booking_date
    if issued and booked and issued > booked:
        return "issued_later"
    return "far_from_due" if is_far_from_due(case, item.due_date) else None


def is_far_from_due(case: Case, due: date | None) -> bool:
    """Whether nobody would pay on that day unasked; by the legal order the oldest is paid, however old."""
    booked = case.line.booking_date
    if due is None or booked is None or case.policy.legal_order:
        return False
    return not -EARLY_DAYS <= (booked - due).days <= LATE_DAYS


def is_close_to_due(case: Case, due: date | None) -> bool:
    """Whether it is paid when it is due."""
    booked = case.line.booking_date
    return due is not None and booked is not None and abs((booked - due).days) <= CLOSE_DAYS


def is_usual(case: Case, due: date | None) -> bool:
    """Whether most are paid so long before or after the due day, as far as that is known."""
    booked = case.line.booking_date
    return due is None or booked is None or -USUAL_EARLY <= (booked - due).days <= USUAL_LATE


def is_in_time(case: Case, due: date | None) -> bool:
    """Whether a punctual payer pays on that day."""
    booked = case.line.booking_date
    return due is not None and booked is not None and -IN_TIME_EARLY <= (booked - due).days <= IN_TIME_LATE


def _by_day(case: Case, items: tuple[int, ...]) -> float:
    """What chance counts for on that day: accidents do not keep to due days. Items are in time when each of
    them is, and out of time when none is paid when most are; by the legal order no day tells anything."""
    due = [case.scope.items[n].due_date for n in items]
    if case.policy.legal_order:
        return 1.0
    if not any(is_usual(case, day) for day in due):
        return OUT_OF_TIME
    return IN_TIME if all(is_in_time(case, day) for day in due) else 1.0


def is_third_party(case: Case) -> bool:
    """Somebody of another name, whose account paid for this debtor before: he may pay for others too."""
    return bool(case.label.payer) and not case.payer.likely


def _otherwise(case: Case, debtor_id: str) -> float:
    """The share of payments that are no payment of these items; from an account not known as his, more
    where the name is one that namesakes bear."""
    if debtor_id in case.scope.accounts.debtors(normal_iban(case.line.counterparty_iban)):
        return OTHERWISE
    return max(OTHERWISE, case.scope.debtors.namesakes(debtor_id, case.label.payer or case.label.run))


def _against(case: Case, n: int) -> str | None:
    """What speaks against item `n`, although it alone makes the amount: what is left of another one, or other
    documents of the debtor of that amount, or of twice as much."""
    if is_left_over(case.scope.items[n], case.paid):
        return "left_over"
    billed = case.scope.index.billed_to(case.scope.items[n].debtor_id, case.paid)
    others = () if case.policy.legal_order else tuple(m for m in billed if m != n)
    if any(_was_paid_lately(case, m) for m in others):
        return "paid_lately"
    if others and not _is_told_by_its_day(case, n, others):
        return "amount_billed_again"
    return "half_of_another" if _may_be_half(case, n) else None


def _was_paid_lately(case: Case, n: int) -> bool:
    """Whether item `n` was paid about then: it may be that payment once more."""
    paid, booked = case.scope.changed_on.get(n), case.line.booking_date
    return paid is not None and booked is not None and abs((booked - paid).days) < APART_DAYS


def _is_told_by_its_day(case: Case, n: int, others: tuple[int, ...]) -> bool:
    """Whether the day of payment tells item `n` from others of its amount: it is in time for this one, and
    each of them is yet to come, or settled and due at another time."""
    due = case.scope.items[n].due_date
    if due is None or not is_in_time(case, due):
        return False
    return all(_is_of_another_time(case, m, due) for m in others)


def _is_of_another_time(case: Case, n: int, due: date) -> bool:
    if not case.is_issued(n):
        return True
    other = case.scope.items[n].due_date
    return not case.is_open(n) and other is not None and abs((other - due).days) >= APART_DAYS


def _may_be_half(case: Case, n: int) -> bool:
    """Whether it may be an instalment of an item of twice the amount: unless item `n` is paid in time, and
    that one would be far out of time."""
    scope, item = case.scope, case.scope.items[n]
    doubles = scope.owed_at(item.debtor_id, 2 * case.paid, most=case.policy.max_group_items)
    if doubles and not is_in_time(case, item.due_date):
        return True
    return any(is_usual(case, scope.items[m].due_date) for m in doubles)


def payer_and_amount(case: Case) -> Ruling | Gate | None:
    """T6: the exact amount of one open item, which nothing else he owes makes, and a rare one."""
    claim = _claim(case)
    if not isinstance(claim, Claim):
        return claim
    owed, items = claim
    if len(items) != 1:
        return None
    if is_third_party(case) and case.scope.held(case.paid, most=1) is None:
        return Gate("third_party")
    if (code := _against(case, items[0])) is not None:
        return Gate(code)
    debtor_id = case.scope.items[items[0]].debtor_id
    odds = amount_odds(case.scope.index, case.paid, case.line.currency)
    chance = _otherwise(case, debtor_id) * len(owed.pool) * odds * _by_day(case, items)
    reason = "legal_order" if _alike(case, owed, items) else "payer_and_amount"
    return _ruling(case, "T6", reason, items, chance)


def payer_and_group(case: Case) -> Ruling | Gate | None:
    """T7: everything he owes, or the only few items that make the amount."""
    claim = _claim(case)
    if not isinstance(claim, Claim):
        return claim
    owed, items = claim
    if len(items) < 2:
        return None
    if is_third_party(case):
        return Gate("third_party")
    if any(is_left_over(case.scope.items[n], case.scope.open[n]) for n in items):
        return Gate("left_over")
    whole = len(items) == len(owed.pool)
    amounts = [case.scope.open[n] for n in owed.pool]
    currency, otherwise = case.line.currency, _otherwise(case, case.scope.items[items[0]].debtor_id)
    other = otherwise * _one_for_another(case, items)
    late = max(1.0, _by_day(case, items))
    if whole:
        chance = otherwise * by_everything(amounts, currency) + other
        return _ruling(case, "T7", "payer_owes_this", items, chance * late)
    in_a_row = _in_a_row(case, owed, items)
    chance = by_group(len(items), amounts, case.paid, currency, in_a_row=in_a_row)
    chance = chance * (otherwise if in_a_row else max(1, otherwise)) + other
    reason = "legal_order" if _alike(case, owed, items) else "payer_and_group"
    return _ruling(case, "T7", reason, items, chance * late)


def _one_for_another(case: Case, items: tuple[int, ...]) -> float:
    """How many of the group are such that something else is as large by accident; one of them must be told
    from all others by its amount."""
    index, currency = case.scope.index, case.line.currency
    odds = sorted([amount_odds(index, case.scope.open[n], currency) for n in items])
    return sum(odds[1:])


def _in_a_row(case: Case, owed: Owed, items: tuple[int, ...]) -> bool:
    """Whether the group skips nothing that fell due between its first and its last item, of what he owes
    to the same sellers: so people pay, and there are few such groups to meet an amount by accident."""
    sellers = {case.scope.items[n].seller_id for n in items}
    mine = [n for n in owed.pool if case.scope.items[n].seller_id in sellers]
    places = [at for at, n in enumerate(mine) if n in items]
    return places[-1] - places[0] < len(items)


def _ruling(case: Case, tier: Tier, reason: str, items: tuple[int, ...], chance: float) -> Ruling | Gate:
    if chance > case.policy.max_coincidence:
        return Gate("coincidence_bound", chance)
    scope = case.scope
    shares = [share(item_id=scope.items[n].item_id, amount_minor=scope.open[n]) for n in items]
    return Ruling("auto", tier, reason, tuple(shares), chance)
