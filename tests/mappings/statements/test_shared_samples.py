"""Public sample files, when they are at hand: each is read, set aside or refused as its source says."""

import pytest

from mappings.statements import read_statements
from tests.samples import shared

FOLDER = shared("samples/bank")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="the sample files are not here")

READ = {  # statements, transactions, codes of what a person should know
    "cfonb/oca_classic.cfo": (1, 13, set()),
    "cfonb/pennylane_example.txt": (2, 6, {"unusual_record", "booked_before_opening"}),
    "cfonb/silarhi_complex.txt": (8, 5, {"unusual_record", "statement_gap"}),
    "cfonb/airporting_various.txt": (1, 2, set()),
    "cfonb/airporting_known_bank_2.txt": (2, 7, set()),
    "cfonb/airporting_no_line_breaks_2.txt": (3, 10, set()),
    "cfonb/airporting_same_transaction.txt": (1, 5, set()),
    "camt/genkgo_camt053_v02_multi.xml": (2, 2, {"statement_copy"}),
    "camt/moov_fi_camt053_v02.xml": (1, 13, set()),
    "camt/viafintech_camt053_v04.xml": (1, 32, {"booked_before_opening"}),
    "camt/viafintech_camt053_v10_datetime.xml": (1, 1, {"balance_unproven", "entry_count"}),
    "mt940/citi.txt": (1, 5, set()),
    "mt940/mbank.sta": (1, 3, set()),
    "ofx/credit_mutuel_fr.ofx": (1, 42, {"balance_unproven"}),
    "ofx/oca_iban.ofx": (2, 4, {"balance_unproven"}),
}
SET_ASIDE = {
    "cfonb/akretion_bank_statement.cfo": ("0.08 EUR", "-2 000.00 EUR", "11 871.14 EUR", "13 871.06 EUR"),
    "camt/oca_camt053_v02.xml": ("15 568.27 EUR", "-12.99 EUR", "15 121.12 EUR", "-434.16 EUR"),
    "camt/genkgo_camt053_v08.xml": ("18.15 EUR", "8.85 EUR", "-27.00 SEK"),
    "camt/moov_ch_camt053_v04.xml": ("211 993.19 CHF", "215 112.21 CHF", "-1 537.00 CHF", "FWAV"),
}
ANNOUNCED = {
    "camt/genkgo_camt052_v06_pending.xml": ("interim_report", 1),
    "camt/genkgo_camt054_v08.xml": ("notification", 1),
    "camt/moov_ch_camt054_v04_returns.xml": ("notification", 1),
}
PARTLY = {  # statements taken, statements set aside, figures of the first of these
    "mt940/betterplace_sepa.sta": (1, 1, ("-1 970 431.87 EUR", "-2 501 917.30 EUR", "300.08 EUR")),
    "mt940/abnamro.sta": (0, 2, ("3 236.28 EUR", "-321.44 EUR", "876.84 EUR", "-2 038.00 EUR")),
    "cfonb/silarhi_cfonb240.txt": (0, 2, ("4 584.80 EUR", "4 652.70 EUR")),
}


def content(name: str) -> bytes:
    assert FOLDER is not None
    return (FOLDER / name).read_bytes()


def test_every_sample_is_accounted_for() -> None:
    assert FOLDER is not None
    found = {str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*") if path.is_file()}
    assert found == {*READ, *SET_ASIDE, *ANNOUNCED, *PARTLY}


@pytest.mark.parametrize("name", READ)
def test_read_with_its_balance_proven(name: str) -> None:
    file = read_statements(name, content(name))
    statements, lines, codes = READ[name]
    assert not file.set_aside
    assert (len(file.statements), len(file.transactions)) == (statements, lines)
    assert {finding.code for finding in file.warnings} == codes
    for read in file.statements:
        booked = sum(line.amount_minor for line in read.transactions)
        assert read.statement.opening_minor + booked == read.statement.closing_minor


@pytest.mark.parametrize("name", SET_ASIDE)
def test_set_aside_with_the_figures(name: str) -> None:
    file = read_statements(name, content(name))
    assert not file.statements
    assert [finding.code for finding in file.set_aside] == ["balance_mismatch"]
    for figure in SET_ASIDE[name]:
        assert figure in file.set_aside[0].message


@pytest.mark.parametrize("name", ANNOUNCED)
def test_announced_and_never_booked(name: str) -> None:
    file = read_statements(name, content(name))
    assert not file.statements
    assert [(notice.kind, len(notice.transactions)) for notice in file.notices] == [ANNOUNCED[name]]
    assert all(line.status == "pending" for notice in file.notices for line in notice.transactions)


@pytest.mark.parametrize("name", PARTLY)
def test_one_statement_does_not_take_another_with_it(name: str) -> None:
    file = read_statements(name, content(name))
    taken, aside, figures = PARTLY[name]
    assert (len(file.statements), len(file.set_aside)) == (taken, aside)
    for figure in figures:
        assert figure in file.set_aside[0].message


def test_the_iban_of_a_french_download() -> None:
    file = read_statements("x", content("ofx/oca_iban.ofx"))
    assert file.statements[0].account.iban == "FR7630001007941234567890185"


def test_three_identical_operations_of_a_day_stay_three() -> None:
    file = read_statements("x", content("cfonb/airporting_same_transaction.txt"))
    same = [line for line in file.transactions if line.amount_minor == -1369560]
    assert [line.occurrence for line in same] == [1, 2, 3]


def test_remittance_is_whole_where_the_bank_cut_it() -> None:
    file = read_statements("x", content("cfonb/oca_classic.cfo"))
    assert any((line.remittance or "").endswith("Ident: 00003263") for line in file.transactions)
