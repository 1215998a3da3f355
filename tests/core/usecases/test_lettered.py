"""What lettering says: which bank lines show the same money, and what they confirm."""

from datetime import date
from typing import Any

import pytest

from core.model import LedgerAllocation, LedgerPayment
from core.usecases.known import load
from core.usecases.lettered import confirmed, declared_lines, lettering_of, settled_in_ledger, shown_by
from tests.core.usecases.made import T, day, invoice, line, world

FA = invoice("FA-1", 60_000)


def payment(id: str, amount: int, on: date, **changes: Any) -> LedgerPayment:
    plain: dict[str, Any] = {
        "company_id": "com_1", "direction": "receivable", "kind": "cash", "flow": "in", "currency": "EUR",
    }  # fmt: skip
    return LedgerPayment(id=id, amount_minor=amount, paid_on=on, **(plain | changes))


def tie(invoice_id: str, settled_by: str, amount: int, **changes: Any) -> LedgerAllocation:
    plain: dict[str, Any] = {
        "company_id": "com_1", "currency": "EUR", "kind": "cash", "matching_code": "A", "complete": True,
        "derived": False,
    }  # fmt: skip
    id = f"lal_{settled_by}_{invoice_id}"
    return LedgerAllocation(
        id=id, invoice_id=invoice_id, settled_by=settled_by, amount_minor=amount, **(plain | changes)
    )


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"paid_on": day(4, 14)}, True),
        ({"paid_on": day(4, 15)}, False),
        ({"amount_minor": 59_999}, False),
        ({"moved_minor": 59_000}, False),
        ({"amount_minor": 61_000, "moved_minor": 60_000}, True),
        ({"flow": "out"}, False),
        ({"kind": "netting"}, False),
        ({"currency": "USD"}, False),
    ],
)
def test_money_is_the_same_by_amount_way_and_day(changes: dict[str, Any], same: bool) -> None:
    one = payment("lpm_1", 60_000, day(4, 7)).model_copy(update=changes)
    assert bool(confirmed([line("1", 60_000, day(4, 7))], [one])) is same
    pending = line("1", 60_000, day(4, 7), status="pending")
    assert not confirmed([pending], [one])


def test_one_posting_confirms_one_line_the_nearest() -> None:
    lines = [line("1", 60_000, day(4, 5)), line("2", 60_000, day(4, 8))]
    assert confirmed(lines, [payment("lpm_1", 60_000, day(4, 7))]) == {"txn_2"}
    both = [payment("lpm_1", 60_000, day(4, 7)), payment("lpm_2", 60_000, day(4, 4))]
    assert confirmed(lines, both) == confirmed(lines[::-1], both[::-1]) == {"txn_1", "txn_2"}


def test_a_line_shows_a_posting_only_when_each_is_the_others_only_one() -> None:
    store = world(payment("lpm_1", 60_000, day(4, 7)), line("1", 60_000, day(4, 8)))
    with store.begin(T) as unit:
        assert shown_by(load(unit, "com_1")) == {"lpm_1": "txn_1"}
        unit.put([payment("lpm_2", 60_000, day(4, 6))])
        assert shown_by(load(unit, "com_1")) == {}


def test_a_deposit_shows_all_its_cheques() -> None:
    deposit = {"moved_minor": 70_000, "account": "511200", "reference": "REM 12"}
    store = world(
        FA,
        payment("lpm_1", 60_000, day(4, 7), **deposit),
        payment("lpm_2", 10_000, day(4, 7), **deposit),
        line("1", 70_000, day(4, 9)),
        tie(FA.id, "lpm_1", 60_000),
    )
    with store.begin(T, write=False) as unit:
        known = load(unit, "com_1")
    assert shown_by(known) == {"lpm_1": "txn_1", "lpm_2": "txn_1"}
    assert declared_lines(known, {}) == {"txn_1": {FA.id}}


def test_a_credit_note_set_off_is_declared_with_its_invoice() -> None:
    note = invoice("AV-1", 10_000, kind="credit_note")
    store = world(
        FA, note, payment("lpm_1", 50_000, day(4, 7)), line("1", 50_000, day(4, 7)),
        tie(FA.id, "lpm_1", 50_000), tie(FA.id, note.id, 10_000, kind="credit"),
    )  # fmt: skip
    with store.begin(T, write=False) as unit:
        known = load(unit, "com_1")
    assert declared_lines(known, {}) == {"txn_1": {FA.id, note.id}}
    assert settled_in_ledger(known, {}) == {FA.id: day(4, 7)}


def test_what_was_taken_back_withdrawn_or_without_cash_settles_nothing() -> None:
    paid = payment("lpm_1", 60_000, day(4, 7))
    back = payment("lpm_2", 60_000, day(4, 9), flow="out", reverses="lpm_1")
    whole = tie(FA.id, "lpm_1", 60_000)
    credit = tie(FA.id, "inv_note", 60_000, kind="credit")
    for facts in (
        [paid, back, whole],
        [paid, whole.model_copy(update={"withdrawn": True})],
        [credit],
        [paid, whole.model_copy(update={"amount_minor": 59_999})],
    ):
        store = world(FA, *facts)
        with store.begin(T, write=False) as unit:
            assert settled_in_ledger(load(unit, "com_1"), {}) == {}


def test_lettering_of_a_copy_counts_for_the_document_that_counts() -> None:
    paid, whole = payment("lpm_1", 60_000, day(4, 7)), tie("inv_copy", "lpm_1", 60_000)
    found = lettering_of([whole], {paid.id: paid}, {"inv_copy": FA.id})
    assert list(found) == [FA.id]
    assert found[FA.id].payments == (paid,)
