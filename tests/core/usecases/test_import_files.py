"""Importing bank files: one unit, silent repeats, one transaction from two formats, traced to the file."""

from io import BytesIO

import pytest

from core.errors import BadInput
from core.model import BankAccount, BankTransaction, QualityIssue, RawRecord, Statement
from core.usecases.import_files import Imported, import_file
from core.usecases.verify import verify
from hub.bank_files import StatementFiles
from tests.core.usecases.files import IBAN, Row, camt, cfonb
from tests.core.usecases.made import COMPANY, T, day
from tests.fakes import CrashError, InMemoryStore, ScriptedSource

ROWS: list[Row] = [
    (day(4, 7), 120_050, "VIR KERVADEC FA-2026-0012"),
    (day(4, 7), -1_200, "FRAIS TENUE DE COMPTE"),
    (day(4, 8), -450, "CB PARKING"),
    (day(4, 8), -450, "CB PARKING"),
    (day(4, 8), -450, "CB PARKING"),
]
FILES = StatementFiles()


def fresh() -> InMemoryStore:
    store = InMemoryStore()
    with store.begin(T) as unit:
        unit.put([COMPANY])
    return store


def take(store: InMemoryStore, content: bytes, *, name: str = "april.txt", dry_run: bool = False) -> Imported:
    return import_file(store, FILES, T, company_id="com_1", name=name, file=BytesIO(content), dry_run=dry_run)


def count(store: InMemoryStore) -> tuple[int, int, int, int]:
    with store.begin(T, write=False) as unit:
        kinds = (BankAccount, BankTransaction, Statement)
        accounts, lines, statements = (len(unit.all(kind)) for kind in kinds)
        return accounts, lines, statements, len(unit.entries(RawRecord))


def test_a_file_is_stored_once_and_three_equal_payments_stay_three() -> None:
    store = fresh()
    done = take(store, cfonb(ROWS))
    assert (done.new, done.known, done.statements, done.format) == (5, 0, 1, "cfonb120")
    assert count(store) == (1, 5, 1, 1)
    with store.begin(T, write=False) as unit:
        assert {one.iban for one in unit.all(BankAccount)} == {IBAN}
    assert [job.kind for job in store.jobs(T)] == ["reconcile"]
    again = take(store, cfonb(ROWS), name="copy.txt")
    assert (again.new, again.known) == (0, 5)
    assert count(store) == (1, 5, 1, 1)
    assert verify(store, ScriptedSource(), T, statements=FILES) == ()


@pytest.mark.parametrize("first", [cfonb(ROWS), camt(ROWS)])
@pytest.mark.parametrize("second", [cfonb(ROWS), camt(ROWS)])
def test_the_same_lines_from_both_formats_are_the_same_transactions(first: bytes, second: bytes) -> None:
    store = fresh()
    assert take(store, first).new == 5
    assert take(store, second).new == 0
    assert count(store)[:2] == (1, 5)
    assert verify(store, ScriptedSource(), T, statements=FILES) == ()


def test_an_overlapping_file_brings_only_what_is_new() -> None:
    store = fresh()
    take(store, cfonb(ROWS[:2]))
    opening = 500_000 + sum(amount for _, amount, _ in ROWS[:2])
    later = cfonb([*ROWS[2:], (day(4, 9), 33_300, "VIR")], opening=opening)
    whole = cfonb([*ROWS, (day(4, 9), 33_300, "VIR")])
    assert take(store, whole).new == 4
    assert take(store, later).new == 0
    assert count(store)[1] == 6
    assert verify(store, ScriptedSource(), T, statements=FILES) == ()


def test_a_dry_run_says_what_would_be_stored_and_stores_nothing() -> None:
    store = fresh()
    done = take(store, cfonb(ROWS), dry_run=True)
    assert done.stored == {"bank_account": 1, "statement": 1, "bank_transaction": 5}
    assert count(store) == (0, 0, 0, 0)


def test_a_statement_that_does_not_add_up_is_set_aside_with_the_difference() -> None:
    store = fresh()
    done = take(store, cfonb(ROWS, wrong_by=100))
    assert done.new == 0
    assert len(done.set_aside) == 1
    assert "1.00" in done.set_aside[0]
    assert count(store) == (0, 0, 0, 0)
    with store.begin(T, write=False) as unit:
        assert [i.severity for i in unit.find(QualityIssue)] == ["error"]


def test_an_unreadable_file_stores_nothing() -> None:
    store = fresh()
    with pytest.raises(BadInput):
        take(store, b"\x00\x01 not a bank file")
    assert count(store) == (0, 0, 0, 0)


def test_a_crash_stores_all_of_a_file_or_nothing() -> None:
    store = fresh()
    store.fail_at(1)
    with pytest.raises(CrashError):
        take(store, cfonb(ROWS))
    assert count(store) == (0, 0, 0, 0)
    assert take(store, cfonb(ROWS)).new == 5


def test_a_changed_line_of_a_file_is_found() -> None:
    store = fresh()
    take(store, camt(ROWS))
    with store.begin(T, write=False) as unit:
        line = unit.all(BankTransaction)[0]
    store.tamper(T, line.model_copy(update={"amount_minor": line.amount_minor + 1}))
    found = verify(store, ScriptedSource(), T, statements=FILES)
    assert [(d.kind, d.id) for d in found] == [("fact", line.id)]


def ofx(*lines: tuple[str, str], ledger: str) -> bytes:
    listed = "".join(
        f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>{on}<TRNAMT>{amount}<FITID>{on}-{n}<NAME>VIR</STMTTRN>"
        for n, (on, amount) in enumerate(lines)
    )
    return (
        f"OFXHEADER:100\n\n<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>{IBAN}</BANKACCTFROM><BANKTRANLIST>"
        f"{listed}</BANKTRANLIST><LEDGERBAL><BALAMT>{ledger}<DTASOF>20260410</LEDGERBAL></STMTRS></OFX>"
    ).encode()


@pytest.mark.parametrize(
    ("ledger", "code", "figures"),
    [
        ("6225.00", "balance_follows", ("6 175.00 EUR", "50.00 EUR", "6 225.00 EUR")),
        ("6235.00", "balance_differs", ("6 225.00 EUR", "6 235.00 EUR", "difference 10.00 EUR")),
    ],
)
def test_a_download_without_opening_balance_is_compared_with_what_is_known(
    ledger: str, code: str, figures: tuple[str, ...]
) -> None:
    store = fresh()
    take(store, cfonb(ROWS))
    take(store, ofx(("20260409", "30.00"), ("20260410", "20.00"), ledger=ledger))
    with store.begin(T, write=False) as unit:
        [issue] = [
            one for one in unit.find(QualityIssue) if one.code in ("balance_follows", "balance_differs")
        ]
    assert issue.code == code
    for figure in figures:
        assert figure in issue.message


def test_a_first_download_has_nothing_to_be_compared_with() -> None:
    store = fresh()
    done = take(store, ofx(("20260409", "30.00"), ledger="12.00"))
    assert done.new == 1
    assert any("only its closing balance" in warning for warning in done.warnings)


def test_a_statement_that_ends_before_it_begins_is_known_the_second_time() -> None:
    store = fresh()
    odd = camt(ROWS).replace(b"<Dt><Dt>2026-04-07</Dt></Dt></Bal>", b"<Dt><Dt>2099-04-07</Dt></Dt></Bal>", 1)
    assert take(store, odd).new == 5
    again = take(store, odd)
    assert (again.new, again.known) == (0, 5)
