"""Units that meet: writers of one tenant take turns, readers see one state, crashes leave nothing."""

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.errors import BadInput, NotFound
from core.model import Allocation, BankTransaction, Company, Connection
from core.model import Event as HubEvent
from hub.store.engine import transaction as plain
from hub.store.unit import SqlStore
from tests.store.conftest import KEYRING, ON_POSTGRES, A, B, Base
from tests.store.records import allocation, company, connection, event, transaction

THREADS, ROUNDS = 4, 5


def test_writers_of_one_tenant_take_turns(base: Base, sql_store: SqlStore) -> None:
    """Each reads the last sequence and writes the next: no number is lost or used twice."""
    start = Barrier(THREADS)

    def work(name: int) -> None:
        start.wait()
        for round in range(ROUNDS):
            with sql_store.begin(A) as unit:
                last = max((e.sequence for e in unit.entries(HubEvent)), default=0)
                unit.append([event(f"{name}-{round}", last + 1)])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    with sql_store.begin(A, write=False) as unit:
        total = THREADS * ROUNDS
        assert [e.sequence for e in unit.entries(HubEvent)] == list(range(1, total + 1))
        assert unit.revisions(HubEvent) == list(range(1, total + 1))
        assert unit.revision == total


def test_one_of_many_claims(base: Base, sql_store: SqlStore) -> None:
    start = Barrier(THREADS)

    def claim(_name: int) -> int:
        start.wait()
        with sql_store.begin(A) as unit:
            return unit.append([allocation("only")])

    with ThreadPoolExecutor(THREADS) as pool:
        assert sorted(pool.map(claim, range(THREADS))) == [0, 0, 0, 1]


@ON_POSTGRES
def test_tenants_do_not_wait_for_each_other_on_postgresql(base: Base, sql_store: SqlStore) -> None:
    with sql_store.begin(A) as one, sql_store.begin(B) as other:
        assert one.put([company("c")]).new == other.put([company("c")]).new == ("c",)


def test_a_reader_sees_one_state_throughout(base: Base, sql_store: SqlStore) -> None:
    with sql_store.begin(A, write=False) as reader:
        assert reader.all(Company) == []
        done = Event()

        def write() -> None:
            with sql_store.begin(A) as unit:
                unit.put([company("co_1")])
            done.set()

        with ThreadPoolExecutor(1) as pool:
            pool.submit(write).result(timeout=10)
        assert done.is_set()
        assert reader.all(Company) == []
        assert reader.revision == 0
    with sql_store.begin(A, write=False) as reader:
        assert len(reader.all(Company)) == 1


CRASH = """
import os, signal, sys
from hub.store.engine import create_engine
from hub.store.unit import SqlStore
from tests.fakes import FixedClock
from tests.store.conftest import A, KEYRING
from tests.store.records import allocation, company, connection, transaction
store = SqlStore(create_engine(sys.argv[1]), FixedClock(), KEYRING)
with store.begin(A) as unit:
    unit.put([company("co_1", "after"), *(transaction(f"t{n}") for n in range(1500))])
    unit.append([allocation("al_1")])
    unit.save([connection("con_1")])
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_process_killed_half_way_leaves_nothing(base: Base, sql_store: SqlStore) -> None:
    with sql_store.begin(A) as unit:
        unit.put([company("co_1", "before")])
    root = Path(__file__).parents[2]
    run = subprocess.run(
        [sys.executable, "-c", CRASH, base.url],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        timeout=60,
    )
    assert run.returncode == -signal.SIGKILL
    with sql_store.begin(A) as unit:
        assert unit.all(Company) == [company("co_1", "before")]
        assert unit.all(BankTransaction) == unit.entries(Allocation) == []
        assert unit.revision == 1
        assert unit.put([transaction("t1")]).new == ("t1",)


def _register(
    sql: SqlConnection,
    kind: str,
    key: str,
    args: Mapping[str, str | int | bool | None],
    dedupe_id: str,
    delay: timedelta | None,
) -> None:
    """A job engine of one table, which the units' role may not touch."""
    sql.execute(text("INSERT INTO job VALUES (:kind, :id)"), {"kind": kind, "id": dedupe_id})


def test_jobs_commit_and_roll_back_with_the_unit(base: Base) -> None:
    with plain(base.engine, write=True) as sql:
        sql.execute(text("CREATE TABLE job (kind TEXT, id TEXT)"))
    store = SqlStore(base.engine, base.clock, KEYRING, enqueue=_register)

    def unit_with_job(id: str, *, fail: bool) -> None:
        with store.begin(A) as unit:
            unit.put([company(id)])
            unit.enqueue("reconcile", key=A, args={"tenant": A}, dedupe_id=id)
            if fail:
                raise ZeroDivisionError

    unit_with_job("kept", fail=False)
    with pytest.raises(ZeroDivisionError):
        unit_with_job("lost", fail=True)
    with plain(base.engine, write=False) as sql:
        assert sql.execute(text("SELECT kind, id FROM job")).all() == [("reconcile", "kept")]


