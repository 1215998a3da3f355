"""Facts in one unit: bulk writing of versions, and reading them as of now or of a revision."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, and_, or_

from core.model import Fact
from core.ports import Put, Version
from hub.store.codec import matching, records, shape, storable_row, written
from hub.store.engine import Scope, storable

F = TypeVar("F", bound=Fact)
CHUNK = 1000


def batches(items: Iterable[Any], size: int = CHUNK) -> Iterable[list[Any]]:
    """Lists of at most `size` items, in order."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def is_current(table: Table) -> ColumnElement[bool]:
    return table.c.superseded_at.is_(None)


def was_known(table: Table, revision: int) -> ColumnElement[bool]:
    later = or_(table.c.superseded_at.is_(None), table.c.superseded_at > revision)
    return and_(table.c.revision <= revision, later)


class _Writing:
    """One `put`: which facts are new or changed, in the order given."""

    def __init__(self, scope: Scope, take_revision: Callable[[], int], stamp: dict[str, Any]) -> None:
        self._scope = scope
        self._take = take_revision
        self._stamp = stamp
        self.new: dict[str, None] = {}
        self.changed: dict[str, None] = {}
        self.unchanged = 0

    def put(self, kind: type[Fact], facts: Sequence[Fact]) -> None:
        table = shape(kind).table
        ids = [fact.id for fact in facts]
        known = self._known(table, ids)
        hashes = {id: row[0] for id, row in known.items()}
        changed: dict[str, tuple[Fact, str, str]] = {}
        for fact in facts:
            content, body = written(fact)
            before = hashes.get(fact.id)
            if before == content:
                self.unchanged += 1
                continue
            hashes[fact.id] = content
            changed[fact.id] = fact, content, body
            (self.new if before is None or fact.id in self.new else self.changed)[fact.id] = None
        if changed:
            self._write(table, kind, changed, {id: known[id][1] for id in changed if id in known})

    def _known(self, table: Table, ids: list[str]) -> dict[str, tuple[str, int]]:
        columns = (table.c.id, table.c.content_hash, table.c.revision)
        rows = self._scope.look_up(table, ids, *columns, current=True)
        return {row.id: (row.content_hash, row.revision) for row in rows}

    def _write(
        self, table: Table, kind: type[Fact], facts: dict[str, tuple[Fact, str, str]], before: dict[str, int]
    ) -> None:
        revision = self._take()
        rewritten = [id for id, at in before.items() if at == revision]
        superseded = [id for id, at in before.items() if at != revision]
        scope = self._scope
        if rewritten:
            this = (table.c.revision == revision, scope.among(table.c.id, rewritten))
            scope.execute(scope.delete(table).where(*this))
        if superseded:
            these = (is_current(table), scope.among(table.c.id, superseded))
            scope.execute(scope.update(table).where(*these).values(superseded_at=revision))
        stamp = {**self._stamp, "revision": revision}
        scope.insert(
            table, [_row(kind, fact, content, body, stamp) for fact, content, body in facts.values()]
        )


def _row(kind: type[Fact], fact: Fact, content: str, body: str, stamp: dict[str, Any]) -> dict[str, Any]:
    source = fact.source
    form = shape(kind)
    row = dict(zip(form.copied, form.values(fact), strict=True))
    row.update(stamp)
    row["id"] = fact.id
    row["valid_from"] = fact.valid_from
    row["company_id"] = fact.company_id
    row["provider"] = source.provider if source else None
    row["raw_id"] = source.raw_id if source else None
    row["content_hash"] = content
    row["body"] = body
    return storable_row(row)


def put(
    scope: Scope,
    facts: Sequence[Fact],
    *,
    now: datetime,
    connection_id: str | None,
    take_revision: Callable[[], int],
) -> Put:
    """Writes what is new or changed as versions of the revision taken; the rest costs one query."""
    stamp = {"known_from": now, "connection_id": connection_id, "superseded_at": None}
    writing = _Writing(scope, take_revision, stamp)
    by_kind: dict[type[Fact], list[Fact]] = {}
    for fact in facts:
        by_kind.setdefault(type(fact), []).append(fact)
    for kind, several in by_kind.items():
        for batch in batches(several):
            writing.put(kind, batch)
    return Put(tuple(writing.new), tuple(writing.changed), writing.unchanged)


def get(scope: Scope, kind: type[F], ids: Iterable[str]) -> dict[str, F]:
    table = shape(kind).table
    found: dict[str, F] = {}
    for batch in batches(dict.fromkeys(ids)):
        rows = scope.look_up(table, batch, table.c.body, current=True)
        found |= {fact.id: fact for fact in records(kind, (row.body for row in rows))}
    return found


def all_of(scope: Scope, kind: type[F], *, as_of: int | None, equal: dict[str, str | None]) -> list[F]:
    table = shape(kind).table
    known = is_current(table) if as_of is None else was_known(table, as_of)
    query = scope.select(table, table.c.body).where(known, matching(kind, equal)).order_by(table.c.id)
    return records(kind, scope.execute(query).scalars())


def history(scope: Scope, kind: type[F], id: str) -> list[Version[F]]:
    table = shape(kind).table
    columns = (table.c.body, table.c.revision, table.c.known_from, table.c.superseded_at)
    query = scope.select(table, *columns).where(table.c.id == storable(id)).order_by(table.c.revision)
    return [
        Version(kind.model_validate_json(row.body), row.revision, row.known_from, row.superseded_at)
        for row in scope.execute(query)
    ]
