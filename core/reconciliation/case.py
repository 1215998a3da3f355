"""One line read against its scope: who pays, what is cited, and what that means right now."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from core.model.decision import Outcome, Share, Tier
from core.reconciliation.cite import Citation, Cited, cite
from core.reconciliation.index import FULL, STRUCTURED
from core.reconciliation.label import Label
from core.reconciliation.line import Line
from core.reconciliation.names import Payer
from core.reconciliation.policy import Policy
from core.reconciliation.scope import Scope


class Proposal(NamedTuple):
    """A possible answer; `score` ranks."""

    shares: tuple[Share, ...]
    score: float
    why: dict[str, Any]


class Ruling(NamedTuple):
    """What a tier says of a line, before it becomes a decision."""

    outcome: Outcome
    tier: Tier
    reason: str
    shares: tuple[Share, ...] = ()
    coincidence: float = 0.0
    proposals: tuple[Proposal, ...] = ()
    signals: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    caps: tuple[str, ...] = ()


class Meaning(NamedTuple):
    """What the citations mean with today's open amounts. `strengths` go with `items`."""

    items: tuple[int, ...]
    strengths: tuple[int, ...]
    by_amount: bool
    ambiguous: tuple[tuple[int, ...], ...]
    settled: tuple[int, ...]


@dataclass(slots=True)
class Case:
    """A line, its payer and its citations, in one scope. `paid` is the amount without its sign."""

    line: Line
    label: Label
    scope: Scope
    policy: Policy
    payer: Payer
    cited: Cited
    paid: int
    rejected: tuple[frozenset[str], ...] = ()
    declared: frozenset[int] = field(default_factory=frozenset)
    refused: tuple[str, Ruling] | None = None
    held_until: date | None = None
    """The day on which a payment that cites nothing is decided, when the policy makes it wait."""
    twins: int = 0
    """Other lines that cite nothing either, of the same payer and amount, which wait for a decision too."""

    def grade(self, n: int) -> int:
        """The payer's grade for item `n`; an accounting tool that declares the match lifts 0 to 1."""
        grade = self.scope.grade(self.payer, n)
        return 1 if grade == 0 and n in self.declared else grade

    def is_open(self, n: int) -> bool:
        return self.scope.open[n] != 0

    def is_issued(self, n: int) -> bool:
        """Not dated (much) later than the line: numbers start anew each year."""
        issued, booked = self.scope.items[n].issue_date, self.line.booking_date
        return issued is None or booked is None or (issued - booked).days <= self.policy.early_days

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

    def meaning(self) -> Meaning:
        """Citations resolved: by the payer, then by being open, then (one citation only) by the amount."""
        found: dict[int, int] = {}
        ambiguous, settled, by_amount = [], [], False
        for citation in self.cited.citations:
            items = self._meant(citation)
            if len(items) > 1 and len(self.cited.citations) == 1:
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
        items = citation.items
        if len(items) == 1:
            return items
        items = self.narrowed(self.issued(items))
        live = tuple(n for n in items if self.is_open(n))
        twins = {abs(self.scope.items[n].amount_minor) for n in items}
        return live if live and (len(live) == len(items) or len(twins) > 1) else items


@dataclass(frozen=True, slots=True)
class Narrow:
    """Keeps, of items that share a key, those the payer or the amount point to; else all."""

    scope: Scope
    payer: Payer
    paid: int
    cap: int

    def __call__(self, items: Sequence[int]) -> tuple[int, ...]:
        mine = self.payer.sure | self.payer.likely
        own = tuple(n for n in items if self.scope.items[n].debtor_id in mine) if mine else ()
        if own or len(items) <= self.cap:
            return own or tuple(items)
        exact = tuple(n for n in items if self.scope.open[n] == self.paid)
        return exact or tuple(items)


def open_case(line: Line, label: Label, scope: Scope, policy: Policy) -> Case:
    """Reads who pays and what is cited; the work that does not depend on open amounts."""
    payer = scope.payer(label.payer, line.counterparty_iban, label.run)
    paid = abs(line.amount_minor)
    cited = cite(label, scope.index, policy, Narrow(scope, payer, paid, policy.max_shared_key))
    _add_structured(label, scope, cited)
    declared = frozenset(scope.index.position[i] for i in line.declared_item_ids if i in scope.index.position)
    return Case(line, label, scope, policy, payer, cited, paid, declared=declared)


def _add_structured(label: Label, scope: Scope, cited: Cited) -> None:
    found = [(label.rf_structured, "creditor_reference", STRUCTURED)] if label.rf_structured else []
    found += [(rf, "remittance", FULL) for rf in label.rf_in_text]
    for reference, where, strength in found:
        items = scope.index.structured.get(reference or "")
        if items:
            cited.citations.append(
                Citation(
                    reference or "", where, 0, len(reference or ""), strength, tuple(items), "structured"
                )
            )
