"""The fold over one wall that can go back some days, and on again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from core.model.decision import Decision
from core.reconciliation.case import Case
from core.reconciliation.decision import Versions
from core.reconciliation.fold import Fold
from core.reconciliation.grouping import order
from core.reconciliation.hold import Claim, effective_day
from core.reconciliation.line import Item, Line
from core.reconciliation.policy import Policy
from core.reconciliation.receipt import not_booked
from core.reconciliation.scope import Lesson, Scope
from core.reconciliation.wall import Wall
from core.reconciliation.warm.diary import Diary, day_of
from core.reconciliation.warm.journal import Journal
from core.reconciliation.warm.readings import Readings
from core.reconciliation.warm.ready import opened


@dataclass(slots=True)
class Past:
    """What the folds of all walls share, by transaction id: lines, decisions, those of them that stand,
    copies with the line they copy, and the copies of a line."""

    known: dict[str, Line] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    standing: dict[str, Decision] = field(default_factory=dict)
    copies: dict[str, str] = field(default_factory=dict)
    supporting: dict[str, list[Line]] = field(default_factory=dict)

    def is_aside(self, line: Line) -> bool:
        """Whether no fold looks at the line: nothing stands, and it is a copy or not booked."""
        id = line.transaction_id
        return id not in self.standing and (id in self.copies or not_booked(line) is not None)

    def take_copies(self, copies: Mapping[str, str], supporting: Mapping[str, list[Line]]) -> None:
        """These lines are copies, and no others."""
        self.copies.clear()
        self.copies.update(copies)
        self.supporting.clear()
        self.supporting.update(supporting)


class WarmWall(Wall):
    """A wall whose changes are noted in a journal."""

    def __init__(self, items: Sequence[Item], accounts: list[tuple[str, str]]) -> None:
        super().__init__(items, accounts)
        self.journal = Journal()

    def apply(self, decision: Decision, line: Line) -> None:
        for share in decision.shares:
            for scope in (self.receivables, self.payables):
                n = scope.index.position.get(share.item_id)
                if n is not None:
                    self.journal.note(_reopen, scope, n, scope.open[n], scope.changed_on.get(n))
        super().apply(decision, line)

    def learn(self) -> None:
        for lesson in self._lessons:
            self.journal.note(self._unlearn, lesson, self._taught.get(lesson.transaction_id))
        super().learn()

    def forget(self, transaction_id: str) -> None:
        lesson = self._taught.get(transaction_id)
        if lesson is not None:
            self.journal.note(self._learn_again, lesson)
        super().forget(transaction_id)

    def _unlearn(self, lesson: Lesson, before: Lesson | None) -> None:
        lesson.forget()
        del self._taught[lesson.transaction_id]
        if before is not None:
            self._taught[lesson.transaction_id] = before

    def _learn_again(self, lesson: Lesson) -> None:
        lesson.learn()
        self._taught[lesson.transaction_id] = lesson


def _reopen(scope: Scope, n: int, amount: int, day: date | None) -> None:
    scope.change(n, amount - scope.open[n])
    scope.changed_on[n] = day


class WarmFold(Fold):
    """One wall, decided as far as its diary goes; `own` are the accounts that its lines were booked on."""

    def __init__(self, wall: WarmWall, diary: Diary, past: Past, policy: Policy) -> None:
        super().__init__(wall, policy, Versions(policy.version))
        self.journal, self.diary = wall.journal, diary
        self.known, self.earlier, self.standing = past.known, past.decisions, past.standing
        self.copies, self.supporting = past.copies, past.supporting
        self.readings = Readings(self.receivables, policy)
        self._asked: set[str] = set()
        self.own: frozenset[str] = frozenset()

    def go_on(self, since: date | None, *, until: date, own: frozenset[str]) -> date | None:
        """Decides what the diary has beyond the days decided, and anew all of `since` and later days.
        Returns the last day that was left as it was."""
        self._asked.clear()
        self.own = own
        waiting = self.journal.back(since)
        self.hold.restore(each for each in waiting if each[0].line.transaction_id not in self.standing)
        reached = self.journal.reached
        self._expect(reached)
        days = self.diary.after(reached)
        self.readings.take(
            x for d in days for x in self.diary.lines(d) if x.transaction_id not in self.standing
        )
        for day in days:
            self._pass(day)
            self._day(day, self.diary.lines(day), own)
        self._finish(until, own)
        self.readings.keep_until(self.journal.reached or date.min)
        return reached

    def _expect(self, reached: date | None) -> None:
        """What stands and counts from a later day on will be replayed then; its amounts are kept for it."""
        for line in self.diary.concerned(reached):
            decision = self.standing.get(line.transaction_id)
            if decision is None or line.transaction_id in self.decided:
                continue  # a return of an earlier day may have had it take effect before its time
            day = effective_day(decision, day_of(line))
            if reached is None or day > reached:
                self.wall.reserve(decision.shares)
                self.replays[day].append(line)
        for lines in self.replays.values():
            lines.sort(key=order)

    def asked(self) -> list[Decision]:
        """What the last `go_on` decided, the same as before or not."""
        return [self.decided[id] for id in self._asked if id in self.decided]

    @property
    def reached(self) -> date | None:
        """The last day that was decided."""
        return self.journal.reached

    def touched(self, transaction_id: str) -> None:
        """Something is other about a line: it is looked up in the past when its day comes."""

    @property
    def waits(self) -> bool:
        """Whether a case waits that the calendar alone, going on, would decide."""
        return self.journal.is_waiting

    def set_aside(self, lines: Iterable[Line]) -> list[Decision]:
        """What is said of copies and lines that are not booked."""
        return [decision for line in lines if (decision := self._aside(line)) is not None]

    def _day(self, day: date, lines: list[Line], own: frozenset[str]) -> None:
        self.journal.begin(day, self.hold.as_is())
        super()._day(day, lines, own)

    def _finish(self, until: date, own: frozenset[str]) -> None:
        self._pass(until, through=True)
        self.journal.end(self.hold.as_is())
        super()._finish(until, own)

    def _case(self, line: Line, own: frozenset[str]) -> Case | None:
        ready = self.readings.of(line)
        if ready is None:
            return super()._case(line, own)
        return self._worth_asking(opened(self._supported(line), ready, self.receivables, self.policy), own)

    def _put(self, decision: Decision) -> None:
        id = decision.transaction_id
        self._asked.add(id)
        self.journal.note(self._unput, id, self.decided.get(id))
        super()._put(decision)

    def _unput(self, id: str, before: Decision | None) -> None:
        self._asked.add(id)
        del self.decided[id]
        if before is not None:
            self.decided[id] = before

    def _offer_as_original(self, line: Line) -> None:
        self.journal.note(self.originals.take_out, line)
        super()._offer_as_original(line)

    def _leave(self, claim: Claim, line: Line) -> None:
        self.journal.note(self.hold.take_back, claim, line)
        super()._leave(claim, line)

    def _undo(self, original: str) -> None:
        if not self.originals.is_returned(original):
            self.journal.note(self.originals.keep, original)
        super()._undo(original)
