"""Which column of a FEC stands where: the header line, in the spellings that programs write."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import BadInput
from core.model.identifiers import compact

LAW: Final = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum",
    "CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet",
    "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip
"""The eighteen fields of a commercial ledger in the order of the law (LPF, art. A47 A-1, VII 1°)."""
CASH_BASIS: Final = ("DateRglt", "ModeRglt", "NatOp", "IdClient")
"""Fields that ledgers kept on a cash basis (BNC, BA) add (VIII 3° to 8°); the hub needs none of them."""
SEPARATORS: Final = ("\t", "|", ";")
"""Tab or vertical bar by the law (VI); the semicolon of spreadsheet exports is read with a warning."""
MARKS: Final = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""Byte-order marks: UTF-8 and both kinds of UTF-16."""
_SPELLINGS: Final = {
    "ECRTURELET": "EcritureLet",
    "COMPTEAUXNUM": "CompAuxNum",
    "COMPTEAUXLIB": "CompAuxLib",
    "MONTANTDEVISE": "Montantdevise",
    "DEVISE": "Idevise",
}
_NAMES: Final = {compact(name): name for name in (*LAW, "Montant", "Sens", *CASH_BASIS)} | _SPELLINGS
_ROOT: Final = re.compile(rb"<(?:[\w.-]+:)?comptabilite[\s>/]", re.IGNORECASE)
_NEEDED: Final = ("JournalCode", "EcritureDate", "CompteNum")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of one file stand.

    `places` follow `LAW` (12 and 13 hold Montant and Sens where `signed`); `width` is the place of a
    column the file does not have: readers find "" there. `missing` and `further` name columns.
    """

    separator: str
    width: int
    places: tuple[int, ...]
    signed: bool
    missing: tuple[str, ...] = ()
    further: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns as this file names them, in the order of the law."""
        return (*LAW[:11], "Montant", "Sens", *LAW[13:]) if self.signed else LAW


def is_header(text: str) -> bool:
    """Whether a first line names the columns of a FEC."""
    separator = _separator(text)
    return bool(separator) and "JournalCode" in _names(text.split(separator))


def is_ledger(head: bytes) -> bool:
    """Whether a file that begins with `head` is a FEC, told by its first line (in XML by its root) and
    never by its name."""
    start = head.replace(b"\0", b"")
    for mark in MARKS:
        start = start.removeprefix(mark)
    start = start.lstrip()
    first = next(iter(start.splitlines()), b"")
    if start.startswith(b"<"):
        return _ROOT.search(start[:4_096]) is not None
    return is_header(first.decode("latin-1"))


def layout_of(file: str, header: str) -> Layout:
    """Reads the header line; raises BadInput naming a column without which no entry can be read."""
    separator = _separator(header)
    written = [field.strip() for field in header.split(separator)] if separator else []
    while written and not written[-1]:
        written.pop()
    names = _names(written)
    _check(file, names)
    found = {name: place for place, name in reversed(list(enumerate(names)))}
    signed = "Debit" not in found
    wanted = (*LAW[:11], "Montant", "Sens", *LAW[13:]) if signed else LAW
    return Layout(
        separator=separator,
        width=len(written),
        places=tuple(found.get(name, len(written)) for name in wanted),
        signed=signed,
        missing=tuple(name for name in wanted if name not in found),
        further=tuple(n for n in names if n not in wanted and n not in CASH_BASIS),
    )


def _separator(header: str) -> str:
    """The separator that the header uses most; empty when it uses none."""
    best = max(SEPARATORS, key=header.count)
    return best if best in header else ""


def named(written: str) -> str | None:
    """A name as the law writes it: case, blanks, accents and quotes aside; None for another."""
    return _NAMES.get(compact(written))


def _names(written: Sequence[str]) -> list[str]:
    return [named(name) or name.strip() for name in written]


def _check(file: str, names: Sequence[str]) -> None:
    missing = [name for name in _NEEDED if name not in names]
    if not ({"Debit", "Credit"} <= {*names} or {"Montant", "Sens"} <= {*names}):
        missing.append("Debit and Credit (or Montant and Sens)")
    if missing:
        raise BadInput(
            f"{file} is no readable FEC: line 1 has no column {', '.join(missing)}. Export the FEC again,"
            " with its header line"
        )
