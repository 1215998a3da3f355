"""Importing bank files into every store: portions, parts and look-ups by day are the same everywhere."""

from datetime import date, timedelta
from io import SEEK_END, BytesIO

import pytest

from core.errors import BadInput
from core.model import BankTransaction, RawRecord, Statement
from core.ports import Store
from core.usecases import file_records
from core.usecases.import_files import import_file
from core.usecases.verify import verify
from hub.bank_files import StatementFiles
from hub.store.unit import SqlStore
from mappings.statements import proving
from tests.fakes import FixedClock, ScriptedSource
from tests.mappings.statements.writers import Move, Period, camt, cfonb
from tests.store.conftest import KEYRING, A

FILES = StatementFiles()
DAY = date(2026, 4, 7)
SALES = tuple(Move(100 + n % 3, DAY + timedelta(days=n % 4), label=f"VIR {n % 5}") for n in range(40))
APRIL = Period(0, DAY - timedelta(days=1), DAY + timedelta(days=3), SALES)
LATE = DAY + timedelta(days=5)
SOON = Move(777, DAY + timedelta(days=4), label="VIR KERVADEC", status="PDNG")
MAY = Period(APRIL.end, APRIL.closing_on, LATE, (Move(777, LATE, label="VIR KERVADEC"),))


def working(store: Store) -> Store:
    """The store with a job engine that forgets its jobs."""
    if isinstance(store, SqlStore):
        return SqlStore(store.engine, FixedClock(), KEYRING, enqueue=lambda *_: None)
    return store


def take(store: Store, content: bytes) -> tuple[int, int, int]:
    done = import_file(working(store), FILES, A, company_id="com_1", name="file", file=BytesIO(content))
    return done.new, done.known, done.pending


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts so small that every file has several."""
    monkeypatch.setattr(file_records, "PART_BYTES", 1000)


@pytest.mark.parametrize("first", [cfonb, camt])
@pytest.mark.parametrize("second", [cfonb, camt])
def test_files_join_what_is_stored(first, second, store: Store) -> None:  # type: ignore[no-untyped-def]
    assert take(store, first(APRIL)) == (40, 0, 0)
    assert take(store, second(APRIL)) == (0, 40, 0)
    assert take(store, camt(Period(0, DAY, DAY, (SOON,)), kind=52)) == (0, 0, 1)
    assert take(store, second(APRIL, MAY)) == (1, 40, 0)
    with store.begin(A, write=False) as unit:
        lines = unit.all(BankTransaction)
        assert sum(line.amount_minor for line in lines if line.status == "booked") == MAY.end
        assert [line.status for line in lines if line.amount_minor == 777] in (
            ["booked", "removed"],
            ["removed", "booked"],
        )
        assert len(unit.all(Statement)) == 2 + (first is not second)
        raws = unit.entries(RawRecord)
        assert {len(raw.payload) > 1000 for raw in raws} == {False}
        assert len(file_records.whole_files(raws)) == 3 + (first is not second)
    assert verify(store, ScriptedSource(), A, statements=FILES) == ()


class Changing(BytesIO):
    """Loses all but its first entry after it was proven, when it is read for the fourth time."""

    readings = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.readings += (offset, whence) == (0, 0)
        if self.readings == 4:
            self.truncate(self.getvalue().index(b"</Ntry>") + len(b"</Ntry>"))
            super().seek(0, SEEK_END)
            self.write(b"</Stmt></BkToCstmrStmt></Document>")
        return super().seek(offset, whence)


def test_nothing_of_a_file_is_stored_when_it_changes_in_between(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "KEPT", 0)
    file = Changing(camt(APRIL))
    with pytest.raises(BadInput, match="changed while it was read"):
        import_file(working(store), FILES, A, company_id="com_1", name="file", file=file)
    with store.begin(A, write=False) as unit:
        assert not unit.all(BankTransaction)
        assert unit.revision == 0
