"""Labels as banks write them: everything that must be read from each, and nothing else."""

from typing import Any

import pytest

from core.reconciliation.label import parse_label
from core.reconciliation.label.forms import FORMS, TAGS
from tests.core.reconciliation.reading.table import TABLE, Row, parsed, rows, told

TEXT = TABLE.read_text("utf-8")
ROWS = [row for row in rows(TEXT) if isinstance(row, Row)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label[:60])
def test_what_is_read(row: Row) -> None:
    assert told(parsed(row)) == row.parts


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label[:60])
def test_every_part_stands_where_it_says(row: Row) -> None:
    texts = {"remittance": row.label.replace("\\n", "\n"), **row.fields}
    for part in _placed(parsed(row)):
        assert texts[part.field][part.start : part.end] == part.text


def _placed(label: Any) -> list[Any]:
    named = [label.payer, label.payee, *label.remittance, *label.references, *label.dates]
    return [part for part in (*named, *label.bank_numbers, *label.noise) if part is not None]


def test_the_table_covers_every_form_and_tag() -> None:
    assert len(ROWS) >= 120
    assert {(f.bank, f.event) for f in FORMS} == {(p.bank, p.event) for p in map(parsed, ROWS) if p.bank}
    words = " ".join(row.label.upper() for row in ROWS)
    assert [t.word for t in TAGS if t.word not in words] == []


@pytest.mark.parametrize("words", [None, "", "  ", "NOTPROVIDED", "non renseigne", "N/A", "NONREF "])
def test_empty_is_empty(words: str | None) -> None:
    label = parse_label(words, counterparty_name=words, end_to_end_id=words, creditor_reference=words)
    assert _placed(label) == []
    assert not label.amounts


def test_an_amount_is_exact_and_assumes_no_currency() -> None:
    (amount,) = parse_label("LESS COMM 400.00 USD").amounts
    assert (amount.minor("USD"), amount.minor("EUR"), amount.said) == (40_000, None, "commission")
    (bare,) = parse_label("MONTANT 1.873,46").amounts
    assert (bare.currency, bare.minor("EUR"), bare.minor("JPY")) == (None, 187_346, None)
    (dinars,) = parse_label("TND 123,456").amounts
    assert dinars.minor("TND") == 123_456


@pytest.mark.parametrize("label", ["REMISE CB %s,00EUR", "F FRAIS PRLV IMP %s 49EUR"])
def test_more_digits_than_money_has_are_no_amount(label: str) -> None:
    """Python turns no text of more than 4 300 digits into a number."""
    assert parse_label(label % ("9" * 15)).amounts
    for digits in (19, 5000):
        assert parse_label(label % ("9" * digits)).amounts == ()


def test_a_label_that_is_cut_behind_a_blank_part_is_read() -> None:
    parse_label("PRLV EURO-PEEN SEPA ENERGIES DU SUD MDT/+--999999999999999999o\ufffd\r")
