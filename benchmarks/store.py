"""How fast pages become rows: the store's units against bare Core inserts of the very same rows."""

from collections.abc import Callable, Iterator

from benchmarks.ground import AT, DAY, Ground, Rows, on_postgres, on_sqlite, pages_of, rate
from benchmarks.table import Line, Table, seconds, side_by_side
from core.model import BankTransaction, RawRecord, SourceRef, StreamState

ROWS, PAGE, ROUNDS = 10_000, 1_000, 3


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
        booking_date=DAY,
        value_date=DAY,
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


def _put(ground: Ground, pages: list[list[BankTransaction]], tenant_id: str) -> None:
    for page in pages:
        with ground.store.begin(tenant_id) as unit:
            unit.put(page, connection_id="con_1")


def _sync(ground: Ground, pages: list[tuple[list[BankTransaction], list[RawRecord]]], tenant_id: str) -> None:
    for number, (facts, raws) in enumerate(pages):
        cursor = StreamState(
            id="con_1:t", connection_id="con_1", stream="t", cursor={"page": number}, updated_at=AT
        )
        with ground.store.begin(tenant_id) as unit:
            unit.append(raws)
            unit.put(facts, connection_id="con_1")
            unit.save([cursor])


def _lines(ground: Ground) -> Iterator[Line]:
    name = ground.name
    pages = pages_of([_line(number) for number in range(ROWS)], PAGE)
    whole = list(zip(pages, pages_of([_raw(number) for number in range(ROWS)], PAGE), strict=True))
    first = ground.tenant()
    _sync(ground, whole, first)
    both = ground.rows(first, RawRecord, BankTransaction)
    lines: Rows = {BankTransaction: both[BankTransaction]}
    compared: list[tuple[str, int, Callable[[], object], Callable[[], object]]] = [
        (
            "new facts, 1,000 a unit",
            ROWS,
            lambda: _put(ground, pages, ground.tenant()),
            lambda: ground.insert(lines, ground.tenant(), PAGE),
        ),
        (
            "whole pages: encrypted raw records, facts, cursor",
            2 * ROWS,
            lambda: _sync(ground, whole, ground.tenant()),
            lambda: ground.insert(both, ground.tenant(), PAGE),
        ),
    ]
    for what, rows, ours, bare in compared:
        a, b, ratio = side_by_side(ours, bare, rounds=ROUNDS)
        yield Line(f"{name}: {what}", rate(rows, a), rate(rows, b), ratio, "≥ 0.50")
    again = seconds(lambda: _put(ground, pages, first))
    yield Line(f"{name}: the same facts again (nothing is written)", rate(ROWS, again))

    def read() -> None:
        with ground.store.begin(first, write=False) as unit:
            assert len(unit.all(BankTransaction)) == ROWS

    yield Line(f"{name}: reading all current facts", rate(ROWS, seconds(read)))


def tables() -> list[Table]:
    """Pages to rows on both databases."""
    found: list[Line] = []
    for place in (on_sqlite, on_postgres):
        with place() as ground:
            found += _lines(ground)
    note = (
        f"{ROWS:,} bank transactions, 1,000 rows a transaction. The yardstick inserts the same rows, "
        "built beforehand, through SQLAlchemy Core into the same tables; the store also hashes, "
        "compares, seals and serialises them. PostgreSQL runs without fsync."
    )
    return [Table("Store: finished facts to rows", tuple(found), note)]
