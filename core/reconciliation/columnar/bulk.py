"""The fold over lines that were read beforehand: nothing else about them is different.

What was learnt since a line was read is looked up again. Strays, which cite nothing held here, wait beside
the fold: when nobody has learnt their payer and no item is open at the amount, they pay nothing, and that is
said without more ado. In every other case they take their turn like any line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress, repeat
from typing import Final, NamedTuple, Protocol

from core.model.decision import Decision
from core.model.ids import canonical_json
from core.reconciliation.case import Case, Ruling, open_case
from core.reconciliation.columnar.block import Block, Found, Ready, Strays
from core.reconciliation.columnar.ready import opened
from core.reconciliation.decision import Versions, explanation_of, settle_nothing
from core.reconciliation.fold import Fold
from core.reconciliation.grouping import by_id, order
from core.reconciliation.index import FULL
from core.reconciliation.line import Line
from core.reconciliation.names import UNKNOWN
from core.reconciliation.policy import Policy
from core.reconciliation.review import fall_back
from core.reconciliation.tiers import TIERS, TierRule
from core.reconciliation.wall import Wall


class Told(NamedTuple):
    """Lines of a block that pay nothing; `explanations` (JSON) go with `places`."""

    block: Block
    places: Sequence[int]
    tier: str
    reason: str
    explanations: Iterable[str]


class Sink(Protocol):
    """Takes what is decided, in any order."""

    def add(self, decision: Decision, /) -> None:
        """A decision as the engine makes it."""

    def tell(self, told: Told, /) -> None:
        """Lines that pay nothing."""


@dataclass(slots=True)
class Bulk:
    """A block and what reading it found: strays by day; `ready`, and the `places` of all lines that have
    their turn, by transaction id."""

    block: Block
    strays: dict[date, Strays]
    ready: dict[str, Ready]
    places: dict[str, int]


_NO_IBANS: Final[frozenset[str]] = frozenset()
_NO_STRAYS: Final = Strays([], [], [], [], [], [], {})
_COUNTERS: Final = next(tier for tier in TIERS if tier.name == "T5")


class BulkFold(Fold):
    """One wall, block by block, with a bulk for each."""

    def __init__(self, wall: Wall, policy: Policy, versions: Versions, sink: Sink) -> None:
        super().__init__(wall, policy, versions)
        self.sink = sink
        self.bulk = Bulk(Block({}, (), ()), {}, {}, {})
        self.today = _NO_STRAYS
        self.left: list[int] = []
        self.free: frozenset[str] = frozenset()

    def run_blocks(self, blocks: Iterable[tuple[Block, Found]], *, until: date) -> None:
        """As `run`, some days at a time."""
        for block, found in blocks:
            self._tell_aside(block, found)
            lines = {place: block.line(place) for place in found.others}
            places = {line.transaction_id: place for place, line in lines.items()}
            ready = {lines[place].transaction_id: ready for place, ready in found.ready.items()}
            self.bulk = Bulk(block, found.strays, ready, places)
            waiting = {case.line.transaction_id: case.line for case in self.hold.waiting()}
            self.free = self.free.intersection(waiting).union(compress(_ids(block), block.free))
            self.known = waiting | by_id(lines.values())
            self._run_days(list(lines.values()), _NO_IBANS)
        self._finish(until, _NO_IBANS)
        for decision in self.decided.values():
            self.sink.add(decision)

    def _tell_aside(self, block: Block, found: Found) -> None:
        """Lines that pay nothing for a reason that is their own."""
        for reason, places in [("debit", found.debits), *found.no_receipts.items()]:
            if places:
                explanation = settle_nothing(block.line(places[0]), reason, self.versions).explanation
                self.sink.tell(Told(block, places, "T0", reason, repeat(canonical_json(explanation))))

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
        """Strays whose payer is known by now are ordinary lines of the day."""
        self.today = self.bulk.strays.pop(day, _NO_STRAYS)
        known = {n for n in self._taught(self.today) if not self._is_nobody(n)}
        self.left = [n for n in range(len(self.today.places)) if n not in known]
        more = [self._stray(n) for n in known]
        super()._day(day, sorted([*lines, *more], key=order) if more else lines, own)

    def _conclude(self, case: Case, ruling: Ruling) -> None:
        """A line of this block that pays nothing, and that nothing can change any more, is only told."""
        if ruling.tier != "T10" or not self._is_left_alone(case.line):
            super()._conclude(case, ruling)
            return
        place = self.bulk.places[case.line.transaction_id]
        explained = canonical_json(explanation_of(case, ruling, self.versions))
        self.sink.tell(Told(self.bulk.block, [place], ruling.tier, ruling.reason, [explained]))

    def _is_left_alone(self, line: Line) -> bool:
        here = line.transaction_id in self.bulk.places and line.transaction_id in self.free
        return here and line.amount_minor > 0

    def _taught(self, strays: Strays) -> list[int]:
        """Those of whose payer something was learnt, maybe forgotten since."""
        accounts, aliases = self.receivables.accounts.learnt, self.receivables.aliases.learnt
        if accounts.isdisjoint(strays.ibans) and aliases.isdisjoint(strays.aliases):
            return []
        keys = enumerate(zip(strays.ibans, strays.aliases, strict=True))
        return [n for n, (iban, alias) in keys if iban in accounts or alias in aliases]

    def _is_nobody(self, n: int) -> bool:
        line = self._stray(n)
        label = self._read(line)
        return self.receivables.payer(label.payer, line.counterparty_iban, label.run) == UNKNOWN

    def _stray(self, n: int) -> Line:
        place = self.today.places[n]
        line = self.bulk.block.line(place)
        self.known[line.transaction_id], self.bulk.places[line.transaction_id] = line, place
        return line

    def _case(self, line: Line, own: frozenset[str]) -> Case | None:
        ready = self.bulk.ready.pop(line.transaction_id, None)
        if ready is None:
            return super()._case(line, own)
        case = self._opened(line, ready)
        if ready.reason and not any(c.strength >= FULL for c in case.cited.citations):
            self._put(settle_nothing(line, ready.reason, self.versions))
            return None
        return case

    def _opened(self, line: Line, ready: Ready) -> Case:
        return opened(line, ready, self.receivables, self.policy)

    def _ask(self, tier: TierRule, cases: list[Case]) -> list[Case]:
        left = super()._ask(tier, self._with_suspects(cases) if tier is _COUNTERS else cases)
        if tier is TIERS[-1]:
            self._leave()
        return left

    def _with_suspects(self, cases: list[Case]) -> list[Case]:
        """Strays with a counter become cases when an item is open at their amount."""
        suspects = {n for n in self.left if self.today.counted[n] and self._is_held(n)}
        if not suspects:
            return cases
        self.left = [n for n in self.left if n not in suspects]
        return sorted([*cases, *map(self._stray_case, suspects)], key=lambda case: order(case.line))

    def _is_held(self, n: int) -> bool:
        return self.receivables.is_held(self.today.amounts[n])

    def _stray_case(self, n: int) -> Case:
        line, ready = self._stray(n), self.today.ready.get(n)
        if ready is not None:
            return self._opened(line, ready)
        return open_case(line, self._read(line), self.receivables, self.policy)

    def _leave(self) -> None:
        """The day's strays, when all tiers were asked: the amount alone may still point somewhere."""
        nothing = [n for n in self.left if not (self._is_held(n) and self._points_somewhere(n))]
        places = [self.today.places[n] for n in nothing]
        explanations = [self.today.explanations[n] for n in nothing]
        self.sink.tell(Told(self.bulk.block, places, "T10", "nothing_fits", explanations))

    def _points_somewhere(self, n: int) -> bool:
        """Asks as of any case, and concludes it unless nothing fits."""
        case = self._stray_case(n)
        ruling = fall_back(case)
        if ruling.tier == "T10":
            return False
        self._conclude(case, ruling)
        return True


def _ids(block: Block) -> Sequence[str]:
    ids: Sequence[str] = block.columns["transaction_id"]
    return ids
