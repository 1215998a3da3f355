"""Lines to entries (écritures): what the ledger booked together and what adds up to nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Final

from core.errors import shown
from mappings.ledger.finding import Finding
from mappings.ledger.line import LedgerLine
from mappings.ledger.lines import read_lines
from mappings.ledger.values import euros

MOST_WAITING: Final = 50_000
"""Lines of entries not balanced yet that are kept in the hope of their other half."""
LONGEST_ENTRY: Final = 200_000
"""Lines of one entry that are kept together."""
Key = tuple[str, str, date | None]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Lines of one journal and number whose debits equal their credits."""

    lines: tuple[LedgerLine, ...]

    @property
    def journal(self) -> str:
        return self.lines[0].journal

    @property
    def number(self) -> str:
        return self.lines[0].entry

    @property
    def booked_on(self) -> date:
        return self.lines[0].entry_date


def read_entries(file: str, stream: BinaryIO) -> Iterator[LedgerEntry | Finding]:
    """The balanced entries of a FEC, with what was refused or does not balance between them.

    Raises BadInput like `read_lines`. Memory is that of the largest entry, and of the entries whose
    lines do not stand together.
    """
    return entries_of(file, read_lines(file, stream))


def entries_of(file: str, lines: Iterable[LedgerLine | Finding]) -> Iterator[LedgerEntry | Finding]:
    """Cuts lines into entries; findings pass through.

    Lines that stand together under one journal and number are an entry. Where the number says nothing
    (blank or only zeros: exports of a running year), an entry ends when its balance returns to zero. An
    entry that does not balance waits for lines of the same journal, number and day elsewhere in the
    file; what never balances is told and left out.
    """
    cutter = _Cutter(file)
    for line in lines:
        if isinstance(line, Finding):
            yield line
        else:
            yield from cutter.add(line)
    yield from cutter.end()


def is_telling(number: str) -> bool:
    """Whether an EcritureNum tells entries apart."""
    return bool(number.strip("0"))


class _Cutter:
    def __init__(self, file: str) -> None:
        self.file = file
        self.block: list[LedgerLine] = []
        self.balance = 0
        self.waiting: dict[Key, list[LedgerLine]] = {}
        self.count = 0

    def add(self, line: LedgerLine) -> Iterator[LedgerEntry | Finding]:
        if self.block and self._ends_before(line):
            yield from self._close()
        self.block.append(line)
        self.balance += line.minor
        if not self.balance and line.minor and not is_telling(line.entry):
            yield from self._close()

    def _ends_before(self, line: LedgerLine) -> bool:
        last = self.block[-1]
        if len(self.block) >= LONGEST_ENTRY:
            return True
        if (last.journal, last.entry) != (line.journal, line.entry):
            return True
        return not self.balance and last.entry_date != line.entry_date

    def _close(self) -> Iterator[LedgerEntry | Finding]:
        lines, balance = self.block, self.balance
        self.block, self.balance = [], 0
        if not balance:
            yield LedgerEntry(tuple(lines))
        elif is_telling(lines[0].entry):
            yield from self._wait(lines)
        else:
            yield from self._by_piece(lines)

    def _wait(self, lines: list[LedgerLine]) -> Iterator[LedgerEntry | Finding]:
        key = (lines[0].journal, lines[0].entry, lines[0].entry_date)
        together = [*self.waiting.pop(key, ()), *lines]
        self.count += len(lines)
        if not _balance(together):
            self.count -= len(together)
            yield LedgerEntry(tuple(together))
            return
        self.waiting[key] = together
        while self.count > MOST_WAITING:
            oldest = self.waiting.pop(next(iter(self.waiting)))
            self.count -= len(oldest)
            yield _unbalanced(self.file, oldest)

    def _by_piece(self, lines: list[LedgerLine]) -> Iterator[LedgerEntry | Finding]:
        """Without numbers, one wrong line shifts all that follow: pieces that balance are told apart."""
        pieces: dict[tuple[date, str], list[LedgerLine]] = defaultdict(list)
        for line in lines:
            pieces[line.entry_date, line.piece].append(line)
        for piece in pieces.values():
            yield _unbalanced(self.file, piece) if _balance(piece) else LedgerEntry(tuple(piece))

    def end(self) -> Iterator[LedgerEntry | Finding]:
        if self.block:
            yield from self._close()
        left: dict[tuple[str, str], list[list[LedgerLine]]] = defaultdict(list)
        for (journal, number, _), lines in self.waiting.items():
            left[journal, number].append(lines)
        for parts in left.values():
            together = [line for part in parts for line in part]
            if _balance(together):
                yield from (_unbalanced(self.file, part) for part in parts)
            else:
                yield LedgerEntry(tuple(together))


def _balance(lines: Iterable[LedgerLine]) -> int:
    return sum(line.minor for line in lines)


def _unbalanced(file: str, lines: list[LedgerLine]) -> Finding:
    first = lines[0]
    debit, credit = sum(x.debit_minor for x in lines), sum(x.credit_minor for x in lines)
    number, journal = shown(first.entry) or "(no number)", shown(first.journal)
    message = (
        f"entry {number} of journal {journal} on {first.entry_date} does not balance:"
        f" debit {euros(debit)}, credit {euros(credit)}, difference {euros(debit - credit)};"
        f" none of its {len(lines)} lines was taken"
    )
    return Finding("entry_unbalanced", "error", message, file, first.number)
