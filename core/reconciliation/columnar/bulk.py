"""The fold with lines whose labels were searched beforehand: nothing else about them is different.

What they cite is known, so that it is not looked for again. Strays, which cite nothing held here, wait
beside the fold: when nobody knows the payer and no item is open at the amount, they pay nothing, and that
is said without more ado. In every other case they take their turn like any line.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NamedTuple, Protocol

from core.model.decision import Decision
from core.model.ids import canonical_json
from core.reconciliation.case import Case
from core.reconciliation.cite import Cited
from core.reconciliation.decision import LISTED, Versions
from core.reconciliation.fold import Fold
from core.reconciliation.grouping import by_id, order
from core.reconciliation.label import Label, Word
from core.reconciliation.line import Line
from core.reconciliation.names import UNKNOWN
from core.reconciliation.policy import Policy
from core.reconciliation.review import fall_back
from core.reconciliation.tiers import TIERS, TierRule
from core.reconciliation.wall import Wall


class Stray(NamedTuple):
    """A line that cites nothing held here; `cited` are the numbers and counters that are not."""

    line: Line
    label: Label
    cited: Cited


class Debit(NamedTuple):
    """Money out: where the caller has it, its folded text, and how to make a line of it."""

    place: int
    text: str
    line: Callable[[], Line]


class Told(NamedTuple):
    """A NONE as it is written; `explanation` is JSON."""

    line: Line
    tier: str
    reason: str
    explanation: str


class Sink(Protocol):
    """Takes what is decided, in any order."""

    def add(self, decision: Decision, /) -> None:
        """A decision as the engine makes it."""

    def tell(self, told: Told, /) -> None:
        """A line that pays nothing."""

    def debit(self, place: int, /) -> None:
        """Plain money out."""


@dataclass(slots=True)
class Bulk:
    """What is known of the labels of a block, by transaction id, and its strays by day.

    No line of the wall is the return or the correction of a stray.
    """

    labels: dict[str, Label] = field(default_factory=dict)
    cited: dict[str, Cited] = field(default_factory=dict)
    strays: Mapping[date, Sequence[Stray]] = field(default_factory=dict)


_NO_IBANS: Final[frozenset[str]] = frozenset()
_COUNTERS: Final = next(tier for tier in TIERS if tier.name == "T5")


class BulkFold(Fold):
    """One wall, block by block, with a bulk for each."""

    def __init__(self, wall: Wall, policy: Policy, versions: Versions, sink: Sink) -> None:
        super().__init__(wall, policy, versions)
        self.sink = sink
        self.bulk = Bulk()
        self.left: list[Stray] = []
        self.free: frozenset[str] = frozenset()

    def run_blocks(self, blocks: Iterable[tuple[list[Line], frozenset[str]]], *, until: date) -> None:
        """As `run`, with the ordinary lines of some days at a time and the ids of those that are free."""
        for lines, free in blocks:
            waiting = {case.line.transaction_id: case.line for case in self.hold.waiting()}
            self.free = free | self.free.intersection(waiting)
            self.known = waiting | by_id(lines)
            self._run_days(lines, _NO_IBANS)
        self._finish(until, _NO_IBANS)
        for decision in self.decided.values():
            self.sink.add(decision)

    def _days(self, days: Iterable[date]) -> list[date]:
        return sorted({*days, *self.bulk.strays})

    def _put(self, decision: Decision) -> None:
        """What nothing can change any more is handed on at once."""
        if decision.transaction_id in self.free:
            self.sink.add(decision)
        else:
            super()._put(decision)

    def _offer_as_original(self, line: Line) -> None:
        if line.transaction_id not in self.free:
            super()._offer_as_original(line)

    def _day(self, day: date, lines: list[Line], own: frozenset[str]) -> None:
        self.left, known = [], []
        for stray in self.bulk.strays.get(day, ()):
            if self._is_nobody(stray):
                self.left.append(stray)
            else:
                known.append(self._ordinary(stray))
        super()._day(day, sorted([*lines, *known], key=order) if known else lines, own)

    def _is_nobody(self, stray: Stray) -> bool:
        """Whether nothing at all is known of the payer: no debtor, no account, no seller."""
        scope, label = self.receivables, stray.label
        if scope.payer(label.payer, stray.line.counterparty_iban, label.run) != UNKNOWN:
            return False
        return not (label.payer and scope.sellers.find(label.payer).sure)

    def _ordinary(self, stray: Stray) -> Line:
        line = stray.line
        self.known[line.transaction_id] = line
        self.bulk.labels[line.transaction_id] = stray.label
        self.bulk.cited[line.transaction_id] = stray.cited
        return line

    def _read(self, line: Line) -> Label:
        return self.bulk.labels.pop(line.transaction_id, None) or super()._read(line)

    def _cited(self, line: Line) -> Cited | None:
        return self.bulk.cited.pop(line.transaction_id, None)

    def _ask(self, tier: TierRule, cases: list[Case]) -> list[Case]:
        left = super()._ask(tier, self._with_suspects(cases) if tier is _COUNTERS else cases)
        if tier is TIERS[-1]:
            self._leave()
        return left

    def _with_suspects(self, cases: list[Case]) -> list[Case]:
        """Strays with a counter become cases when an item is open at their amount."""
        suspects = [s for s in self.left if s.cited.counters and self._is_held(s)]
        if not suspects:
            return cases
        names = {stray.line.transaction_id for stray in suspects}
        self.left = [stray for stray in self.left if stray.line.transaction_id not in names]
        return sorted([*cases, *map(self._case_of, suspects)], key=lambda case: order(case.line))

    def _is_held(self, stray: Stray) -> bool:
        return self.receivables.is_held(stray.line.amount_minor)

    def _case_of(self, stray: Stray) -> Case:
        line, label, cited = stray
        self.known[line.transaction_id] = line
        return Case(line, label, self.receivables, self.policy, UNKNOWN, cited, line.amount_minor)

    def _leave(self) -> None:
        """The day's strays, when all tiers were asked: the amount alone may still point somewhere."""
        for stray in self.left:
            if self._is_held(stray):
                case = self._case_of(stray)
                self._conclude(case, fall_back(case))
            else:
                self.sink.tell(Told(stray.line, "T10", "nothing_fits", self._explained(stray)))

    def _explained(self, stray: Stray) -> str:
        counters = [_placed(word) | {"how": "counter"} for word in stray.cited.counters[:LISTED]]
        return canonical_json(
            {
                "tokens": counters,
                "unknown_references": [_placed(word) for word in stray.cited.unknown[:LISTED]],
                "payer": {"name": stray.label.payer, "grade": None},
                "signals": (),
                "rivals": (),
                "caps": (),
                "policy": self.versions.policy,
                "code": self.versions.code,
            }
        )


def _placed(word: Word) -> dict[str, Any]:
    return {"text": word.text, "field": word.field, "start": word.start, "end": word.end}
