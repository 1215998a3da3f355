"""The fold over one wall that can go back some days, and on again, as the kernel does it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final

from core.model.base import trusted
from core.model.decision import Candidate, Decision, Share
from core.reconciliation.decision import Versions, decision_id
from core.reconciliation.fold import aside
from core.reconciliation.grouping import Key, wall_of
from core.reconciliation.kernel.sheets import Note, accounts_sheet, items_sheet, lines_sheet, notes, plan
from core.reconciliation.kernel.wall import Wall
from core.reconciliation.line import Item, Line
from core.reconciliation.policy import Policy
from core.reconciliation.warm.diary import Diary
from core.reconciliation.warm.fold import Past

_share: Final = trusted(Share)
_candidate: Final = trusted(Candidate)
_decision: Final = trusted(Decision)
FEW_SHEETS: Final = 200
"""So many do no harm."""
LINES_A_SHEET: Final = 16
"""So many lines a sheet should hold, over time: one of a single line takes as much memory as two lines."""


class CompiledFold:
    """Decides as `WarmFold` does.

    Raises Declined, now or later, for what the kernel was not made for: amounts beyond its numbers, texts
    that hold what parts its sheets, standing decisions about items not held here.
    """

    def __init__(
        self,
        key: Key,
        items: Sequence[Item],
        accounts: Sequence[tuple[str, str]],
        diary: Diary,
        past: Past,
        policy: Policy,
    ) -> None:
        receivables = [item for item in items if item.direction == "receivable"]
        payables = [item for item in items if item.direction == "payable"]
        self._wall = Wall(
            items_sheet(receivables),
            items_sheet(payables),
            accounts_sheet(accounts),
            currency=key[2],
            policy=policy,
        )
        self._key, self._diary, self._past = key, diary, past
        self._versions = Versions(policy.version)
        self._rows: dict[str, int] = {}
        self._lines: list[Line] = []
        self._sheets = 0
        self._touched = dict.fromkeys(line.transaction_id for line in diary.concerned(None))
        self._dangling: dict[str, set[str]] = defaultdict(set)
        self._replaced: dict[str, Decision] = {}
        self._asked: list[Decision] = []
        self.own: frozenset[str] = frozenset()
        self.reached: date | None = None
        self.waits = False

    def touched(self, transaction_id: str) -> None:
        """The line is new or other, or what stands about it, or what a person said no to."""
        self._touched[transaction_id] = None

    @property
    def is_scattered(self) -> bool:
        """Whether so many sheets, of few lines each or of lines that are other now, are kept that the wall
        is better begun anew: the kernel gives back none before its end."""
        return self._sheets > FEW_SHEETS + len(self._lines) // LINES_A_SHEET

    def go_on(self, since: date, *, until: date, own: frozenset[str]) -> None:
        """Decides what the diary has beyond the days decided, and anew all of `since` and later days."""
        self.own = own
        self._hand_over()
        left = self._wall.back(since)
        days = self._diary.after(left)
        lines = [self._rows[x.transaction_id] for day in days for x in self._diary.lines(day)]
        standing = self._past.standing
        concerned = (x.transaction_id for x in self._diary.concerned(left))
        expected = [self._rows[id] for id in concerned if id in standing]
        told = plan(until=until, own=own, expected=expected, lines=lines)
        self.reached, self.waits, decided = self._wall.go_on(told)
        self._asked = list(self._read(decided))

    def _hand_over(self) -> None:
        """Tells the kernel what was touched since the last time."""
        known = self._past.known
        lines = {id: known[id] for id in self._touched if self._is_here(id)}
        copies = {copy.transaction_id: copy for id in lines for copy in self._past.supporting.get(id, ())}
        fresh = [line for id, line in {**lines, **copies}.items() if id not in self._rows]
        for line in fresh:
            returns = sorted(self._dangling.pop(line.transaction_id, ()))
            lines.update({id: known[id] for id in returns if self._is_here(id)})
        self._sheets += bool(fresh)
        if fresh:
            first = len(self._lines)
            self._wall.take(lines_sheet(fresh), first)
            self._lines += fresh
            self._rows.update({line.transaction_id: n for n, line in enumerate(fresh, first)})
        for id, line in {**lines, **copies}.items():
            row = self._rows[id]
            if self._lines[row] is not line:
                self._wall.take(lines_sheet([line]), row)
                self._sheets += 1
                self._lines[row] = line
        new = {line.transaction_id for line in fresh}
        noted = [note for id, x in lines.items() if (note := self._note(x)).tells or id not in new]
        gone = self._touched.keys() & self._rows.keys() - lines.keys()
        noted += [Note(self._rows[id], None, None, (), (), ()) for id in sorted(gone)]
        self._wall.note(notes(noted))
        self._touched.clear()

    def _is_here(self, id: str) -> bool:
        """Whether the line is one of this wall, at which the fold looks."""
        line = self._past.known.get(id)
        return line is not None and wall_of(line) == self._key and not self._past.is_aside(line)

    def _note(self, line: Line) -> Note:
        id = line.transaction_id
        stands, before = self._past.standing.get(id), self._past.decisions.get(id)
        returned = stands.explanation.get("returns") if stands is not None and stands.shares else None
        returns = self._rows.get(returned) if isinstance(returned, str) else None
        if isinstance(returned, str) and returns is None:
            self._dangling[returned].add(id)
        rejected = before.rejected if before is not None else ()
        copies = self._past.supporting.get(id, ())
        declared = {i for one in (line, *copies) for i in one.declared_item_ids}
        rows = tuple(self._rows[copy.transaction_id] for copy in copies)
        return Note(self._rows[id], stands, returns, rejected, tuple(sorted(declared)), rows)

    def _read(self, decided: Iterable[Sequence[Any]]) -> Iterator[Decision]:
        for row, *told in decided:
            line = self._lines[row]
            id = line.transaction_id
            before = self._past.decisions.get(id)
            if not told:
                yield self._replaced[id]
                continue
            decision = _decided(line, told, before)
            if decision.reason == "returned" and before is not None and before.reason != "returned":
                self._replaced[id] = before
            yield decision

    def asked(self) -> list[Decision]:
        """What the last `go_on` decided that is new or other than before."""
        return self._asked

    def set_aside(self, lines: Iterable[Line]) -> list[Decision]:
        """What is said of copies and lines that are not booked."""
        decided = (aside(line, self._past.copies, self._versions) for line in lines)
        return [decision for decision in decided if decision is not None]


def _decided(line: Line, told: Sequence[Any], before: Decision | None) -> Decision:
    outcome, tier, reason, coincidence, allocated, unallocated, shares, candidates, explanation = told
    rejected = before.rejected if before is not None and "payer" in explanation else ()
    return _decision(
        id=decision_id(line.transaction_id),
        company_id=line.company_id,
        transaction_id=line.transaction_id,
        outcome=outcome,
        tier=tier,
        reason=reason,
        coincidence=coincidence,
        currency=line.currency,
        allocated_minor=allocated,
        unallocated_minor=unallocated,
        shares=_shares(shares),
        candidates=tuple(
            _candidate(rank=rank, shares=_shares(each), score=score, why=why)
            for rank, each, score, why in candidates
        ),
        explanation=explanation,
        rejected=tuple(tuple(sorted(set(group))) for group in rejected),
        provider_words={},
    )


def _shares(told: Sequence[Sequence[Any]]) -> tuple[Share, ...]:
    return tuple(
        _share(item_id=item, amount_minor=amount, gap_minor=gap, gap_reason=reason)
        for item, amount, gap, reason in told
    )
