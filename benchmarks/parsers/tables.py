"""The tables: sums by parser, every file, and where others give more than ours."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.parsers.answers import Answer
from benchmarks.parsers.formats import OURS, Marks, Parser
from benchmarks.table import Grid

SHOWN = 80
"""Characters of an error that are shown."""
BY_FILE = (
    "Entries that stand in each file, and what each parser gives of it. The files are the samples of"
    " `tests/mappings`, then published ones where `LETTRAGE_SAMPLES` leads to them."
)
LESS = "Files of which another parser gives an entry or proves a balance that ours does not."


@dataclass(frozen=True, slots=True)
class Compared:
    """The answers of each parser for the files of one format."""

    format: str
    note: str
    files: Mapping[Path, Marks]
    answers: Mapping[Parser, Mapping[Path, Answer]]


def summary(compared: Compared) -> Grid:
    """One row a parser, below what stands in the files. A file that gives anything counts as read."""
    marks = compared.files.values()
    entries, statements = sum(one.entries for one in marks), sum(one.statements for one in marks)
    stand = ("stand in the files", "", str(len(compared.files)), str(entries), f"of {statements}", "", "")
    rows = (_summed(parser, tuple(given.values())) for parser, given in compared.answers.items())
    columns = (
        "parser", "licence", "files read", "entries found", "balances proven", "do not add up", "kept back",
    )  # fmt: skip
    return Grid(compared.format, columns, (stand, *rows), compared.note)


def _summed(parser: Parser, given: tuple[Answer, ...]) -> tuple[str, ...]:
    version = next((one.version for one in given if one.version), "")
    counts = (
        sum(one.read for one in given),
        *(sum(getattr(one, what) for one in given) for what in ("entries", "proven", "failing")),
        sum(len(one.kept_back) for one in given),
    )
    name = parser.name if parser is OURS else f"{parser.name} {version}"
    return (name, parser.licence, *map(str, counts))


def every_file(compared: Compared) -> Grid:
    """One row a file: what each parser finds in it."""
    rows = (
        (
            f"`{file.name}`",
            str(marks.entries),
            *(_told(given[file]) for given in compared.answers.values()),
        )
        for file, marks in compared.files.items()
    )
    columns = ("file", "entries", *(parser.name for parser in compared.answers))
    return Grid(f"{compared.format}, file by file", columns, tuple(rows), BY_FILE)


def _told(answer: Answer) -> str:
    if answer.error is not None:
        return f"**fails**: {_short(answer.error)}"
    counts = ((answer.proven, "proven"), (answer.failing, "not adding up"))
    kept = (f"{len(answer.kept_back)} kept back: {_short(answer.kept_back[0])}",) if answer.kept_back else ()
    return ", ".join((str(answer.entries), *(f"{n} {what}" for n, what in counts if n), *kept))


def _short(message: str) -> str:
    """One line of plain words: a message may quote the file, or an address in memory."""
    text = " ".join(re.sub(r" at 0x[0-9a-f]+", "", message).split())
    text = text.replace("`", "'").replace("<", "‹").replace(">", "›")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def less_than_others(found: Iterable[Compared]) -> Grid:
    """The files of which another parser gives more than ours: entries, or proven balances."""
    rows = (
        (f"`{file.name}`", parser.name, _told(given[file]), _told(compared.answers[OURS][file]))
        for compared in found
        for parser, given in compared.answers.items()
        for file in compared.files
        if gives_more(given[file], compared.answers[OURS][file])
    )
    return Grid("Where ours gives less", ("file", "other", "gives", "ours"), tuple(rows), LESS)


def gives_more(other: Answer, ours: Answer) -> bool:
    """Whether it reads the file, finds an entry or proves a balance that ours does not."""
    return any(getattr(other, what) > getattr(ours, what) for what in ("read", "entries", "proven"))
