"""A FEC, line by line: bytes in, typed lines out, what cannot be read told with its place."""

from collections.abc import Callable, Iterator
from datetime import date
from operator import itemgetter
from typing import BinaryIO, Final, NamedTuple

from core.errors import BadInput
from mappings.ledger.columns import Layout, is_header, layout_of
from mappings.ledger.finding import Finding
from mappings.ledger.text import lines_of
from mappings.ledger.values import SIDES, Amounts, Days, UnreadableError

_DATES: Final = ("EcritureDate", "PieceDate", "DateLet", "ValidDate")
_NUMBERS: Final = ("Debit", "Credit", "Montant")


class LedgerLine(NamedTuple):
    """One line, the eighteen fields of LPF art. A47 A-1, VII 1° as values; texts without padding.

    The words of the law: 1 "le code journal" · 2 "le libellé journal" · 3 "le numéro sur une séquence
    continue de l'écriture comptable" · 4 "la date de comptabilisation de l'écriture comptable" ·
    5 "le numéro de compte, dont les trois premiers caractères doivent correspondre à des chiffres
    respectant les normes du plan comptable français" · 6 "le libellé de compte" · 7 "le numéro de compte
    auxiliaire (à blanc si non utilisé)" · 8 "le libellé de compte auxiliaire (à blanc si non utilisé)" ·
    9 "la référence de la pièce justificative" · 10 "la date de la pièce justificative" · 11 "le libellé
    de l'écriture comptable" · 12 "le montant au débit" · 13 "le montant au crédit" · 14 "le lettrage de
    l'écriture comptable (à blanc si non utilisé)" · 15 "la date de lettrage (à blanc si non utilisé)" ·
    16 "la date de validation de l'écriture comptable" · 17 "le montant en devise (à blanc si non
    utilisé)" · 18 "l'identifiant de la devise (à blanc si non utilisé)".

    Debit and credit are cents as written, negative ones too; a Montant with its Sens is put on its side.
    `validated_on` is None while the entry may still change. Columns 17 and 18 keep their words.
    """

    number: int
    """The line of the file, from 1 (the header)."""
    journal: str
    journal_label: str
    entry: str
    entry_date: date
    account: str
    account_label: str
    auxiliary: str
    auxiliary_label: str
    piece: str
    piece_date: date | None
    label: str
    debit_minor: int
    credit_minor: int
    letter: str
    lettered_on: date | None
    validated_on: date | None
    foreign_amount: str
    foreign_currency: str

    @property
    def minor(self) -> int:
        """Debit less credit, in cents."""
        return self.debit_minor - self.credit_minor


def read_lines(file: str, stream: BinaryIO) -> Iterator[LedgerLine | Finding]:
    """The lines of a FEC as they stand, with what was refused between them.

    `file` is only for messages. Memory is that of a block, whatever the file's length. Raises BadInput
    for a file that has no readable header; an unreadable line is a Finding and the others go on.
    """
    rows: _Rows | None = None
    for part in lines_of(file, stream):
        if isinstance(part, Finding):
            yield part
            continue
        first, texts = part
        for number, text in enumerate(texts, first):
            if not text or text.isspace():
                continue
            if rows is None:
                layout = _layout(file, text)
                rows = _Rows(file, layout)
                yield from _about(file, number, layout)
            else:
                yield rows.read(number, text)
    if rows is None:
        raise BadInput(f"{file} is empty: export the FEC again")


def _layout(file: str, text: str) -> Layout:
    if not is_header(text):
        raise BadInput(
            f"{file} is no readable FEC: line 1 must name the columns (JournalCode, JournalLib, …). Export"
            " the FEC again, with its header line"
        )
    return layout_of(file, text)


def _about(file: str, number: int, layout: Layout) -> Iterator[Finding]:
    """What is unusual about the header."""
    if layout.separator == ";":
        message = "separated by semicolons: the law allows tab or vertical bar"
        yield Finding("unusual_separator", "warning", message, file, number)
    if layout.missing:
        message = f"without {', '.join(layout.missing)}: what they say stays unknown"
        yield Finding("columns_missing", "warning", message, file, number)
    if layout.further:
        count = len(layout.further)
        message = f"{count} {'column' if count == 1 else 'columns'} no law names, not read"
        yield Finding("columns_unknown", "info", message, file, number)


class _Rows:
    """Turns texts into lines; remembers dates and amounts, which repeat."""

    def __init__(self, file: str, layout: Layout) -> None:
        self.file = file
        self.layout = layout
        self.days = Days()
        self.amounts = Amounts()
        self.pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*layout.places)
        self.padded = layout.width in layout.places

    def read(self, number: int, text: str) -> LedgerLine | Finding:
        layout = self.layout
        fields = text.split(layout.separator)
        if len(fields) != layout.width and not _trimmed(fields, layout.width):
            return self._refused(number, None, f"has {len(fields)} fields and the header {layout.width}")
        if self.padded:
            fields.append("")
        row = [field.strip() for field in self.pick(fields)]
        days, amounts = self.days, self.amounts
        try:
            booked = days[row[3]]
            debit, credit = self._sides(row[11], row[12]) if layout.signed else (
                amounts[row[11]], amounts[row[12]],
            )  # fmt: skip
            if booked is None or not row[4] or not (row[11] or row[12]):
                return self._incomplete(number, row)
            return LedgerLine(
                number, row[0], row[1], row[2], booked, row[4], row[5], row[6], row[7], row[8],
                days[row[9]], row[10], debit, credit, row[13], days[row[14]], days[row[15]], row[16], row[17],
            )  # fmt: skip
        except UnreadableError:
            return self._unreadable(number, row)

    def _sides(self, amount: str, side: str) -> tuple[int, int]:
        minor = self.amounts[amount]
        sign = SIDES.get(side.upper())
        if sign is None and minor:
            raise UnreadableError("is neither D nor C")
        return (minor, 0) if sign == 1 else (0, minor)

    def _incomplete(self, number: int, row: list[str]) -> Finding:
        names = self.layout.names
        place = next((n for n in (3, 4) if not row[n]), 11)
        return self._refused(number, names[place], "is blank")

    def _unreadable(self, number: int, row: list[str]) -> Finding:
        """Names the first column that cannot be read."""
        for name, text in zip(self.layout.names, row, strict=True):
            try:
                if name in _DATES:
                    self.days[text]
                elif name in _NUMBERS:
                    self.amounts[text]
            except UnreadableError as error:
                return self._refused(number, name, str(error))
        return self._refused(number, "Sens", "is neither D nor C")

    def _refused(self, number: int, column: str | None, reason: str) -> Finding:
        message = f"{column} {reason}" if column else f"the line {reason}"
        return Finding("line_refused", "error", f"{message}; it was not read", self.file, number, column)


def _trimmed(fields: list[str], width: int) -> bool:
    """Takes off what a separator at the end of the line leaves.

    True when the fields then are as many as the header names.
    """
    while len(fields) > width and not fields[-1].strip():
        fields.pop()
    return len(fields) == width
