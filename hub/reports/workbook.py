"""The report as an XLSX workbook: one sheet a section, real dates, exact amounts, text never a formula."""

import io
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]  # ships no types

from core.model import exponent, to_major
from hub.reports.sheets import Cell, Kind, Sheet, sheets
from hub.reports.value import ReconciliationReport

LONGEST = 32_000
"""A cell holds 32 767 characters."""


def to_xlsx(report: ReconciliationReport) -> bytes:
    """The workbook, byte for byte the same for the same report."""
    out = io.BytesIO()
    options = {
        "constant_memory": True,
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": report.title, "created": _naive(report.generated_at)})
        formats = _Formats(book)
        for sheet in sheets(report):
            _write(book, sheet, formats)
    return out.getvalue()


class _Formats:
    """Cell formats by kind, made once per workbook; amounts have one per number of decimals."""

    def __init__(self, book: Any) -> None:
        self.header = book.add_format({"bold": True, "bottom": 1})
        self.by_kind = {
            "date": book.add_format({"num_format": "yyyy-mm-dd", "align": "left"}),
            "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left"}),
        }
        self.amounts = {n: book.add_format({"num_format": _digits(n)}) for n in (0, 2, 3, 4)}


def _digits(decimals: int) -> str:
    return "# ##0" + ("." + "0" * decimals if decimals else "")


def _write(book: Any, sheet: Sheet, formats: _Formats) -> None:
    page = book.add_worksheet(sheet.name)
    page.freeze_panes(1, 0)
    for at, column in enumerate(sheet.columns):
        page.set_column(at, at, column.width)
        page.write_string(0, at, column.name, formats.header)
    for number, row in enumerate(sheet.rows, start=1):
        currency = sheet.currency(row)
        for at, (column, cell) in enumerate(zip(sheet.columns, row, strict=True)):
            _cell(page, (number, at), cell, column.kind, currency, formats)
    if sheet.rows:
        page.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)


def _cell(
    page: Any, at: tuple[int, int], cell: Cell, kind: Kind, currency: str | None, formats: _Formats
) -> None:
    if cell is None:
        return
    if kind == "amount" and isinstance(cell, int) and currency:
        page.write_number(*at, to_major(cell, currency), formats.amounts[exponent(currency)])
    elif isinstance(cell, datetime):
        page.write_datetime(*at, _naive(cell), formats.by_kind["instant"])
    elif isinstance(cell, date):
        page.write_datetime(*at, cell, formats.by_kind["date"])
    elif isinstance(cell, int):
        page.write_number(*at, cell)
    else:
        page.write_string(*at, cell[:LONGEST])


def _naive(at: datetime) -> datetime:
    """Spreadsheets know no zones: the instant in UTC."""
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
