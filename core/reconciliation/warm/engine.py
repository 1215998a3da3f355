"""The engine that goes on: it holds every wall as it stands, takes what is new, and tells what changed."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from core.collector import all_alive
from core.model.decision import Decision
from core.reconciliation import kernel
from core.reconciliation.decision import remembering
from core.reconciliation.grouping import Key, by_id, stands, wall_of
from core.reconciliation.hold import effective_day
from core.reconciliation.line import Item, Line, PayerAccount
from core.reconciliation.lineage import tie
from core.reconciliation.policy import Policy
from core.reconciliation.scope import normal_iban
from core.reconciliation.warm.compiled import CompiledFold
from core.reconciliation.warm.diary import Diary, day_of
from core.reconciliation.warm.fold import Past, WarmFold, WarmWall

DEFAULTS = Policy()
Company = tuple[str, str | None]
"""A tenant, and one of its companies."""


class Advance(NamedTuple):
    """What an advance changed: decisions that are new or other than before, by transaction id; and the
    walls in which days decided earlier were folded again, with the first of those days."""

    decisions: tuple[Decision, ...]
    again: Mapping[Key, date]


@dataclass(slots=True)
class Kept:
    """What is kept of one wall. When it was last folded, the calendar had come to `until` and the fold to
    `reached`; `own` and `others` are the accounts of its lines and those at their other end."""

    items: dict[str, Item] = field(default_factory=dict)
    diary: Diary = field(default_factory=Diary)
    own: Counter[str] = field(default_factory=Counter)
    others: set[str] = field(default_factory=set)
    fold: WarmFold | CompiledFold | None = None
    is_declined: bool = False
    until: date = date.min
    reached: date = date.min
    aside: dict[str, Line] = field(default_factory=dict)
    """Lines that its fold does not look at, and that are to be told so."""


class WarmEngine:
    """Decides as `reconcile` does over everything it was ever given, with its own decisions as `prior`.

    A line booked after all others costs its own work only. What reaches back (a line of a day that was
    decided, a line that changed or was withdrawn, a person's decision) takes its wall back to that day
    and folds it again from there; a decision that stands no more takes it back to the first day; an item
    or payer account that is new or other has the wall's index made anew. Holds every line, item and
    decision; not for several threads at once.
    """

    def __init__(self, policy: Policy = DEFAULTS, *, compiled: bool = True) -> None:
        self.policy = policy
        self._compiled = compiled and kernel.is_available()
        self._past = Past()
        self._walls: dict[Key, Kept] = defaultdict(Kept)
        self._since: dict[Key, date] = {}
        self._accounts: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._calendar: dict[Company, Counter[date]] = defaultdict(Counter)
        self._sources: Counter[str] = Counter()
        self._is_whole = True

    @property
    def decided(self) -> Mapping[str, Decision]:
        """Every decision as it stands now, by transaction id."""
        return MappingProxyType(self._past.decisions)

    @all_alive()
    def advance(
        self,
        *,
        lines: Iterable[Line] = (),
        items: Iterable[Item] = (),
        withdrawn: Iterable[Item] = (),
        payer_accounts: Iterable[PayerAccount] = (),
        decisions: Iterable[Decision] = (),
    ) -> Advance:
        """Takes new and changed lines and items, items that are no more, further payer accounts, and
        decisions made elsewhere (by people, or before this engine began). What is known already changes
        nothing. Raises ValueError when two of the lines have the same id, and RuntimeError after any
        error: what it left half done is no ground to decide on.
        """
        if not self._is_whole:
            raise RuntimeError("an error left this engine half way: begin a new one with all that is known")
        self._is_whole = False
        self._take_items(items, withdrawn)
        self._take_accounts(payer_accounts)
        self._take_lines(by_id(lines), {d.transaction_id: d for d in decisions})
        self._note_calendar()
        changed: dict[str, Decision] = {}
        again: dict[Key, date] = {}
        for key in sorted(self._since, key=str):
            first = self._go_on(key, self._walls[key], changed)
            if first is not None:
                again[key] = first
        self._is_whole = True
        return Advance(tuple(changed[id] for id in sorted(changed)), again)

    def _touch(self, key: Key, day: date) -> None:
        """Something is new in this wall from that day on."""
        self._since[key] = min(day, self._since.get(key, day))

    def _take_items(self, items: Iterable[Item], withdrawn: Iterable[Item]) -> None:
        for item in withdrawn:
            if self._walls[wall_of(item)].items.pop(item.item_id, None) is not None:
                self._make_anew(wall_of(item))
        for item in items:
            there = self._walls[wall_of(item)].items
            if there.get(item.item_id) != item:
                there[item.item_id] = item
                self._make_anew(wall_of(item))

    def _take_accounts(self, payer_accounts: Iterable[PayerAccount]) -> None:
        tenants = set()
        for account in payer_accounts:
            if iban := normal_iban(account.iban):
                self._accounts[account.tenant_id].append((iban, account.debtor_id))
                tenants.add(account.tenant_id)
        for key in [key for key in self._walls if key[0] in tenants]:
            self._make_anew(key)

    def _make_anew(self, key: Key) -> None:
        self._walls[key].fold = None
        self._touch(key, date.min)

    def _take_lines(self, lines: Mapping[str, Line], decisions: Mapping[str, Decision]) -> None:
        """Moves what is new or other, and what is a copy now or no longer, to where it belongs."""
        past = self._past
        fresh = {id: line for id, line in lines.items() if past.known.get(id) != line}
        told = {id: d for id, d in decisions.items() if past.decisions.get(id) != d}
        moved = dict.fromkeys([*fresh, *told])
        for id in moved:
            self._lift(id)
        for line in fresh.values():
            self._enter(line)
        past.decisions.update(told)
        for id in moved:
            self._judge(id)
        moved.update(dict.fromkeys(self._tie(moved)))
        self._lay(moved)
        for id in moved:
            self._tell_fold(id)

    def _tell_fold(self, id: str) -> None:
        line = self._past.known.get(id)
        fold = self._walls[wall_of(line)].fold if line is not None else None
        if fold is not None:
            fold.touched(id)

    def _lift(self, id: str) -> None:
        """Takes a line out of the days that its fold looks at."""
        line = self._past.known.get(id)
        if line is None or self._past.is_aside(line):
            return
        key, kept = wall_of(line), self._walls[wall_of(line)]
        kept.diary.take_out(line)
        self._touch(key, day_of(line))
        standing = self._past.standing.get(id)
        if standing is not None and (day := effective_day(standing, day_of(line))) != day_of(line):
            kept.diary.count_no_more(line, day)
            self._touch(key, day)

    def _enter(self, line: Line) -> None:
        """Makes a line known, in place of what was known of it."""
        before = self._past.known.get(line.transaction_id)
        for one, count in ((before, -1), (line, 1)):
            if one is not None:
                self._count(one, count)
        if before is not None and wall_of(before) != wall_of(line):
            self._touch(wall_of(before), date.min)
            self._tell_fold(line.transaction_id)
        self._past.known[line.transaction_id] = line

    def _count(self, line: Line, count: int) -> None:
        """Notes the day, the source and the accounts that a line names."""
        key, kept = wall_of(line), self._walls[wall_of(line)]
        if line.status == "booked" and line.booking_date is not None:
            _add(self._calendar[key[:2]], line.booking_date, count)
            if line.source_key is not None:
                _add(self._sources, line.source_key, count)
        if own := normal_iban(line.account_iban):
            _add(kept.own, own, count)
        if other := normal_iban(line.counterparty_iban):
            kept.others.add(other)

    def _judge(self, id: str) -> None:
        """Whether what was decided about a line stands; what stood and stands no more frees amounts that
        any earlier line may want."""
        past, line = self._past, self._past.known.get(id)
        before, decision = past.standing.pop(id, None), past.decisions.get(id)
        if decision is not None and stands(decision, line):
            past.standing[id] = decision
        if line is not None and before is not None and before is not past.standing.get(id):
            self._touch(wall_of(line), date.min)

    def _tie(self, lifted: Container[str]) -> list[str]:
        """Finds which lines are copies now; lifts and returns those, and originals, for which that is new."""
        past = self._past
        several = len(self._sources) > 1
        copies = tie(tuple(past.known.values()), standing=frozenset(past.standing)) if several else {}
        supporting: dict[str, list[Line]] = defaultdict(list)
        for copy, original in copies.items():
            supporting[original].append(past.known[copy])
        if copies == past.copies and supporting == past.supporting:
            return []
        other = {id for id in {*copies, *past.copies} if copies.get(id) != past.copies.get(id)}
        other |= {o for o in {*supporting, *past.supporting} if supporting.get(o) != past.supporting.get(o)}
        for id in other:
            if id not in lifted:
                self._lift(id)
        past.take_copies(copies, supporting)
        return sorted(other)

    def _decline(self, key: Key) -> None:
        """The kernel was not made for this wall: the Python begins it anew."""
        kept = self._walls[key]
        kept.is_declined = True
        if isinstance(kept.fold, CompiledFold):
            self._make_anew(key)

    def _lay(self, ids: Iterable[str]) -> None:
        """Enters lines into the days that their fold looks at; the others are put aside."""
        put: dict[Key, list[Line]] = defaultdict(list)
        for id in ids:
            line = self._past.known.get(id)
            if line is None:
                continue
            if self._past.is_aside(line):
                self._walls[wall_of(line)].aside[id] = line
                self._touch(wall_of(line), date.max)
            else:
                put[wall_of(line)].append(line)
                self._touch(wall_of(line), self._count_from(line))
        for key, lines in put.items():
            self._walls[key].diary.put(lines)
            self._touch(key, min(map(day_of, lines)))

    def _count_from(self, line: Line) -> date:
        """Notes the day from which what stands about a line counts, if that is not its own."""
        standing = self._past.standing.get(line.transaction_id)
        day = effective_day(standing, day_of(line)) if standing is not None else day_of(line)
        if day != day_of(line):
            self._walls[wall_of(line)].diary.count_from(line, day)
        return day

    def _note_calendar(self) -> None:
        """The calendar of a company goes on for all its walls: waits may end there."""
        until = {key[:2]: self._until(key[:2]) for key in self._since}
        for key, kept in self._walls.items():
            if kept.fold is not None and kept.fold.waits and until.get(key[:2], kept.until) != kept.until:
                self._touch(key, date.max)

    def _until(self, company: Company) -> date:
        return max(self._calendar[company], default=date.min)

    def _go_on(self, key: Key, kept: Kept, changed: dict[str, Decision]) -> date | None:
        """Folds one wall on; returns the first day that was folded again, if there was one."""
        kept.until = self._until(key[:2])
        if isinstance(kept.fold, CompiledFold) and kept.fold.is_scattered:
            self._make_anew(key)
        try:
            since, fold = self._folded(key, kept)
        except kernel.Declined:
            self._decline(key)
            since, fold = self._folded(key, kept)
        self._keep([*fold.asked(), *fold.set_aside(kept.aside.values())], changed)
        again = since <= kept.reached
        kept.reached = fold.reached or date.min
        kept.aside.clear()
        del self._since[key]
        return max(since, min(kept.diary.after(None), default=since)) if again else None

    def _folded(self, key: Key, kept: Kept) -> tuple[date, WarmFold | CompiledFold]:
        """The fold of a wall, gone on, and since when anew."""
        since, own = self._since[key], frozenset(kept.own)
        if kept.fold is None:
            kept.fold = self._begun(key, kept)
        elif not kept.others.isdisjoint(own ^ kept.fold.own):
            since = date.min
        kept.fold.go_on(since, until=kept.until, own=own)
        return since, kept.fold

    def _begun(self, key: Key, kept: Kept) -> WarmFold | CompiledFold:
        items, accounts = list(kept.items.values()), self._accounts[key[0]]
        if self._compiled and not kept.is_declined:
            return CompiledFold(key, items, accounts, kept.diary, self._past, self.policy)
        return WarmFold(WarmWall(items, accounts), kept.diary, self._past, self.policy)

    def _keep(self, decisions: Iterable[Decision], changed: dict[str, Decision]) -> None:
        """Takes over what was decided, and what of it stands from now on."""
        past = self._past
        for each in decisions:
            id = each.transaction_id
            decision = remembering(each, past.decisions.get(id))
            if past.decisions.get(id) != decision:
                changed[id] = past.decisions[id] = decision
                if stands(decision, past.known[id]):
                    past.standing[id] = decision
                    self._count_from(past.known[id])


def _add(counts: Counter[Any], what: object, count: int) -> None:
    """Counts up or down; what is counted down to nothing is forgotten."""
    counts[what] += count
    if not counts[what]:
        del counts[what]
