"""Bank files: recognised by content, read into proven statements, told apart from what is known.

>>> from pathlib import Path
>>> from mappings.statements import read_statements
>>> file = read_statements("june.txt", Path("june.txt").read_bytes())  # doctest: +SKIP
"""

from mappings.statements.draft import LIMITS, Limits
from mappings.statements.formats import recognise
from mappings.statements.identity import gaps, merged_account, numbered
from mappings.statements.pairing import same_lines, successors
from mappings.statements.reading import OpenedFile, open_statements, read_statements
from mappings.statements.result import Finding, Format, Notice, ReadStatement, StatementFile

__all__ = [
    "LIMITS",
    "Finding",
    "Format",
    "Limits",
    "Notice",
    "OpenedFile",
    "ReadStatement",
    "StatementFile",
    "gaps",
    "merged_account",
    "numbered",
    "open_statements",
    "read_statements",
    "recognise",
    "same_lines",
    "successors",
]
