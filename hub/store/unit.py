"""The store: one tenant, one transaction, on SQLite and PostgreSQL (core.ports.Store and Unit)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine

from core.errors import NotFound
from core.model import Entry, Fact, Record, Row
from core.ports import Clock, Put, Version
from hub.store import facts as fact_rows
from hub.store.codec import matching, records, shape, storable_row
from hub.store.columns import Stored
from hub.store.datakey import read_data_key
from hub.store.engine import Scope, tenant_scope, without_role
from hub.store.entries import Log
from hub.store.paging import cursor_of, page_query
from hub.store.sealing import Keyring

F = TypeVar("F", bound=Fact)
E = TypeVar("E", bound=Entry)
R = TypeVar("R", bound=Row)
T = TypeVar("T", bound=Record)


class Enqueue(Protocol):
    """Registers a durable job in the given transaction; wiring hands in the job engine's."""

    def __call__(
        self,
        connection: Connection,
        kind: str,
        key: str,
        args: Mapping[str, str | int | bool | None],
        dedupe_id: str,
        delay: timedelta | None,
    ) -> None: ...


def no_jobs(
    connection: Connection,
    kind: str,
    key: str,
    args: Mapping[str, str | int | bool | None],
    dedupe_id: str,
    delay: timedelta | None,
) -> None:
    """For commands that never register jobs: registering one is a mistake."""
    raise RuntimeError("this store was opened without a job engine")


class SqlUnit:
    """One tenant, one transaction: see core.ports.Unit. `scope` is for the reports' own queries."""

    def __init__(self, scope: Scope, clock: Clock, keyring: Keyring, *, write: bool) -> None:
        self.scope = scope
        self.tenant_id = scope.tenant_id
        self._write = write
        self._keyring = keyring
        self._key: bytes | None = None
        self._known = self._enter()
        self._taken: int | None = None
        self._jobs: list[tuple[Any, ...]] = []
        self._log = Log(scope, self._take_revision, self._data_key)
        self.now = clock.now()

    def _enter(self) -> int:
        """The tenant's revision. A writer locks the row first: what it then reads cannot change."""
        table = Stored.metadata.tables["tenant"]
        query = self.scope.select(table, table.c.revision)
        found = self.scope.execute(query.with_for_update(key_share=True) if self._write else query)
        revision: int | None = found.scalar_one_or_none()
        if revision is None:
            raise NotFound(f"there is no tenant {self.tenant_id}")
        return revision

    def _take_revision(self) -> int:
        if self._taken is None:
            table = Stored.metadata.tables["tenant"]
            self._taken = self._known + 1
            self.scope.execute(self.scope.update(table).values(revision=self._taken))
        return self._taken

    def _data_key(self) -> bytes:
        if self._key is None:
            self._key = read_data_key(self.scope.connection, self._keyring, self.tenant_id)
        return self._key

    def _may_write(self) -> None:
        if not self._write:
            raise RuntimeError("this unit was opened for reading")

    @property
    def revision(self) -> int:
        return self._known if self._taken is None else self._taken

    def put(self, facts: Sequence[Fact], *, connection_id: str | None = None) -> Put:
        self._may_write()
        return fact_rows.put(
            self.scope, facts, now=self.now, connection_id=connection_id, take_revision=self._take_revision
        )

    def get(self, kind: type[F], ids: Iterable[str]) -> dict[str, F]:
        return fact_rows.get(self.scope, kind, ids)

    def all(self, kind: type[F], *, as_of: int | None = None, **equal: str | None) -> list[F]:
        return fact_rows.all_of(self.scope, kind, as_of=as_of, equal=equal)

    def history(self, kind: type[F], id: str) -> list[Version[F]]:
        return fact_rows.history(self.scope, kind, id)

    def revisions(self, kind: type[Fact] | type[Entry], **equal: str | None) -> list[int]:
        table = shape(kind).table
        query = self.scope.select(table, table.c.revision).where(matching(kind, equal))
        return list(self.scope.execute(query.distinct().order_by(table.c.revision)).scalars())

    def companies_since(self, kinds: Iterable[type[Fact] | type[Entry]], revision: int) -> set[str | None]:
        found: set[str | None] = set()
        for kind in kinds:
            table = shape(kind).table
            query = self.scope.select(table, table.c.company_id).where(table.c.revision > revision)
            found.update(self.scope.execute(query.distinct()).scalars())
        return found

    def append(self, entries: Sequence[Entry]) -> int:
        self._may_write()
        return self._log.append(entries)

    def entries(self, kind: type[E], *, as_of: int | None = None, **equal: str | None) -> list[E]:
        return self._log.read(kind, as_of=as_of, equal=equal)

    def last(self, kind: type[E]) -> E | None:
        return self._log.last(kind)

    def save(self, rows: Sequence[Row]) -> None:
        self._may_write()
        by_kind: dict[type[Row], dict[str, Row]] = {}
        for row in rows:
            by_kind.setdefault(type(row), {})[row.id] = row
        for kind, several in by_kind.items():
            form = shape(kind)
            values = [
                storable_row(
                    dict(zip(form.copied, form.values(row), strict=True))
                    | {"id": row.id, "body": row.model_dump_json()}
                )
                for row in several.values()
            ]
            self.scope.upsert(form.table, values)

    def load(self, kind: type[R], id: str) -> R | None:
        found = self.find(kind, id=id)
        return found[0] if found else None

    def find(self, kind: type[R], **equal: str | None) -> list[R]:
        table = shape(kind).table
        query = self.scope.select(table, table.c.body).where(matching(kind, equal)).order_by(table.c.id)
        return records(kind, self.scope.execute(query).scalars())

    def page(
        self, kind: type[T], *, after: str | None, limit: int, **equal: str | None
    ) -> tuple[list[T], str | None]:
        query = page_query(self.scope, kind, after=after, limit=limit, equal=equal)
        rows = self.scope.execute(query).all()
        shown = rows[:limit]
        found: list[Any] = (
            [self._log.entry(kind, row) for row in shown]
            if issubclass(kind, Entry)
            else records(kind, (row.body for row in shown))
        )
        return found, cursor_of(kind, shown[-1]) if len(rows) > limit else None

    def enqueue(
        self,
        kind: str,
        *,
        key: str,
        args: Mapping[str, str | int | bool | None],
        dedupe_id: str,
        delay: timedelta | None = None,
    ) -> None:
        self._may_write()
        self._jobs.append((kind, key, dict(args), dedupe_id, delay))

    def register_jobs(self, enqueue: Enqueue) -> None:
        """The last thing before the commit: hands the jobs over in this transaction."""
        if self._jobs:
            with without_role(self.scope) as connection:
                for job in self._jobs:
                    enqueue(connection, *job)


class SqlStore:
    """Opens units on a database. On SQLite a writing unit must not be opened inside another."""

    def __init__(self, engine: Engine, clock: Clock, keyring: Keyring, *, enqueue: Enqueue = no_jobs) -> None:
        self.engine = engine
        self._clock = clock
        self._keyring = keyring
        self._enqueue = enqueue

    @contextmanager
    def begin(self, tenant_id: str, *, write: bool = True) -> Iterator[SqlUnit]:
        """A unit of a tenant; raises NotFound for one that does not exist."""
        with tenant_scope(self.engine, tenant_id, write=write) as scope:
            unit = SqlUnit(scope, self._clock, self._keyring, write=write)
            yield unit
            unit.register_jobs(self._enqueue)
