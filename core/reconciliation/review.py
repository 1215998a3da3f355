"""T9 and T10: what is not certain becomes a prepared review item, and nothing stays nothing."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from core.reconciliation.candidates import (
    HANDFUL,
    MOST,
    SIZE,
    STEPS,
    candidates,
    is_named,
    is_rare,
    of_partly_named,
    of_payer_exactly,
)  # fmt: skip
from core.reconciliation.case import Case, Meaning, Proposal, Ruling
from core.reconciliation.coincidence import by_counter, by_number
from core.reconciliation.decision import SHOWN
from core.reconciliation.endings import ended
from core.reconciliation.gaps import DEDUCTION, gap_reason, is_agreed, is_rate, rivals
from core.reconciliation.group import groups
from core.reconciliation.hints import in_common, is_due_now, of_amount_about_due, of_like_number
from core.reconciliation.silent import (
    gate_of,
    is_far_from_due,
    is_silent,
    is_usual,
    owed_by_payer,
    payer_and_amount,
    payer_and_group,
    sole_debtor,
)  # fmt: skip
from core.reconciliation.slips import meant_instead, near
from core.reconciliation.tiers import counter_hits

_GATED: Final = frozenset(
    {
        "amount_only", "declared_match", "identical_items", "payer_and_amount", "payer_and_group",
        "payer_only", "twin_payments",
    }
)  # fmt: skip
"""Reasons for which a person asks why the payer and the amount were not enough."""
OWN: Final = 0.99
"""The score of what a tier would have decided."""


class Reason(NamedTuple):
    """Why a person is asked. `rivals` are what stands against the first candidate."""

    code: str
    rivals: Iterable[int] = ()
    coincidence: float = 0.0
    caps: tuple[str, ...] = ()


def fall_back(case: Case) -> Ruling:
    """T9 when anything is suggestive, else T10."""
    meaning = case.meaning() if case.cites else None
    reason = _reason(case, meaning)
    if reason is None and not case.cited.caps:
        return Ruling("none", "T10", "nothing_fits")
    if reason is None or case.cited.caps:
        reason = Reason("cap_reached")
    return _review(case, reason, candidates(case, meaning))


def refused(case: Case) -> Ruling:
    """What a tier would have decided but may not: prepared for a person, with the other candidates."""
    code, ruling = case.refused or ("", Ruling("none", "T10", "nothing_fits"))
    others = fall_back(case).proposals
    why = {"because": f"{ruling.tier} {ruling.reason}", "tier": ruling.tier}
    own = () if code == "already_settled" else (Proposal(ruling.shares, OWN, why),)
    return _review(case, Reason(code, coincidence=ruling.coincidence), (*own, *others))


def on_hold(case: Case) -> Ruling:
    """What could be decided today, were it not for a stronger claim that may still come."""
    for rule in (payer_and_amount, payer_and_group):
        answer = rule(case)
        if isinstance(answer, Ruling):
            case.refused = ("held", answer)
            return refused(case)
        case.gate = case.gate or answer
    return fall_back(case)


def _review(case: Case, reason: Reason, proposals: Iterable[Proposal]) -> Ruling:
    names = tuple(case.scope.items[n].item_id for n in reason.rivals)
    caps = (*reason.caps, *case.cited.caps)
    gate = gate_of(case) if reason.code in _GATED else None
    chance = gate.coincidence if gate else reason.coincidence
    return Ruling(
        "review", "T9", reason.code, (), chance, tuple(proposals), rivals=names, caps=caps, gate=gate
    )  # fmt: skip


def _reason(case: Case, meaning: Meaning | None) -> Reason | None:
    if meaning is not None and _says_something(case, meaning):
        for cited in _CITED:
            if reason := cited(case, meaning):
                return reason
    for uncited in _UNCITED:
        if reason := uncited(case):
            return reason
    return None


def _says_something(case: Case, meaning: Meaning) -> bool:
    """One signal alone says nothing: a number is worth a look when the payer agrees with it, or the amount,
    be it less what was agreed, when its form belongs to few sellers and not to everybody, or when others lead
    to the same debtor."""
    scope = case.scope
    items = (*meaning.items, *meaning.settled, *(n for group in meaning.ambiguous for n in group))
    if len(meaning.items) > 1 and sum(scope.open[n] for n in meaning.items) == case.paid:
        return True
    if any(case.grade(n) >= 1 or case.paid in (scope.open[n], scope.items[n].amount_minor) for n in items):
        return True
    if any(is_agreed(case, n) for n in meaning.items) or in_common(case, meaning):
        return True
    if len(meaning.items) > len({scope.items[n].debtor_id for n in meaning.items}):
        return True
    return any(case.is_telling(c) for c in case.cited.citations)


def refund(case: Case, meaning: Meaning) -> Reason | None:
    """Money out that cites a credit note, and is not its amount."""
    differs = sum(case.scope.open[n] for n in meaning.items) != case.paid
    return Reason("sum_differs") if case.paid < 0 and meaning.items and differs else None


def ambiguous(case: Case, meaning: Meaning) -> Reason | None:
    """A citation that may mean several items."""
    items = sorted({n for group in meaning.ambiguous for n in group if case.scope.open[n] > 0})
    if meaning.ambiguous and not items:
        return settled(case, meaning._replace(settled=tuple(g[0] for g in meaning.ambiguous), ambiguous=()))
    return Reason("ambiguous_reference", items) if items else None


def settled(case: Case, meaning: Meaning) -> Reason | None:
    """Everything cited is settled already: a second payment, or a slip in the number."""
    if meaning.items or meaning.ambiguous or not meaning.settled:
        return None
    return Reason("already_settled", meaning.settled)


def conflict(case: Case, meaning: Meaning) -> Reason | None:
    """The payer is clearly another debtor than the one whose items are cited."""
    if not meaning.items or any(case.grade(n) >= 0 for n in meaning.items):
        return None
    chance = by_number(case.scope.index, 1, case.paid, case.line.currency)
    return Reason("payer_conflict", coincidence=chance)


def several_debtors(case: Case, meaning: Meaning) -> Reason | None:
    """Items of several debtors are cited together."""
    several = len({case.scope.items[n].debtor_id for n in meaning.items}) > 1
    return Reason("several_debtors") if several else None


def exact_but_unproven(case: Case, meaning: Meaning) -> Reason | None:
    """One item cited, the amount exact but not telling enough; or another of that amount may be meant."""
    if len(meaning.items) != 1 or case.scope.open[meaning.items[0]] != case.paid:
        return None
    if meant := meant_instead(case, meaning.items[0]):
        return Reason("probable_typing_error", meant)
    chance = by_number(case.scope.index, 1, case.paid, case.line.currency)
    twins = [m for m in case.scope.held(case.paid, most=HANDFUL) or () if m != meaning.items[0]]
    return Reason("coincidence_bound", twins, chance)


def over_payment(case: Case, meaning: Meaning) -> Reason | None:
    """More is paid than is open: the excess is shown with what it may be, and never absorbed."""
    total = sum(case.scope.open[n] for n in meaning.items)
    return Reason("overpayment") if meaning.items and 0 < total < case.paid else None


def under_payment(case: Case, meaning: Meaning) -> Reason | None:
    """Less is paid than is open on the one item cited."""
    if len(meaning.items) != 1 or case.paid >= case.scope.open[meaning.items[0]]:
        return None
    n = meaning.items[0]
    others = rivals(case, n)
    equal = any(case.scope.open[m] == case.paid for m in others)
    netted = any(case.scope.open[m] != case.paid for m in others)
    return Reason(_why_under(case, n, equal, netted), others)


def _why_under(case: Case, n: int, equal: bool, netted: bool) -> str:
    item, gap = case.scope.items[n], case.scope.open[n] - case.paid
    if netted:
        return "credit_note_not_cited"
    if equal:
        return "probable_typing_error"
    known = gap_reason(case, item, gap) or is_rate(item, gap, item.discount_bp)
    return "unexplained_gap" if known or gap * DEDUCTION <= item.amount_minor else "partial_payment"


def sums_differ(case: Case, meaning: Meaning) -> Reason | None:
    """Several items are cited and neither all of them nor one clear group is what was paid."""
    if len(meaning.items) < 2:
        return None
    policy, amounts = case.policy, [case.scope.open[n] for n in meaning.items]
    result = groups(
        amounts, case.paid, size=len(amounts), steps=policy.max_group_steps, most=policy.max_group_items
    )
    if result.cap:
        return Reason("cap_reached", caps=(result.cap,))
    return Reason("several_groups_fit" if len(result.found) > 1 else "sum_differs")


_CITED: Final[tuple[Callable[[Case, Meaning], Reason | None], ...]] = (
    refund, ambiguous, settled, conflict, several_debtors, exact_but_unproven, over_payment, under_payment,
    sums_differ,
)  # fmt: skip


def by_unknown(case: Case) -> Reason | None:
    """A number is cited that we do not hold: the payer tells us that he pays something else."""
    if not (case.cited.unknown or case.cited.cut or case.cited.alike):
        return None
    if any(_is_worth_a_look(case, n) for c in near(case) for n in c.items):
        return Reason("unknown_reference")
    if not case.scope.is_held(case.paid):
        return None
    rare = is_rare(case)
    weak = rare and counter_hits(case)
    own = (rare or sole_debtor(case)) and case.there(of_payer_exactly(case))
    return Reason("unknown_reference") if weak or own else None


def _is_worth_a_look(case: Case, n: int) -> bool:
    """Whether a number like the cited one may be meant: by a payer all of whose invoices are known, or as
    the amount agrees. Who also pays invoices unknown here has many that are numbered much the same."""
    known = case.scope.items[n].debtor_id not in case.scope.partly_known
    return known or case.scope.open[n] == case.paid or is_named(case, n)


def by_counters(case: Case) -> Reason | None:
    """A counter and the exact amount point to items, but chance would too."""
    hits = counter_hits(case)
    if not hits or case.cites or (case.cited.unknown and _is_far(case, hits)):
        return None
    counter, probed = next(iter(hits.values())), len(case.cited.counters)
    chance = by_counter(case.scope.index, counter, case.paid, case.line.currency, probed)
    if all(case.grade(m) < 0 for m in hits):
        return Reason("payer_conflict", hits, chance)
    return Reason("coincidence_bound" if len(hits) == 1 else "ambiguous_reference", hits, chance)


def _is_far(case: Case, items: Iterable[int]) -> bool:
    """Whether all of these fell due long before, or fall due long after."""
    return all(is_far_from_due(case, case.scope.items[n].due_date) for n in items)


def by_ends(case: Case) -> Reason | None:
    """The ends of numbers that a known payer owes, at another amount."""
    items = ended(case)
    if not items:
        return None
    due = sum(case.scope.open[n] for n in items)
    if len(items) > 1:
        return Reason("sum_differs")
    return Reason("overpayment" if due < case.paid else "partial_payment")


def by_declaration(case: Case) -> Reason | None:
    """An accounting tool says which items the line pays: evidence, never a decision."""
    return Reason("declared_match") if any(case.scope.open[n] > 0 for n in case.declared) else None


def by_payer(case: Case) -> Reason | None:
    """A known payer whose open items, one or a few together, make the amount."""
    if case.payer_is_unknown:
        return None
    debtor_id, most = sole_debtor(case), case.policy.max_group_items
    exact = case.there(of_payer_exactly(case))
    if _pays_elsewhere(case, exact):
        return None
    if exact:
        searched = debtor_id is None or case.scope.owed(debtor_id, most=most) is not None
        caps = () if searched else ("max_group_items",)
        twins = len(exact) > 1 and len({_twin(case, n) for n in exact}) == 1
        waiting = "twin_payments" if case.twins and not case.policy.legal_order else "payer_and_amount"
        return Reason("identical_items" if twins else waiting, exact, caps=caps)
    if debtor_id is None:
        return Reason("payer_and_group") if _some_group(case) else _few_owed(case)
    owed = owed_by_payer(case)
    caps = (owed.cap,) if owed.cap else ()
    if owed.found:
        return Reason("payer_and_group", caps=caps)
    return Reason("payer_only", caps=caps) if (owed.pool or owed.cap) and is_silent(case) else None


def _few_owed(case: Case) -> Reason | None:
    """A known payer who cites nothing, and owes an item but for what its contract allows, to the cent; or so
    little that it can all be shown, at a time at which it may be paid; or who surely pays enough for what is
    due now."""
    mine = case.there(case.scope.of_payer(case.payer, most=MOST))
    if not mine or not is_silent(case):
        return None
    few = len(mine) <= SHOWN and any(0 < case.scope.open[n] <= case.paid for n in mine)
    due = few and not _is_far(case, mine)
    asked = due or is_due_now(case, mine) or any(is_agreed(case, n) for n in mine)
    return Reason("payer_only") if asked else None


def _pays_elsewhere(case: Case, items: Sequence[int]) -> bool:
    """Whether the payer writes of something, also pays invoices unknown here, and these are not about due: he
    is billed the amount again and again."""
    if not items or is_silent(case):
        return False
    owed = [case.scope.items[n] for n in items]
    partly = all(item.debtor_id in case.scope.partly_known for item in owed)
    return partly and not any(is_usual(case, item.due_date) for item in owed)


def _some_group(case: Case) -> bool:
    mine = case.there(case.scope.of_payer(case.payer, most=case.policy.max_group_items))
    amounts = [case.scope.open[n] for n in mine]
    return bool(groups(amounts, case.paid, size=SIZE, steps=STEPS).found)


def _twin(case: Case, n: int) -> tuple[object, ...]:
    item = case.scope.items[n]
    return item.debtor_id, item.amount_minor, item.due_date


def by_part_of_name(case: Case) -> Reason | None:
    """An unknown payer, and what a debtor owes exactly, a rare word of whose name stands in the text."""
    found = of_partly_named(case)
    return Reason("payer_and_amount", found) if found else None


def by_amount(case: Case) -> Reason | None:
    """Nothing but a rare amount, held by a few items whose debtor may be the payer."""
    if case.cited.unknown or not case.scope.is_held(case.paid) or not is_rare(case):
        return None
    held = case.scope.held(case.paid, most=HANDFUL) or ()
    possible = [n for n in case.there(held) if case.grade(n) >= 0]
    return Reason("amount_only", possible) if possible else None


def by_like_number(case: Case) -> Reason | None:
    """A number that is not held, or is another's, and one like it that is open at exactly the amount."""
    found = of_like_number(case)
    return Reason("ambiguous_reference" if case.cites else "unknown_reference", found) if found else None


def by_day(case: Case) -> Reason | None:
    """Nothing but the amount, which few items have, and one of them is about due."""
    found = of_amount_about_due(case)
    return Reason("amount_only", found) if found else None


_UNCITED: Final = (
    by_unknown, by_counters, by_ends, by_declaration, by_payer, by_part_of_name, by_amount, by_like_number,
    by_day,
)  # fmt: skip
