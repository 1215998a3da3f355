"""Writes a FEC in any of its dialects; lives on its own so that it shares no code with the reader."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Literal
from xml.sax.saxutils import escape

NAMES = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum",
    "CompAuxLib", "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet",
    "ValidDate", "Montantdevise", "Idevise",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A ledger line; `minor` is cents, positive on the debit side. `negative`: written as a negative
    amount on the other side."""

    journal: str
    entry: str
    on: date
    account: str
    minor: int
    piece: str = ""
    label: str = ""
    auxiliary: str = ""
    name: str = ""
    letter: str = ""
    lettered_on: date | None = None
    validated_on: date | None = None
    piece_date: date | None = None
    account_label: str = "COMPTE"
    journal_label: str = "JOURNAL"
    foreign: tuple[str, str] = ("", "")
    negative: bool = False


@dataclass(frozen=True)
class Dialect:
    """A lawful or common way to write the same lines."""

    separator: str = "\t"
    encoding: str = "utf-8"
    mark: bool = False
    end: str = "\r\n"
    trailing: bool = False
    width: int = 0
    decimal: str = ","
    signed: tuple[str, str] | None = None
    sign_last: bool = False
    zeros: bool = False
    extra: tuple[str, ...] = ()
    header: Literal["law", "upper", "spaced"] = "law"
    day: str = "%Y%m%d"
    blank_lines: bool = False


PLAIN = Dialect()
XML = Dialect(decimal=".", day="%Y-%m-%d")


def fec(rows: Sequence[Row], dialect: Dialect = PLAIN) -> bytes:
    """The file's bytes."""
    names = list(NAMES)
    if dialect.signed:
        names[11:13] = ["Montant", "Sens"]
    names += dialect.extra
    lines = [_joined([_spelled(name, dialect.header) for name in names], dialect)]
    for row in rows:
        lines.append(_joined(_fields(row, dialect), dialect))
        if dialect.blank_lines:
            lines.append("")
    text = "".join(line + dialect.end for line in lines)
    return (b"\xef\xbb\xbf" if dialect.mark else b"") + text.encode(dialect.encoding)


def _spelled(name: str, how: str) -> str:
    return {"law": name, "upper": name.upper(), "spaced": f" {name} "}[how]


def _joined(fields: Sequence[str], dialect: Dialect) -> str:
    padded = [field.ljust(dialect.width) for field in fields]
    return dialect.separator.join(padded) + (dialect.separator if dialect.trailing else "")


def _fields(row: Row, dialect: Dialect) -> list[str]:
    fields = [
        row.journal, row.journal_label, row.entry, _day(row.on, dialect), row.account, row.account_label,
        row.auxiliary, row.name, row.piece, _day(row.piece_date, dialect), row.label, *_amounts(row, dialect),
        row.letter, _day(row.lettered_on, dialect), _day(row.validated_on, dialect), *row.foreign,
    ]  # fmt: skip
    return [*fields, *("x" for _ in dialect.extra)]


def _day(day: date | None, dialect: Dialect) -> str:
    return day.strftime(dialect.day) if day else ""


def _amounts(row: Row, dialect: Dialect) -> tuple[str, str]:
    debit = (row.minor > 0) != row.negative
    amount = _amount(-abs(row.minor) if row.negative else abs(row.minor), dialect)
    if dialect.signed:
        return amount, dialect.signed[0 if debit else 1]
    other = _amount(0, dialect) if dialect.zeros else ""
    return (amount, other) if debit else (other, amount)


def _amount(minor: int, dialect: Dialect) -> str:
    whole, cents = divmod(abs(minor), 100)
    text = f"{whole}{dialect.decimal}{cents:02d}"
    if dialect.width:
        text = text.rjust(dialect.width, "0")
    sign = "-" if minor < 0 else ""
    return text + sign if dialect.sign_last else sign + text


_OF_ENTRY = (2, 3, 10, 8, 9, 13, 14, 15)
_OF_LINE = (4, 5, 6, 7, 16, 17, 11, 12)


def marked_up(rows: Sequence[Row], dialect: Dialect = XML) -> bytes:
    """The XML of the law; what an entry says once is taken from its first row."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>', "<comptabilite>", "<exercice>"]
    parts.append("<DateCloture>2026-12-31</DateCloture>")
    names = [*NAMES[:11], "Montant", "Sens", *NAMES[13:]] if dialect.signed else NAMES
    for (journal, label), own in groupby(rows, key=lambda row: (row.journal, row.journal_label)):
        parts.append(f"<journal>{_tags(('JournalCode', journal), ('JournalLib', label))}")
        for _, entry in groupby(own, key=lambda row: row.entry):
            lines = [_fields(row, dialect) for row in entry]
            parts.append(f"<ecriture>{_tags(*((names[n], lines[0][n]) for n in _OF_ENTRY))}")
            parts += [f"<ligne>{_tags(*((names[n], line[n]) for n in _OF_LINE))}</ligne>" for line in lines]
            parts.append("</ecriture>")
        parts.append("</journal>")
    return "\n".join([*parts, "</exercice>", "</comptabilite>"]).encode()


def _tags(*fields: tuple[str, str]) -> str:
    return "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields if text)


def sale(
    number: str,
    on: date,
    minor: int,
    *,
    customer: str = "KERV",
    name: str = "Kervadec SARL",
    letter: str = "",
    lettered_on: date | None = None,
    entry: str = "",
    validated: bool = True,
) -> list[Row]:
    """An invoice with 20 % VAT; negative: a credit note."""
    net = minor * 5 // 6

    def row(account: str, minor: int) -> Row:
        label, drafted = f"Facture {number}", on if validated else None
        return Row(
            "VE", entry or number, on, account, minor, number, label, piece_date=on, validated_on=drafted
        )

    owed = replace(
        row("411000", minor), auxiliary=customer, name=name, letter=letter, lettered_on=lettered_on
    )
    return [owed, row("706000", -net), row("445710", net - minor)]


def receipt(
    text: str,
    on: date,
    minor: int,
    *,
    customer: str = "KERV",
    name: str = "Kervadec SARL",
    letter: str = "",
    lettered_on: date | None = None,
    kept: int = 0,
    kept_on: str = "666000",
) -> list[Row]:
    """A customer's payment at the bank; negative: it goes back. `kept`: what did not come, on its account."""
    entry = f"B{on:%m%d}-{text}"

    def row(account: str, minor: int) -> Row:
        return Row("BQ", entry, on, account, minor, f"RLV-{on:%m}", text, piece_date=on, validated_on=on)

    paid = replace(
        row("411000", -minor), auxiliary=customer, name=name, letter=letter, lettered_on=lettered_on
    )
    return [row("512000", minor - kept), *([row(kept_on, kept)] if kept else []), paid]
