"""One place where what is stored is not what the raw records lead to."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["fact", "snapshot", "decision", "allocation", "event", "audit"]


@dataclass(frozen=True, slots=True)
class Difference:
    """`id` of the record, `where` it was found (a revision or a raw record), and what differs."""

    kind: Kind
    id: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.where}): {self.message}"
