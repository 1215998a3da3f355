"""A statement as its file says it, before it is proven: what both readers hand to `assemble`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from core.model import exponent
from core.model.bank import Operation
from mappings.statements.result import Finding


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
        return f"account ending {self.key[-4:]}"


@dataclass(frozen=True, slots=True)
class Stated:
    """A balance the file states, in minor units."""

    minor: int
    on: date | None
    currency: str


@dataclass(frozen=True, slots=True)
class Line:
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


@dataclass(frozen=True, slots=True)
class Draft:
    """One statement, read but not proven. `version` is the format with its version."""

    account: AccountName
    version: str
    currency: str
    opening: Stated | None
    closing: Stated | None
    lines: list[Line]
    record: str
    pending: list[Line] = field(default_factory=list)
    others: Mapping[str, Stated] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


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
        if not text or any(text in other for other in kept):
            continue
        kept = [other for other in kept if other not in text]
        kept.append(text)
    return kept
