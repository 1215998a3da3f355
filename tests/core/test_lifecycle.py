"""What lifecycle statuses come to: declared and never cash, whatever order they arrive in."""

from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any

import pytest

from core.lifecycle import about, lifecycle, with_lifecycles
from core.model import (
    Counterparty,
    EInvoiceState,
    EInvoiceStatus,
    Identifier,
    Invoice,
    Party,
    StatusAmount,
)
from core.settlement import claimed_grade, says_paid, settle

SELLER = "732829320"


def invoice(**changes: Any) -> Invoice:
    fields: dict[str, Any] = {
        "id": "inv_1",
        "company_id": "com_1",
        "direction": "receivable",
        "kind": "invoice",
        "number": "F-12",
        "number_normalized": "F12",
        "issue_date": date(2026, 9, 1),
        "currency": "EUR",
        "gross_minor": 1_200_000,
        "payable_minor": 1_200_000,
        "document_status": "issued",
    }
    return Invoice(**{**fields, **changes})


def status(code: str, day: int = 2, **changes: Any) -> EInvoiceStatus:
    fields: dict[str, Any] = {
        "id": f"est_{code}_{day}_{sorted(changes)}",
        "company_id": "com_1",
        "direction": "receivable",
        "number": "F-12",
        "number_normalized": "F12",
        "issue_date": date(2026, 9, 1),
        "seller_siren": SELLER,
        "code": code,
        "at": datetime(2026, 9, day, 8, tzinfo=UTC),
    }
    return EInvoiceStatus(**{**fields, **changes})


def men(minor: int, *, type: str = "MEN", rate_bp: int | None = 2000) -> StatusAmount:
    return StatusAmount(type=type, minor=minor, currency="EUR", rate_bp=rate_bp)


def collected(*amounts: int, day: int = 2) -> EInvoiceStatus:
    return status("212", day, id=f"est_212_{day}_{amounts}", amounts=tuple(men(one) for one in amounts))


def bearing(*statuses: EInvoiceStatus, of: Invoice | None = None) -> Invoice:
    one = of or invoice()
    return with_lifecycles({one.id: one}, statuses, {})[one.id]


def test_collected_is_a_claim_and_settles_nothing() -> None:
    told = bearing(collected(720_000, 480_000))
    assert says_paid(told)
    assert claimed_grade(told, matched=False) == "E2"
    found = settle(told, [])
    assert (found.state, found.cash_minor, found.non_cash_minor, found.open_minor) == (
        "open",
        0,
        0,
        1_200_000,
    )


def test_partial_collections_add_up_and_only_the_whole_is_a_claim_of_payment() -> None:
    part, rest = collected(500_000, day=2), collected(700_000, day=9)
    told = bearing(part)
    assert told.einvoice is not None
    assert told.einvoice.payment is not None
    assert told.einvoice.payment.minor == 500_000
    assert not says_paid(told)
    both = bearing(part, rest, part)
    assert says_paid(both)
    assert both.einvoice is not None
    assert both.einvoice.payment is not None
    assert both.einvoice.payment.at == rest.at


def test_what_remains_is_not_what_was_collected() -> None:
    one = status("212", amounts=(men(50_000), men(1_150_000, type="RAP", rate_bp=None)))
    assert not says_paid(bearing(one))


def test_a_negative_collection_takes_the_claim_back() -> None:
    assert not says_paid(bearing(collected(1_200_000, day=2), collected(-1_200_000, day=3)))


def test_on_a_credit_note_the_negative_amount_is_the_claim() -> None:
    note = invoice(kind="credit_note")
    assert says_paid(bearing(collected(-1_200_000), of=note))
    assert not says_paid(bearing(collected(1_200_000), of=note))


def test_the_buyers_word_counts_with_the_discount_it_took() -> None:
    sent = status("211", amounts=(men(1_176_000, type="MPA"), men(24_000, type="ESC")))
    assert says_paid(bearing(sent))
    assert claimed_grade(bearing(sent), matched=True) == "E2"


def test_both_parties_of_one_payment_are_not_added_up() -> None:
    sent = status("211", amounts=(men(600_000, type="MPA"),))
    assert not says_paid(bearing(sent, collected(600_000, day=3)))


def test_a_code_without_amounts_is_taken_at_its_word() -> None:
    assert says_paid(bearing(status("212")))
    assert not says_paid(bearing(status("205")))


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_order_of_arrival_does_not_matter(order: tuple[int, ...]) -> None:
    told = [status("205", 2), status("207", 3), collected(100, day=4), status("210", 3)]
    found = lifecycle(invoice(), [told[n] for n in order])
    assert found is not None
    assert (found.state.code, found.dispute) == ("210", "resolved")


@pytest.mark.parametrize(
    ("codes", "dispute"),
    [
        (("205",), "none"),
        (("205", "207"), "disputed"),
        (("207", "205"), "resolved"),
        (("200", "203"), "unknown"),
        (("207", "204"), "disputed"),
    ],
)
def test_a_dispute_lasts_until_somebody_approves(codes: tuple[str, ...], dispute: str) -> None:
    found = lifecycle(invoice(), [status(code, day) for day, code in enumerate(codes, 1)])
    assert found is not None
    assert found.dispute == dispute


def test_an_assignment_names_the_factor_until_it_is_taken_back() -> None:
    factored = status("225", 2, payee=Party(name="Affacturage du Midi", siren="552100554"))
    assert bearing(factored).assigned_to == "Affacturage du Midi"
    assert bearing(status("226", 2)).assigned_to == "not named"
    assert bearing(factored, status("228", 5)).assigned_to is None
    assert bearing(status("227", 2)).assigned_to is None


def test_an_unknown_code_is_kept_under_its_own_name() -> None:
    told = bearing(status("229", word="Nouvelle"))
    assert told.einvoice == EInvoiceState(code="229", word="Nouvelle", at=datetime(2026, 9, 2, 8, tzinfo=UTC))


def test_a_later_word_of_the_tool_stays() -> None:
    own = EInvoiceState(code="205", word="approved", at=datetime(2026, 9, 20, tzinfo=UTC))
    told = bearing(collected(1_200_000), of=invoice(einvoice=own))
    assert told.einvoice is not None
    assert told.einvoice.word == "approved"
    assert says_paid(told)


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"issue_date": None}, True),
        ({"issue_date": date(2025, 9, 1)}, False),
        ({"number_normalized": "F13"}, False),
        ({"company_id": "com_2"}, False),
        ({"direction": "payable"}, False),
    ],
)
def test_a_status_finds_its_document_under_whatever_id(changes: dict[str, Any], fits: bool) -> None:
    assert bool(about(invoice(id="inv_tool"), [status("205", **changes)], {})) == fits


def test_the_same_number_of_another_supplier_is_another_document() -> None:
    supplier = Counterparty(
        id="cpy_1",
        role="supplier",
        legal_name="Autre SAS",
        identifiers=(Identifier(scheme="siren", value="552100554", verified=True),),
    )
    bill = invoice(direction="payable", counterparty_id="cpy_1")
    told = status("212", direction="payable")
    assert about(bill, [told], {"cpy_1": supplier}) == []
    assert about(bill.model_copy(update={"counterparty_id": None}), [told], {}) == [told]
