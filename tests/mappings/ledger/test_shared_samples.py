"""Every sample FEC says what its description says: lines, entries, totals, invoices, letters."""

from collections import Counter
from datetime import date

import pytest

from core.model import Invoice, LedgerAllocation, LedgerPayment
from mappings.ledger import LedgerFile, LedgerLine, read_ledger, read_lines
from mappings.ledger.chart import Chart
from mappings.ledger.daybook import Daybook
from mappings.ledger.entries import LedgerEntry, read_entries
from mappings.ledger.names import Names
from mappings.ledger.posting import post
from tests.samples import shared

LEDGER = "samples/ledger"
REAL, SELLER, BUYER = "000000000FEC20231231.txt", "100000009FEC20261231.txt", "200000008FEC20260930.txt"
pytestmark = pytest.mark.skipif(shared(LEDGER) is None, reason="no sample files here")


def read(name: str) -> LedgerFile:
    folder = shared(LEDGER)
    assert folder is not None
    with (folder / name).open("rb") as file:
        return read_ledger(name, file)


def lines(name: str) -> list[LedgerLine]:
    folder = shared(LEDGER)
    assert folder is not None
    with (folder / name).open("rb") as file:
        return [line for line in read_lines(name, file) if isinstance(line, LedgerLine)]


@pytest.mark.parametrize(
    ("name", "count", "entries", "total", "first", "last", "drafts"),
    [
        (REAL, 2_102, 666, 126_535_082, date(2021, 1, 1), date(2023, 6, 30), 2_102),
        (SELLER, 50, 18, 8_801_200, date(2026, 1, 1), date(2026, 10, 15), 3),
        (BUYER, 27, 11, 8_929_000, date(2025, 10, 1), date(2026, 9, 30), 0),
    ],
)
def test_lines_entries_and_totals(
    name: str, count: int, entries: int, total: int, first: date, last: date, drafts: int
) -> None:
    file = read(name)
    assert (file.lines, file.entries, file.set_aside) == (count, entries, ())
    assert (file.debit_minor, file.credit_minor) == (total, total)
    assert (file.first_on, file.last_on) == (first, last)
    assert sum(line.validated_on is None for line in lines(name)) == drafts


@pytest.mark.parametrize(
    ("name", "account", "count", "lettered", "balance"),
    [(REAL, "411", 153, 0, 2_777_170), (SELLER, "411", 17, 15, 650_000),
     (REAL, "401", 383, 309, -463_100), (BUYER, "401", 11, 9, -34_000)],
)  # fmt: skip
def test_lines_of_customers_and_suppliers(
    name: str, account: str, count: int, lettered: int, balance: int
) -> None:
    own = [line for line in lines(name) if line.account.startswith(account)]
    found = len(own), sum(bool(line.letter) for line in own), sum(line.minor for line in own)
    assert found == (count, lettered, balance)


@pytest.mark.parametrize(
    ("name", "account", "groups", "balanced"),
    [(REAL, "401", 123, 123), (SELLER, "411", 7, 6), (BUYER, "401", 4, 4), (REAL, "411", 0, 0)],
)
def test_letter_groups(name: str, account: str, groups: int, balanced: int) -> None:
    folder = shared(LEDGER)
    assert folder is not None
    daybook = Daybook(Names(""))
    with (folder / name).open("rb") as file:
        for entry in read_entries(name, file):
            assert isinstance(entry, LedgerEntry)
            post(entry, daybook, Chart())
    daybook.close()
    own = [letter.members or () for letter in daybook.letters() if letter.account.startswith(account)]
    assert len(own) == groups
    assert sum(not sum(m.minor for m in members) for members in own) == balanced


def numbered(file: LedgerFile) -> dict[str, Invoice]:
    return {invoice.number: invoice for invoice in file.invoices if invoice.number}


