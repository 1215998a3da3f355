"""What benchmarks stand on: a clock, databases, tenants, and bare inserts of rows that a run left behind."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from core.model import Record
from hub.store.codec import shape
from hub.store.engine import create_engine, transaction
from hub.store.keys import Keys
from hub.store.migrations import upgrade
from hub.store.sealing import Keyring
from hub.store.unit import Enqueue, SqlStore
from tests.postgres import postgres_url

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = date(2026, 3, 1)
KEYRING = Keyring((("bench", b"k" * 32),))
T = TypeVar("T")
Rows = dict[type[Record], list[dict[str, Any]]]


class StoppedClock:
    """Always the same moment."""

    def now(self) -> datetime:
        return AT


def ignore_job(*_job: object, **_named: object) -> None:
    """Takes a job and forgets it: what is measured ends at the commit."""


@dataclass
class Ground:
    """One migrated database; every run writes to a tenant of its own, so that all rows are new."""

    name: str
    engine: Engine
    enqueue: Enqueue = ignore_job
    runs: int = 0
    store: SqlStore = field(init=False)
    keys: Keys = field(init=False)

    def __post_init__(self) -> None:
        self.store = SqlStore(self.engine, StoppedClock(), KEYRING, enqueue=self.enqueue)
        self.keys = Keys(self.engine, StoppedClock(), KEYRING)

    def tenant(self) -> str:
        self.runs += 1
        return self.keys.create_tenant("bench", id=f"ten_{self.runs:04}").id

    def rows(self, tenant_id: str, *kinds: type[Record]) -> Rows:
        """The rows of these kinds as a run wrote them, to be written again bare."""
        found: Rows = {}
        with transaction(self.engine, write=False) as connection:
            for kind in kinds:
                table = shape(kind).table
                mine = select(table).where(table.c.tenant_id == tenant_id)
                found[kind] = [dict(row) for row in connection.execute(mine).mappings()]
        return found

    def insert(self, rows: Rows, tenant_id: str, page: int) -> None:
        """The yardstick of new rows: they are there already, only INSERT is left, `page` a transaction."""
        self._write(rows, tenant_id, page, lambda table: table.insert())

    def upsert(self, rows: Rows, tenant_id: str, page: int) -> None:
        """The yardstick of pages that may come again: INSERT … ON CONFLICT DO UPDATE."""
        self._write(rows, tenant_id, page, self._upsert)

    def _upsert(self, table: Any) -> Any:
        dialect = postgresql if self.engine.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(table)
        keys = [column.name for column in table.primary_key]
        rest = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=rest)

    def _write(self, rows: Rows, tenant_id: str, page: int, statement: Callable[[Any], Any]) -> None:
        mine = {shape(k).table: [{**row, "tenant_id": tenant_id} for row in v] for k, v in rows.items()}
        longest = max(map(len, mine.values()))
        for start in range(0, longest, page):
            with transaction(self.engine, write=True) as connection:
                for table, each in mine.items():
                    if part := each[start : start + page]:
                        connection.execute(statement(table), part)


@contextmanager
def opened(name: str, url: str) -> Iterator[Ground]:
    """A ground on the database at `url`, migrated first."""
    upgrade(url)
    engine = create_engine(url)
    try:
        yield Ground(name, engine)
    finally:
        engine.dispose()


@contextmanager
def on_sqlite() -> Iterator[Ground]:
    """A fresh SQLite file with the hub's own settings (WAL, synchronous=NORMAL)."""
    with (
        tempfile.TemporaryDirectory() as folder,
        opened("SQLite", f"sqlite:///{Path(folder) / 'hub.sqlite3'}") as ground,
    ):
        yield ground


@contextmanager
def on_postgres() -> Iterator[Ground]:
    """A fresh PostgreSQL database of the test server (without fsync)."""
    with postgres_url() as url, opened("PostgreSQL", url) as ground:
        yield ground


def pages_of(items: list[T], size: int) -> list[list[T]]:
    """The items in order, `size` at a time."""
    return [items[start : start + size] for start in range(0, len(items), size)]


def rate(count: int, taken: float, what: str = "rows") -> str:
    """What a table shows of `count` things done in `taken` seconds."""
    return f"{count / taken:,.0f} {what}/s"
