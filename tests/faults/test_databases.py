"""The database goes away, fills up, is locked: nothing is stored in part, and jobs go on afterwards."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from core.model import Company
from hub.jobs import Jobs, Rhythm, Worker, prepare
from hub.jobs.database import writing
from hub.store.engine import create_engine
from hub.store.keys import Keys
from hub.store.migrations import upgrade
from hub.store.sealing import Keyring
from hub.store.unit import SqlStore
from tests.fakes import FixedClock
from tests.jobs.conftest import until
from tests.postgres import postgres_url

KEYRING = Keyring((("test", bytes(32)),))
QUICK = Rhythm(heartbeat=0.2, sync_poll=0.05, deliver_poll=0.05, default_poll=0.05, first_backoff=0.01)


def _store(url: str) -> SqlStore:
    engine = create_engine(url)
    Keys(engine, FixedClock(), KEYRING).create_tenant("a", id="ten_a")
    return SqlStore(engine, FixedClock(), KEYRING)


def _company(number: int) -> Company:
    return Company(id=f"com_{number}", legal_name=f"Company {number}", siren=None)


def _known(store: SqlStore) -> tuple[int, int]:
    with store.begin("ten_a", write=False) as unit:
        return unit.revision, len(unit.all(Company))


def _cut_off(url: str) -> int:
    """Ends every other connection to the database, as a restart of the server would."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    ours = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
    with psycopg.connect(plain, autocommit=True) as connection:
        (count,) = connection.execute(f"{ours} AND pid <> pg_backend_pid()").fetchone() or (0,)
    return int(count)


def _interrupted(store: SqlStore, interrupt: Callable[[], object]) -> None:
    with store.begin("ten_a") as unit:
        unit.put([_company(1)])
        assert interrupt()
        unit.put([_company(2)])


def _fill(store: SqlStore) -> None:
    """Writes until the database may not grow any more."""
    with store.begin("ten_a") as unit:
        connection = unit.scope.connection
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        for number in range(400):
            unit.put([_company(number)])


def test_a_connection_lost_in_a_unit_leaves_nothing_of_it() -> None:
    with postgres_url() as url:
        store = _store(url)
        before = _known(store)
        with pytest.raises(OperationalError) as lost:
            _interrupted(store, lambda: _cut_off(url))
        assert "Company" not in str(lost.value)
        assert _known(store) == before
        with store.begin("ten_a") as unit:
            unit.put([_company(3)])
        assert _known(store) == (before[0] + 1, before[1] + 1)
        store.engine.dispose()


def test_a_full_disk_leaves_nothing_of_a_unit(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'full.sqlite3'}"
    upgrade(url)
    store = _store(url)
    before = _known(store)
    with pytest.raises(OperationalError) as full:
        _fill(store)
    assert "full" in str(full.value)
    store.engine.dispose()
    assert _known(store) == before
    with store.begin("ten_a") as unit:
        unit.put([_company(1)])
    assert _known(store) == (before[0] + 1, before[1] + 1)
    store.engine.dispose()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Another program holds the write lock."""
    import sqlite3

    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def test_a_locked_file_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "locked.sqlite3"
    upgrade(f"sqlite:///{path}")
    store = _store(f"sqlite:///{path}")
    done = threading.Event()

    def write() -> None:
        with store.begin("ten_a") as unit:
            unit.put([_company(1)])
        done.set()

    with _locked(path):
        thread = threading.Thread(target=write)
        thread.start()
        assert _known(store)[1] == 0, "reading goes on"
        assert not done.wait(0.2)
    thread.join(10)
    assert done.is_set()
    assert _known(store)[1] == 1
    store.engine.dispose()


@pytest.mark.slow
def test_a_job_survives_the_database_going_away_under_it() -> None:
    """Every connection is cut while the job runs: it runs again and ends, and nothing is quarantined."""
    with postgres_url() as url:
        prepare(url, rhythm=QUICK)
        engine, jobs, ran = create_engine(url), Jobs(url), []

        def handle(args: Any) -> None:
            ran.append(args)
            if len(ran) == 1:
                _cut_off(url)
                with writing(engine) as connection:
                    connection.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())")

        worker = Worker(url, {"note": handle}, rhythm=QUICK)
        worker.start()
        try:
            with writing(engine) as connection:
                jobs.enqueue(connection, "note", key="k", args={"tenant_id": "ten_a"}, dedupe_id="note:1")
            until(lambda: len(ran) >= 2)
            until(lambda: not any(jobs.backlog().values()))
        finally:
            worker.stop(wait_seconds=2)
        with engine.connect() as connection:
            assert connection.exec_driver_sql("select count(*) from quarantined_job").scalar_one() == 0
        jobs.close()
        engine.dispose()
