"""The table that remembers what is due, read by any number of clocks."""

import threading
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import Engine, select, update

from hub.jobs import Jobs, Ticker, align
from hub.jobs.database import now_ms, writing
from hub.jobs.schedules import push_back
from hub.jobs.tables import Schedule
from hub.store.engine import create_engine
from scheduler.plan import Planned

MINUTE = timedelta(minutes=1)


def planned(connection_id: str, *, enabled: bool = True, every: timedelta = MINUTE) -> Planned:
    return Planned("ten_1", connection_id, every, timedelta(0), enabled)


def put(engine: Engine, *plans: Planned) -> None:
    with writing(engine) as connection:
        align(connection, plans)


def slots(engine: Engine) -> dict[str, int]:
    with writing(engine) as connection:
        return {row.connection_id: row.next_run_at for row in connection.execute(select(Schedule))}


def set_slots(engine: Engine, ago: timedelta) -> int:
    with writing(engine) as connection:
        slot = now_ms(connection) - int(ago.total_seconds() * 1000)
        connection.execute(update(Schedule).values(next_run_at=slot))
    return slot


def registered(jobs: Jobs) -> list[str]:
    return sorted(job.workflow_id for job in jobs.client.list_workflows(queue_name="sync"))


def test_a_due_connection_gets_one_job_named_by_its_slot(engine: Engine, jobs: Jobs) -> None:
    put(engine, planned("con_1"))
    slot = slots(engine)["con_1"]
    assert Ticker(engine, jobs).tick() == 1
    assert Ticker(engine, jobs).tick() == 0
    assert registered(jobs) == [f"sync:con_1:{slot}"]
    assert slots(engine)["con_1"] == slot + 60_000
    (job,) = jobs.client.list_workflows(queue_name="sync")
    assert job.queue_partition_key == "con_1"
    assert job.input is not None
    assert job.input["args"][0]["args"] == {"tenant_id": "ten_1", "connection_id": "con_1"}


def test_slots_missed_while_nothing_ran_are_caught_up_once(engine: Engine, jobs: Jobs) -> None:
    put(engine, planned("con_1"))
    slot = set_slots(engine, timedelta(hours=5, seconds=10))
    assert [Ticker(engine, jobs).tick() for _ in range(3)] == [1, 0, 0]
    assert registered(jobs) == [f"sync:con_1:{slot}"]
    assert slots(engine)["con_1"] == slot + 301 * 60_000, "the grid goes on where it was"


def test_a_disabled_schedule_is_never_due_and_keeps_its_place(engine: Engine, jobs: Jobs) -> None:
    put(engine, planned("con_1"), planned("con_2"))
    put(engine, planned("con_2", enabled=False))
    assert Ticker(engine, jobs).tick() == 1
    put(engine, planned("con_2", every=2 * MINUTE))
    slot = slots(engine)["con_2"]
    assert Ticker(engine, jobs).tick() == 1
    assert slots(engine)["con_2"] == slot + 120_000


def test_aligning_twice_writes_nothing(engine: Engine) -> None:
    plans = [planned("con_1"), planned("con_2")]
    with writing(engine) as connection:
        assert [align(connection, plans), align(connection, plans), align(connection, [])] == [2, 0, 0]
        assert align(connection, [planned("con_2", enabled=False)]) == 1


def test_a_sync_that_was_put_off_gets_no_new_slot_meanwhile(engine: Engine, jobs: Jobs) -> None:
    put(engine, planned("con_1"), planned("con_2"))
    with writing(engine) as connection:
        push_back(connection, connection_id="con_1", wait=timedelta(hours=1))
    assert Ticker(engine, jobs).tick() == 1
    assert registered(jobs)[0].startswith("sync:con_2:")


def test_a_failed_tick_changes_nothing(engine: Engine, jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    put(engine, planned("con_1"), planned("con_2"))
    before, calls, enqueue = slots(engine), count(1), jobs.enqueue

    def fail_second(*args: object, **kwargs: object) -> None:
        if next(calls) == 2:
            raise RuntimeError("cut")
        enqueue(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs, "enqueue", fail_second)
    with pytest.raises(RuntimeError, match="cut"):
        Ticker(engine, jobs).tick()
    assert slots(engine) == before
    assert registered(jobs) == []


def test_two_clocks_give_each_slot_once(url: str, engine: Engine, jobs: Jobs) -> None:
    names = [f"con_{number:02}" for number in range(25)]
    put(engine, *(planned(name) for name in names))
    expected: list[str] = []
    for round in range(4):
        slot = set_slots(engine, timedelta(seconds=round))
        expected += [f"sync:{name}:{slot}" for name in names]
        assert sum(_race(url)) == len(names)
    assert registered(jobs) == sorted(expected)


def _race(url: str) -> list[int]:
    """Two clocks with connections of their own tick until nothing is due."""
    barrier, given = threading.Barrier(2), []

    def run() -> None:
        engine, jobs = create_engine(url), Jobs(url)
        ticker = Ticker(engine, jobs, at_once=3)
        barrier.wait()
        while done := ticker.tick():
            given.append(done)
        jobs.close()
        engine.dispose()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return given
