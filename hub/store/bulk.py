"""Bulk inserts: the statement of a table is compiled once, a value that many rows share made ready once.

SQLAlchemy works out each parameter of each row: half as long as the driver takes for a bank line's row.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table


@dataclass(frozen=True, slots=True)
class _Insert:
    """The statement as the driver takes it. `ready`: what makes a column's values the driver's;
    `in_order`: the row of a statement whose parameters go by place (None: by name)."""

    statement: str
    ready: Mapping[str, Callable[[Any], Any]]
    in_order: Callable[[Mapping[str, Any]], tuple[Any, ...]] | None


@lru_cache(maxsize=256)
def _insert(table: Table, names: tuple[str, ...], dialect: Dialect) -> _Insert:
    compiled = table.insert().compile(dialect=dialect, column_keys=names)
    types = {name: table.c[name].type.dialect_impl(dialect) for name in names}
    ready = {name: make for name, type in types.items() if (make := type.bind_processor(dialect))}
    order = getattr(compiled, "positiontup", None)
    return _Insert(str(compiled), ready, itemgetter(*order) if order else None)


def insert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Inserts rows that all name the same columns; takes the rows over and changes them."""
    into = _insert(table, tuple(rows[0]), connection.dialect)
    for name, ready in into.ready.items():
        known = {value: ready(value) for value in {row[name] for row in rows}}
        for row in rows:
            row[name] = known[row[name]]
    given = rows if into.in_order is None else [into.in_order(row) for row in rows]
    connection.exec_driver_sql(into.statement, given)
