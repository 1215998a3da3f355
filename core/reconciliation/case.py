"""One line read against its scope: who pays, what is cited, and what that means right now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple

from core.model.base import trusted
from core.model.decision import Outcome, Share, Tier
from core.reconciliation.cite import Citation, Cited, cite
from core.reconciliation.index import FULL, LONG_DIGITS, STRUCTURED, running, shape_of
from core.reconciliation.label import WORD, Label
from core.reconciliation.line import Line
from core.reconciliation.memory import Find, for_good, until_paid
from core.reconciliation.payer import Payer
from core.reconciliation.policy import Policy
from core.reconciliation.scope import Scope
from core.reconciliation.spelling import normalise

share: Final = trusted(Share)
"""A share of an item that is held, for money that was read."""
FEW_SELLERS: Final = 2
"""A form of number that more sellers use belongs to nobody in particular."""

MANY_DIGITS: Final = 4
"""Shorter running numbers are met everywhere: every seller has an invoice 417."""
SPARSE: Final = 10
"""Unless no more than one in ten of them is taken here."""


class Proposal(NamedTuple):
    """A possible answer; `score` ranks."""

    shares: tuple[Share, ...]
    score: float
    why: dict[str, Any]


class Gate(NamedTuple):
    """What kept the payer and the amount from being enough: a code of `GATES`, and the matches that
    chance alone would give when that is what it was."""

    code: str
    coincidence: float = 0.0


class Ruling(NamedTuple):
    """What a tier says of a line, before it becomes a decision; `together` with other lines."""

    outcome: Outcome
    tier: Tier
    reason: str
    shares: tuple[Share, ...] = ()
    coincidence: float = 0.0
    proposals: tuple[Proposal, ...] = ()
    signals: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    caps: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    gate: Gate | None = None


class Meaning(NamedTuple):
    """What the citations mean with today's open amounts. `strengths` go with `items`."""

    items: tuple[int, ...]
    strengths: tuple[int, ...]
    by_amount: bool
    ambiguous: tuple[tuple[int, ...], ...]
    settled: tuple[int, ...]


def is_whole(citation: Citation) -> bool:
    """Whether a number stands there from end to end: with its letters, or all its many digits."""
    return citation.strength >= FULL or (citation.strength >= LONG_DIGITS and citation.how == "full")


