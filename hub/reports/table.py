"""The report as one CSV: all sections in one wide table, the first column says which."""

import csv
import io
from datetime import UTC, date, datetime

from hub.reports.sheets import Cell, Kind, Sheet, exact, sheets
from hub.reports.value import ReconciliationReport

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def to_csv(report: ReconciliationReport) -> bytes:
    """UTF-8 with a byte order mark (spreadsheets need it), comma, one header, empty = unknown."""
    tables = sheets(report)
    names = list(dict.fromkeys(c.name for sheet in tables for c in sheet.columns))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, ["section", *names], restval="", lineterminator="\r\n")
    writer.writeheader()
    for sheet in tables:
        writer.writerows(_row(sheet, row) for row in sheet.rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _row(sheet: Sheet, row: tuple[Cell, ...]) -> dict[str, str]:
    currency = sheet.currency(row)
    cells = zip(sheet.columns, row, strict=True)
    return {"section": sheet.name, **{c.name: text(cell, c.kind, currency) for c, cell in cells}}


def text(cell: Cell, kind: Kind, currency: str | None) -> str:
    """The cell as CSV text: exact amounts, ISO dates, and no text that a spreadsheet would run."""
    if cell is None:
        return ""
    if kind == "amount" and isinstance(cell, int):
        return exact(cell, currency) if currency else str(cell)
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        cell.isoformat() if isinstance(cell, date) else harmless(cell) if isinstance(cell, str) else str(cell)
    )


def harmless(words: str) -> str:
    """Text that a spreadsheet shows and never runs: a leading formula sign gets an apostrophe.

    >>> harmless("=HYPERLINK(1)"), harmless("FAC-1")
    ("'=HYPERLINK(1)", 'FAC-1')
    """
    return "'" + words if words.lstrip().startswith(_FORMULA) or words.startswith(_FORMULA) else words
