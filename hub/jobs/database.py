"""The database's own clock in the unit of the job tables, and transactions that belong to no tenant."""

from contextlib import AbstractContextManager

from sqlalchemy import Connection, Engine, select

from hub.store.dbclock import db_now
from hub.store.engine import transaction


def writing(engine: Engine) -> AbstractContextManager[Connection]:
    """A writing transaction under the connection's own role."""
    return transaction(engine, write=True)


def now_ms(connection: Connection) -> int:
    """Milliseconds since 1970 by the database's clock, the one clock all processes share."""
    on_postgres = connection.dialect.name == "postgresql"
    return int(connection.execute(select(db_now(on_postgres=on_postgres))).scalar_one()) // 1000
