"""T9 and T10: what is not certain becomes a prepared review item, and nothing stays nothing."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from rapidfuzz.distance import Levenshtein

from core.model.decision import Share
from core.model.money import exponent
from core.reconciliation.case import Case, Meaning, Proposal, Ruling
from core.reconciliation.coincidence import by_counter, by_number
from core.reconciliation.gaps import gap_reason, is_rate, rivals
from core.reconciliation.group import groups
from core.reconciliation.index import SHORT, number_of
from core.reconciliation.silent import payer_and_amount, payer_and_group
from core.reconciliation.tiers import counter_hits

HANDFUL: Final = 8
"""More items than this at the amount paid, and the amount alone says nothing."""
INDEMNITY: Final = 40
"""Fixed indemnity for late payment, in major units, per invoice (French commercial code D441-5)."""
SUGGESTED_STEPS: Final = 2_000
SUGGESTED_ITEMS: Final = 20
SUGGESTED_SIZE: Final = 4


def _share(case: Case, n: int, amount: int) -> Share:
    return Share(item_id=case.scope.items[n].item_id, amount_minor=amount)


def whole(case: Case, items: Iterable[int], score: float, **why: Any) -> Proposal:
    """A proposal that closes these items entirely."""
    shares = tuple(_share(case, n, case.scope.open[n]) for n in sorted(items))
    return Proposal(shares, score, why)


def _names(case: Case, items: Iterable[int]) -> tuple[str, ...]:
    return tuple(case.scope.items[n].item_id for n in items)


def _review(
    case: Case,
    reason: str,
    proposals: Iterable[Proposal] = (),
    *,
    coincidence: float = 0.0,
    rivals: Iterable[int] = (),
    caps: tuple[str, ...] = (),
) -> Ruling:
    ranked = tuple(proposals)
    return Ruling("review", "T9", reason, (), coincidence, ranked, rivals=_names(case, rivals), caps=caps)


def _score(case: Case, n: int, base: float) -> float:
    """`base` for the reference, more for a known payer and for the exact amount."""
    payer = {2: 0.2, 1: 0.12, 0: 0.0, -1: -0.2}[case.grade(n)]
    exact = 0.2 if case.scope.open[n] == case.paid else 0.0
    declared = 0.1 if n in case.declared else 0.0
    return max(0.01, min(0.99, base + payer + exact + declared))


def _up_to_open(case: Case, n: int, score: float, **why: Any) -> Proposal:
    """As much of the item as the line pays; what is paid beyond stays unallocated."""
    return Proposal((_share(case, n, min(case.paid, case.scope.open[n])),), score, why)


def ambiguous(case: Case, meaning: Meaning) -> Ruling | None:
    """A citation that may mean several items."""
    if not meaning.ambiguous:
        return None
    items = sorted({n for group in meaning.ambiguous for n in group if case.scope.open[n] > 0})
    if not items:
        return settled(case, meaning._replace(settled=tuple(g[0] for g in meaning.ambiguous)))
    fitting = [_up_to_open(case, n, _score(case, n, 0.4), because="shares the cited number") for n in items]
    return _review(case, "ambiguous_reference", fitting, rivals=items)


def settled(case: Case, meaning: Meaning) -> Ruling | None:
    """Everything cited is settled already: a second payment, or a slip in the number."""
    if meaning.items or meaning.ambiguous or not meaning.settled:
        return None
    others = [whole(case, [n], 0.3, because="open at this amount") for n in _of_payer_at_amount(case)]
    return _review(case, "already_settled", others, rivals=meaning.settled)


def conflict(case: Case, meaning: Meaning) -> Ruling | None:
    """The payer is clearly another debtor than the one whose items are cited."""
    if not meaning.items or any(case.grade(n) >= 0 for n in meaning.items):
        return None
    chance = by_number(case.scope.index, 1, case.paid, case.line.currency)
    cited = [_up_to_open(case, n, _score(case, n, 0.5), because="cited") for n in meaning.items]
    own = [whole(case, [n], 0.35, because="the payer's own") for n in _of_payer_at_amount(case)]
    return _review(case, "payer_conflict", cited + own, coincidence=chance)


def several_debtors(case: Case, meaning: Meaning) -> Ruling | None:
    """Items of several debtors are cited together."""
    if len({case.scope.items[n].debtor_id for n in meaning.items}) < 2:
        return None
    amounts = [case.scope.open[n] for n in meaning.items]
    proposals = [whole(case, meaning.items, 0.6, because="sums exactly")] if sum(amounts) == case.paid else []
    singles = [
        _up_to_open(case, n, _score(case, n, 0.2), because="cited")
        for n in meaning.items
        if case.scope.open[n] > 0
    ]
    return _review(case, "several_debtors", proposals + singles)


def over_payment(case: Case, meaning: Meaning) -> Ruling | None:
    """More is paid than is open: the excess is shown with what it may be, and never absorbed."""
    total = sum(case.scope.open[n] for n in meaning.items)
    if not meaning.items or total <= 0 or case.paid <= total:
        return None
    excess = case.paid - total
    proposals = [
        whole(
            case, meaning.items, 0.8, because="cited", excess_minor=excess, **_excess(case, meaning, excess)
        )
    ]
    more = case.scope.owed_at(case.scope.items[meaning.items[0]].debtor_id, excess, most=HANDFUL)
    proposals += [
        whole(case, [*meaning.items, m], 0.7, because="cited, and one more")
        for m in more
        if m not in meaning.items
    ]
    return _review(case, "overpayment", proposals)


def _excess(case: Case, meaning: Meaning, excess: int) -> dict[str, Any]:
    indemnity = INDEMNITY * 10 ** exponent(case.line.currency) * len(meaning.items)
    if case.line.currency == "EUR" and excess == indemnity:
        return {"indemnity_minor": indemnity}
    if case.line.currency == "EUR" and excess > indemnity:
        return {"indemnity_minor": indemnity, "interest_or_other_minor": excess - indemnity}
    return {}


def under_payment(case: Case, meaning: Meaning) -> Ruling | None:
    """Less is paid than is open on the one item cited."""
    if len(meaning.items) != 1 or case.paid >= case.scope.open[meaning.items[0]]:
        return None
    n = meaning.items[0]
    part = _up_to_open(case, n, _score(case, n, 0.45), because="part of the cited item")
    others = rivals(case, n)
    equal = [whole(case, [m], 0.75, because="open at this amount") for m in others if _is(case, m)]
    netted = [
        whole(case, [n, m], 0.8, because="with a credit note that is not cited")
        for m in others
        if not _is(case, m)
    ]
    proposals = netted + equal + [part]
    return _review(case, _why_under(case, n, bool(equal), bool(netted)), proposals, rivals=others)


def _is(case: Case, n: int) -> bool:
    return case.scope.open[n] == case.paid


def _why_under(case: Case, n: int, equal: bool, netted: bool) -> str:
    item, gap = case.scope.items[n], case.scope.open[n] - case.paid
    if netted:
        return "credit_note_not_cited"
    if equal:
        return "probable_typing_error"
    known = gap_reason(case, item, gap) or is_rate(item, gap, item.discount_bp)
    return "unexplained_gap" if known or gap * 10 <= item.amount_minor else "partial_payment"


def sums_differ(case: Case, meaning: Meaning) -> Ruling | None:
    """Several items are cited and neither all of them nor one clear group is what was paid."""
    if len(meaning.items) < 2:
        return None
    policy, amounts = case.policy, [case.scope.open[n] for n in meaning.items]
    result = groups(
        amounts, case.paid, size=len(amounts), steps=policy.max_group_steps, most=policy.max_group_items
    )
    fitting = [
        whole(case, [meaning.items[i] for i in found], 0.7, because="this group sums exactly")
        for found in result.found
    ]
    within = [n for n in meaning.items if 0 < case.scope.open[n] <= case.paid]
    singles = [whole(case, [n], _score(case, n, 0.2), because="cited, leaves a remainder") for n in within]
    reason = "cap_reached" if result.cap else "several_groups_fit" if len(fitting) > 1 else "sum_differs"
    return _review(case, reason, fitting + singles, caps=(result.cap,) if result.cap else ())


def exact_but_unproven(case: Case, meaning: Meaning) -> Ruling | None:
    """One item cited by its digits only, the amount exact but not telling enough."""
    if len(meaning.items) != 1 or not _is(case, meaning.items[0]):
        return None
    n = meaning.items[0]
    chance = by_number(case.scope.index, 1, case.paid, case.line.currency)
    twins = [m for m in case.scope.held(case.paid, most=HANDFUL) or () if m != n]
    proposals = [whole(case, [n], _score(case, n, 0.5), because="cited by its digits")]
    return _review(case, "coincidence_bound", proposals, coincidence=chance, rivals=twins)


_CITED: Final[tuple[Callable[[Case, Meaning], Ruling | None], ...]] = (
    ambiguous, settled, conflict, several_debtors, exact_but_unproven, over_payment, under_payment,
    sums_differ,
)  # fmt: skip


def _of_payer_at_amount(case: Case) -> tuple[int, ...]:
    return case.scope.of_payer_at(case.payer, case.paid, most=4 * HANDFUL)


def by_unknown(case: Case) -> Ruling | None:
    """A number is cited that we do not hold: the payer tells us that he pays something else."""
    if not case.cited.unknown:
        return None
    near = [whole(case, [n], 0.5, because="one character from the cited number") for n in _near(case)]
    own = [whole(case, [n], 0.35, because="the payer's, at this amount") for n in _of_payer_at_amount(case)]
    weak = [whole(case, [n], _score(case, n, 0.3), because="counter and amount") for n in counter_hits(case)]
    if not near + own + weak:
        return None
    return _review(case, "unknown_reference", near + weak + own)


def _near(case: Case) -> list[int]:
    """Of the payer's open items at this amount, those whose number is one slip from what is cited."""
    texts = [w.text for w in case.cited.unknown[:HANDFUL] if len(w.text) >= SHORT]
    return [
        n
        for n in _of_payer_at_amount(case)
        for text in texts
        if Levenshtein.distance(number_of(case.scope.items[n].number).compact[-len(text) :], text) <= 1
    ]


