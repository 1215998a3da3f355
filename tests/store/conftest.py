"""A database of each kind, and a store on it."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile

import pytest
from sqlalchemy import Engine

from core.ports import Store
from hub.store.engine import create_engine
from hub.store.keys import Keys
from hub.store.migrations import upgrade
from hub.store.sealing import Keyring
from hub.store.unit import SqlStore
from tests.fakes import FixedClock, InMemoryStore
from tests.postgres import postgres_url

KEYRING = Keyring((("k1", b"1" * 32),))
A, B = "ten_a", "ten_b"


@dataclass
class Base:
    """A migrated database with two tenants, A and B."""

    engine: Engine
    clock: FixedClock
    keyring: Keyring
    keys: Keys
    url: str

    @property
    def on_postgres(self) -> bool:
        return self.engine.dialect.name == "postgresql"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "hub.sqlite3"
    upgrade(f"sqlite:///{path}")
    return path


def _url(kind: str, stack: ExitStack, template: Path, folder: Path) -> str:
    if kind == "postgresql":
        return stack.enter_context(postgres_url())
    copyfile(template, folder / "hub.sqlite3")
    return f"sqlite:///{folder / 'hub.sqlite3'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def base(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> Iterator[Base]:
    with ExitStack() as stack:
        url = _url(request.param, stack, sqlite_template, tmp_path)
        engine = create_engine(url)
        stack.callback(engine.dispose)
        clock = FixedClock()
        keys = Keys(engine, clock, KEYRING)
        for tenant in (A, B):
            keys.create_tenant(f"Financeur {tenant}", id=tenant)
        yield Base(engine, clock, KEYRING, keys, url)


@pytest.fixture
def sql_store(base: Base) -> SqlStore:
    return SqlStore(base.engine, base.clock, base.keyring)


@pytest.fixture(params=["sqlite", "postgresql", "memory"])
def store(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """Every adapter of the port: the same suite must pass on all."""
    clock = FixedClock()
    if request.param == "memory":
        yield InMemoryStore(clock)
        return
    with ExitStack() as stack:
        engine = create_engine(_url(request.param, stack, sqlite_template, tmp_path))
        stack.callback(engine.dispose)
        keys = Keys(engine, clock, KEYRING)
        for tenant in (A, B):
            keys.create_tenant(f"Financeur {tenant}", id=tenant)
        yield SqlStore(engine, clock, KEYRING)
