"""The tiers that decide alone, as named values in the order in which they are asked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, auto
from string import ascii_uppercase
from types import MappingProxyType
from typing import Final

from core.model.decision import Tier
from core.reconciliation.case import Case, Gate, Meaning, Ruling, is_whole, share
from core.reconciliation.cite import Citation
from core.reconciliation.coincidence import by_counter, by_group, by_number
from core.reconciliation.endings import cited_end_and_amount, end_and_amount, ends_and_sum
from core.reconciliation.gaps import (
    close_rival,
    gap_reason,
    is_deduction,
    may_be_netted,
    may_make_up,
    rivals,
)
from core.reconciliation.group import groups
from core.reconciliation.index import FULL, SHORT_DIGITS, STRUCTURED, strength_of
from core.reconciliation.label import Word, is_year
from core.reconciliation.memory import until_paid
from core.reconciliation.silent import (
    OTHERWISE,
    is_close_to_due,
    is_far_from_due,
    is_third_party,
    other_numbers,
    payer_and_amount,
    payer_and_group,
)
from core.reconciliation.slips import meant_instead, near_and_amount

NEXT: Final = 3
"""Characters between two words that stand together."""
AGAINST: Final = 10
"""How many times rarer an amount must be when the payer is clearly another debtor, and the number of
everybody's form; or when the payer is unknown, and little of the number stands there."""
NEARLY: Final = 100
"""How many times more common an amount may be when all of the debtor's name but one word is told."""
TIMELY: Final = 3
"""The same, when it is paid within days of the due day, where one stranger in thirty does."""
BOUNDED: Final = frozenset({"charges", "exchange"})
"""Gaps that may be anything within a bound; the others are known to the cent."""
_MORE_WORDS: Final = "AUTRE AUTRES DIVERS DIVERSES ETC SUIVANTE SUIVANTES SUIVANT SUIVANTS"
MORE: Final = frozenset(_MORE_WORDS.split())
"""Words that tell that more is paid than what is cited."""
NOTHING: Final[Mapping[int, str]] = MappingProxyType({})


def _auto(case: Case, tier: Tier, reason: str, items: tuple[int, ...], coincidence: float) -> Ruling:
    scope = case.scope
    shares = [share(item_id=scope.items[n].item_id, amount_minor=scope.open[n]) for n in sorted(items)]
    return Ruling("auto", tier, reason, tuple(shares), coincidence)


def _one(case: Case) -> tuple[int, int, Meaning] | None:
    """The single open item cited, with the strength of the citation, if there is exactly one."""
    meaning = case.meaning()
    if len(meaning.items) != 1 or meaning.ambiguous:
        return None
    return meaning.items[0], meaning.strengths[0], meaning


def structured(case: Case) -> Ruling | None:
    """T1: a valid creditor reference in its own field, known, and not paid beyond what is open; a credit
    note is refunded whole."""
    hits = [c for c in case.cited.citations if c.strength == STRUCTURED]
    if len(hits) != 1 or len(hits[0].items) != 1:
        return None
    n = case.standing_for(hits[0].items[0])
    left = case.scope.open[n]
    fits = 0 < case.paid <= left if case.paid > 0 else case.paid == left
    if not fits or (left > case.paid and (rivals(case, n) or not _is_his(case, n, hits[0]))):
        return None
    whole = share(item_id=case.scope.items[n].item_id, amount_minor=case.paid)
    return Ruling("auto", "T1", "structured_reference", (whole,), 0.0)


def _is_his(case: Case, n: int, hit: Citation) -> bool:
    """Whether a part may be paid under a reference: we gave it to this collection, or nobody else is named.
    Other sellers make the same references of the same numbers."""
    return hit.field == "end_to_end_id" or not case.label.payer or case.grade(n) >= 1


