"""From raw cells to a typed frame: whole columns at once, and cell by cell where a column needs care."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from core.money import EXPONENTS
from hub.interchange.columns import Column, Table
from hub.interchange.parse import LARGEST, read_column
from hub.interchange.rows import Cells, Rejected, read_cells
from hub.interchange.signs import Check

TYPES: Final[Mapping[str, Any]] = {
    "text": pl.String, "integer": pl.Int64, "date": pl.Date, "instant": pl.Datetime("us", "UTC"),
    "boolean": pl.Boolean, "currency": pl.String,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sheet:
    """Good rows in file order under the columns the file has, what was set aside, what was ignored."""

    frame: pl.DataFrame
    rejected: tuple[Rejected, ...]
    unknown: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Typed:
    """A column in its type (null where empty or bad), and the reason of each bad cell by position."""

    values: pl.Series
    bad: Mapping[int, str]


def read_sheet(path: Path, table: Table, check: Check | None = None) -> Sheet:
    """Raises BadInput, naming file and cause, when the file or a required column is not there."""
    cells = read_cells(path, table)
    typed = {c.name: _typed(c, cells.columns[c.name]) for c in table.columns if c.name in cells.columns}
    problems: dict[int, list[tuple[str, str]]] = {}
    for name, column in typed.items():
        for at, reason in column.bad.items():
            problems.setdefault(at, []).append((name, reason))
    frame = pl.DataFrame({name: column.values for name, column in typed.items()})
    places = pl.Series("place", range(frame.height), dtype=pl.UInt32)
    if problems:
        places = places.filter(~places.is_in(pl.Series(list(problems), dtype=pl.UInt32).implode()))
        frame = frame[places]
    for rule in (_unfit(frame, check), _repeats(frame, table, places, cells)):
        problems.update({int(places[at]): [problem] for at, problem in rule.items()})
    aside = [at for at, place in enumerate(places.to_list()) if place in problems] if problems else []
    if aside:
        frame = frame.with_row_index("at").filter(~pl.col("at").is_in(aside)).drop("at")
    return Sheet(frame, _rejected(cells, problems), tuple((cells.file, name) for name in cells.unknown))


def _rejected(cells: Cells, problems: Mapping[int, list[tuple[str, str]]]) -> tuple[Rejected, ...]:
    found = [
        Rejected(cells.file, cells.number(at), column, reason)
        for at in sorted(problems)
        for column, reason in problems[at]
    ]
    return tuple(sorted([*cells.rejected, *found], key=lambda r: r.row))


def _typed(column: Column, raw: pl.Series | list[Any]) -> _Typed:
    if isinstance(raw, pl.Series):
        quick = _QUICK[column.kind](raw)
        if quick is not None:
            return _checked(column, raw, quick)
        raw = raw.to_list()
    values, bad = read_column(column, raw)
    return _Typed(pl.Series(column.name, values, dtype=TYPES[column.kind]), bad)


def _checked(column: Column, raw: pl.Series, values: pl.Series) -> _Typed:
    """The few cells that are not what the column holds are read again one by one, for their reason."""
    wrong = values.is_null() if column.required else values.is_null() & _filled(raw)
    if column.words:
        wrong = wrong | ~values.is_in(list(column.words)).fill_null(True)
    places = wrong.arg_true().to_list() if wrong.any() else []
    _, reasons = read_column(column, [raw[at] for at in places])
    if column.words and places:
        values = values.set(wrong, None)
    return _Typed(values.alias(column.name), {places[at]: reason for at, reason in reasons.items()})


def _filled(raw: pl.Series) -> pl.Series:
    return raw.is_not_null() & (raw != "") if raw.dtype == pl.String else raw.is_not_null()


def _quick_text(raw: pl.Series) -> pl.Series | None:
    if raw.dtype.is_integer():
        return raw.cast(pl.String)
    if raw.dtype != pl.String:
        return None
    return raw.set(raw == "", None) if (raw == "").any() else raw


def _quick_integer(raw: pl.Series) -> pl.Series | None:
    if not raw.dtype.is_integer() or raw.dtype in (pl.Int128, pl.UInt64):
        return None
    values = raw.cast(pl.Int64)
    return values.set(values < -LARGEST, None) if (values < -LARGEST).any() else values


def _quick_date(raw: pl.Series) -> pl.Series | None:
    return raw if raw.dtype == pl.Date else None


def _quick_instant(raw: pl.Series) -> pl.Series | None:
    if not isinstance(raw.dtype, pl.Datetime):
        return None
    zoned = raw.dt.convert_time_zone("UTC") if raw.dtype.time_zone else raw.dt.replace_time_zone("UTC")
    return zoned.cast(TYPES["instant"])


def _quick_boolean(raw: pl.Series) -> pl.Series | None:
    return raw if raw.dtype == pl.Boolean else None


def _quick_currency(raw: pl.Series) -> pl.Series | None:
    if raw.dtype != pl.String:
        return None
    known = raw.is_in(list(EXPONENTS)).fill_null(False)
    return raw if known.all() else raw.set(~known, None)


_QUICK: Final[Mapping[str, Callable[[pl.Series], pl.Series | None]]] = {
    "text": _quick_text, "integer": _quick_integer, "date": _quick_date, "instant": _quick_instant,
    "boolean": _quick_boolean, "currency": _quick_currency,
}  # fmt: skip


def _repeats(
    frame: pl.DataFrame, table: Table, places: pl.Series, cells: Cells
) -> dict[int, tuple[str, str]]:
    """Rows whose id an earlier row has, by position among the good rows."""
    if not table.key or frame.n_unique(table.key) == frame.height:
        return {}
    first = frame.select(pl.struct(table.key).is_first_distinct()).to_series()
    keys = frame.select(*table.key).with_row_index("at")
    owners = keys.filter(first).rename({"at": "owner"})
    pairs = keys.filter(~first).join(owners, on=list(table.key), how="left").select("at", "owner").rows()
    column = table.key[-1]
    return {at: (column, f"repeats the id of row {cells.number(places[owner])}") for at, owner in pairs}


def _unfit(frame: pl.DataFrame, check: Check | None) -> dict[int, tuple[str, str]]:
    """Rows whose values do not go together; only those that a quick look suspects are asked."""
    if check is None or frame.is_empty():
        return {}
    suspects = frame.select(check.suspects(frame.columns)).to_series().arg_true().to_list()
    found = {}
    for at in suspects:
        row = {name: value for name, value in frame.row(at, named=True).items() if value is not None}
        problem = check.problem(row)
        if problem is not None:
            found[at] = problem
    return found
