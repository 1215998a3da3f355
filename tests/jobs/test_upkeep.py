"""What a worker does beside its jobs: heartbeats, taking over, sweeping."""

import pytest
from sqlalchemy import Engine, update
from sqlmodel import col

from core.errors import Misconfigured
from hub.jobs import heartbeats
from hub.jobs.database import now_ms, writing
from hub.jobs.quarantine import count_resumption
from hub.jobs.setup import check_sqlite
from hub.jobs.tables import WorkerHeartbeat

SILENT = 1000


def silence(engine: Engine, *names: str) -> None:
    """As if these executors had not been heard of for an hour."""
    with writing(engine) as connection:
        for name in names:
            heartbeats.beat(connection, name)
        then = now_ms(connection) - 3_600_000
        named = col(WorkerHeartbeat.executor_id).in_(names)
        connection.execute(update(WorkerHeartbeat).where(named).values(seen_at=then))


def test_one_reaper_alone_takes_over_a_silent_worker(engine: Engine) -> None:
    silence(engine, "dead")
    with writing(engine) as connection:
        heartbeats.beat(connection, "alive")
        assert heartbeats.claim_silent(connection, reaper="r1", silent_ms=SILENT) == ["dead"]
        assert heartbeats.claim_silent(connection, reaper="r2", silent_ms=SILENT) == []
        heartbeats.forget(connection, "dead", reaper="r2")
        heartbeats.forget(connection, "dead", reaper="r1")
        assert heartbeats.alive(connection, silent_ms=SILENT) == ["alive"]


def test_a_reaper_that_dies_is_replaced(engine: Engine) -> None:
    silence(engine, "dead")
    with writing(engine) as connection:
        assert heartbeats.claim_silent(connection, reaper="r1", silent_ms=SILENT) == ["dead"]
        connection.execute(update(WorkerHeartbeat).values(reaped_until=now_ms(connection) - 1))
        assert heartbeats.claim_silent(connection, reaper="r2", silent_ms=SILENT) == ["dead"]


def test_a_worker_that_wakes_keeps_its_place(engine: Engine) -> None:
    silence(engine, "woken")
    with writing(engine) as connection:
        heartbeats.claim_silent(connection, reaper="r1", silent_ms=SILENT)
        heartbeats.beat(connection, "woken")
        heartbeats.forget(connection, "woken", reaper="r1")
        assert heartbeats.alive(connection, silent_ms=SILENT) == ["woken"]


def test_an_executor_without_a_heartbeat_is_counted_from_when_it_is_noticed(engine: Engine) -> None:
    with writing(engine) as connection:
        heartbeats.notice(connection, ["unknown"])
        assert heartbeats.claim_silent(connection, reaper="r1", silent_ms=SILENT) == []
    silence(engine, "unknown")
    with writing(engine) as connection:
        heartbeats.notice(connection, ["unknown"])
        assert heartbeats.claim_silent(connection, reaper="r1", silent_ms=SILENT) == ["unknown"]


def test_take_overs_are_counted_per_job(engine: Engine) -> None:
    with writing(engine) as connection:
        assert [count_resumption(connection, job) for job in ("a", "b", "a", "a")] == [1, 1, 2, 3]


@pytest.mark.parametrize(
    ("url", "python", "sqlite", "fits"),
    [
        ("sqlite:///x", (3, 11), (3, 40, 1), True),
        ("sqlite:///x", (3, 12), (3, 40, 1), False),
        ("sqlite:///x", (3, 13), (3, 42, 0), True),
        ("postgresql+psycopg://h/x", (3, 13), (3, 40, 1), True),
    ],
)
def test_a_sqlite_too_old_for_the_engine_is_named_before_anything_is_made(
    url: str, python: tuple[int, ...], sqlite: tuple[int, ...], fits: bool
) -> None:
    if fits:
        check_sqlite(url, python=python, sqlite=sqlite)
        return
    with pytest.raises(Misconfigured, match=r"SQLite 3\.40\.1.*PostgreSQL"):
        check_sqlite(url, python=python, sqlite=sqlite)