def by_counters(case: Case) -> Ruling | None:
    """A counter and the exact amount point to items, but chance would too."""
    hits = counter_hits(case) if case.cited.counters else {}
    if not hits:
        return None
    n = next(iter(hits))
    probed = len(case.cited.counters)
    chance = by_counter(case.scope.index, hits[n], case.paid, case.line.currency, probed)
    proposals = [whole(case, [m], _score(case, m, 0.3), because=f"counter {c}") for m, c in hits.items()]
    conflicting = all(case.grade(m) < 0 for m in hits)
    reason = (
        "payer_conflict" if conflicting else "coincidence_bound" if len(hits) == 1 else "ambiguous_reference"
    )
    return _review(case, reason, proposals, coincidence=chance, rivals=hits)


def by_declaration(case: Case) -> Ruling | None:
    """An accounting tool says which items the line pays: evidence, never a decision."""
    items = sorted(n for n in case.declared if case.scope.open[n] > 0)
    if not items:
        return None
    total = sum(case.scope.open[n] for n in items)
    if total <= case.paid:
        return _review(case, "declared_match", [whole(case, items, 0.7, because="declared by a tool")])
    parts = [_up_to_open(case, n, _score(case, n, 0.4), because="declared by a tool") for n in items]
    return _review(case, "declared_match", parts)


