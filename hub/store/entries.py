"""Entries in one unit: append-only logs in the order they were written."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Row, Table

from core.model import Entry, RawRecord
from hub.store.audit import move_end
from hub.store.codec import matching, shape, storable_row
from hub.store.datakey import open_payload, seal_payload
from hub.store.engine import Scope
from hub.store.facts import batches

E = TypeVar("E", bound=Entry)
LEFT_OUT = '{"payload":"",'


class Log:
    """Appends and reads entries; `data_key` is asked for only when a raw payload passes."""

    def __init__(self, scope: Scope, take_revision: Callable[[], int], data_key: Callable[[], bytes]) -> None:
        self._scope = scope
        self._take = take_revision
        self._data_key = data_key
        self._position = 0

    def append(self, entries: Sequence[Entry]) -> int:
        """Writes what is not there yet; consecutive entries of one kind go in one statement."""
        missing = self._missing(entries)
        rows: dict[type[Entry], list[dict[str, Any]]] = {}
        for entry in missing:
            rows.setdefault(type(entry), []).append(self._row(entry))
        for kind, several in rows.items():
            for batch in batches(several):
                self._scope.insert(shape(kind).table, batch)
        move_end(self._scope, missing)
        return len(missing)

    def _missing(self, entries: Sequence[Entry]) -> list[Entry]:
        by_kind: dict[type[Entry], list[str]] = {}
        for entry in entries:
            by_kind.setdefault(type(entry), []).append(entry.id)
        seen = {kind: self._there(shape(kind).table, ids) for kind, ids in by_kind.items()}
        missing = []
        for entry in entries:
            if entry.id not in seen[type(entry)]:
                seen[type(entry)].add(entry.id)
                missing.append(entry)
        return missing

    def _there(self, table: Table, ids: list[str]) -> set[str]:
        found: set[str] = set()
        for batch in batches(ids):
            found |= {row.id for row in self._scope.look_up(table, batch, table.c.id)}
        return found

    def _row(self, entry: Entry) -> dict[str, Any]:
        form = shape(type(entry))
        self._position += 1
        row = dict(zip(form.copied, form.values(entry), strict=True))
        row |= {"id": entry.id, "revision": self._take(), "position": self._position}
        if isinstance(entry, RawRecord):
            sealed = seal_payload(self._data_key(), self._scope.tenant_id, entry.id, entry.payload)
            row |= {"payload": sealed, "body": entry.model_dump_json(exclude={"payload"})}
        else:
            row["body"] = entry.model_dump_json()
        return storable_row(row)

    def read(self, kind: type[E], *, as_of: int | None, equal: dict[str, str | None]) -> list[E]:
        table = shape(kind).table
        query = self._scope.select(table).where(matching(kind, equal))
        if as_of is not None:
            query = query.where(table.c.revision <= as_of)
        rows = self._scope.execute(query.order_by(table.c.revision, table.c.position))
        return [self.entry(kind, row) for row in rows]

    def last(self, kind: type[E]) -> E | None:
        """The entry written last, if any."""
        table = shape(kind).table
        newest = self._scope.select(table).order_by(table.c.revision.desc(), table.c.position.desc()).limit(1)
        row = self._scope.execute(newest).one_or_none()
        return self.entry(kind, row) if row else None

    def entry(self, kind: type[E], row: Row[Any]) -> E:
        """The entry of a whole row of its table."""
        if not issubclass(kind, RawRecord):
            return kind.model_validate_json(row.body)
        raw = kind.model_validate_json(LEFT_OUT + row.body[1:])
        payload = open_payload(self._data_key(), self._scope.tenant_id, raw.id, row.payload)
        return raw.model_copy(update={"payload": payload})
