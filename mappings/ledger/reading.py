"""Reads a FEC into canonical facts: invoices, credit notes, payments, and what letters tie together."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain, islice
from typing import BinaryIO, Final

from core.model import Counterparty, Fact, Invoice, LedgerAllocation, LedgerPayment
from core.model.identifiers import is_siren
from mappings.ledger.chart import Chart
from mappings.ledger.daybook import HELD, Daybook
from mappings.ledger.entries import entries_of
from mappings.ledger.facts import Facts
from mappings.ledger.finding import UNTOLD_AFTER, Finding
from mappings.ledger.lettering import tie_letters
from mappings.ledger.line import LedgerLine
from mappings.ledger.lines import read_lines
from mappings.ledger.names import Names
from mappings.ledger.posting import post

_NAME: Final = re.compile(r"(?<!\d)(\d{9})FEC(20\d{6})(?!\d)", re.IGNORECASE)
PORTION: Final = 2_000
"""Facts that are made and stored together."""
_NEVER: Final = "0000-00-00"
_SET_ASIDE: Final = ("line_refused", "entry_unbalanced")
_OPEN_END: Final = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class LedgerFile:
    """A FEC as read. Nothing of what is in `set_aside` is among the facts.

    `entries` are those that balance; totals are of all readable lines, in cents. `siren` and
    `closing_on` are what the file's name says (A47 A-1, IX: SirenFECAAAAMMJJ), None when it says
    nothing. `version` orders the states of one ledger: its last entry, its last lettering, its lines.
    """

    name: str
    lines: int
    entries: int
    debit_minor: int
    credit_minor: int
    first_on: date | None
    last_on: date | None
    version: str
    siren: str | None
    closing_on: date | None
    set_aside: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    made_of: Facts = field(repr=False, compare=False)
    """What facts are made of when they are asked for; much of it may lie on disk."""
    format: str = "fec"

    @property
    def counterparties(self) -> tuple[Counterparty, ...]:
        return tuple(self.made_of.counterparties())

    @property
    def invoices(self) -> tuple[Invoice, ...]:
        return tuple(self.made_of.invoices())

    @property
    def payments(self) -> tuple[LedgerPayment, ...]:
        return tuple(self.made_of.payments())

    @property
    def allocations(self) -> tuple[LedgerAllocation, ...]:
        return tuple(self.made_of.allocations())

    @property
    def facts(self) -> tuple[Fact, ...]:
        """All facts, each after those it names."""
        return tuple(self.made_of.all())

    def stated(self, ids: Collection[str]) -> set[str]:
        """Those of the ids that invoices, payments or allocations of this ledger have."""
        return self.made_of.stated(ids)

    def portions(self) -> Iterator[Sequence[Fact]]:
        """All facts, some at a time: a large ledger's do not all stand in memory."""
        facts = self.made_of.all()
        while portion := tuple(islice(facts, PORTION)):
            yield portion


def read_ledger(
    name: str,
    stream: BinaryIO,
    *,
    company_id: str | None = None,
    siren: str | None = None,
    raw_id: str | None = None,
    chart: Chart | None = None,
    held: int = HELD,
) -> LedgerFile:
    """The facts a FEC states.

    `siren` is that of the company it should be of: the file's name is checked against it. Without
    `company_id` ids are made of the SIREN in the name. Raises BadInput for a file without a readable
    header. Lines are read one at a time; of each document, payment and letter a short record waits for the
    end of the file: `held` bytes of them in memory, the rest in a temporary file that ends with the value.
    """
    tally, told = _Tally(), _Told()
    daybook = Daybook(Names(company_id or name_of(name)[0] or ""), held=held)
    accounts = chart or Chart()
    for part in entries_of(name, tally.of(read_lines(name, stream))):
        if isinstance(part, Finding):
            told.add(part)
        else:
            tally.entries += 1
            post(part, daybook, accounts)
    daybook.close()
    for finding in chain(tie_letters(name, daybook), _about(name, tally, daybook, siren)):
        told.add(finding)
    facts = Facts(daybook, company_id=company_id, raw_id=raw_id, version=tally.version)
    return _file(name, tally, told.all(name), facts)


def name_of(name: str) -> tuple[str | None, date | None]:
    """The SIREN and the closing day in a file's name; None where they are not there or impossible."""
    found = _NAME.search(name)
    if found is None:
        return None, None
    digits = found.group(2)
    try:
        closing = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return found.group(1), None
    return found.group(1), closing


