"""Imports bank files: one unit per file; the same line twice, or from two formats, is one transaction."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from core.model import BankAccount, BankTransaction, Fact, Statement
from core.ports import BankFile, Statements, Store, Unit
from core.usecases.file_records import FILE_PROVIDER, digest_of, file_id, file_record, in_parts
from core.usecases.issues import file_issue, note
from core.usecases.running_balance import compared
from core.usecases.succession import succeed
from core.usecases.wake import wake


@dataclass(frozen=True, slots=True)
class Imported:
    """What one file came to. `new` and `known` count booked lines, `pending` new ones that are not
    booked yet; `stored` counts new facts by entity (with `dry_run`: those that would be)."""

    name: str
    format: str
    new: int
    known: int
    pending: int
    statements: int
    set_aside: tuple[str, ...]
    warnings: tuple[str, ...]
    stored: Mapping[str, int]


def import_file(
    store: Store,
    statements: Statements,
    tenant_id: str,
    *,
    company_id: str | None,
    name: str,
    file: BinaryIO,
    account: str | None = None,
    dry_run: bool = False,
) -> Imported:
    """Reads and stores one open binary file that can seek; `account` is the IBAN that a format leaves out.

    The file is read in portions and stored in one unit: all of it or nothing. Raises BadInput for a
    file that cannot be read. Statements that do not add up are set aside with the difference; the
    others are stored. A second import stores nothing.
    """
    digest = digest_of(file)
    raw_id = file_id(digest, account, company_id)
    read = statements.open(name, file, account=account, company_id=company_id, raw_id=raw_id)
    with store.begin(tenant_id, write=not dry_run) as unit:
        taking = Taking(unit, statements, fit(unit, read), write=not dry_run)
        taking.run()
        if not dry_run:
            if taking.stored:
                raw = file_record(
                    digest=digest,
                    name=name,
                    format=str(read.format),
                    account=account,
                    company_id=company_id,
                    received_at=unit.now,
                )
                for part in in_parts(raw, file):
                    unit.append([part])
            succeed(unit, statements, taking.fitted.account_ids)
            _tell(unit, statements, taking.fitted, name=name, digest=digest, company_id=company_id)
    fitted = taking.fitted.file
    return Imported(
        name=name,
        format=str(fitted.format),
        new=taking.new,
        known=taking.known,
        pending=taking.pending,
        statements=len(fitted.statements),
        set_aside=tuple(f"{f.record}: {f.message}" for f in fitted.set_aside),
        warnings=tuple(f"{f.record}: {f.message}" for f in fitted.warnings),
        stored=taking.stored,
    )


@dataclass(frozen=True, slots=True)
class Fitted:
    """A file whose accounts and occurrence numbers fit what is stored.

    `homes`: the id under which each of its accounts is known; `busy`: days of an account (by that
    id) on which lines of files are stored already, with the ids of those lines.
    """

    file: BankFile
    homes: Mapping[str, str]
    busy: Mapping[tuple[str, date], set[str]]

    @property
    def account_ids(self) -> list[str]:
        return sorted(self.homes.values())


def fit(unit: Unit, read: BankFile, *, as_of: int | None = None) -> Fitted:
    """The file with the accounts and occurrence numbers that fit what is stored."""
    homes = {account.id: _home(unit, account, as_of) for account in read.accounts}
    seen: dict[str, list[tuple[int, Statement]]] = defaultdict(list)
    busy: dict[tuple[str, date], set[str]] = defaultdict(set)
    for own, home in homes.items():
        stated = {one.id: one for one in unit.all(Statement, as_of=as_of, account_id=home)}
        for day in sorted(read.booked_days(own)) if stated else ():
            for line in lines_of_day(unit, home, day, as_of=as_of):
                busy[home, day].add(line.id)
                origin = stated.get(line.source.external_version or "") if line.source else None
                if origin is not None:
                    seen[line.fingerprint].append((line.occurrence, origin))
    return Fitted(read.fitted(seen=seen, homes=homes), homes, busy)


def _home(unit: Unit, account: BankAccount, as_of: int | None) -> str:
    """The account's own id, unless a connector brought the same IBAN of the same company before."""
    if account.iban is None:
        return account.id
    known = [
        one.id
        for one in unit.all(BankAccount, as_of=as_of, iban=account.iban)
        if one.company_id == account.company_id
    ]
    return account.id if account.id in known or not known else min(known)


def lines_of_day(
    unit: Unit, account_id: str, day: date, *, as_of: int | None = None
) -> list[BankTransaction]:
    """The booked lines that files brought of one day of an account."""
    lines = unit.all(
        BankTransaction, as_of=as_of, account_id=account_id, booking_date=str(day), status="booked"
    )
    return [line for line in lines if line.source is not None and line.source.provider == FILE_PROVIDER]


