"""Bulk inserts leave in the database what SQLAlchemy's own way leaves there."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

from core.model import BankTransaction, ProviderMatch, RawRecord
from hub.store import bulk
from hub.store.codec import shape
from hub.store.engine import transaction as connected
from hub.store.unit import SqlStore
from tests.store.conftest import A, B, Base
from tests.store.records import AT, match, raw, transaction

EAST = timezone(timedelta(hours=5, minutes=30))
DAYS = (date(2026, 3, 2), date(1, 1, 1), None)
INSTANTS = (AT, AT.astimezone(EAST), datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=EAST), None)
LINES = [
    transaction(f"t{d}{i}", 2**62, booking_date=day, value_date=DAYS[d - 1], valid_from=at, currency="JPY")
    for d, day in enumerate(DAYS)
    for i, at in enumerate(INSTANTS)
]
WORDS = [transaction("é%s %(id)s ? \\ '\"\u2028"), transaction("nul\x00", fingerprint="")]


def stored(base: Base, table: Any, tenant: str) -> list[tuple[Any, ...]]:
    """The rows as the driver gives them, without their tenant."""
    names = ", ".join(column.name for column in table.columns if column.name != "tenant_id")
    with connected(base.engine, write=False) as connection:
        rows = connection.exec_driver_sql(
            f"SELECT {names} FROM {table.name} WHERE tenant_id = '{tenant}' ORDER BY id, revision"
        )
        return [tuple(row) for row in rows]


def test_what_is_stored_is_what_sqlalchemy_stores(base: Base, sql_store: SqlStore) -> None:
    with sql_store.begin(A) as unit:
        unit.put([*LINES, *WORDS, match("m1", withdrawn=True), match("m2")])
        unit.append([raw("r1", b""), raw("r2", b"\x00\xff'")])
    for kind, count in ((BankTransaction, len(LINES) + 2), (ProviderMatch, 2), (RawRecord, 2)):
        table = shape(kind).table
        with connected(base.engine, write=True) as connection:
            rows = connection.execute(table.select().where(table.c.tenant_id == A)).mappings().all()
            connection.execute(table.insert(), [{**row, "tenant_id": B} for row in rows])
        assert len(rows) == count
        assert stored(base, table, A) == stored(base, table, B)


def test_rows_of_other_columns_are_another_statement(base: Base) -> None:
    table = shape(ProviderMatch).table
    with connected(base.engine, write=True) as connection:
        plain = {"tenant_id": A, "revision": 1, "content_hash": "", "body": "{}", "known_from": AT}
        matched = {"invoice_id": "i", "transaction_id": "t", "withdrawn": False}
        bulk.insert(connection, table, [{**plain, **matched, "id": "m1"}])
        bulk.insert(connection, table, [{"id": "m2", "provider": "p", **matched, **plain}])
        found = connection.execute(table.select().order_by(table.c.id)).mappings().all()
    assert [(row["id"], row["provider"], row["known_from"]) for row in found] == [
        ("m1", None, AT),
        ("m2", "p", AT),
    ]
