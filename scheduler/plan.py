"""Which connections are read how often: a pure answer from what they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.model import Connection


@dataclass(frozen=True, slots=True)
class Cadence:
    """Read every so often, `jitter` apart at most so that customers do not all come at once."""

    every: timedelta
    jitter: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Planned:
    """How often one connection is read from now on, and whether at all."""

    tenant_id: str
    connection_id: str
    every: timedelta
    jitter: timedelta
    enabled: bool


HOURLY: Final = Cadence(every=timedelta(hours=1), jitter=timedelta(minutes=5))
SLOWEST: Final = timedelta(days=1)


def plan(
    tenant_id: str,
    connections: Iterable[Connection],
    cadences: Mapping[str, Cadence],
    now: datetime,
) -> tuple[Planned, ...]:
    """One schedule per connection, ordered by id; only a connection with a valid consent is read.

    `cadences` is by provider, an hour where it names none. A connection without success for a day
    is read four times less often (at least daily): a broken provider is not hammered.
    """
    return tuple(
        _planned(tenant_id, connection, cadences.get(connection.provider, HOURLY), now)
        for connection in sorted(connections, key=lambda each: each.id)
    )


def _planned(tenant_id: str, connection: Connection, cadence: Cadence, now: datetime) -> Planned:
    return Planned(
        tenant_id=tenant_id,
        connection_id=connection.id,
        every=_slowed(cadence.every) if _is_failing(connection, now) else cadence.every,
        jitter=cadence.jitter,
        enabled=connection.state == "active",
    )


def _slowed(every: timedelta) -> timedelta:
    return max(every, min(4 * every, SLOWEST))


def _is_failing(connection: Connection, now: datetime) -> bool:
    since = connection.last_success_at or connection.created_at
    return connection.health == "degraded" and now - since > timedelta(days=1)
