"""Registering financed invoices: what is frozen, what is refused, and that a repeat is silent."""

from typing import Any

import pytest

from core.model import FinancedInvoice, content_hash
from core.usecases.finance import finance
from tests.core.repayment.made import allocation
from tests.core.usecases.made import IBAN, T, day, invoice, world
from tests.fakes import InMemoryStore


def row(**changes: Any) -> dict[str, Any]:
    terms = {
        "loan_reference": "L-1",
        "invoice": {"company": "732829320", "direction": "receivable", "number": "FA 12"},
        "advance_minor": 90_000,
        "currency": "EUR",
        "basis": "gross",
        "assignment": "silent",
        "disbursed_on": "2026-03-02",
    }
    return {**terms, **changes}


def known() -> InMemoryStore:
    return world(
        invoice("FA-12", 100_000),
        invoice("FA-13", 50_000, document_status="draft"),
        invoice("FA-14", 50_000, id="inv_a"),
        invoice("FA-14", 50_000, id="inv_b"),
        invoice("AV-1", 10_000, kind="credit_note"),
    )


def test_a_row_freezes_the_invoice_and_a_repeat_is_silent() -> None:
    store = known()
    done = finance(store, T, [row(), row()])
    (financed,) = done.registered
    assert done.known == (financed,)
    assert (financed.invoice_id, financed.due_date) == ("inv_FA-12", day(3, 31))
    assert financed.open_at_financing_minor == 100_000
    assert financed.snapshot_hash == content_hash(financed.snapshot)
    with store.begin(T) as unit:
        before = unit.revision
        unit.put([invoice("FA-12", 80_000)])
    assert finance(store, T, [row()]).known == (financed,)
    with store.begin(T, write=False) as unit:
        assert unit.revision == before + 1
    assert [job.kind for job in store.jobs(T)] == ["reconcile", "reconcile"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"advance_minor": 100_001},
            "advance_minor: 1 000.01 EUR is more than the gross amount 1 000.00 EUR",
        ),
        ({"advance_minor": 90_000, "basis": "net"}, "more than the net amount"),
        ({"advance_minor": 90_000.5}, "field advance_minor"),
        ({"advance_minor": "90000"}, "field advance_minor"),
        ({"advance_minor": 0}, "field advance_minor"),
        ({"currency": "USD"}, "field currency: the invoice is in EUR"),
        ({"currency": "EURO"}, "field currency"),
        ({"disbursed_on": "02/03/2026"}, "field disbursed_on"),
        ({"loan_reference": ""}, "field loan_reference"),
        ({"loan": "x"}, "field loan"),
        ({"invoice": {"id": "inv_9"}}, "no invoice inv_9"),
        ({"invoice": {"number": "FA-12"}}, "give its id, or company"),
        ({"invoice": {"company": "1", "number": "FA-12"}}, "invoice.company"),
        ({"invoice": {"company": "com_1", "number": "FA-99"}}, "has no receivable invoice FA-99"),
        ({"invoice": {"company": "com_1", "number": "FA-14"}}, "2 receivable invoices"),
        ({"invoice": {"id": "inv_FA-13"}}, "the document is draft"),
        ({"invoice": {"id": "inv_AV-1"}}, "credit note"),
        ({"assignment": "notified"}, "names the collection account"),
        ({"expected_account_iban": IBAN[:-1] + "7"}, "check digits"),
    ],
)
def test_a_refused_row_names_row_and_field_and_the_others_go_on(changes: dict[str, Any], words: str) -> None:
    done = finance(
        known(),
        T,
        [row(**changes, **({} if "loan_reference" in changes else {"loan_reference": "L-9"})), row()],
    )
    assert len(done.registered) == 1
    (refused,) = done.refused
    assert refused.row == 1
    assert words in str(refused.error)
    assert str(refused.error).startswith("row 1: ")


def test_conflicts_with_what_is_stored() -> None:
    store = known()
    finance(store, T, [row()])
    done = finance(
        store, T, [row(advance_minor=80_000), row(loan_reference="L-2"), row(invoice={"id": "inv_a"})]
    )
    assert [str(r.error) for r in done.refused] == [
        "row 1: loan L-1 is registered with other terms: advance_minor",
        "row 2: field invoice: it is financed already, by loan L-1",
        "row 3: loan L-1 is registered with other terms: invoice",
    ]


def test_a_settled_invoice_has_nothing_left_to_finance() -> None:
    store = known()
    with store.begin(T) as unit:
        unit.append([allocation(1, 100_000, day(3, 1)).model_copy(update={"invoice_id": "inv_FA-12"})])
    (refused,) = finance(store, T, [row()]).refused
    assert "settled already" in str(refused.error)
    with store.begin(T, write=False) as unit:
        assert unit.all(FinancedInvoice) == []
