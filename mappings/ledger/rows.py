"""Fields to typed lines: what cannot be read is told with its line and column."""

from collections.abc import Callable
from operator import itemgetter
from typing import Final

from mappings.ledger.columns import Layout
from mappings.ledger.finding import Finding
from mappings.ledger.line import LedgerLine
from mappings.ledger.values import SIDES, Amounts, Days, UnreadableError

_DATES: Final = ("EcritureDate", "PieceDate", "DateLet", "ValidDate")
_NUMBERS: Final = ("Debit", "Credit", "Montant")


class Rows:
    """Turns texts into lines; remembers dates and amounts, which repeat."""

    def __init__(self, file: str, layout: Layout) -> None:
        self.file = file
        self.layout = layout
        self.days = Days()
        self.amounts = Amounts()
        self.pick: Callable[[list[str]], tuple[str, ...]] = itemgetter(*layout.places)
        self.padded = layout.width in layout.places

    def read(self, number: int, text: str) -> LedgerLine | Finding:
        """A line from the text of one."""
        layout = self.layout
        fields = text.split(layout.separator)
        if len(fields) != layout.width and not _trimmed(fields, layout.width):
            return self._refused(number, None, f"has {len(fields)} fields and the header {layout.width}")
        if self.padded:
            fields.append("")
        return self.typed(number, [field.strip() for field in self.pick(fields)])

    def typed(self, number: int, row: list[str]) -> LedgerLine | Finding:
        """A line from its eighteen fields in the order of `layout.names`, without padding."""
        days, amounts = self.days, self.amounts
        try:
            booked = days[row[3]]
            debit, credit = self._sides(row[11], row[12]) if self.layout.signed else (
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
