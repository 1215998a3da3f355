"""Settlement: what is open, since when, and on what evidence."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.settlement import claimed_grade, settle
from tests.core.repayment.made import allocation, invoice

MARCH = [date(2026, 3, day) for day in range(1, 32)]


def test_the_paid_day_is_the_day_cash_reached_what_is_owed() -> None:
    late_news = [allocation(1, 40_000, MARCH[19]), allocation(2, 60_000, MARCH[9])]
    settled = settle(invoice(), late_news)
    assert (settled.state, settled.paid_on, settled.grade) == ("settled", MARCH[19], "E3")


def test_a_recalled_payment_no_longer_dates_the_invoice() -> None:
    entries = [
        allocation(1, 100_000, MARCH[4]),
        allocation(2, -100_000, MARCH[7], line="txn_9", reverses="alc_1", reason_code="AC04"),
    ]
    assert settle(invoice(), entries).state == "open"
    assert settle(invoice(), [*entries, allocation(3, 100_000, MARCH[25])]).paid_on == MARCH[25]


def test_undoing_an_undo_counts_again() -> None:
    entries = [
        allocation(1, 100_000, MARCH[4]),
        allocation(2, -100_000, MARCH[4], line="txn_1", reverses="alc_1"),
        allocation(3, 100_000, MARCH[4], line="txn_1", reverses="alc_2"),
    ]
    assert settle(invoice(), entries).paid_on == MARCH[4]


def test_excess_stays_apart_and_deductions_count_without_being_cash() -> None:
    assert settle(invoice(), [allocation(1, 120_000, MARCH[0])]).excess_minor == 20_000
    credit = allocation(2, 15_000, MARCH[5], kind="credit")
    settled = settle(invoice(), [credit, allocation(1, 85_000, MARCH[3])])
    assert (settled.state, settled.cash_minor, settled.non_cash_minor) == ("settled", 85_000, 15_000)
    assert settled.paid_on == MARCH[3]
    assert settle(invoice(payable_minor=15_000), [credit]).state == "non_cash"


def test_a_credit_note_is_used_up_by_negative_entries() -> None:
    settled = settle(invoice(kind="credit_note"), [allocation(1, -30_000, MARCH[0], kind="credit")])
    assert (settled.open_minor, settled.state) == (70_000, "partial")


def test_bank_and_ledger_together_make_e4_and_the_weakest_cash_counts() -> None:
    entries = [allocation(1, 60_000, MARCH[0]), allocation(2, 40_000, MARCH[1])]
    assert settle(invoice(), entries, agreed=frozenset({"txn_1"})).grade == "E3"
    assert settle(invoice(), entries, agreed=frozenset({"txn_1", "txn_2"})).grade == "E4"


def test_claims_are_graded() -> None:
    said = invoice(declared={"paid": True})
    assert claimed_grade(said, matched=False) == "E0"
    assert claimed_grade(said, matched=True) == "E1"
    collected = invoice(einvoice={"code": "212", "word": "collected"})
    assert claimed_grade(collected, matched=True) == "E2"
    assert claimed_grade(invoice(), matched=False) is None


@given(st.lists(st.tuples(st.integers(1, 60_000), st.sampled_from(MARCH)), max_size=6), st.data())
def test_order_of_arrival_never_changes_the_settlement(
    paid: list[tuple[int, date]], data: st.DataObject
) -> None:
    entries = [allocation(n, amount, on) for n, (amount, on) in enumerate(paid)]
    settled = settle(invoice(), entries)
    assert settle(invoice(), data.draw(st.permutations(entries))) == settled
    assert settled.open_minor - settled.excess_minor == 100_000 - sum(amount for amount, _ in paid)
    assert (settled.paid_on is None) == (settled.open_minor > 0)


@pytest.mark.parametrize("state", ["open"])
def test_another_currency_is_no_settlement(state: str) -> None:
    assert settle(invoice(), [allocation(1, 100_000, MARCH[0], currency="USD")]).state == state