@dataclass(slots=True)
class Case:
    """A line, its payer and its citations, in one scope. `paid` is the amount without its sign, or
    below zero when the line may refund credit notes."""

    line: Line
    label: Label
    scope: Scope
    policy: Policy
    payer: Payer
    cited: Cited
    paid: int
    rejected: tuple[frozenset[str], ...] = ()
    declared: frozenset[int] = field(default_factory=frozenset)
    forwarding: frozenset[str] = frozenset()
    """Sellers of whom the payer bears the name, when he is no debtor: he forwards what others paid."""
    refused: tuple[str, Ruling] | None = None
    gate: Gate | None = None
    """Why T6 and T7, once they were asked, did not decide."""
    held_until: date | None = None
    """The day on which a payment that cites nothing is decided, when the policy makes it wait."""
    twins: frozenset[str] = frozenset()
    """Other lines that cite nothing either, of the same payer and amount, which were to be decided at some
    time while this one was: none of them is told from the others, whichever has its turn first."""
    known: dict[Find, Any] = field(default_factory=dict, repr=False)
    lately: dict[Find, Any] = field(default_factory=dict, repr=False)
    as_of: int = -1
    """What was found out about the case (see `memory`)."""

    @property
    def sign(self) -> int:
        """Of the line's amount to what it closes: money out closes payables, or refunds a credit note."""
        return -1 if self.line.amount_minor < 0 < self.paid else 1

    @property
    def cites(self) -> bool:
        """Whether the line cites an item that is held here."""
        return bool(self.cited.citations)

    @property
    def payer_is_unknown(self) -> bool:
        """Whether nothing tells of any debtor that he pays."""
        return not (self.payer.sure or self.payer.likely)

    def may_be_decided(self) -> bool:
        """Whether a tier may still decide the line: it was read to its end, and no ruling was refused."""
        return not (self.cited.caps or self.refused)

    def grade(self, n: int) -> int:
        """The payer's grade for item `n`; an accounting tool that declares the match lifts 0 to 1, and
        so does a seller who may forward what his debtors paid him. Who is named in the text, whoever pays
        for him, is likely."""
        item = self.scope.items[n]
        grade = self.payer.grade(item.debtor_id)
        if grade > 0:
            return grade
        if self.names(item.debtor_id):
            return 1
        if grade < 0:
            return grade
        forwarded = item.seller_id in self.forwarding and self.policy.indirect_collection
        return 1 if forwarded or n in self.declared else 0

    def names(self, debtor_id: str) -> bool:
        """Whether all words of one of the debtor's names stand in the text, and not in the name of a debtor
        who clearly pays."""
        told, payer = self._told()
        return self.scope.debtors.is_named(debtor_id, told, besides=payer)

    def nearly_names(self, debtor_id: str) -> bool:
        """Whether all words but one of one of the debtor's names stand there, a rare one among them."""
        return self.scope.debtors.is_nearly_named(debtor_id, self._told()[0])

    def of_partly_named(self) -> list[int]:
        """What those owe at exactly the amount paid of whose names a rare word stands there, in order."""
        scope, few = self.scope, self.policy.max_shared_key
        if not scope.is_held(self.paid):
            return []
        named = scope.debtors.sharing(self._told()[0])
        return sorted(n for debtor_id in named for n in scope.owed_at(debtor_id, self.paid, most=few))

    @for_good
    def _told(self) -> tuple[frozenset[str], frozenset[str]]:
        """The words of the text and of the payer's name; of the name alone if it is clearly a debtor's."""
        payer = frozenset(normalise(self.label.payer).words) if self.label.payer else NO_WORDS
        return payer.union(WORD.findall(self.label.folded)), payer if self.payer.clearly else NO_WORDS

    def is_telling(self, citation: Citation) -> bool:
        """Whether the whole number is cited, and its form is not everybody's: few sellers use it, and
        it runs high, or few of the numbers that it allows are taken."""
        return is_whole(citation) and all(self._is_own_form(n) for n in citation.items)

    def _is_own_form(self, n: int) -> bool:
        index = self.scope.index
        number = index.numbers[n]
        shape, digits = shape_of(number.compact), len(running(number.groups))
        sparse = digits >= MANY_DIGITS or index.of_shape[shape] * SPARSE <= 10**digits
        return sparse and len(index.shapes[shape]) <= FEW_SELLERS

    def is_open(self, n: int) -> bool:
        return self.scope.open[n] != 0

    def is_issued(self, n: int) -> bool:
        """Not dated (much) later than the line: numbers start anew each year."""
        issued, booked = self.scope.items[n].issue_date, self.line.booking_date
        return issued is None or booked is None or (issued - booked).days <= self.policy.early_days

    def there(self, items: Sequence[int]) -> list[int]:
        """Of these items, those that were issued when the line was booked: what comes later, nobody pays."""
        return [n for n in items if self.is_issued(n)]

    def issued(self, items: Sequence[int]) -> tuple[int, ...]:
        """Of items that share a key, those that were issued when the line was booked; all when none was."""
        return tuple(n for n in items if self.is_issued(n)) or tuple(items)

    def narrowed(self, items: Sequence[int]) -> tuple[int, ...]:
        """Of items that share a number, those of the payer; all when he is none of their debtors."""
        grades = [self.grade(n) for n in items]
        best = max(grades)
        return (
            tuple(n for n, g in zip(items, grades, strict=True) if g == best) if best >= 1 else tuple(items)
        )

    @until_paid
    def meaning(self) -> Meaning:
        """Citations resolved: by the payer, then by being open, then (one number only, however often it is
        cited) by the amount."""
        one = len({citation.items for citation in self.cited.citations}) == 1
        found: dict[int, int] = {}
        ambiguous, settled, by_amount = [], [], False
        for citation in self.cited.citations:
            items = self._meant(citation)
            if len(items) > 1 and one:
                exact = tuple(n for n in items if self.scope.open[n] == self.paid)
                by_amount, items = (True, exact) if len(exact) == 1 else (False, items)
            if len(items) > 1:
                ambiguous.append(items)
            elif self.is_open(items[0]):
                found[items[0]] = max(found.get(items[0], 0), citation.strength)
            else:
                settled.append(items[0])
        return Meaning(tuple(found), tuple(found.values()), by_amount, tuple(ambiguous), tuple(settled))

    def _meant(self, citation: Citation) -> tuple[int, ...]:
        if len(citation.items) == 1:
            return (self.standing_for(citation.items[0]),)
        items = tuple(dict.fromkeys([self.standing_for(n) for n in citation.items]))
        if len(items) == 1:
            return items
        items = self.narrowed(self.issued(items))
        live = tuple(n for n in items if self.is_open(n))
        twins = {abs(self.scope.items[n].amount_minor) for n in items}
        return live if live and (len(live) == len(items) or len(twins) > 1) else items

    def standing_for(self, n: int) -> int:
        """A replaced document stands for what replaces it, as long as nothing was paid on it."""
        scope = self.scope
        by = scope.replaced.get(n, n)
        return by if by == n or scope.open[n] == scope.items[n].initial_minor else n


