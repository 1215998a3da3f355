"""How fast a provider's pages become stored canonical rows, through the unit that every sync uses."""

from collections.abc import Iterator

from benchmarks.company import INVOICES, STREAM, ReadyPages, answers, connection
from benchmarks.ground import Ground, StoppedClock, on_postgres, on_sqlite, rate
from benchmarks.table import Line, Table, seconds, side_by_side
from connectors.pennylane.lists import LIMIT
from core.model import Invoice, RawRecord
from core.usecases.sync import sync_stream

ROUNDS = 3


def _connected(ground: Ground) -> str:
    tenant_id = ground.tenant()
    with ground.store.begin(tenant_id) as unit:
        unit.save([connection()])
    return tenant_id


def _sync(ground: Ground, pages: ReadyPages, tenant_id: str, *, full: bool = False) -> None:
    run = sync_stream(ground.store, pages, StoppedClock(), tenant_id, connection().id, STREAM.name, full=full)
    assert (run.records, run.set_aside) == (INVOICES, 0)


def _lines(ground: Ground, pages: ReadyPages) -> Iterator[Line]:
    first = _connected(ground)
    _sync(ground, pages, first)
    rows = ground.rows(first, RawRecord, Invoice)
    assert [len(each) for each in rows.values()] == [INVOICES, INVOICES]

    def ours() -> None:
        _sync(ground, pages, _connected(ground))

    def bare() -> None:
        ground.upsert(rows, ground.tenant(), LIMIT)

    a, b, ratio = side_by_side(ours, bare, rounds=ROUNDS)
    what = f"{ground.name}: new invoices, {LIMIT} a page"
    yield Line(what, rate(INVOICES, a, "records"), rate(INVOICES, b, "records"), ratio, "≥ 0.50, floor 0.33")
    again = seconds(lambda: _sync(ground, pages, first, full=True))
    yield Line(f"{ground.name}: all pages again (nothing is written)", rate(INVOICES, again, "records"))


def tables() -> list[Table]:
    """Pages to rows on both databases."""
    pages = ReadyPages(answers())
    found: list[Line] = []
    for place in (on_sqlite, on_postgres):
        with place() as ground:
            found += _lines(ground, pages)
    note = (
        f"{INVOICES:,} Pennylane invoices as parsed JSON. Ours: map, hash, encrypt the raw record, compare "
        "with what is known, write raw records, facts, cursor and run in one transaction a page. The "
        "yardstick upserts the very same rows, built and sealed beforehand, through SQLAlchemy Core in "
        "transactions of the same size. PostgreSQL runs without fsync."
    )
    return [Table("Pages to stored rows", tuple(found), note)]
