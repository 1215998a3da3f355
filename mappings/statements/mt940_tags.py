"""MT940 and MT942 as fields: tag, value, line; and what a field says by the grammar of `mt-940`.

The library's own entry point is not used: it opens a file when the text happens to name one, writes
what it cannot read to the log, merges the statements of a file and drops a line without a type code.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mt940.tags import TAG_BY_ID, Statement, StatementGLS, Tag

_TAG: Final = re.compile(r"[\x00-\x20]*:(13[CD]?|20|21|25P?|28C?|34F|60[FM]?|61|62[FM]?|64|65|86|90[CD]|NS):")
_ENDS: Final = frozenset({"-", "-}"})
_LONGEST: Final = 1_000
"""Characters of a value that is read: real ones have some hundred, and the forms take the square of it."""
LINE: Final[tuple[Tag, ...]] = (Statement(), StatementGLS())
"""The forms of `:61:`; the second has customer references longer than the standard's 16."""
BALANCE: Final[tuple[Tag, ...]] = (TAG_BY_ID["60F"],)
SUM: Final[tuple[Tag, ...]] = (TAG_BY_ID[90],)
FLOOR: Final[tuple[Tag, ...]] = (TAG_BY_ID[34],)


@dataclass(slots=True)
class Field:
    """One field: its tag without colons, the lines of its value, the line of the file it starts on."""

    tag: str
    lines: list[str]
    line: int

    @property
    def place(self) -> str:
        return f"line {self.line}"

    @property
    def value(self) -> str:
        return "\n".join(self.lines)


def statements(text: Iterable[str]) -> Iterator[list[Field]]:
    """The fields from one `:20:` to the next, or to the line that ends the message."""
    open: list[Field] = []
    within = False
    for number, raw in enumerate(text, 1):
        line = raw.rstrip("\r\n\x1a\x03")
        found = _TAG.match(line)
        if found and found[1] == "20":
            if open:
                yield open
            open, within = [], True
        elif line.strip() in _ENDS:
            within = False
        if found:
            open.append(Field(found[1], [line[found.end() :].rstrip()], number))
            within = True
        elif within and line.strip() and open:
            open[-1].lines.append(line.rstrip())
    if open:
        yield open


def groups(forms: tuple[Tag, ...], value: str) -> dict[str, str] | None:
    """The named parts of a value by the first form it has; None for none."""
    if len(value) > _LONGEST:
        return None
    if not value.isascii():
        value = re.sub(r"[^\x00-\x7f]", "?", value)  # digits of other scripts are no digits here
    found = next((match for form in forms if (match := form.re.match(value))), None)
    return {name: part or "" for name, part in found.groupdict().items()} if found else None
