"""The memory of the clock: which connection is due, and the jobs that follow, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from hub.jobs.database import now_ms, writing
from hub.jobs.outbox import Jobs
from hub.jobs.tables import Schedule
from scheduler.clock import next_run
from scheduler.plan import Planned


@dataclass(frozen=True, slots=True)
class Ticker:
    """Registers a `sync` job for every connection that is due. Any number may run at once."""

    engine: Engine
    jobs: Jobs
    at_once: int = 100

    def tick(self) -> int:
        """One look at the table; returns how many jobs were registered. A slot is given out once, and
        slots missed while nothing ran are caught up by one job."""
        with writing(self.engine) as connection:
            now = now_ms(connection)
            return sum(self._give_out(connection, row, now) for row in _due(connection, now, self.at_once))

    def _give_out(self, connection: Connection, row: Row[Any], now: int) -> bool:
        coming = next_run(
            name=row.connection_id,
            slot=instant(row.next_run_at),
            every=timedelta(seconds=row.every_seconds),
            jitter=timedelta(seconds=row.jitter),
            now=instant(now),
        )
        taken = connection.execute(
            update(Schedule)
            .where(*_is(row.tenant_id, row.connection_id), col(Schedule.next_run_at) == row.next_run_at)
            .values(next_run_at=millis(coming))
        )
        if taken.rowcount != 1:
            return False
        self.jobs.enqueue(
            connection,
            "sync",
            key=row.connection_id,
            args={"tenant_id": row.tenant_id, "connection_id": row.connection_id},
            dedupe_id=f"sync:{row.connection_id}:{row.next_run_at}",
        )
        return True


def align(connection: Connection, planned: Sequence[Planned]) -> int:
    """Makes the table say what was planned and returns how many rows that changed.

    A new schedule is due at once; one that runs keeps its next slot. Connections that are not named
    are left alone, so tenants may be aligned one by one.
    """
    stored = {(row.tenant_id, row.connection_id): row for row in connection.execute(_of_tenants(planned))}
    changed = [plan for plan in planned if _differs(plan, stored.get((plan.tenant_id, plan.connection_id)))]
    now = now_ms(connection)
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for plan in changed:
        row = insert(Schedule).values(
            tenant_id=plan.tenant_id, connection_id=plan.connection_id, next_run_at=now, **_settings(plan)
        )
        key = [col(Schedule.tenant_id), col(Schedule.connection_id)]
        connection.execute(row.on_conflict_do_update(index_elements=key, set_=_settings(plan)))
    return len(changed)


def _of_tenants(planned: Sequence[Planned]) -> Select[Any]:
    return select(Schedule).where(col(Schedule.tenant_id).in_({plan.tenant_id for plan in planned}))


def _settings(plan: Planned) -> dict[str, int | bool]:
    return {
        "every_seconds": int(plan.every.total_seconds()),
        "jitter": int(plan.jitter.total_seconds()),
        "enabled": plan.enabled,
    }


def _differs(plan: Planned, row: Row[Any] | None) -> bool:
    return row is None or any(getattr(row, name) != value for name, value in _settings(plan).items())


def push_back(connection: Connection, *, connection_id: str, wait: timedelta) -> None:
    """No new slot before a sync that was put off has had its turn."""
    until = now_ms(connection) + int(wait.total_seconds() * 1000)
    connection.execute(
        update(Schedule)
        .where(col(Schedule.connection_id) == connection_id, col(Schedule.next_run_at) < until)
        .values(next_run_at=until)
    )


def instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def millis(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _due(connection: Connection, now: int, limit: int) -> list[Row[Any]]:
    rows = (
        select(Schedule)
        .where(col(Schedule.enabled).is_(True), col(Schedule.next_run_at) <= now)
        .order_by(col(Schedule.next_run_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(connection.execute(rows))


def _is(tenant_id: str, connection_id: str) -> tuple[Any, Any]:
    return col(Schedule.tenant_id) == tenant_id, col(Schedule.connection_id) == connection_id
