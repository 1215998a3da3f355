"""Ours and five other libraries on the same files: files read, entries found, balances proven.

Each parser answers from a process of its own (`readers`), those of others from their own environment:
a crash or a hang is a row. The sums are made here, the same way for all, from what the parser gives.
"""

from benchmarks.parsers.answers import answers
from benchmarks.parsers.formats import FORMATS, Format
from benchmarks.parsers.tables import Compared, every_file, less_than_others, summary
from benchmarks.table import Grid


def compared(format: Format) -> Compared:
    """What each parser that can run here gives of each file of a format."""
    files = format.files()
    present = [parser for parser in format.parsers if parser.python.exists()]
    return Compared(
        format.name,
        format.note,
        {file: format.marks(file.read_bytes()) for file in files},
        {parser: dict(zip(files, answers(parser.command, files), strict=True)) for parser in present},
    )


def tables() -> list[Grid]:
    """For each format a summary and every file; and what others give more of than ours."""
    found = [compared(format) for format in FORMATS]
    pages = [grid for one in found for grid in (summary(one), every_file(one))]
    return [*pages, less_than_others(found)]
