"""Pages of a list: opaque cursors that stay valid while rows are added."""

import base64
import binascii
import json
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, literal, tuple_

from core.errors import BadInput
from core.model import Entry, Fact, Record
from hub.store.codec import matching, shape
from hub.store.engine import Scope
from hub.store.facts import is_current


def page_query(
    scope: Scope, kind: type[Record], *, after: str | None, limit: int, equal: dict[str, str | None]
) -> Select[Any]:
    """One row more than `limit`, so that the caller sees whether there is a next page."""
    if limit < 1:
        raise BadInput("`limit` must be at least 1")
    table = shape(kind).table
    order = _order(kind, table)
    query = scope.select(table).where(matching(kind, equal)).order_by(*order).limit(limit + 1)
    if issubclass(kind, Fact):
        query = query.where(is_current(table))
    if after is not None:
        values = [literal(value) for value in _read_cursor(kind, after, len(order))]
        query = query.where(tuple_(*order) > tuple_(*values))
    return query


def _order(kind: type[Record], table: Table) -> tuple[ColumnElement[Any], ...]:
    """Entries as they were written, so that a reader that follows a log misses nothing; the rest by id."""
    return (table.c.revision, table.c.position) if issubclass(kind, Entry) else (table.c.id,)


def cursor_of(kind: type[Record], row: Any) -> str:
    """The cursor behind a row."""
    place = [row.revision, row.position] if issubclass(kind, Entry) else [row.id]
    text = json.dumps([kind.entity, *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(kind: type[Record], cursor: str, length: int) -> list[Any]:
    place: list[Any]
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        entity, *place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, TypeError):
        entity, place = None, []
    wanted = int if issubclass(kind, Entry) else str
    if entity != kind.entity or len(place) != length or not all(type(part) is wanted for part in place):
        raise BadInput("the cursor is not one of this list: pass `next` of the page before, or none to begin")
    return place
