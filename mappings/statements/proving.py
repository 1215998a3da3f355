"""Reads a file twice: first to prove its statements, then to give their lines, a portion at a time.

Between the two only 32 bytes a line are kept, so memory is bounded by the largest entry and those; a
short file is kept as it was read and not read again.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from typing import NamedTuple

from core.errors import BadInput
from core.model import BankAccount, BankTransaction, Statement
from mappings.statements.assemble import (
    LineFacts,
    Tally,
    account_fact,
    account_id,
    agree,
    in_range,
    prove,
    statement_fact,
)
from mappings.statements.draft import Closed, Context, Line, LineStatus, Opened, Part, Unreadable
from mappings.statements.identity import line_key, merged_account
from mappings.statements.marks import Marks, Seen, Span, numbers
from mappings.statements.result import Finding, Format, NoticeKind

KEPT = 20_000
"""Lines of a file that are kept from the first reading for the second."""
ANNOUNCING: Mapping[Format, NoticeKind] = {
    Format.CAMT052: "interim_report",
    Format.CAMT054: "notification",
    Format.CFONB240: "notification",
    Format.MT942: "interim_report",
}
"""Formats whose lines are announced, booked or not: the statement of the day is what counts."""
_NOTICES: Mapping[LineStatus, NoticeKind] = {
    "pending": "pending_entries", "planned": "planned_entries", "information": "information_entries",
}  # fmt: skip
Reading = Callable[[], Iterable[Part]]
"""Walks the file from its start."""


@dataclass(frozen=True, slots=True)
class Proven:
    """One statement, report or notification that was taken over. `statement` is None where nothing is
    booked; `announced` counts the lines that are not, by what they are."""

    opened: Opened
    account: BankAccount
    statement: Statement | None
    announced: Counter[NoticeKind]


@dataclass(frozen=True, slots=True)
class Spans:
    """The lines of one kind (booked, or announced) of all statements, and their numbers."""

    marks: Marks = field(default_factory=Marks)
    spans: list[Span] = field(default_factory=list)

    def close(self, start: int, statement: Statement | None) -> None:
        """The lines from `start` on are those of `statement`."""
        self.spans.append(Span(statement, start, len(self.marks)))

    def numbered(self, seen: Seen) -> Iterator[tuple[str, int]]:
        """The fingerprint of each line with its number."""
        return zip(self.marks.fingerprints(), numbers(self.marks, self.spans, seen), strict=True)


class Fate(NamedTuple):
    """What becomes of a line: the state that sets its fingerprint apart (booked money has none), and the
    kind of notice it goes into (booked money into none)."""

    state: str
    notice: NoticeKind | None


def fates_of(format: Format) -> Mapping[LineStatus, Fate]:
    """What becomes of a statement's lines, by their status. What a report says is booked is still to be
    stated: pending."""
    kind = ANNOUNCING.get(format)
    booked = Fate("", None) if kind is None else Fate("pending", kind)
    return {"booked": booked, **{status: Fate(status, kind or own) for status, own in _NOTICES.items()}}


@dataclass(slots=True)
class _Open:
    """The statement that is being read."""

    opened: Opened
    account_key: str
    fates: Mapping[LineStatus, Fate]
    booked_from: int
    announced_from: int
    tally: Tally = field(default_factory=Tally)
    announced: Counter[NoticeKind] = field(default_factory=Counter)


@dataclass(slots=True)
class Proof:
    """What the first reading found. `places` has an element for each statement that was opened."""

    format: Format
    context: Context
    places: list[Proven | None] = field(default_factory=list)
    booked: Spans = field(default_factory=Spans)
    announced: Spans = field(default_factory=Spans)
    set_aside: list[Finding] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    days: dict[str, set[date]] = field(default_factory=lambda: defaultdict(set))
    kept: list[Part] | None = field(default_factory=list)
    _open: _Open | None = None
    _unnamed: set[str] = field(default_factory=set)
    _copies: dict[str, list[str]] = field(default_factory=dict)
    """The places of each statement, by id."""

    def read(self, parts: Iterable[Part]) -> None:
        """Takes in a whole file; raises BadInput for one that cannot be read as a whole."""
        for part in parts:
            if self.kept is not None:
                self.kept.append(part)
                if len(self.kept) > KEPT:
                    self._let_go()
            self._take(part)
        self._drop()
        for copies in self._copies.values():
            if len(copies) > 1:
                message = f"the same statement is {len(copies)} times in the file and was taken once"
                self.findings.append(Finding("statement_repeated", "warning", message, copies[1]))

    def _let_go(self) -> None:
        self.kept = None
        self.booked.marks.let_go()
        self.announced.marks.let_go()

    def _take(self, part: Part) -> None:
        if isinstance(part, Line):
            self._line(part)
        elif isinstance(part, Opened):
            self._begin(part)
        elif isinstance(part, Closed):
            self._end(part)
        else:
            self._fail(part)

    def _begin(self, opened: Opened) -> None:
        self._drop()
        name, given = opened.account, self.context.account
        if name.iban is None:
            self._unnamed.add(name.raw)
        if given and len(self._unnamed) > 1:
            raise BadInput(
                f"{self.context.name} holds {len(self._unnamed)} accounts without an IBAN, so --account"
                " cannot name them all: import them as separate files"
            )
        opened = replace(opened, account=agree(name, self.context))
        self.places.append(None)
        self._open = _Open(
            opened,
            opened.account.key,
            fates_of(opened.format(self.format)),
            booked_from=len(self.booked.marks),
            announced_from=len(self.announced.marks),
        )

    def _drop(self) -> None:
        """Forgets the lines of a statement that did not end as it must."""
        if self._open is not None:
            self.booked.marks.drop(self._open.booked_from)
            self.announced.marks.drop(self._open.announced_from)
        self._open = None

    def _fail(self, problem: Unreadable) -> None:
        self.set_aside.append(problem.finding)
        self._drop()

    def _line(self, line: Line) -> None:
        open = self._open
        if open is None:
            return
        if not in_range(line):
            self._fail(Unreadable("unreadable_amount", "an amount is out of range", open.opened.record))
            return
        state, notice = open.fates[line.status]
        key = line_key(open.account_key, line, state=state)
        if notice is None:
            open.tally.add(line)
            self.booked.marks.add(key, line)
        else:
            open.announced[notice] += 1
            self.announced.marks.add(key, line)

    def _end(self, closed: Closed) -> None:
        open = self._open
        if open is None:
            return
        try:
            announces = open.opened.format(self.format) in ANNOUNCING
            statement = None if announces else self._prove(open, closed)
        except Unreadable as problem:
            self._fail(problem)
            return
        if statement is None:
            self.findings += closed.findings
        elif len(self._copies[statement.id]) > 1:
            self._drop()
            return
        self._open = None
        account = account_fact(open.opened.account, closed.currency, self.context)
        self.places[-1] = Proven(open.opened, account, statement, open.announced)
        self.booked.close(open.booked_from, statement)
        self.announced.close(open.announced_from, None)
        self.days[account.id] |= {day for day in open.tally.days if day is not None}

    def _prove(self, open: _Open, closed: Closed) -> Statement:
        opening, closing, doubts = prove(open.opened, closed, open.tally)
        keys = self.booked.marks.sorted_keys(open.booked_from)
        ends, lines, format = (opening, closing), open.tally.lines, open.opened.format(self.format)
        statement = statement_fact(open.opened, closed.currency, ends, keys, lines, self.context, format)
        self.findings += [*closed.findings, *doubts]
        self._copies.setdefault(statement.id, []).append(open.opened.record)
        return statement


class Told(NamedTuple):
    """One line of the second reading: which statement it is of and what became of it. `repeated`:
    an earlier statement of the file states it too; `stored`: booked, or pending."""

    place: int
    fact: BankTransaction
    notice: NoticeKind | None
    stored: bool
    repeated: bool


def told(proof: Proof, reading: Reading, seen: Seen, homes: Mapping[str, str]) -> Iterator[Told]:
    """Every line of the statements taken over, as facts, in the order of the file.

    `seen` are stored lines, so that occurrence numbers fit them; `homes` are ids of accounts that the
    store knows the file's accounts by.
    """
    booked, announced = proof.booked.numbered(seen), proof.announced.numbered({})
    place = -1
    facts: LineFacts | None = None
    for part in proof.kept if proof.kept is not None else reading():
        if isinstance(part, Opened):
            place += 1
            facts = _facts_of(proof, place, homes)
            fates = fates_of(part.format(proof.format))
        elif isinstance(part, Line) and facts is not None:
            state, notice = fates[part.status]
            try:
                key, number = next(booked if notice is None else announced)
            except StopIteration:
                raise _changed(proof) from None
            fact = facts.fact(part, key, abs(number), booked=notice is None)
            yield Told(place, fact, notice, notice is None or state == "pending", number < 0)
    if next(chain(booked, announced), None) is not None:
        raise _changed(proof)


def _facts_of(proof: Proof, place: int, homes: Mapping[str, str]) -> LineFacts | None:
    if place >= len(proof.places):
        raise _changed(proof)
    proven = proof.places[place]
    if proven is None:
        return None
    account = proven.opened.account
    own = account_id(account)
    statement, format = proven.statement, proven.opened.format(proof.format)
    return LineFacts(account, proof.context, format, homes.get(own, own), statement.id if statement else None)


def _changed(proof: Proof) -> BadInput:
    return BadInput(f"{proof.context.name} changed while it was read: nothing of it was taken over")


def accounts_of(proof: Proof) -> tuple[BankAccount, ...]:
    """The accounts of statements taken over, each once with all that the file says of it."""
    found: dict[str, BankAccount] = {}
    for proven in proof.places:
        if proven is not None:
            id = proven.account.id
            found[id] = merged_account(found.get(id), proven.account)
    return tuple(found.values())