class _Tally:
    """Counts what goes by."""

    def __init__(self) -> None:
        self.lines = self.entries = self.debit = self.credit = self.drafts = 0
        self.first: date | None = None
        self.last: date | None = None
        self.lettered: date | None = None

    @property
    def version(self) -> str:
        """The state of the ledger: of two the greater text is the later."""
        return f"{self.last or _NEVER} {self.lettered or _NEVER} {self.lines:09d}"

    def of(self, lines: Iterator[LedgerLine | Finding]) -> Iterator[LedgerLine | Finding]:
        for line in lines:
            if isinstance(line, LedgerLine):
                self._add(line)
            yield line

    def _add(self, line: LedgerLine) -> None:
        self.lines += 1
        self.debit += line.debit_minor
        self.credit += line.credit_minor
        day = line.entry_date
        if self.last is None or self.first is None:
            self.first = self.last = day
        if day < self.first:
            self.first = day
        if day > self.last:
            self.last = day
        if line.lettered_on is not None and (self.lettered is None or line.lettered_on > self.lettered):
            self.lettered = line.lettered_on
        if line.validated_on is None:
            self.drafts += 1


class _Told:
    """Findings, the first of each code; of the others the number."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.counts: Counter[str] = Counter()

    def add(self, finding: Finding) -> None:
        self.counts[finding.code] += 1
        if self.counts[finding.code] <= UNTOLD_AFTER:
            self.findings.append(finding)

    def all(self, name: str) -> list[Finding]:
        """The findings, and how many of each code are not among them."""
        more = [(code, count - UNTOLD_AFTER) for code, count in self.counts.items() if count > UNTOLD_AFTER]
        return [*self.findings, *(_more(name, code, count) for code, count in more)]


def _more(name: str, code: str, count: int) -> Finding:
    message = f"{count} more of this kind ({code}) are not told one by one"
    return Finding(code, "warning", message, name)


def _file(name: str, tally: _Tally, told: Sequence[Finding], facts: Facts) -> LedgerFile:
    siren, closing = name_of(name)
    return LedgerFile(
        name=name,
        lines=tally.lines,
        entries=tally.entries,
        debit_minor=tally.debit,
        credit_minor=tally.credit,
        first_on=tally.first,
        last_on=tally.last,
        version=tally.version,
        siren=siren,
        closing_on=closing,
        set_aside=tuple(f for f in told if f.code in _SET_ASIDE),
        warnings=tuple(f for f in told if f.code not in _SET_ASIDE),
        made_of=facts,
    )


def _about(name: str, tally: _Tally, daybook: Daybook, siren: str | None) -> Iterator[Finding]:
    """What the file as a whole leaves open."""
    yield from _about_name(name, tally, siren)
    if tally.drafts:
        message = f"{tally.drafts} of {tally.lines} lines are not validated: their entries may still change"
        yield Finding("not_validated", "info", message, name, None, "ValidDate")
    if daybook.balances_only:
        count = daybook.balances_only
        lines = "one opening line names" if count == 1 else f"{count} opening lines name"
        message = f"{lines} no document: a balance, of which no invoice was made"
        yield Finding("opening_balance", "info", message, name)


def _about_name(name: str, tally: _Tally, siren: str | None) -> Iterator[Finding]:
    named, closing = name_of(name)
    if named is None:
        message = "the name is not SIREN + FEC + closing date, so neither could be checked"
        yield Finding("name_unusual", "info", message, name)
        return
    if not is_siren(named):
        yield Finding("siren_invalid", "warning", f"{named} in the name is no SIREN (check digit)", name)
    elif siren is not None and siren != named:
        message = f"the name says SIREN {named}, the company has {siren}: is this another company's ledger?"
        yield Finding("other_company", "error", message, name)
    if closing is None:
        yield Finding("closing_date", "warning", "the name's closing date is no day of the calendar", name)
    elif tally.last is not None and tally.last > closing:
        message = f"entries up to {tally.last}, after the closing date {closing} in the name"
        yield Finding("closing_date", "warning", message, name)
    elif tally.last is not None and tally.last < closing - _OPEN_END:
        message = (
            f"the last entry is of {tally.last} and the year closes on {closing}: what is between is unknown"
        )
        yield Finding("closing_date", "info", message, name)
