"""Engines for the job tables, and the database's own clock, the one clock all processes share."""

from sqlalchemy import BigInteger, ColumnElement, Connection, Engine, cast, create_engine, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry


def open_engine(url: str) -> Engine:
    """An engine whose SQLite transactions take the write lock at once, so none has to upgrade later."""
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=not is_sqlite(url))
    if is_sqlite(url):
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediate)
    return engine


def is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def now_ms(connection: Connection) -> int:
    """Milliseconds since 1970 by the database's clock (not the transaction's start)."""
    return int(connection.execute(select(_clock(connection))).scalar_one())


def _clock(connection: Connection) -> ColumnElement[int]:
    if connection.dialect.name == "sqlite":
        return cast((func.julianday("now") - 2440587.5) * 86400000.0, BigInteger)
    return cast(func.extract("epoch", func.clock_timestamp()) * 1000, BigInteger)


def _prepare_sqlite(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # sqlite3: we begin ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
