"""How fast pages become rows: the store's units against bare Core inserts of the very same rows."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from benchmarks.table import Line, Table, seconds, side_by_side
from core.model import BankTransaction, RawRecord, SourceRef, StreamState
from hub.store.codec import shape
from hub.store.engine import create_engine, transaction
from hub.store.keys import Keys
from hub.store.migrations import upgrade
from hub.store.sealing import Keyring
from hub.store.unit import SqlStore
from tests.postgres import postgres_url

ROWS, PAGE = 10_000, 1_000
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEYRING = Keyring((("bench", b"k" * 32),))


class _Clock:
    def now(self) -> datetime:
        return AT


def _line(number: int) -> BankTransaction:
    source = SourceRef(
        provider="qonto",
        account="acme",
        object="transaction",
        external_id=str(number),
        raw_id=f"raw_{number}",
    )
    return BankTransaction(
        id=f"txn_{number * 7919 % 1_000_003:026}",
        company_id="co_1",
        source=source,
        account_id="ba_1",
        amount_minor=100 + number,
        currency="EUR",
        booking_date=date(2026, 3, 1),
        value_date=date(2026, 3, 1),
        transaction_time=AT,
        status="booked",
        operation="transfer",
        counterparty_name=f"CLIENT {number} SARL",
        counterparty_iban="FR7630006000011234567890189",
        remittance=f"VIR SEPA FACTURE F2026-{number:05}",
        fingerprint=f"{number:064x}",
        provider_words={"side": "credit", "operation_type": "income"},
    )


def _raw(number: int) -> RawRecord:
    return RawRecord(
        id=f"raw_{number}",
        provider="qonto",
        account="acme",
        object="transaction",
        external_id=str(number),
        content_hash=f"{number:064x}",
        payload=b'{"transaction_id": "acme-1-transaction-1", "amount": 12.5, "side": "credit"}' * 12,
        received_at=AT,
        mapping_version="1",
        connection_id="con_1",
    )


class _Bench:
    """One database; every run writes to a tenant of its own, so that all rows are new."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.store = SqlStore(engine, _Clock(), KEYRING)
        self.keys = Keys(engine, _Clock(), KEYRING)
        self.runs = 0

    def tenant(self) -> str:
        self.runs += 1
        return self.keys.create_tenant("bench", id=f"ten_{self.runs:04}").id

    def put(self, pages: list[list[BankTransaction]], tenant: str) -> None:
        for page in pages:
            with self.store.begin(tenant) as unit:
                unit.put(page, connection_id="con_1")

    def sync(self, pages: list[tuple[list[BankTransaction], list[RawRecord]]], tenant: str) -> None:
        for number, (facts, raws) in enumerate(pages):
            with self.store.begin(tenant) as unit:
                unit.append(raws)
                unit.put(facts, connection_id="con_1")
                cursor = {"page": number}
                unit.save(
                    [
                        StreamState(
                            id="con_1:t", connection_id="con_1", stream="t", cursor=cursor, updated_at=AT
                        )
                    ]
                )

    def rows_of(self, kind: Any, tenant: str) -> list[dict[str, Any]]:
        """The rows as the store wrote them."""
        table = shape(kind).table
        with transaction(self.engine, write=False) as connection:
            rows = connection.execute(select(table).where(table.c.tenant_id == tenant)).mappings()
            return [dict(row) for row in rows]

    def bare(self, kinds: dict[Any, list[dict[str, Any]]], tenant: str) -> None:
        """The yardstick: the rows are there already, only INSERT is left."""
        owned = {kind: [{**row, "tenant_id": tenant} for row in rows] for kind, rows in kinds.items()}
        for start in range(0, ROWS, PAGE):
            with transaction(self.engine, write=True) as connection:
                for kind, rows in owned.items():
                    connection.execute(shape(kind).table.insert(), rows[start : start + PAGE])


def _pages(items: list[Any]) -> list[list[Any]]:
    return [items[start : start + PAGE] for start in range(0, len(items), PAGE)]


def _rate(rows: int, taken: float) -> str:
    return f"{rows / taken:,.0f} rows/s"


def _lines(engine: Engine, name: str) -> Iterator[Line]:
    bench = _Bench(engine)
    facts = [_line(number) for number in range(ROWS)]
    pages = _pages(facts)
    whole = list(zip(pages, _pages([_raw(number) for number in range(ROWS)]), strict=True))
    first = bench.tenant()
    bench.sync(whole, first)
    lines = {BankTransaction: bench.rows_of(BankTransaction, first)}
    both = {**lines, RawRecord: bench.rows_of(RawRecord, first)}
    compared: list[tuple[str, int, Callable[[], object], Callable[[], object]]] = [
        (
            "new facts, 1,000 a unit",
            ROWS,
            lambda: bench.put(pages, bench.tenant()),
            lambda: bench.bare(lines, bench.tenant()),
        ),
        (
            "whole pages: encrypted raw records, facts, cursor",
            2 * ROWS,
            lambda: bench.sync(whole, bench.tenant()),
            lambda: bench.bare(both, bench.tenant()),
        ),
    ]
    for what, rows, ours, bare in compared:
        a, b, ratio = side_by_side(ours, bare, rounds=5)
        yield Line(f"{name}: {what}", _rate(rows, a), _rate(rows, b), ratio, "≥ 0.50")
    again = seconds(lambda: bench.put(pages, first))
    yield Line(f"{name}: the same facts again (nothing is written)", _rate(ROWS, again))

    def read() -> None:
        with bench.store.begin(first, write=False) as unit:
            assert len(unit.all(BankTransaction)) == ROWS

    yield Line(f"{name}: reading all current facts", _rate(ROWS, seconds(read)))


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    upgrade(url)
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def tables() -> Iterator[Table]:
    """Pages to rows on both databases."""
    with tempfile.TemporaryDirectory() as folder:
        with _opened(f"sqlite:///{Path(folder) / 'hub.sqlite3'}") as engine:
            found = [*_lines(engine, "SQLite")]
        with postgres_url() as url, _opened(url) as engine:
            found += _lines(engine, "PostgreSQL")
    note = (
        f"{ROWS:,} bank transactions, 1,000 rows a transaction. The yardstick inserts the same rows, "
        "built beforehand, through SQLAlchemy Core into the same tables; the store also hashes, "
        "compares, seals and serialises them. PostgreSQL runs without fsync."
    )
    yield Table("Store: pages to rows", tuple(found), note)
