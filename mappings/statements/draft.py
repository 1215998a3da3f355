"""A statement as its file says it, before it is proven: what every format hands to `reading`.

A format is one function `parts(name, file, context)` that walks an open binary file from its start
and yields, for each statement in turn, one `Opened`, its `Line`s, one `Closed`. It is called twice for
each file: once to prove, once to take over, so it must say the same both times and keep nothing of
the file but the statement's head. What cannot be read is yielded as an `Unreadable` (never raised) and
sets aside the statement around it, or stands for one when none is open; a file that cannot be read as
a whole raises BadInput.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import BinaryIO, Final, Literal, NamedTuple, Protocol, TypeAlias

from core.errors import shown
from core.model import exponent
from core.model.bank import Operation
from mappings.statements.result import Finding, Format


class Unreadable(Exception):
    """A statement cannot be taken over; becomes a finding and sets the statement aside."""

    def __init__(self, code: str, message: str, record: str) -> None:
        super().__init__(message)
        self.finding = Finding(code, "error", message, record)


@dataclass(frozen=True, slots=True)
class AccountName:
    """How a file names an account. `raw` is the bank's own name of it, always there."""

    raw: str
    iban: str | None = None
    bic: str | None = None
    holder_name: str | None = None
    name: str | None = None

    @property
    def key(self) -> str:
        """What identifies the account in ids and fingerprints: the IBAN, or else the raw name."""
        return self.iban or self.raw

    def __str__(self) -> str:
        return f"account ending {shown(self.key[-4:])}"


@dataclass(frozen=True, slots=True)
class Stated:
    """A balance the file states, in minor units."""

    minor: int
    on: date | None
    currency: str


LineStatus: TypeAlias = Literal["booked", "pending", "planned", "information"]
"""Only `booked` is money; `pending` is kept to be tied to its booking; the others are only counted."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A statement begins. `version` is the format with its version, `record` the place in the file;
    `own_format` is that of this message where one file may hold two kinds."""

    account: AccountName
    version: str
    record: str
    own_format: Format | None = None

    def format(self, file: Format) -> Format:
        """What it is, in a file of this format."""
        return self.own_format or file


@dataclass(frozen=True, slots=True)
class Closed:
    """A statement ends: what proves it. `others` are further balances by the bank's word, for hints."""

    currency: str
    opening: Stated | None = None
    closing: Stated | None = None
    others: Mapping[str, Stated] = field(default_factory=dict)
    findings: Iterable[Finding] = ()


class Line(NamedTuple):
    """A movement. `key_text` is all the bank's words of it: what the fingerprint is made of.

    `more` holds further fields of BankTransaction by name.
    """

    amount_minor: int
    currency: str
    booking_date: date | None
    operation: Operation
    key_text: str
    more: Mapping[str, object]
    words: dict[str, str]
    status: LineStatus = "booked"


Part: TypeAlias = Opened | Line | Closed | Unreadable


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a file may ask for. Memory is bounded by an entry, so only that must stay small."""

    total_bytes: int = 4 * 1024**3
    entry_bytes: int = 32 * 1024**2


LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Context:
    """What the caller knows and the file does not."""

    name: str
    account: str | None = None
    company_id: str | None = None
    currency: str | None = None
    raw_id: str | None = None
    limits: Limits = LIMITS


class FormatReader(Protocol):
    """How a format is read; see the docstring of this module."""

    def __call__(self, name: str, file: BinaryIO, context: Context) -> Iterator[Part]: ...


_TENS: tuple[int, ...] = tuple(10**power for power in range(16))


def rescaled(number: int, decimals: int, currency: str) -> int | None:
    """Units of 10^-decimals to minor units of `currency`; None when digits would be lost.

    Raises MoneyError for an unknown currency.
    """
    shift = decimals - exponent(currency)
    minor, lost = divmod(number * _TENS[max(0, -shift)], _TENS[max(0, shift)])
    return None if lost else minor


NOTHING = frozenset(
    {"NOTPROVIDED", "NOT PROVIDED", "NON RENSEIGNE", "NONREF", "NONE", "SANS REF", "N/A", "NA"}
)


def told(text: str | None) -> str | None:
    """The text without its blanks; None when it is empty or a way of saying "none"."""
    bare = text.strip() if text else ""
    return None if not bare or bare.upper() in NOTHING else bare


def seamless(parts: list[str], width: int) -> str:
    """Lines of fixed width put together: a full one was cut there, so nothing comes between."""
    joined = parts[0] if parts else ""
    for before, part in pairwise(parts):
        joined += part if len(before) >= width else " " + part.lstrip()
    return joined


def distinct(parts: list[str]) -> list[str]:
    """Without the parts that a longer or earlier part holds already: banks repeat and cut labels."""
    kept: list[str] = []
    for part in parts:
        text = part.strip()
        if not text:
            continue
        if kept:
            if [other for other in kept if text in other]:
                continue
            kept = [other for other in kept if other not in text]
        kept.append(text)
    return kept
