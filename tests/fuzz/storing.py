"""Imports damaged files into a store: a refused one leaves it as it was, one that was read is known then."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final

from core.errors import BadInput
from core.model import Company
from core.ports import Store
from core.usecases.import_files import Imported
from hub.door import store_file
from hub.store.engine import create_engine
from hub.store.keys import Keys
from hub.store.migrations import upgrade
from hub.store.sealing import Keyring
from hub.store.unit import SqlStore
from tests.fakes import FixedClock
from tests.fuzz.checks import NAME, READERS, SIREN

TENANT: Final = "ten_fuzz"
COMPANY: Final = Company(id="com_1", legal_name="Ateliers Brunoy SAS", siren=SIREN)


@contextmanager
def stored(folder: Path) -> Iterator[Store]:
    """A database with one company."""
    url = f"sqlite:///{folder / 'fuzz.sqlite3'}"
    upgrade(url)
    engine, clock, keyring = create_engine(url), FixedClock(), Keyring((("k1", b"1" * 32),))
    Keys(engine, clock, keyring).create_tenant("Financeur", id=TENANT)
    store = SqlStore(engine, clock, keyring, enqueue=lambda *_: None)
    with store.begin(TENANT) as unit:
        unit.put([COMPANY])
    yield store
    engine.dispose()


def revision(store: Store) -> int:
    """How often what the tenant knows has changed."""
    with store.begin(TENANT, write=False) as unit:
        return unit.revision


def import_all(store: Store, contents: Sequence[bytes]) -> tuple[int, int]:
    """Imports each file twice; returns how many were read and how many refused."""
    read = refused = 0
    for content in contents:
        before = revision(store)
        try:
            _import(store, content)
        except BadInput:
            assert revision(store) == before, "a refused file changed the store"
            refused += 1
            continue
        after = revision(store)
        again = _import(store, content)
        assert revision(store) == after, f"a second import changed the store: {again}"
        assert (again.new, again.stored) == (0, {}), f"a second import found something new: {again}"
        read += 1
    return read, refused


def _import(store: Store, content: bytes) -> Imported:
    return store_file(
        store, READERS, TENANT, company_id=COMPANY.id, name=NAME, file=BytesIO(content), account=None
    )