def ties(file: LedgerFile) -> dict[str, Counter[tuple[str, int]]]:
    """By invoice number what letters tie to it: kinds and amounts."""
    names = {invoice.id: invoice.number for invoice in file.invoices}
    found: dict[str, Counter[tuple[str, int]]] = {}
    for one in file.allocations:
        assert one.grade == "E1"
        found.setdefault(names[one.invoice_id] or "", Counter())[one.kind, one.amount_minor] += 1
    return found


def test_the_sellers_invoices_and_what_settles_them() -> None:
    file = read(SELLER)
    invoices = numbered(file)
    amounts = {number: (i.net_minor, i.tax_minor, i.gross_minor) for number, i in invoices.items()}
    assert amounts == {
        "F202500012": (None, None, 1_200_000),
        "F202600101": (1_000_000, 200_000, 1_200_000),
        "AV202600003": (100_000, 20_000, 120_000),
        "F202600102": (500_000, 100_000, 600_000),
        "F202600103": (350_000, 70_000, 420_000),
        "F202600104": (118_000, 0, 118_000),
        "F202600105": (100_000, 20_000, 120_000),
        "F202600106": (50_000, 10_000, 60_000),
        "F202600107": (200_000, 40_000, 240_000),
    }
    assert all(i.due_date is None and i.direction == "receivable" for i in file.invoices)
    assert invoices["AV202600003"].kind == "credit_note"
    assert invoices["F202500012"].issue_date is None
    assert invoices["F202600104"].provider_words == {"Montantdevise": "1000,00", "Idevise": "GBP"}
    assert invoices["F202600103"].assigned_to == "Factor"
    assert ties(file) == {
        "F202500012": Counter({("cash", 1_200_000): 1}),
        "F202600101": Counter({("cash", 1_080_000): 1, ("credit", 120_000): 1}),
        "F202600102": Counter({("cash", 250_000): 1}),
        "F202600104": Counter({("cash", 117_598): 1, ("exchange", 402): 1}),
        "F202600105": Counter({("cash", 119_998): 1, ("write_off", 2): 1}),
        "F202600106": Counter({("cash", 60_000): 1}),
    }
    partial = [a for a in file.allocations if not a.complete]
    assert [(a.matching_code, a.amount_minor) for a in partial] == [("ac", 250_000)]


def test_a_rejected_debit_names_the_payment_it_takes_back() -> None:
    file = read(SELLER)
    [reject] = [p for p in file.payments if p.flow == "out"]
    [taken] = [p for p in file.payments if p.id == reject.reverses]
    assert (taken.amount_minor, taken.matching_code, reject.matching_code) == (60_000, "AG", None)


def test_the_buyers_invoices_and_what_settles_them() -> None:
    file = read(BUYER)
    invoices = numbered(file)
    assert {n: (i.kind, i.gross_minor) for n, i in invoices.items()} == {
        "F202500012": ("invoice", 1_200_000),
        "F202600101": ("invoice", 1_200_000),
        "AV202600003": ("credit_note", 120_000),
        "2026/03-117": ("invoice", 64_000),
        "F202600103": ("invoice", 420_000),
    }
    assert all(i.direction == "payable" for i in file.invoices)
    assert invoices["2026/03-117"].seller.name == "Cœur de Šumava SARL"
    assert invoices["F202600103"].assigned_to == "AFFACTUREUR FICTIF"
    assert ties(file) == {
        "F202500012": Counter({("cash", 1_200_000): 1}),
        "F202600101": Counter({("cash", 1_080_000): 1, ("credit", 120_000): 1}),
    }


def test_the_real_ledger_states_supplier_invoices_and_their_payments() -> None:
    file = read(REAL)
    assert {type(fact) for fact in file.facts} >= {Invoice, LedgerPayment, LedgerAllocation}
    assert {f.code for f in file.warnings} == {"closing_date", "not_validated", "opening_balance"}
    assert not any(i.direction == "receivable" for i in file.invoices if i.id in settled(file))


def settled(file: LedgerFile) -> set[str]:
    return {a.invoice_id for a in file.allocations}