def test_a_job_without_an_engine_is_refused(sql_store: SqlStore) -> None:
    def enqueue() -> None:
        with sql_store.begin(A) as unit:
            unit.put([company("co_1")])
            unit.enqueue("sync", key="k", args={}, dedupe_id="d")

    with pytest.raises(RuntimeError, match="without a job engine"):
        enqueue()
    with sql_store.begin(A, write=False) as unit:
        assert unit.all(Company) == []


def test_mistakes_are_told_apart(sql_store: SqlStore) -> None:
    with pytest.raises(NotFound, match="no tenant nobody"), sql_store.begin("nobody"):
        pass
    with sql_store.begin(A, write=False) as unit:
        with pytest.raises(BadInput, match=r"cannot be filtered by `remittance`; it can by: account_id, "):
            unit.all(BankTransaction, remittance="x")
        with pytest.raises(BadInput, match="`booking_date` is compared with a date"):
            unit.all(BankTransaction, booking_date="yesterday")
        with pytest.raises(BadInput, match="`next_due_at` is compared with a datetime"):
            unit.find(Connection, next_due_at="2026-03-01T09:00:00")
        for cursor in ("x", "", "W10", "é", "WyJldmVudCIsMSwxXQ"):
            with pytest.raises(BadInput, match="cursor"):
                unit.page(BankTransaction, after=cursor, limit=1)
        with pytest.raises(BadInput, match="limit"):
            unit.page(BankTransaction, after=None, limit=0)


def test_filters_take_dates_as_text(sql_store: SqlStore) -> None:
    with sql_store.begin(A) as unit:
        unit.put([transaction("t1")], connection_id="con_1")
        assert [t.id for t in unit.all(BankTransaction, booking_date="2026-03-01")] == ["t1"]
        assert unit.all(BankTransaction, booking_date="2026-03-02", status="booked") == []
        assert [t.id for t in unit.all(BankTransaction, connection_id="con_1", amount_minor="100")] == ["t1"]
        unit.save([connection("c1", next_due_at=unit.now)])
        assert len(unit.find(Connection, next_due_at="2026-03-02T10:00:00+01:00")) == 1


def test_hostile_text_is_kept_and_looked_up_without_failing(sql_store: SqlStore) -> None:
    hostile = "\x00 '; -- % \U0001f600 \u202e" + "é" * 10_000
    facts = [company("co_1", hostile), company("co_2", r"\u0000")]
    with sql_store.begin(A) as unit:
        unit.put(facts)
        unit.append([allocation("al_1", transaction_id=hostile)])
        unit.save([connection("con_1", provider=hostile)])
    with sql_store.begin(A) as unit:
        assert unit.put(facts).unchanged == 2
        assert unit.all(Company) == facts
        assert [e.id for e in unit.entries(Allocation, transaction_id=hostile)] == ["al_1"]
        assert unit.find(Connection, provider=hostile) == [connection("con_1", provider=hostile)]
        for id in ("\x00", "'", hostile):
            assert unit.get(Company, [id]) == {}
            assert unit.history(Company, id) == []
            assert unit.load(Connection, id) is None


def test_more_than_one_batch(sql_store: SqlStore) -> None:
    many = [transaction(f"t{n:05}", n) for n in range(2_500)]
    with sql_store.begin(A) as unit:
        assert len(unit.put(many).new) == 2_500
    with sql_store.begin(A) as unit:
        changed = [transaction(f"t{n:05}", n + (n % 2)) for n in range(2_500)]
        put = unit.put(changed)
        assert (len(put.changed), put.unchanged) == (1_250, 1_250)
        assert len(unit.get(BankTransaction, [t.id for t in many])) == 2_500
        assert unit.all(BankTransaction) == changed
        assert unit.all(BankTransaction, as_of=1) == many


def test_errors_of_the_database_show_no_values(base: Base, sql_store: SqlStore) -> None:
    """Neither parameters nor the row that PostgreSQL would quote in its detail line."""
    value = "a" * 7
    twice = [event(f"{value} {n}", 1, subject=value, cause=value) for n in range(2)]

    def break_sequence() -> None:
        with sql_store.begin(A) as unit:
            unit.append(twice)

    with pytest.raises(IntegrityError, match=r"(?i)unique") as raised:
        break_sequence()
    assert value not in "".join(traceback.format_exception(raised.value))
    assert value not in repr(raised.value) + repr(raised.value.__cause__)
    assert value not in repr(sql_store)