def reference_and_amount(case: Case) -> Ruling | None:
    """T2: one cited open item and its exact amount."""
    one = _one(case)
    if one is None or case.scope.open[one[0]] != case.paid:
        return None
    n, strength, meaning = one
    index, grade, little = case.scope.index, case.grade(n), _is_little(case, n, strength)
    sharing = max([len(c.items) for c in case.cited.citations])
    chance = by_number(index, sharing, case.paid, case.line.currency)
    telling = _is_telling(case, meaning)
    weighed = min(sharing, chance * AGAINST) if little or (grade < 0 and not telling) else chance
    far = is_far_from_due(case, case.scope.items[n].due_date)
    known = grade >= 1 or (grade == 0 and telling and case.paid > 0 and not far)
    if not known and (case.paid < 0 or _for_payer(case, n, weighed) > case.policy.max_coincidence):
        return None
    if meant_instead(case, n) or (little and far):
        return None
    return _auto(case, "T2", "reference_and_amount", (n,), chance)


def _for_payer(case: Case, n: int, chance: float) -> float:
    """The chance, less when nearly all of the debtor's name is told: cut, mistyped, or a group's; or when the
    whole number stands there, and who pays has paid here before, for others, or is unknown and pays within
    days of the due day. Strangers do neither."""
    item = case.scope.items[n]
    if chance <= case.policy.max_coincidence or case.grade(n) != 0:
        return chance
    if case.nearly_names(item.debtor_id):
        return chance / NEARLY
    if not any(n in c.items and is_whole(c) for c in case.cited.citations):
        return chance
    if case.payer.has_paid and not is_far_from_due(case, item.due_date):
        return chance / AGAINST
    timely = case.payer_is_unknown and is_close_to_due(case, item.due_date)
    return chance / TIMELY if timely else chance


def _is_little(case: Case, n: int, strength: int) -> bool:
    """Whether few digits stand there, and they are not all of the number: a payer has other invoices that
    end so, and each year has its own."""
    return strength <= SHORT_DIGITS and strength < strength_of(case.scope.index.numbers[n].compact)


def _is_telling(case: Case, meaning: Meaning) -> bool:
    """Whether the one item is cited by a whole number that is not everybody's."""
    (n,) = meaning.items
    return not meaning.by_amount and any(n in c.items and case.is_telling(c) for c in case.cited.citations)


def references_and_sum(case: Case) -> Ruling | None:
    """T3: every cited open item of one debtor sums exactly, or the only cited subset that does."""
    if len(case.cited.citations) < 2:
        return None
    meaning = case.meaning()
    if len(meaning.items) < 2 or meaning.ambiguous or not _trusted(case, meaning):
        return None
    amounts = [case.scope.open[n] for n in meaning.items]
    if sum(amounts) == case.paid:
        return _auto(case, "T3", "references_and_sum", meaning.items, 0.0)
    return _span(case) or _subset(case, meaning.items, amounts)


def _trusted(case: Case, meaning: Meaning) -> bool:
    """One debtor, and either he pays or the numbers are full and nobody else clearly pays; several
    debtors only when the payer is known to pay for each of them (a treasury, a factor)."""
    debtors = {case.scope.items[n].debtor_id for n in meaning.items}
    if len(debtors) != 1:
        return debtors <= case.payer.sure and max(meaning.strengths) >= FULL
    grade = case.grade(meaning.items[0])
    if grade >= 1:
        return True
    chance = by_number(case.scope.index, 1, case.paid, case.line.currency)
    full = max(meaning.strengths) >= FULL and case.paid > 0
    return full if grade == 0 else full and chance <= case.policy.max_coincidence


def _span(case: Case) -> Ruling | None:
    """What `a - b` means as a range, unless a number between them tells that it is a list."""
    if other_numbers(case):
        return None
    fitting = {
        tuple(n for n in span if case.is_open(n))
        for span in case.cited.spans
        if sum(case.scope.open[n] for n in span) == case.paid
    }
    return _auto(case, "T3", "range_and_sum", fitting.pop(), 0.0) if len(fitting) == 1 else None


