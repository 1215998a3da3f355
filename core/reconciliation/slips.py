"""T5, too: a number that is one slip of the finger away from one the payer owes."""

from rapidfuzz.distance import OSA

from core.model.decision import Share
from core.reconciliation.case import Case, Ruling
from core.reconciliation.coincidence import amount_odds
from core.reconciliation.index import SHORT
from core.reconciliation.silent import sole_debtor


def is_slip(text: str, number: str) -> bool:
    """Whether one character was changed, lost, added or swapped with its neighbour, in the number or in
    its end when the text has only that.

    >>> is_slip("FA2404356", "FA2404365"), is_slip("2404356", "FA240435"), is_slip("FA93", "FA77")
    (True, True, False)
    """
    if len(text) < SHORT:
        return False
    ends = {number, *(number[-size:] for size in (len(text) - 1, len(text), len(text) + 1))}
    return any(OSA.distance(text, end, score_cutoff=1) == 1 for end in ends)


def slips(case: Case) -> tuple[int, ...]:
    """Of what the payer owes, the items whose number is one slip from a cited one we do not hold."""
    scope, most = case.scope, case.policy.max_group_items
    texts = [word.text for word in case.cited.unknown[:most] if len(word.text) >= SHORT]
    mine = scope.of_payer(case.payer, most=most) if texts else ()
    return tuple(n for n in mine if any(is_slip(t, scope.index.numbers[n].compact) for t in texts))


def slip_and_amount(case: Case) -> Ruling | None:
    """T5: one unknown number, one item of a payer whose every invoice is known here one slip away from
    it, and its exact amount, which is a rare one."""
    if case.cited.citations or len(case.cited.unknown) != 1 or sole_debtor(case) is None:
        return None
    near, scope = slips(case), case.scope
    if len(near) != 1 or scope.open[near[0]] != case.paid:
        return None
    (n,) = near
    debtor_id = scope.items[n].debtor_id
    owed = scope.owed(debtor_id, most=case.policy.max_group_items)
    if owed is None or scope.index.amounts_of[debtor_id, case.paid] > 1:
        return None
    chance = len(owed) * amount_odds(scope.index, case.paid, case.line.currency)
    if chance > case.policy.max_coincidence:
        return None
    share = Share(item_id=scope.items[n].item_id, amount_minor=case.paid)
    return Ruling("auto", "T5", "slip_and_amount", (share,), chance)
