"""The database's clock, the one all processes share: microseconds since 1970."""

from sqlalchemy import BigInteger, ColumnElement, cast, func, literal_column


def db_now(*, on_postgres: bool) -> ColumnElement[int]:
    """The instant at which the statement runs (SQLite: to the millisecond)."""
    if on_postgres:
        return cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
    days: ColumnElement[float] = literal_column("(julianday('now') - 2440587.5)")
    return cast(days * 86_400_000, BigInteger) * 1000
