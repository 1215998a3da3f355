"""Reads a bank file of any known format into proven statements, whole or as a stream.

`open_statements` proves the file and then gives its lines in portions, in memory bounded by the
largest entry; `read_statements` gives everything at once. A format is a row of `READERS`: a function
that walks the file and yields the parts described in `draft`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from io import SEEK_END, BytesIO
from typing import BinaryIO, Final

from core.errors import BadInput
from core.model import BankAccount, BankTransaction, Statement
from mappings.statements import camt, cfonb120, cfonb240, mt940, ofx
from mappings.statements.assemble import given_iban
from mappings.statements.draft import LIMITS, Context, FormatReader, Limits, Part
from mappings.statements.formats import HEAD, recognise, refusal
from mappings.statements.identity import gaps, overlaps
from mappings.statements.marks import Seen
from mappings.statements.proving import ANNOUNCING, Proof, Proven, Reading, Told, accounts_of, told
from mappings.statements.result import (
    Finding,
    Format,
    Notice,
    NoticeKind,
    ReadStatement,
    StatementFile,
)

READERS: Final[Mapping[Format, FormatReader]] = {
    Format.CFONB120: cfonb120.parts,
    Format.CFONB240: cfonb240.parts,
    Format.CAMT052: camt.parts,
    Format.CAMT053: camt.parts,
    Format.CAMT054: camt.parts,
    Format.MT940: mt940.parts,
    Format.MT942: mt940.parts,
    Format.OFX: ofx.parts,
}
PORTION: Final = 1000


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file whose statements are proven. `portions` reads it again: it must stay open and unchanged.

    `homes` are ids of accounts that a store knows the file's accounts by; `seen` its lines.
    """

    proof: Proof
    reading: Reading
    seen: Seen = field(default_factory=dict)
    homes: Mapping[str, str] = field(default_factory=dict)

    @property
    def format(self) -> Format:
        return self.proof.format

    @property
    def accounts(self) -> tuple[BankAccount, ...]:
        """Each account once, under its own id."""
        return accounts_of(self.proof)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements that are taken over, on the accounts the store knows."""
        return tuple(
            self._at_home(proven.statement)
            for proven in self.proof.places
            if proven is not None and proven.statement is not None
        )

    def _at_home(self, statement: Statement) -> Statement:
        home = self.homes.get(statement.account_id)
        return statement if home is None else statement.model_copy(update={"account_id": home})

    @property
    def set_aside(self) -> tuple[Finding, ...]:
        return tuple(self.proof.set_aside)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What a person should know: of each statement, of announced lines, of missing files."""
        announced = (
            _announced(proven, kind, count)
            for proven in self.proof.places
            if proven is not None
            for kind, count in _notices(proven, self.format).items()
        )
        statements = self.statements
        return (*self.proof.findings, *announced, *gaps(statements), *overlaps(statements))

    def booked_days(self, account_id: str) -> Collection[date]:
        """The booking days of the lines on an account of the file."""
        return self.proof.days.get(account_id, set())

    def fitted(self, *, seen: Seen, homes: Mapping[str, str]) -> "OpenedFile":
        """The same file with numbers and accounts that fit a store."""
        return replace(self, seen=seen, homes=homes)

    def told(self) -> Iterator[Told]:
        """Every line in the order of the file, announced ones too."""
        return told(self.proof, self.reading, self.seen, self.homes)

    def portions(self, size: int = PORTION) -> Iterator[list[BankTransaction]]:
        """The lines to keep (booked, and pending), each once, in lists of `size`."""
        portion: list[BankTransaction] = []
        for line in self.told():
            if line.stored and not line.repeated:
                portion.append(line.fact)
                if len(portion) == size:
                    yield portion
                    portion = []
        if portion:
            yield portion


def open_statements(
    name: str,
    file: BinaryIO,
    *,
    account: str | None = None,
    company_id: str | None = None,
    currency: str | None = None,
    raw_id: str | None = None,
    limits: Limits = LIMITS,
) -> OpenedFile:
    """Proves the statements of an open binary file that can seek; the lines are read when asked for.

    `name` is only for messages and `Statement.file_name`. `account` (an IBAN) names the account of
    a file that does not, and must agree with one that does. `currency` is the account's, for a
    CFONB file that leaves it out. Raises BadInput for a file that cannot be read as a whole.
    """
    found = _recognised(name, file, limits)
    context = Context(name, given_iban(account), company_id, currency, raw_id, limits)
    read = READERS[found]

    def reading() -> Iterator[Part]:
        file.seek(0)
        return read(name, file, context)

    proof = Proof(found, context)
    proof.read(reading())
    if not (proof.set_aside or any(proof.places)):
        raise BadInput(f"{name} holds no statement: export the statement from the bank again")
    return OpenedFile(proof, reading)


def _recognised(name: str, file: BinaryIO, limits: Limits) -> Format:
    size = file.seek(0, SEEK_END)
    if size > limits.total_bytes:
        raise BadInput(
            f"{name} has {size:,} bytes and the limit is {limits.total_bytes:,}: export a shorter period"
        )
    file.seek(0)
    head = file.read(HEAD)
    if not head.strip():
        raise BadInput(f"{name} is empty: export the statement from the bank again")
    found = recognise(head)
    if found not in READERS:
        raise refusal(name, found)
    return found


def _notices(proven: Proven, format: Format) -> Mapping[NoticeKind, int]:
    """The notices of a statement in a file of this format; a report or notification is one even when it
    is empty."""
    kind = ANNOUNCING.get(proven.opened.format(format))
    return proven.announced if kind is None else {kind: proven.announced[kind]}


def _announced(proven: Proven, kind: NoticeKind, count: int) -> Finding:
    """Says that announced lines were seen and what becomes of them."""
    fate = (
        "not money yet and only shown"
        if kind in ("planned_entries", "information_entries")
        else "not booked: kept as pending, they count for nothing until a statement (camt.053 or CFONB 120)"
        " books them"
    )
    lines = "line" if count == 1 else "lines"
    message = f"{kind.replace('_', ' ')}: {count} announced {lines}, {fate}"
    return Finding("announced_only", "info", message, proven.opened.record)


def read_statements(
    name: str,
    content: bytes,
    *,
    account: str | None = None,
    company_id: str | None = None,
    currency: str | None = None,
    raw_id: str | None = None,
    limits: Limits = LIMITS,
) -> StatementFile:
    """The statements in a bank file whose control totals hold, with all their lines; the others are
    set aside, each alone. The arguments are those of `open_statements`."""
    opened = open_statements(
        name,
        BytesIO(content),
        account=account,
        company_id=company_id,
        currency=currency,
        raw_id=raw_id,
        limits=limits,
    )
    booked: dict[int, list[BankTransaction]] = defaultdict(list)
    announced: dict[tuple[int, NoticeKind], list[BankTransaction]] = defaultdict(list)
    for line in opened.told():
        (booked[line.place] if line.notice is None else announced[line.place, line.notice]).append(line.fact)
    places = [(place, proven) for place, proven in enumerate(opened.proof.places) if proven is not None]
    return StatementFile(
        format=opened.format,
        statements=tuple(
            ReadStatement(one.account, one.statement, tuple(booked[place]), one.opened.record)
            for place, one in places
            if one.statement is not None
        ),
        set_aside=opened.set_aside,
        warnings=opened.warnings,
        notices=tuple(
            Notice(kind, one.account, tuple(announced[place, kind]), one.opened.record)
            for place, one in places
            for kind in _notices(one, opened.format)
        ),
    )
