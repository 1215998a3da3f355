"""A rate limit shared by all processes: GCRA in one statement, on the database's clock."""

import math

from sqlalchemy import ColumnElement, Engine, case
from sqlalchemy.dialects import postgresql, sqlite

from core.ports import RateLimit
from hub.store.columns import Stored
from hub.store.dbclock import db_now
from hub.store.engine import transaction
from hub.store.tables import RateSlotTable

SLOT = Stored.metadata.tables[str(RateSlotTable.__tablename__)]
MICROS = 1_000_000


def _interval(limit: RateLimit) -> int:
    """Microseconds between two calls, rounded up: never faster than allowed."""
    return math.ceil(limit.seconds * MICROS / limit.permits)


class SqlRateLimiter:
    """core.ports.RateLimiter: `rate_slot.tat` is when the next call would come at an even pace."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reserve(self, limit: RateLimit, permits: int = 1) -> float:
        interval = _interval(limit)
        tat, now = self._move(limit.key, ahead=0, then=permits * interval)
        return max(0, tat - now - limit.burst * interval) / MICROS

    def slow_down(self, limit: RateLimit, seconds: float) -> None:
        """The burst is used up too: the next call waits the full `seconds`."""
        ahead = math.ceil(seconds * MICROS) + (limit.burst - 1) * _interval(limit)
        self._move(limit.key, ahead=ahead, then=0)

    def _move(self, key: str, *, ahead: int, then: int) -> tuple[int, int]:
        """tat = max(tat, now + ahead) + then, in one statement; returns it with the database's now."""
        on_postgres = self._engine.dialect.name == "postgresql"
        now = db_now(on_postgres=on_postgres)
        insert = postgresql.insert if on_postgres else sqlite.insert
        floor = now + ahead
        later: ColumnElement[int] = case((SLOT.c.tat > floor, SLOT.c.tat), else_=floor)
        statement = (
            insert(SLOT)
            .values(key=key, tat=floor + then)
            .on_conflict_do_update(index_elements=["key"], set_={"tat": later + then})
            .returning(SLOT.c.tat, now)
        )
        with transaction(self._engine, write=True) as connection:
            row = connection.execute(statement).one()
        return int(row[0]), int(row[1])
