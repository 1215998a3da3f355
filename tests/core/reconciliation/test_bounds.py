"""Hostile and enormous inputs take bounded time, and the cap that was reached is named."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from core.reconciliation import PayerAccount, Policy
from core.reconciliation.group import groups
from tests.core.reconciliation.build import decided, item, line, shares


@contextmanager
def within(seconds: float) -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


@pytest.mark.parametrize(
    "text", ["1" * 50_000, "12 " * 20_000, "FR76" * 10_000, "RF18 " * 10_000, "IBAN FR76 " * 5_000]
)
def test_a_label_of_fifty_thousand_characters(text: str) -> None:
    with within(2.0):
        found = decided([line(text, 700)], [item("FA-12", 700)])["L1"]
    assert found.outcome == "review"
    assert "max_text" in found.explanation["caps"]


def test_a_reference_beyond_the_cap_is_never_decided_alone() -> None:
    found = decided([line("FA-12 " + "x" * 3000, 700)], [item("FA-12", 700)])["L1"]
    assert (found.outcome, found.explanation["caps"]) == ("review", ["max_text"])


def test_four_hundred_references_in_one_text() -> None:
    items = [item(f"FA-{n}", f"{n}.17") for n in range(1000, 1400)]
    total = sum(i.amount_minor for i in items)
    with within(3.0):
        bank = line(" ".join(i.number for i in items), total // 100)
        found = decided([bank], items, policy=Policy(max_text=10_000))["L1"]
    assert found.outcome == "review"
    assert "max_references" in found.explanation["caps"]


def test_ten_thousand_equal_items() -> None:
    items = [item("2024-001", 1200, f"Client {n}", id=f"i{n:05d}", seller_id=f"s{n}") for n in range(10_000)]
    with within(8.0):
        found = decided([line("2024-001", 1200, id=f"L{n}") for n in range(20)], items)["L1"]
    assert found.outcome == "review"
    assert "max_shared_key" in found.explanation["caps"]


def test_ten_thousand_equal_lines() -> None:
    with within(12.0):
        found = decided([line("FA-12", 700, id=f"L{n:05d}") for n in range(10_000)], [item("FA-12", 700)])
    assert sum(d.outcome == "auto" for d in found.values()) == 1
    assert shares(found["L00000"]) == {"FA-12": "700"}


def test_ten_thousand_equal_payments_that_cite_nothing() -> None:
    owed = [item("FA-12", "450.37", whole_turnover=True)]
    lines = [line("VIREMENT", "450.37", id=f"L{n:05d}", payer="ATELIERS BRUNOY") for n in range(10_000)]
    with within(12.0):
        found = decided(lines, owed)
    assert {(d.reason, d.explanation["gate"]) for d in found.values()} == {("twin_payments", "twin_payments")}


def test_a_search_that_runs_out_of_steps_proves_nothing() -> None:
    assert groups([100] * 30, 101, size=8, steps=500).cap == "max_group_steps"
    assert groups([1] * 41, 5, size=8, steps=500).cap == "max_group_items"
    assert groups([1, 2, 3], 3, size=8, steps=500).found == ((0, 1), (2,)) or groups(
        [1, 2, 3], 3, size=8, steps=500
    ).found == ((2,), (0, 1))


@pytest.mark.parametrize("legal_order", [False, True])
def test_a_debtor_with_ten_thousand_equal_items(legal_order: bool) -> None:
    items = [item(f"FA-{n:05d}", "450.37", id=f"i{n:05d}", whole_turnover=True) for n in range(10_000)]
    lines = [line("VIREMENT", "450.37", id=f"L{n}", payer="ATELIERS BRUNOY") for n in range(200)]
    with within(8.0):
        found = decided(lines, items, policy=Policy(legal_order=legal_order))["L1"]
    assert (found.outcome, found.reason) == ("review", "identical_items")
    assert found.explanation["caps"] == ["max_group_items"]
    assert len(found.candidates) == 3


def test_a_search_that_cannot_end_names_its_bound() -> None:
    """Thirty items whose sums lie so close together that the steps run out."""
    items = [item(f"FA-{n}", f"{1000 + n}.{n:02d}", whole_turnover=True) for n in range(30)]
    found = decided([line("VIREMENT", "8123.45", payer="ATELIERS BRUNOY")], items)["L1"]
    assert (found.outcome, found.explanation["caps"]) == ("review", ["max_group_steps"])


def test_a_payer_of_many_debtors_costs_no_more_than_a_handful() -> None:
    """A factor whose account paid for two thousand debtors, and who cites nothing."""
    iban = "FR7630001007941234567890185"
    debtors = [f"Client Numero {n}" for n in range(2_000)]
    items = [item(f"FA-{n:05d}", f"{100 + n}.37", d, whole_turnover=True) for n, d in enumerate(debtors)]
    known = tuple(PayerAccount(tenant_id="t", iban=iban, debtor_id=f"d:{d}") for d in debtors)
    lines = [line("VIREMENT", "177.37", id=f"L{n}", payer="AFFACTURAGE", iban=iban) for n in range(100)]
    with within(6.0):
        found = decided(lines, items, known)["L1"]
    assert (found.outcome, found.reason) == ("review", "payer_and_amount")


@pytest.mark.parametrize(
    ("more", "outcome"),
    [
        ({"amount_minor": 0}, "zero_amount"),
        ({"booking_date": None}, "pending"),
        ({"remittance": None, "counterparty_name": ""}, "amount_only"),
        ({"remittance": "\x00\ud7ff\ufffd", "counterparty_name": "\x00"}, "amount_only"),
        ({"amount_minor": 2**62}, "overpayment"),
        ({"counterparty_iban": "x" * 5_000}, "reference_and_amount"),
        ({"end_to_end_id": "9" * 5_000}, "cap_reached"),
    ],
)
def test_what_a_line_may_lack_or_hold(more: dict[str, Any], outcome: str) -> None:
    bank = replace(line("FA-12", 700, payer="ATELIERS BRUNOY"), **more)
    assert decided([bank], [item("FA-12", 700)])["L1"].reason == outcome


@pytest.mark.parametrize(
    "more",
    [
        {"amount_minor": 0}, {"number": ""}, {"number": "x" * 5_000}, {"debtor_name": ""},
        {"issue_date": None},
        {"open_minor": -700}, {"replaces": "FA-13"}, {"creditor_reference": "RF00"}, {"debtor_ibans": "||"},
    ],
)  # fmt: skip
def test_an_odd_item_harms_no_other(more: dict[str, Any]) -> None:
    odd = replace(item("FA-13", 512), **more)
    found = decided([line("FA-12", 700, payer="ATELIERS BRUNOY")], [item("FA-12", 700), odd])["L1"]
    assert (found.outcome, shares(found)) == ("auto", {"FA-12": "700"})
