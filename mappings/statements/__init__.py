"""Bank files: recognised by content, read into proven statements, told apart from what is known.

>>> from pathlib import Path
>>> from mappings.statements import read_statements
>>> file = read_statements("june.txt", Path("june.txt").read_bytes())  # doctest: +SKIP
"""

from mappings.statements.formats import recognise
from mappings.statements.identity import gaps, merged_account, numbered
from mappings.statements.pairing import same_lines
from mappings.statements.reading import read_statements
from mappings.statements.result import Finding, Format, Notice, ReadStatement, StatementFile

__all__ = [
    "Finding",
    "Format",
    "Notice",
    "ReadStatement",
    "StatementFile",
    "gaps",
    "merged_account",
    "numbered",
    "read_statements",
    "recognise",
    "same_lines",
]
