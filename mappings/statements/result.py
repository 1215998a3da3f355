"""What reading a bank file gives: statements that add up, and what was set aside and why."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from core.model import BankAccount, BankTransaction, Statement


class Format(StrEnum):
    """A kind of file, told by its content; `reading.READERS` has those that are read."""

    CFONB120 = "cfonb120"
    CFONB160 = "cfonb160"
    CFONB240 = "cfonb240"
    CAMT052 = "camt.052"
    CAMT053 = "camt.053"
    CAMT054 = "camt.054"
    MT940 = "mt940"
    MT942 = "mt942"
    OFX = "ofx"
    PAIN001 = "pain.001"
    PAIN002 = "pain.002"
    PAIN008 = "pain.008"
    FEC = "fec"
    PDF = "pdf"
    ZIP = "zip"
    HTML = "html"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know. `record` is the place in the file; never holds a line's text."""

    code: str
    severity: Literal["info", "warning", "error"]
    message: str
    record: str


@dataclass(frozen=True, slots=True)
class ReadStatement:
    """One statement whose control totals hold: its account, itself and its booked lines in order."""

    account: BankAccount
    statement: Statement
    transactions: tuple[BankTransaction, ...]
    record: str


NoticeKind: TypeAlias = Literal[
    "interim_report", "notification", "pending_entries", "planned_entries", "information_entries"
]


@dataclass(frozen=True, slots=True)
class Notice:
    """Lines a bank announced but did not state as booked. They have status `pending`: none is money
    before the statement that books it comes."""

    kind: NoticeKind
    account: BankAccount
    transactions: tuple[BankTransaction, ...]
    record: str


@dataclass(frozen=True, slots=True)
class StatementFile:
    """A bank file as read. Nothing of a statement in `set_aside` is among the facts."""

    format: Format
    statements: tuple[ReadStatement, ...]
    set_aside: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    notices: tuple[Notice, ...] = ()

    @property
    def transactions(self) -> tuple[BankTransaction, ...]:
        """The booked lines of all statements, in file order; a line two of them state comes once, as
        the first states it."""
        lines: dict[str, BankTransaction] = {}
        for read in self.statements:
            for line in read.transactions:
                lines.setdefault(line.id, line)
        return tuple(lines.values())
