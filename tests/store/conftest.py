"""A database of each kind, and a store on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import Engine, inspect

from core.ports import Store
from hub.store.columns import Stored
from hub.store.engine import create_engine, transaction
from hub.store.keys import Keys
from hub.store.migrations import upgrade
from hub.store.sealing import Keyring
from hub.store.unit import SqlStore
from tests.fakes import FixedClock, InMemoryStore
from tests.postgres import postgres_url

KEYRING = Keyring((("k1", b"1" * 32),))
A, B = "ten_a", "ten_b"
ON_POSTGRES = pytest.mark.parametrize("base", ["postgresql"], indirect=True)
"""For what SQLite has not: row-level security, roles, several writers."""


@dataclass
class Base:
    """A migrated database with two tenants, A and B."""

    engine: Engine
    clock: FixedClock
    keyring: Keyring
    keys: Keys
    url: str


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "hub.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_engine() -> Iterator[Engine]:
    """One database for all tests of this folder: emptied before each, which is faster than a clone."""
    with postgres_url() as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


def _empty(engine: Engine) -> None:
    with transaction(engine, write=True) as connection:
        present = inspect(connection).get_table_names()
        wipe = [f'DELETE FROM "{name}"' for name in Stored.metadata.tables if name in present]
        connection.exec_driver_sql("; ".join(["DROP TABLE IF EXISTS job", *wipe]))


@contextmanager
def _opened(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "postgresql":
        engine = request.getfixturevalue("postgres_engine")
        _empty(engine)
        yield engine
        return
    path = request.getfixturevalue("tmp_path") / "hub.sqlite3"
    copyfile(request.getfixturevalue("sqlite_template"), path)
    engine = create_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def _base(engine: Engine, clock: FixedClock) -> Base:
    keys = Keys(engine, clock, KEYRING)
    for tenant in (A, B):
        keys.create_tenant(f"Financeur {tenant}", id=tenant)
    return Base(engine, clock, KEYRING, keys, engine.url.render_as_string(hide_password=False))


@pytest.fixture(params=["sqlite", "postgresql"])
def base(request: pytest.FixtureRequest) -> Iterator[Base]:
    with _opened(request) as engine:
        yield _base(engine, FixedClock())


@pytest.fixture
def sql_store(base: Base) -> SqlStore:
    return SqlStore(base.engine, base.clock, base.keyring)


@pytest.fixture(params=["sqlite", "postgresql", "memory"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Every adapter of the port: the same suite must pass on all."""
    clock = FixedClock()
    if request.param == "memory":
        yield InMemoryStore(clock)
        return
    with _opened(request) as engine:
        yield SqlStore(_base(engine, clock).engine, clock, KEYRING)
