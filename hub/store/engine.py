"""Engines, and the only way to a transaction: one tenant's scope, or the directory of all tenants.

On PostgreSQL a scope takes the role `lettrage_app`, which owns nothing, and names its tenant: row-level
security does the rest. On SQLite, and on PostgreSQL as a second barrier, the scope adds the criteria.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Delete,
    Engine,
    ExceptionContext,
    Row,
    Select,
    Table,
    TableValuedAlias,
    Text,
    Update,
    bindparam,
    delete,
    event,
    func,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url

from core.errors import Misconfigured
from core.model import canonical_json
from hub.store import bulk

APP_ROLE = "lettrage_app"
DIRECTORY_ROLE = "lettrage_directory"
PRAGMAS = (
    "PRAGMA busy_timeout=30000",
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA foreign_keys=ON",
)
POOL = {"pool_size": 10, "max_overflow": 30}
"""Enough for the threads of the API and of a worker in one process."""


def create_engine(url: str) -> Engine:
    """An engine for SQLite or PostgreSQL; exceptions of the driver never show row values."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        engine = sqlalchemy.create_engine(parsed, hide_parameters=True, pool_pre_ping=True, **POOL)
        event.listen(engine, "handle_error", _hide_values)
        return engine
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise Misconfigured(
            "LETTRAGE_DATABASE_URL must be `sqlite:///PATH` or `postgresql+psycopg://…`; "
            f"`{parsed.get_backend_name()}` is neither, or has no path"
        )
    Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sqlalchemy.create_engine(parsed, hide_parameters=True, **POOL)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _hide_values(context: ExceptionContext) -> None:
    """PostgreSQL quotes the offending row in its detail line: only the first line is kept."""
    raised = context.original_exception
    if isinstance(raised, psycopg.Error) and raised.diag.message_primary:
        raised.args = (raised.diag.message_primary,)
        if context.sqlalchemy_exception is not None:
            name = f"{type(raised).__module__}.{type(raised).__name__}"
            context.sqlalchemy_exception.args = (f"({name}) {raised.diag.message_primary}",)


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves: see _begin_sqlite
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes the write lock at once: upgrading later fails when another wrote in between."""
    writing = connection.get_execution_options().get("lettrage_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def storable(text: str) -> str:
    """PostgreSQL keeps no NUL in text: the sign for an unreadable character stands in for it."""
    return text.replace("\x00", "\ufffd")


class Scope:
    """One transaction of one tenant. Statements built here carry the tenant's criteria."""

    def __init__(self, connection: Connection, tenant_id: str) -> None:
        self.connection = connection
        self.tenant_id = tenant_id
        self.on_postgres = connection.dialect.name == "postgresql"

    def mine(self, table: Table) -> ColumnElement[bool]:
        """The criterion that a row belongs to this tenant."""
        column: Column[Any] = table.c["id" if table.name == "tenant" else "tenant_id"]
        return column == self.tenant_id

    def select(self, table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
        return select(*(columns or (table,))).select_from(table).where(self.mine(table))

    def update(self, table: Table) -> Update:
        return update(table).where(self.mine(table))

    def delete(self, table: Table) -> Delete:
        return delete(table).where(self.mine(table))

    def insert(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Bulk insert; `tenant_id` is set here, whatever the rows say."""
        if rows:
            for row in rows:
                row["tenant_id"] = self.tenant_id
            bulk.insert(self.connection, table, rows)

    def insert_new(self, table: Table, row: Mapping[str, Any]) -> bool:
        """Inserts one row unless its primary key is there; tells whether it did."""
        insert = postgresql.insert if self.on_postgres else sqlite.insert
        statement = insert(table).values({**row, "tenant_id": self.tenant_id}).on_conflict_do_nothing()
        return self.execute(statement.returning(table.c.tenant_id)).first() is not None

    def upsert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Inserts or replaces by primary key."""
        if not rows:
            return
        insert = postgresql.insert if self.on_postgres else sqlite.insert
        statement = insert(table)
        keys = [column.name for column in table.primary_key]
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        statement = statement.on_conflict_do_update(index_elements=keys, set_=changed)
        self.connection.execute(statement, [{**row, "tenant_id": self.tenant_id} for row in rows])

    def execute(self, statement: Any, parameters: Any = None) -> CursorResult[Any]:
        return self.connection.execute(statement, parameters)

    def among(self, column: ColumnElement[Any], ids: Sequence[str]) -> ColumnElement[bool]:
        """`column IN ids` with one bound value, so that every length is the same statement."""
        return column.in_(select(self._listed(ids).c.value))

    def look_up(
        self, table: Table, ids: Sequence[str], *columns: ColumnElement[Any], current: bool = False
    ) -> Sequence[Row[Any]]:
        """The rows with these ids (`current`: versions that still hold), in no order.

        PostgreSQL is made to search id by id: before it has statistics of a table that grows
        fast, it would read all of the tenant's rows for each page of ids.
        """
        mine = self.select(table, *columns)
        if current:
            mine = mine.where(table.c.superseded_at.is_(None))
        if not self.on_postgres:
            return self.execute(mine.where(self.among(table.c.id, ids))).all()
        wanted = self._listed(ids)
        found = mine.where(table.c.id == wanted.c.value).limit(1).lateral("found")
        return self.execute(select(found).select_from(wanted.join(found, true()))).all()

    def _listed(self, ids: Sequence[str]) -> TableValuedAlias:
        if self.on_postgres:
            array = bindparam(None, [storable(id) for id in ids], type_=ARRAY(Text))
            return func.unnest(array).table_valued("value").render_derived("wanted")
        return func.json_each(canonical_json(list(ids))).table_valued("value")


@contextmanager
def tenant_scope(engine: Engine, tenant_id: str, *, write: bool = True) -> Iterator[Scope]:
    """A transaction that sees and changes rows of one tenant; commits at the end, rolls back on error.

    A reading scope sees one snapshot. On SQLite a writing scope waits for the others: never open
    a second one inside it.
    """
    with transaction(engine, write=write) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(
                select(func.set_config("lettrage.tenant", tenant_id, True)).add_columns(
                    func.set_config("role", APP_ROLE, True)
                )
            )
        yield Scope(connection, tenant_id)


@contextmanager
def directory_scope(engine: Engine) -> Iterator[Connection]:
    """A reading transaction over what must be found before the tenant is known; see directory.py."""
    with transaction(engine, write=False) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(select(func.set_config("role", DIRECTORY_ROLE, True)))
        yield connection


@contextmanager
def transaction(engine: Engine, *, write: bool) -> Iterator[Connection]:
    """A transaction under the connection's own role: for what belongs to no tenant, and migrations."""
    options: dict[str, Any] = {"lettrage_write": write}
    if engine.dialect.name == "postgresql" and not write:
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def without_role(scope: Scope) -> Iterator[Connection]:
    """The scope's transaction under the connection's own role: for the job engine's tables."""
    if not scope.on_postgres:
        yield scope.connection
        return
    scope.execute(select(func.set_config("role", "none", True)))
    yield scope.connection
    scope.execute(select(func.set_config("role", APP_ROLE, True)))