def by_payer(case: Case) -> Ruling | None:
    """A known payer whose open items, one or a few together, make the amount."""
    mine = case.scope.of_payer(case.payer, most=case.policy.max_group_items)
    exact = list(_of_payer_at_amount(case))
    proposals = [whole(case, [n], _score(case, n, 0.3), because="payer and amount") for n in exact]
    few = [n for n in mine if abs(case.scope.open[n]) != case.paid][:SUGGESTED_ITEMS]
    together = groups(
        [case.scope.open[n] for n in few], case.paid, size=SUGGESTED_SIZE, steps=SUGGESTED_STEPS
    )
    proposals += [
        whole(case, [few[i] for i in found], 0.4, because="payer, and together they sum exactly")
        for found in together.found
    ]
    if not proposals:
        return None
    reason = "payer_and_amount" if exact else "payer_and_group"
    twins = len(exact) > 1 and len({_twin(case, n) for n in exact}) == 1
    caps = (together.cap,) if together.cap else ()
    return _review(case, "identical_items" if twins else reason, proposals, rivals=exact, caps=caps)


def _twin(case: Case, n: int) -> tuple[object, ...]:
    item = case.scope.items[n]
    return item.debtor_id, item.amount_minor, item.due_date


def by_amount(case: Case) -> Ruling | None:
    """Nothing but the amount, held by a handful of items whose debtor may be the payer."""
    held = case.scope.held(case.paid, most=HANDFUL)
    if not held:
        return None
    possible = [n for n in held if case.grade(n) >= 0]
    proposals = [whole(case, [n], _score(case, n, 0.05), because="amount only") for n in possible]
    return _review(case, "amount_only", proposals, rivals=possible) if possible else None


_UNCITED: Final = (by_unknown, by_counters, by_declaration, by_payer, by_amount)


def fall_back(case: Case) -> Ruling:
    """T9 when anything is suggestive, else T10."""
    ruling = _first(case)
    if case.cited.caps and ruling.outcome == "review":
        return ruling._replace(caps=(*ruling.caps, *case.cited.caps))
    if case.cited.caps:
        return _review(case, "cap_reached", caps=tuple(case.cited.caps))
    return ruling


def refused(case: Case) -> Ruling:
    """What a tier would have decided but may not: prepared for a person, with the other candidates."""
    reason, ruling = case.refused or ("", Ruling("none", "T10", "nothing_fits"))
    own = Proposal(ruling.shares, 0.9, {"because": f"{ruling.tier} {ruling.reason}"})
    others = fall_back(case).proposals
    proposals = others if reason == "already_settled" else (own, *others)
    return _review(case, reason, proposals, coincidence=ruling.coincidence)


def on_hold(case: Case) -> Ruling:
    """What could be decided today, were it not for a stronger claim that may still come."""
    ruling = payer_and_amount(case) or payer_and_group(case)
    if ruling is None:
        return fall_back(case)
    case.refused = ("held", ruling)
    return refused(case)


def _first(case: Case) -> Ruling:
    if case.cited.citations:
        meaning = case.meaning()
        for rule in _CITED:
            if ruling := rule(case, meaning):
                return ruling
    for uncited in _UNCITED:
        if ruling := uncited(case):
            return ruling
    return Ruling("none", "T10", "nothing_fits")