def _subset(case: Case, items: tuple[int, ...], amounts: list[int]) -> Ruling | None:
    policy = case.policy
    result = groups(
        amounts, case.paid, size=len(amounts), steps=policy.max_group_steps, most=policy.max_group_items
    )
    if len(result.found) != 1 or result.cap:
        return None
    chosen = tuple(items[i] for i in result.found[0])
    chance = OTHERWISE * by_group(len(chosen), amounts, case.paid, case.line.currency)
    if chance > policy.max_coincidence:
        return None
    return _auto(case, "T3", "only_subset_that_fits", chosen, chance)


def reference_and_gap(case: Case) -> Ruling | None:
    """T4: one cited item of a known payer, short by a gap that has a name and is allowed."""
    one = _one(case)
    if one is None or other_numbers(case) or case.grade(one[0]) < 1:
        return None
    n, item = one[0], case.scope.items[one[0]]
    gap = case.scope.open[n] - case.paid
    reason = gap_reason(case, item, gap) if gap > 0 else None
    if reason is None or rivals(case, n) or (reason in BOUNDED and may_be_netted(case, n, gap)):
        return None
    if _tells_of_more(case):
        return None
    short = share(item_id=item.item_id, amount_minor=case.paid, gap_minor=gap, gap_reason=reason)
    return Ruling("auto", "T4", f"reference_and_{reason}", (short,), _partial_chance(case))


def _tells_of_more(case: Case) -> bool:
    """Whether the text says that not all is cited that is paid: `FA-801 ET AUTRES`."""
    return any(word.text in MORE for word in case.label.words)


def _partial_chance(case: Case) -> float:
    return by_number(case.scope.index, 1, case.paid, case.line.currency)


@until_paid
def counter_hits(case: Case) -> Mapping[int, str]:
    """Items open at exactly the amount paid whose number ends with a counter of the text."""
    if not case.cited.counters or not case.scope.is_held(case.paid):
        return NOTHING
    booked = case.line.booking_date
    found: dict[int, str] = {}
    for word in case.cited.counters:
        if not (booked and is_year(word.text, booked)):
            for n in case.scope.with_counter(case.paid, word.text):
                if not (_of_another_year(case, word, n) or _is_of_name(case, word, n)):
                    found.setdefault(n, word.text)
    return {n: found[n] for n in case.issued(tuple(found))}


def _of_another_year(case: Case, counter: Word, n: int) -> bool:
    """Whether the year stands before the counter, and item `n` is numbered in another: `2025 0001`."""
    booked, groups = case.line.booking_date, case.scope.index.numbers[n].groups
    years = {g for g in groups if booked and g.isdigit() and is_year(g, booked)}
    before = [w for w in case.label.words if w.field == counter.field and 0 < counter.start - w.end <= NEXT]
    named = {w.text for w in before if booked and w.text.isdigit() and is_year(w.text, booked)}
    return bool(years and named) and not years & named


def _is_of_name(case: Case, counter: Word, n: int) -> bool:
    """Whether the digits are a word of the debtor's own name: `DDCA 25`."""
    return case.scope.debtors.has_word(case.scope.items[n].debtor_id, counter.text)


def counter_and_amount(case: Case) -> Ruling | None:
    """T5: the bare counter and the exact amount, from a known payer or within the coincidence bound; near the
    due day, as every series has that counter sooner or later."""
    hits = counter_hits(case)
    if not hits:
        return None
    own = [n for n in hits if case.grade(n) >= 1]
    chosen = own or list(hits)
    if len(chosen) != 1 or case.grade(chosen[0]) < 0 or _cites_other(case, hits[chosen[0]]):
        return None
    n, probed = chosen[0], len(case.cited.counters)
    chance = by_counter(case.scope.index, hits[n], case.paid, case.line.currency, probed)
    sure = case.grade(n) >= 1
    if not sure and (chance > case.policy.max_coincidence or not _ends_so(case, n)):
        return None
    if is_far_from_due(case, case.scope.items[n].due_date):
        return None
    return _auto(case, "T5", "counter_and_amount", (n,), chance)


def _ends_so(case: Case, n: int) -> bool:
    """Whether what looks like a number that is not held is the end of this one as printed: `0018` is none
    of `FA2410018`, whose payer would write `10018`."""
    number = case.scope.index.numbers[n].compact
    return all(number.endswith(w.text.lstrip(ascii_uppercase)) for w in other_numbers(case))