@dataclass(frozen=True, slots=True)
class Narrow:
    """Keeps, of items that share a key, those the payer or the amount point to; else all, or none when they
    are more than the cap: then the number tells nothing."""

    scope: Scope
    payer: Payer
    paid: int
    cap: int

    def __call__(self, items: Sequence[int]) -> tuple[int, ...]:
        mine = self.payer.sure | self.payer.likely
        own = tuple(n for n in items if self.scope.items[n].debtor_id in mine) if mine else ()
        if own or len(items) <= self.cap:
            return own or tuple(items)
        return tuple(n for n in items if self.scope.open[n] == self.paid)


def open_case(
    line: Line,
    label: Label,
    scope: Scope,
    policy: Policy,
    *,
    refund: bool = False,
    cited: Cited | None = None,
    payer: Payer | None = None,
) -> Case:
    """Reads who pays and what is cited (unless that is known); what does not depend on open amounts."""
    payer = payer or scope.payer(label.payer, line.counterparty_iban, label.run)
    paid = line.amount_minor if refund else abs(line.amount_minor)
    cited = cited or cite(label, scope.index, policy, Narrow(scope, payer, paid, policy.max_shared_key))
    _add_own(line, scope, cited)
    position, told = scope.index.position, line.declared_item_ids
    declared = frozenset([position[i] for i in told if i in position]) if told else NO_ITEMS
    forwarding = scope.sellers.surely(label.payer) if label.payer and not payer.clearly else frozenset()
    return Case(line, label, scope, policy, payer, cited, paid, declared=declared, forwarding=forwarding)


NO_WORDS: Final[frozenset[str]] = frozenset()
NO_ITEMS: Final[frozenset[int]] = frozenset()
OWN_ID: Final = 8
"""Shorter than this, an end-to-end id that equals an item's id may be so by accident."""


def _add_own(line: Line, scope: Scope, cited: Cited) -> None:
    """The end-to-end id that we gave a collection ourselves: the id of the item it collects."""
    own = (line.end_to_end_id or "").strip()
    n = scope.index.position.get(own) if len(own) >= OWN_ID else None
    if n is not None and scope.items[n].number != own:
        cited.citations[:] = [c for c in cited.citations if c.field != "end_to_end_id"]
        citation = Citation(own, "end_to_end_id", 0, len(own), STRUCTURED, (n,), "own end-to-end id")
        cited.citations.append(citation)
