"""From raw cells to values: each cell read by the kind of its column, each bad one with its reason."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from core.money import EXPONENTS
from hub.interchange.columns import Column

_INTEGER: Final = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_BOOLEANS: Final[Mapping[object, bool]] = {"true": True, "false": False, "1": True, "0": False}
_SHOWN: Final = 40
LARGEST: Final = 2**63 - 1


class Unreadable(Exception):
    """A cell that is not what its column holds; the text says what was expected."""


def _text(cell: Any) -> str:
    if isinstance(cell, str):
        if not cell.isascii() and any("\ud800" <= c <= "\udfff" for c in cell):
            raise Unreadable("expected text without lone surrogates")
        return cell
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    raise Unreadable("expected text")


def _integer(cell: Any) -> int:
    if isinstance(cell, str) and _INTEGER.fullmatch(cell):
        cell = int(cell)
    if not isinstance(cell, int) or isinstance(cell, bool) or abs(cell) > LARGEST:
        raise Unreadable("expected a whole number of minor units")
    return cell


def _date(cell: Any) -> date:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, str) and _DATE.fullmatch(cell):
        try:
            return date.fromisoformat(cell)
        except ValueError:
            pass
    raise Unreadable("expected a date such as 2024-03-12")


def _instant(cell: Any) -> datetime:
    if isinstance(cell, str):
        try:
            cell = datetime.fromisoformat(cell)
        except ValueError:
            cell = None
    if not isinstance(cell, datetime):
        raise Unreadable("expected a timestamp such as 2024-03-12T09:30:00Z")
    return cell if cell.tzinfo else cell.replace(tzinfo=UTC)


def _boolean(cell: Any) -> bool:
    found = cell if isinstance(cell, bool) else _BOOLEANS.get(str(cell).lower())
    if found is None:
        raise Unreadable("expected true or false")
    return found


def _currency(cell: Any) -> str:
    if cell in EXPONENTS:
        return str(cell)
    raise Unreadable("expected an ISO 4217 currency code")


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "text": _text, "integer": _integer, "date": _date, "instant": _instant, "boolean": _boolean,
    "currency": _currency,
}  # fmt: skip


def read_column(column: Column, raw: list[Any]) -> tuple[list[Any], dict[int, str]]:
    """Values in order (None where empty or bad) and the reason of each bad one by position. Equal
    cells are read once: dates, currencies and names repeat."""
    reader = _READERS[column.kind]
    known: dict[Any, Any] = {}
    values: list[Any] = []
    bad: dict[int, str] = {}
    for at, cell in enumerate(raw):
        if cell is None or cell == "":
            values.append(None)
            if column.required:
                bad[at] = "empty, and it is required"
            continue
        try:
            key = (type(cell), cell)
            if key not in known:
                known[key] = _worded(column, reader(cell))
            values.append(known[key])
        except (Unreadable, TypeError) as error:
            values.append(None)
            expected = str(error) if isinstance(error, Unreadable) else "expected a plain value"
            bad[at] = f"{str(cell)[:_SHOWN]!r}: {expected}"
    return values, bad


def _worded(column: Column, value: Any) -> Any:
    if column.words and value not in column.words:
        raise Unreadable(f"expected one of {', '.join(column.words)}")
    return value
