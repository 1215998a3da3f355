"""What a careful person could be certain of: the outcome that each payment's evidence allows.

`auto`: text, payer and amounts single out the answer. `review`: it pays something of ours, but nobody
could be certain from the files alone, or the rules want a person. `none`: it pays nothing of ours.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta
from itertools import combinations

from benchmarks.reconciliation.documents import Document
from benchmarks.reconciliation.numbers import counter
from benchmarks.reconciliation.payments import Payment

STRONG = frozenset({"intact", "separators", "zeros", "digits", "structured", "end_to_end", "order"})
LISTS = frozenset({"list_full", "list_counters", "range"})
SILENT = frozenset({"empty", "words"})
FOR_A_PERSON = frozenset(
    {
        "mixed",
        "overpaid",
        "credit_not_cited",
        "deduction",
        "discount_late",
        "exchange",
        "commission",
        "cent_too_much",
    }
)
EXPLAINED = frozenset({"discount", "retention", "rounding", "charges"})
CHANCE = 0.001
MOST = 14
"""A person adds up no more open documents than this, nor more than four at a time among many."""


class Judge:
    """The documents of one tenant as a person could look them up."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._by_number: dict[str, list[Document]] = defaultdict(list)
        self._by_debtor: dict[str, list[Document]] = defaultdict(list)
        self._amounts: Counter[int] = Counter()
        for document in documents:
            if document.held:
                self._by_number[compact(document.number)].append(document)
                self._by_debtor[document.debtor.id].append(document)
                self._amounts[document.open_minor] += 1
        self._held = self._amounts.total()

    def expect(self, payment: Payment, known: int) -> str:
        """`known`: 2 the payer is certain, 1 clear from a part of the name, 0 not to be told."""
        if not payment.pays:
            return "none"
        if payment.kind in FOR_A_PERSON:
            return "review"
        if payment.kind == "last_instalment" and payment.of is not None and payment.of.expect != "auto":
            return "review"
        if payment.form in SILENT:
            return self._silent(payment, known)
        return "auto" if self._cited(payment, known) else "review"

    def _cited(self, payment: Payment, known: int) -> bool:
        document, amount = payment.pays[0]
        if payment.form in LISTS:
            return known >= 1 or payment.form == "list_full"
        if payment.kind in EXPLAINED:
            return payment.form in STRONG and known >= 1
        if payment.kind == "instalment":
            return payment.form in STRONG and known >= 1 and document.seller.closed
        if payment.form in STRONG:
            return known >= 1 or self._unmistakable(document, amount)
        if payment.form in ("counter", "typo", "ocr", "truncated"):
            return known >= 1 and not self._mistakable(document, payment.form)
        return False

    def _unmistakable(self, document: Document, amount: int) -> bool:
        """Whether number and amount alone say which: no other seller has the number, or the amount is
        so rare that none of those would have it by chance."""
        same = self._by_number[compact(document.number)]
        if any(d is not document and d.open_minor == amount for d in same):
            return False
        return len(same) == 1 or len(same) * self._amounts[amount] <= CHANCE * self._held

    def _mistakable(self, document: Document, form: str) -> bool:
        """Whether the debtor has another document of this amount that the harmed number fits as well."""
        mine = self._by_debtor[document.debtor.id]
        same = (d for d in mine if d is not document and d.amount == document.amount)
        return any(_alike(document.number, d.number, form) for d in same)

    def _silent(self, payment: Payment, known: int) -> str:
        if known < 2 or payment.kind not in ("single", "several", "paid_again", "last_instalment"):
            return "review"
        mine = self._by_debtor[payment.debtor.id]
        if not all(d.seller.closed for d in mine):
            return "review"
        soon = payment.day + timedelta(days=7)
        there = [d for d in mine if d.issue <= soon and (d.settled_on is None or d.settled_on >= payment.day)]
        paid = {id(d): a for d, a in payment.pays}
        amounts = [paid.get(id(d), d.open_minor) for d in there if d.open_minor]
        return "auto" if _ways(amounts, payment.amount) == 1 else "review"


def _alike(one: str, other: str, form: str) -> bool:
    if form == "counter":
        return counter(one) == counter(other)
    if len(one) != len(other):
        return form == "truncated" and one[:3] == other[:3]
    differing = [a != b for a, b in zip(one, other, strict=True)]
    return not any(differing[:-4]) if form == "truncated" else sum(differing) <= 2


def _ways(amounts: list[int], wanted: int) -> int:
    """How many groups make the amount, counted to two; 0 when there are too many to say."""
    if len(amounts) > MOST:
        return 0
    found = 0
    for size in range(1, (8 if len(amounts) <= 9 else 4) + 1):
        for group in combinations(amounts, size):
            found += sum(group) == wanted
            if found > 1:
                return 2
    return found


def compact(text: str) -> str:
    """Letters and digits in upper case."""
    return "".join(c for c in text.upper() if c.isalnum())
