"""T5 and T3: the ends of numbers, looked up only among what the payer owes.

Another seller may have the number that the payer writes, or the letters before it: `F 511` of somebody who
owes INV-00511. What he owes at the amount paid tells which is meant.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from core.reconciliation.case import Case, Ruling, share
from core.reconciliation.cite import Citation
from core.reconciliation.cite.kinds import TIGHT
from core.reconciliation.coincidence import by_counter, by_number
from core.reconciliation.index import GENERIC, GROUP, bare, counters_of
from core.reconciliation.label import is_year
from core.reconciliation.memory import until_paid
from core.reconciliation.silent import is_far_from_due, other_numbers

_OWN_KEYS: Final = frozenset({"structured", "order", "list", "range"})
"""Ways of citing that are no number, or no end of one."""
MOST_ENDS: Final = 12
"""Numbers of one text that are looked up so."""
SHORTEST_TAIL: Final = 3
"""Digits from which an element of a list is told from a day or a count."""


@until_paid
def ends(case: Case) -> tuple[tuple[int, ...], ...]:
    """For each number of the text the open items of the payer that end so, unless he owes what is cited."""
    if case.payer_is_unknown or case.paid <= 0:
        return ()
    told = _told(case)
    if not 0 < len(told) <= MOST_ENDS:
        return ()
    owed = case.there(case.scope.of_payer(case.payer, most=case.policy.max_owed))
    return tuple(tuple(n for n in owed if case.scope.open[n] > 0 and _ends_so(case, n, d)) for d in told)


def _told(case: Case) -> tuple[str, ...]:
    """The digits of every number in the text, each once; none when one of them is no end of his numbers."""
    cited = case.cited
    if cited.caps or cited.cut or any(c.how in _OWN_KEYS or _is_his(case, c) for c in cited.citations):
        return ()
    places = [(c.field, c.end) for c in cited.citations]
    places += [(w.field, w.end) for w in (*other_numbers(case), *cited.counters)]
    if any(_goes_on(case, *place) for place in places):
        return ()
    found = {(c.field, c.start): c.text for c in cited.citations}
    found |= {(w.field, w.start): w.text for w in other_numbers(case)}
    for word in cited.counters:
        if not (case.line.booking_date and is_year(word.text, case.line.booking_date)):
            found.setdefault((word.field, word.start), word.text)
    if not all(map(_has_no_letters_of_its_own, found.values())):
        return ()
    told = dict.fromkeys("".join(c for c in text if c.isdigit()) for text in found.values())
    return tuple(digits for digits in told if digits)


def _goes_on(case: Case, field: str, end: int) -> bool:
    """Whether the text ends behind a word with what joins the parts of a number: `B/26/`, and was cut."""
    rest = case.label.folded[end:] if field == "remittance" else ""
    return bool(rest) and rest[0] in TIGHT and not any(c.isalnum() for c in rest)


def _is_his(case: Case, citation: Citation) -> bool:
    return any(case.grade(n) >= 1 for n in citation.items)


def _has_no_letters_of_its_own(text: str) -> bool:
    return all(group in GENERIC for group in GROUP.findall(text) if group.isalpha())


def _ends_so(case: Case, n: int, digits: str) -> bool:
    """Whether these are all the digits of the number, or what a payer may write for its end, and no word of
    the debtor's own name: `DDCA 25`."""
    groups = case.scope.index.numbers[n].groups
    whole = bare("".join([group for group in groups if group.isdigit()])) == bare(digits)
    ends = whole or bare(digits) in counters_of(groups)
    return ends and not case.scope.debtors.has_word(case.scope.items[n].debtor_id, digits)


def end_and_amount(case: Case) -> Ruling | None:
    """T5: one number, which is not held, or whose letters are another seller's, ends one item that the payer
    owes, at its amount."""
    return _one_end(case, "end_and_amount")


def cited_end_and_amount(case: Case) -> Ruling | None:
    """T5: the same, when the number is that of somebody who does not pay."""
    return _one_end(case, "cited_end_and_amount")


def _one_end(case: Case, reason: str) -> Ruling | None:
    found = ends(case)
    exact = [n for n in found[0] if case.scope.open[n] == case.paid] if len(found) == 1 else []
    if len(exact) != 1 or is_far_from_due(case, case.scope.items[exact[0]].due_date):
        return None
    scope, (n,) = case.scope, exact
    last = counters_of(scope.index.numbers[n].groups)[0]
    chance = by_counter(scope.index, last, case.paid, case.line.currency, 1)
    whole = share(item_id=scope.items[n].item_id, amount_minor=case.paid)
    return Ruling("auto", "T5", reason, (whole,), chance)


def ends_and_sum(case: Case) -> Ruling | None:
    """T3: several numbers, each the end of one item that the payer owes, which sum to what he paid."""
    found = ends(case)
    if len(found) < 2 or any(len(items) != 1 for items in found):
        return None
    scope, items = case.scope, sorted({items[0] for items in found})
    parties = {scope.items[n].debtor_id for n in items}
    if len(items) != len(found) or len(parties) != 1 or sum(scope.open[n] for n in items) != case.paid:
        return None
    if any(is_far_from_due(case, scope.items[n].due_date) for n in items):
        return None
    shares = [share(item_id=scope.items[n].item_id, amount_minor=scope.open[n]) for n in items]
    chance = by_number(scope.index, 1, case.paid, case.line.currency)
    return Ruling("auto", "T3", "ends_and_sum", tuple(shares), chance)


def ended(case: Case) -> list[int]:
    """Items of the payer that the text may mean by their ends, each once."""
    found = dict.fromkeys(n for items in ends(case) if len(items) == 1 for n in items)
    return list(found) or _continued(case)


def _continued(case: Case) -> list[int]:
    """Items of the payer that a list means which begins with a number that is not held: `EB250456+0525`."""
    if case.payer_is_unknown or case.cites or case.cited.caps or case.paid <= 0:
        return []
    heads = [word.text for word in other_numbers(case)]
    words = (word.text for word in case.label.words if word.text.isdigit()) if heads else ()
    tails = dict.fromkeys(text for text in words if len(text) >= SHORTEST_TAIL)
    if not 0 < len(tails) <= MOST_ENDS or len(heads) > MOST_ENDS:
        return []
    owed = case.there(case.scope.of_payer(case.payer, most=case.policy.max_owed))
    numbers = case.scope.index.numbers
    return [n for n in owed if case.scope.open[n] > 0 and _continues(numbers[n].compact, heads, tails)]


def _continues(number: str, heads: Sequence[str], tails: Iterable[str]) -> bool:
    """Whether one of the heads begins like the number, and goes on otherwise than with one of the tails."""
    befores = [number.removesuffix(tail) for tail in tails if number.endswith(tail) and number != tail]
    return any(head.startswith(before) for before in befores for head in heads)