def _place(line: BankTransaction) -> tuple[str, date]:
    """Account and day; a line without a day is on none that is busy."""
    return line.account_id, line.booking_date or date.min


@dataclass(slots=True)
class Taking:
    """Takes over the lines of a file, a portion at a time. Only lines of busy days that are not known
    by their id are held: another format may print what is stored of that day in other words."""

    unit: Unit
    statements: Statements
    fitted: Fitted
    write: bool
    new: int = 0
    known: int = 0
    pending: int = 0
    stored: Counter[str] = field(default_factory=Counter)
    _held: dict[tuple[str, date], list[BankTransaction]] = field(default_factory=lambda: defaultdict(list))
    _met: dict[tuple[str, date], set[str]] = field(default_factory=lambda: defaultdict(set))

    def run(self) -> None:
        file = self.fitted.file
        self._put(self._accounts())
        self._put(self._unknown(Statement, file.statements))
        for portion in file.portions():
            self._portion(portion)
        for place in sorted(self._held):
            self._pair(*place)

    def _accounts(self) -> list[BankAccount]:
        """The file's own accounts; one that a connector keeps stays as the connector says."""
        own = {one.id: one for one in self.fitted.file.accounts if self.fitted.homes[one.id] == one.id}
        known = self.unit.get(BankAccount, own)
        merged = (self.statements.merged_account(known.get(id), one) for id, one in own.items())
        return [one for one in merged if known.get(one.id) != one]

    def _unknown(self, kind: type[Statement], facts: Sequence[Statement]) -> list[Statement]:
        known = self.unit.get(kind, (one.id for one in facts))
        return [one for one in facts if one.id not in known]

    def _portion(self, lines: Sequence[BankTransaction]) -> None:
        booked = [line for line in lines if line.status == "booked"]
        direct = [line for line in booked if not self._is_busy(line)] if self.fitted.busy else booked
        self._take(direct)
        if len(direct) < len(booked):
            self._sift([line for line in booked if self._is_busy(line)])
        if len(booked) < len(lines):
            announced = [line for line in lines if line.status != "booked"]
            there = self.unit.get(BankTransaction, (line.id for line in announced))
            fresh = [line for line in announced if line.id not in there]
            self.pending += len(fresh)
            self._put(fresh)

    def _is_busy(self, line: BankTransaction) -> bool:
        return _place(line) in self.fitted.busy

    def _sift(self, lines: Sequence[BankTransaction]) -> None:
        busy = self.fitted.busy
        there = self.unit.get(
            BankTransaction, (line.id for line in lines if line.id not in busy[_place(line)])
        )
        for line in lines:
            place = _place(line)
            if line.id in busy[place] or line.id in there:
                self._met[place].add(line.id)
                self.known += 1
            else:
                self._held[place].append(line)

    def _pair(self, account_id: str, day: date) -> None:
        """What is left of a busy day, beside what is stored of it and was not met by its id."""
        met, held = self._met[account_id, day], self._held.pop((account_id, day))
        stored = [line for line in lines_of_day(self.unit, account_id, day) if line.id not in met]
        same = self.statements.same_lines(stored, held)
        self.known += len(same)
        self._take([line for line in held if line.id not in same])

    def _take(self, lines: Sequence[BankTransaction]) -> None:
        self.new += len(lines)
        self._put(lines)

    def _put(self, facts: Sequence[Fact]) -> None:
        self.stored.update(fact.entity for fact in facts)
        if self.write and facts:
            self.unit.put(facts)


def _tell(
    unit: Unit, statements: Statements, fitted: Fitted, *, name: str, digest: str, company_id: str | None
) -> None:
    """Notes what a person should know, and asks for a reconciliation."""
    stored = [one for id in fitted.account_ids for one in unit.all(Statement, account_id=id)]
    findings = [
        *fitted.file.set_aside,
        *fitted.file.warnings,
        *statements.gaps(stored),
        *compared(unit, fitted.file.statements, stored),
    ]
    note(
        unit,
        (file_issue(unit, finding, name=name, digest=digest, company_id=company_id) for finding in findings),
    )
    wake(unit)


def facts_again(unit: Unit, statements: Statements, read: BankFile, *, as_of: int) -> list[Fact]:
    """The facts that importing a file brings to what was known at a revision, for comparing."""
    fitted = fit(unit, read, as_of=as_of)
    lines = [line for portion in fitted.file.portions() for line in portion]
    known = [
        line for account_id, day in fitted.busy for line in lines_of_day(unit, account_id, day, as_of=as_of)
    ]
    same = statements.same_lines(known, [line for line in lines if line.status == "booked"])
    accounts = {one.id: one for one in unit.all(BankAccount, as_of=as_of)}
    own = [
        statements.merged_account(accounts.get(one.id), one)
        for one in read.accounts
        if fitted.homes[one.id] == one.id
    ]
    return [*own, *fitted.file.statements, *(line for line in lines if line.id not in same)]
