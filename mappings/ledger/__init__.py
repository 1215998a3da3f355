"""Ledgers: a FEC (fichier des écritures comptables) into lines, entries and canonical facts.

>>> from pathlib import Path
>>> from mappings.ledger import read_ledger
>>> with Path("732829320FEC20261231.txt").open("rb") as file:  # doctest: +SKIP
...     ledger = read_ledger("732829320FEC20261231.txt", file)
"""

from mappings.ledger.chart import Chart
from mappings.ledger.columns import is_ledger
from mappings.ledger.entries import LedgerEntry, entries_of, read_entries
from mappings.ledger.finding import Finding
from mappings.ledger.line import LedgerLine
from mappings.ledger.lines import read_lines
from mappings.ledger.reading import LedgerFile, read_ledger

__all__ = [
    "Chart",
    "Finding",
    "LedgerEntry",
    "LedgerFile",
    "LedgerLine",
    "entries_of",
    "is_ledger",
    "read_entries",
    "read_ledger",
    "read_lines",
]
