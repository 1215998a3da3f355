"""Qonto's words: signs, French days, closed lists, and what no table may guess."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadRecord
from core.model import BankTransaction, Invoice, ProviderMatch
from mappings import qonto
from mappings.grammar import Origin, Table

SAMPLES = Path(__file__).parents[2] / "connectors" / "qonto" / "samples"


def rows(name: str, key: str | None = None) -> list[dict[str, Any]]:
    body = json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))
    return body[key or name.split(".")[0]]


def read(table: Table, row: dict[str, Any], object: str) -> Any:
    return table.read(row, Origin("qonto", "org", object, company_id="com_1"))[0]


def transaction(**changes: Any) -> BankTransaction:
    return read(qonto.TRANSACTIONS, {**rows("transactions")[0], **changes}, "transactions")


def invoice(**changes: Any) -> Invoice:
    return read(qonto.CLIENT_INVOICES, {**rows("client_invoices")[0], **changes}, "client_invoices")


@given(st.integers(0, 10**12), st.sampled_from(["credit", "debit"]))
def test_the_side_gives_the_sign(cents: int, side: str) -> None:
    line = transaction(amount_cents=cents, side=side)
    assert line.amount_minor == (cents if side == "credit" else -cents)


@given(st.integers(-(10**12), 10**12))
def test_cents_are_read_from_text_too(cents: int) -> None:
    assert transaction(amount_cents=str(cents)).amount_minor == cents


@pytest.mark.parametrize("odd", ["12.5", 12.5, True, [1], {"a": 1}, "NaN", "Infinity", "1e400", "many", None])
def test_an_odd_amount_sets_the_record_aside(odd: Any) -> None:
    with pytest.raises(BadRecord):
        transaction(amount_cents=odd)


@pytest.mark.parametrize(
    ("settled", "day"),
    [
        ("2026-07-31T22:30:00.000Z", date(2026, 8, 1)),
        ("2026-07-31T21:59:59.999Z", date(2026, 7, 31)),
        ("2026-12-31T22:59:59.000Z", date(2026, 12, 31)),
        ("2026-12-31T23:00:00.000Z", date(2027, 1, 1)),
        ("2026-03-05T00:00:00.000Z", date(2026, 3, 5)),
    ],
)
def test_the_booking_day_is_the_french_one(settled: str, day: date) -> None:
    assert transaction(settled_at=settled).booking_date == day


@given(st.integers(1_420_000_000, 2_050_000_000))
def test_a_booking_day_is_never_more_than_one_day_from_utc(seconds: int) -> None:
    instant = datetime.fromtimestamp(seconds, UTC)
    booked = transaction(settled_at=instant.isoformat()).booking_date
    assert 0 <= (booked - instant.date()).days <= 1


def test_statuses_and_their_days() -> None:
    assert transaction(status="pending", settled_at=None).booking_date is None
    assert transaction(status="declined", settled_at=None).status == "declined"
    assert transaction(status="reversed", settled_at=None).status == "removed"
    with pytest.raises(BadRecord, match="settled_at"):
        transaction(status="completed", settled_at=None)
    with pytest.raises(BadRecord, match="unknown word 'melted'"):
        transaction(status="melted")


@pytest.mark.parametrize(
    ("kind", "subject", "operation"),
    [
        ("income", "Income", "transfer"),
        ("income", "FinancingIncome", "financing"),
        ("transfer", "WalletToWallet", "internal"),
        ("transfer", "wallettowallet", "internal"),
        ("qonto_fee", "BillingTransfer", "fee"),
        ("recall", None, "recall"),
        ("direct_debit_hold", "DirectDebitHold", "other"),
    ],
)
def test_operations(kind: str, subject: str | None, operation: str) -> None:
    assert transaction(operation_type=kind, subject_type=subject).operation == operation


def test_an_account_number_counts_as_iban_only_when_it_says_so() -> None:
    block = {"counterparty_account_number": "12345678", "counterparty_account_number_format": "unstructured"}
    assert transaction(income=block).counterparty_iban is None
    block = {"counterparty_account_number": "FR76 3000", "counterparty_account_number_format": "iban"}
    assert transaction(income=block).counterparty_iban == "FR763000"
    assert transaction(income=None, swift_income=block).counterparty_iban == "FR763000"


def test_foreign_money_keeps_its_own_amount() -> None:
    line = transaction(local_amount_cents=12_800, local_currency="USD", side="debit")
    assert (line.original_amount_minor, line.original_currency) == (-12_800, "USD")
    assert transaction().original_amount_minor is None


def test_equal_lines_have_equal_fingerprints_whatever_the_label_looks_like() -> None:
    one = transaction(id="a", reference="FA-2026-0412", label="DUVAL  SARL")
    two = transaction(id="b", reference="FA 2026 0412", label="Duval Sarl")
    assert one.fingerprint == two.fingerprint
    assert one.id != two.id
    assert transaction(amount_cents=1).fingerprint != one.fingerprint


def test_a_label_or_a_note_changes_nothing_we_know() -> None:
    later = transaction(note="seen", category="refund", updated_at="2027-01-01T00:00:00Z", label_ids=["x"])
    assert later.content() == transaction().content()


def test_blank_text_means_absent() -> None:
    line = transaction(reference="", label="")
    assert (line.remittance, line.counterparty_name, line.text_lines) == (None, None, ())
    assert invoice(paid_at="", number="", due_date="").number is None


@pytest.mark.parametrize(
    ("amount", "payable"), [("200.00", 480_000), ({"value": "1.5"}, 499_850), (None, 500_000)]
)
def test_withholding_lowers_what_the_payer_owes(amount: Any, payable: int) -> None:
    read = invoice(withholding_tax={"rate": "0.2", "amount": amount})
    assert (read.payable_minor, read.gross_minor) == (payable, 500_000)


def test_amounts_come_from_the_object_when_the_twin_is_missing() -> None:
    row = rows("client_invoices")[0]
    del row["total_amount_cents"]
    assert read(qonto.CLIENT_INVOICES, row, "client_invoices").gross_minor == 500_000


def test_paid_is_a_claim() -> None:
    paid = invoice(status="paid", amount_paid={"value": "5000.00", "currency": "EUR"})
    assert paid.declared.paid is True
    assert paid.declared.open_minor == 0
    assert paid.document_status == "issued"


def test_both_shapes_of_matched_transactions_become_one_match_each() -> None:
    row = {
        **rows("supplier_invoices")[0],
        "matched_transactions_ids": ["t1"],
        "matched_transactions": [{"transaction_id": "t1"}, "t2", {"subject_id": "x"}, 7, None],
    }
    origin = Origin("qonto", "org", "supplier_invoices")
    found = [f for f in qonto.SUPPLIER_INVOICES.read(row, origin) if isinstance(f, ProviderMatch)]
    ids = [origin.id_of("bank_transaction", "transactions", t) for t in ("t1", "t2")]
    assert [match.transaction_id for match in found] == ids


def test_a_credit_note_names_the_invoice_it_credits() -> None:
    row = rows("credit_notes")[0]
    note = read(qonto.CREDIT_NOTES, row, "credit_notes")
    origin = Origin("qonto", "org", "client_invoices")
    assert note.references[0].invoice_id == origin.id_of("invoice", "client_invoices", row["invoice_id"])
    assert note.gross_minor > 0


@pytest.mark.parametrize(
    "name", ["transactions", "client_invoices", "supplier_invoices", "clients", "credit_notes"]
)
def test_every_sample_field_is_accounted_for(name: str) -> None:
    table = {
        "transactions": qonto.TRANSACTIONS,
        "client_invoices": qonto.CLIENT_INVOICES,
        "supplier_invoices": qonto.SUPPLIER_INVOICES,
        "clients": qonto.CLIENTS,
        "credit_notes": qonto.CREDIT_NOTES,
    }[name]
    assert [path for row in rows(name) for path in table.unaccounted(row)] == []
