"""Who is alive, by the database's clock, and who may take over the jobs of a worker that is not."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from hub.jobs.database import now_ms
from hub.jobs.tables import WorkerHeartbeat as Beat


def beat(connection: Connection, executor_id: str) -> None:
    """Says that this worker lives, and takes back what a reaper may have begun."""
    values = {"seen_at": now_ms(connection), "reaper": None, "reaped_until": None}
    _upsert(connection, executor_id, values, replace=True)


def sign_off(connection: Connection, executor_id: str) -> None:
    """A worker that stops in order: whatever it left running is taken over at once."""
    connection.execute(update(Beat).where(col(Beat.executor_id) == executor_id).values(seen_at=0))


def notice(connection: Connection, executors: Iterable[str]) -> None:
    """Begins the count for executors that hold jobs but have no heartbeat (frozen, reaped, woken)."""
    now = now_ms(connection)
    for executor_id in executors:
        _upsert(connection, executor_id, {"seen_at": now}, replace=False)


def claim_silent(connection: Connection, *, reaper: str, silent_ms: int) -> list[str]:
    """Executors silent for `silent_ms` that this reaper alone may take over for as long again."""
    now = now_ms(connection)
    claimed = connection.execute(
        update(Beat)
        .where(
            col(Beat.seen_at) < now - silent_ms,
            or_(col(Beat.reaped_until).is_(None), col(Beat.reaped_until) < now),
        )
        .values(reaper=reaper, reaped_until=now + silent_ms)
        .returning(col(Beat.executor_id))
    )
    return sorted(claimed.scalars())


def forget(connection: Connection, executor_id: str, *, reaper: str) -> None:
    """Drops a reaped executor, unless it woke up or another reaper took over."""
    connection.execute(delete(Beat).where(col(Beat.executor_id) == executor_id, col(Beat.reaper) == reaper))


def alive(connection: Connection, *, silent_ms: int) -> list[str]:
    """Executors heard of within `silent_ms`."""
    since = now_ms(connection) - silent_ms
    rows = connection.execute(select(col(Beat.executor_id)).where(col(Beat.seen_at) >= since))
    return sorted(rows.scalars())


def _upsert(
    connection: Connection, executor_id: str, values: dict[str, int | None], *, replace: bool
) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    row = dialect.insert(Beat).values(executor_id=executor_id, **values)
    key = [col(Beat.executor_id)]
    if replace:
        connection.execute(row.on_conflict_do_update(index_elements=key, set_=values))
    else:
        connection.execute(row.on_conflict_do_nothing(index_elements=key))