def _cites_other(case: Case, counter: str) -> bool:
    """Whether the text cites a number we do not hold besides the counter itself."""
    own = {(w.field, w.start) for w in case.cited.counters if w.text == counter}
    return any((w.field, w.start) not in own for w in other_numbers(case))


def reference_and_part(case: Case) -> Ruling | None:
    """T8: a known payer cites one full number and pays part of it, where we see all his invoices."""
    one = _one(case)
    if one is None or not case.policy.allow_partial or other_numbers(case):
        return None
    n, _, meaning = one
    item, gap = case.scope.items[n], case.scope.open[n] - case.paid
    known = any(n in c.items and is_whole(c) for c in case.cited.citations)
    known = known and case.grade(n) >= 1 and item.whole_turnover and not meaning.settled
    known = known and _is_meant_by_payer(case, n) and not _tells_of_more(case)
    if not known or gap <= 0 or close_rival(case, n) or is_deduction(case, n):
        return None
    if may_make_up(case, n):
        return None
    part = share(item_id=item.item_id, amount_minor=case.paid)
    return Ruling("auto", "T8", "reference_and_part", (part,), _partial_chance(case))


def _is_meant_by_payer(case: Case, n: int) -> bool:
    """Whether number and payer alone say which item is meant, as the amount of a part says nothing: who
    pays for several debtors may mean another's, and a number of everybody's form wants a sure payer."""
    payer = case.payer
    if len(payer.sure | payer.likely | payer.clearly) > 1:
        return False
    surely = case.grade(n) == 2 and not is_third_party(case)
    return surely or any(n in c.items and case.is_telling(c) for c in case.cited.citations)


def reference_and_rest(case: Case) -> Ruling | None:
    """T2, asked again: what the day's other lines left is one cited item, and its exact amount."""
    ruling = reference_and_amount(case)
    return ruling._replace(reason="reference_and_rest") if ruling else None


class Stage(IntEnum):
    """The stages of a day, in order: at each, the lines have their turn one after the other."""

    PEOPLE = auto()
    T1 = auto()
    T2 = auto()
    T3 = auto()
    T4 = auto()
    T5 = auto()
    ENDS = auto()
    CITED_ENDS = auto()
    SUMS = auto()
    NEAR = auto()
    JOINT = auto()
    T6 = auto()
    T7 = auto()
    T8 = auto()
    REST = auto()
    RETURNS = auto()


@dataclass(frozen=True, slots=True)
class TierRule:
    """A tier: its name, the rule that answers or passes (T6 and T7 say why), when in the day it is asked,
    and whether of the lines that cite an item held here, or of the others."""

    name: Tier
    rule: Callable[[Case], Ruling | Gate | None]
    stage: Stage
    of_cited: bool


TIERS: Final = (
    TierRule("T1", structured, Stage.T1, of_cited=True),
    TierRule("T2", reference_and_amount, Stage.T2, of_cited=True),
    TierRule("T3", references_and_sum, Stage.T3, of_cited=True),
    TierRule("T4", reference_and_gap, Stage.T4, of_cited=True),
    TierRule("T5", counter_and_amount, Stage.T5, of_cited=False),
    TierRule("T5", end_and_amount, Stage.ENDS, of_cited=False),
    TierRule("T5", cited_end_and_amount, Stage.CITED_ENDS, of_cited=True),
    TierRule("T3", ends_and_sum, Stage.SUMS, of_cited=False),
    TierRule("T5", near_and_amount, Stage.NEAR, of_cited=False),
    TierRule("T6", payer_and_amount, Stage.T6, of_cited=False),
    TierRule("T7", payer_and_group, Stage.T7, of_cited=False),
    TierRule("T8", reference_and_part, Stage.T8, of_cited=True),
    TierRule("T2", reference_and_rest, Stage.REST, of_cited=True),
)
FIRST_SILENT: Final = next(tier for tier in TIERS if tier.name == "T6")
"""From this tier on nothing is cited; here the payments join whose wait ends that day."""
