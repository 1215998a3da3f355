"""Reads one file into plain columns: Parquet, JSON lines or CSV, each cell as the file has it."""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from core.errors import BadInput
from hub.interchange.columns import Table


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be read: `row` counts data rows from 1, as the file has them."""

    file: str
    row: int
    column: str
    reason: str


@dataclass(slots=True)
class Cells:
    """Raw cells by column (equal lengths), the row numbers they came from (None: every row, in order),
    the columns nobody asked for, and the rows that could not even be split into cells."""

    file: str
    columns: dict[str, pl.Series | list[Any]]
    numbers: list[int] | None
    unknown: tuple[str, ...] = ()
    rejected: list[Rejected] = field(default_factory=list)

    def number(self, at: int) -> int:
        """The row number of the cells at this place."""
        return at + 1 if self.numbers is None else self.numbers[at]


def read_cells(path: Path, table: Table) -> Cells:
    """Raises BadInput, naming file and cause, when the file or a required column is not there."""
    readers = {".parquet": _parquet, ".jsonl": _jsonl, ".csv": _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise BadInput(f"{path.name}: {table.name} must be a .parquet, .jsonl or .csv file")
    try:
        cells = reader(path, table)
    except OSError as error:
        raise BadInput(f"{path}: the file cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path.name}: not UTF-8 at byte {error.start}: save the file as UTF-8") from None
    missing = [c.name for c in table.columns if c.required and c.name not in cells.columns]
    if missing:
        named = "column" if len(missing) == 1 else "columns"
        raise BadInput(f"{path.name}: without the required {named} {', '.join(missing)}")
    return cells


def _wanted(table: Table) -> dict[str, None]:
    return dict.fromkeys(c.name for c in table.columns)


def _parquet(path: Path, table: Table) -> Cells:
    try:
        names = list(pl.read_parquet_schema(path))
        frame = pl.read_parquet(path, columns=[n for n in names if n in _wanted(table)])
    except pl.exceptions.PolarsError as error:
        raise BadInput(f"{path.name}: not a readable Parquet file: {_first_line(error)}") from None
    frame = frame.rechunk()
    unknown = tuple(n for n in names if n not in _wanted(table))
    return Cells(path.name, {name: frame[name] for name in frame.columns}, None, unknown)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:200]


def _csv(path: Path, table: Table) -> Cells:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file, strict=True)
        try:
            header = next(rows, None)
        except csv.Error as error:
            raise BadInput(f"{path.name}: the header cannot be read: {error}") from None
        if not header:
            raise BadInput(f"{path.name}: the file is empty: a header line is needed")
        if len(set(header)) < len(header):
            raise BadInput(f"{path.name}: the header names a column twice")
        return _collect(path.name, table, header, _csv_rows(rows, len(header)))


def _csv_rows(rows: Iterator[list[str]], width: int) -> Iterator[list[Any] | str]:
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield f"not readable as CSV: {error}"
            continue
        if len(row) == width:
            yield [cell or None for cell in row]
        elif row:
            yield f"{len(row)} cells where the header has {width}"


def _collect(file: str, table: Table, header: list[str], rows: Iterable[list[Any] | str]) -> Cells:
    wanted = _wanted(table)
    places = [(header.index(name), name) for name in wanted if name in header]
    found: dict[str, list[Any]] = {name: [] for _, name in places}
    numbers: list[int] = []
    cells = Cells(file, {**found}, numbers, tuple(n for n in header if n not in wanted))
    targets = [(place, found[name]) for place, name in places]
    for number, row in enumerate(rows, 1):
        if isinstance(row, str):
            cells.rejected.append(Rejected(file, number, "", row))
            continue
        numbers.append(number)
        for place, column in targets:
            column.append(row[place])
    return cells


def _jsonl(path: Path, table: Table) -> Cells:
    wanted = _wanted(table)
    numbers: list[int] = []
    cells = Cells(path.name, {}, numbers)
    unknown: dict[str, None] = {}
    rows: list[dict[str, Any]] = []
    with path.open(encoding="utf-8-sig") as file:
        for number, text in enumerate(file, 1):
            row = _json_row(text)
            if isinstance(row, dict):
                rows.append(row)
                numbers.append(number)
                unknown.update(dict.fromkeys(k for k in row if k not in wanted))
            elif row is not None:
                cells.rejected.append(Rejected(path.name, number, "", row))
    present = {name for row in rows for name in row}
    for name in wanted:
        if name in present or (not rows and not cells.rejected):
            cells.columns[name] = [row.get(name) for row in rows]
    cells.unknown = tuple(sorted(unknown))
    return cells


def _json_row(text: str) -> dict[str, Any] | str | None:
    """One object, a reason why it is none, or None for a blank line."""
    if not text.strip():
        return None
    try:
        row = json.loads(text)
    except (ValueError, RecursionError):
        return "not a JSON object"
    return row if isinstance(row, dict) else "not a JSON object"
