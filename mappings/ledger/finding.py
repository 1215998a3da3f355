"""What a person should know about a ledger file: where, and why."""

from dataclasses import dataclass
from typing import Literal

UNTOLD_AFTER = 100
"""Findings of one code that are told one by one; of the others only the number."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something refused, set aside or unusual. `line` counts from 1 (the header); `column` is the
    name the law gives it. Never holds the text of a line."""

    code: str
    severity: Literal["info", "warning", "error"]
    message: str
    file: str
    line: int | None = None
    column: str | None = None

    @property
    def record(self) -> str:
        """The place in the file, for people: `line 12, column Debit`."""
        place = f"line {self.line}" if self.line is not None else "the file"
        return f"{place}, column {self.column}" if self.column else place
