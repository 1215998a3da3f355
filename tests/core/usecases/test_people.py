"""What a person may decide, and that no run takes it back."""

import pytest

from core.errors import BadInput, Conflict
from core.model import Allocation, Decision
from core.usecases.decide import accept, assign, not_ours, undo
from core.usecases.finance import finance
from core.usecases.reconcile import reconcile
from tests.core.usecases.made import T, day, invoice, line, world
from tests.core.usecases.test_reconcile import (
    add,
    check_invariants,
    copy_of,
    decision_of,
    paid_world,
    run,
    state,
    terms,
    types,
)  # fmt: skip
from tests.fakes import InMemoryStore

RECALL = line("2", -120_050, day(4, 10), "RAPPEL", operation="recall", return_reason="AC04")


def returned_world() -> InMemoryStore:
    store = paid_world()
    run(store)
    add(store, RECALL)
    run(store)
    assert state(store, "FA-2026-0012").open_minor == 120_050
    return store


def test_a_return_that_a_person_undid_is_not_taken_back_again_by_the_next_run() -> None:
    store = returned_world()
    undone = undo(store, T, decision_of(store, "2").id, person="ada")
    run(store)
    assert (undone.outcome, undone.reason) == ("review", "rejected_by_person")
    assert state(store, "FA-2026-0012").state == "settled"
    assert types(store)[-3:] == ["payment.allocated", "invoice.paid", "repayment.due"]
    check_invariants(store)


def test_a_debit_that_is_not_ours_leaves_the_payment_to_a_later_return() -> None:
    store = returned_world()
    id = decision_of(store, "2").id
    undo(store, T, id, person="ada")
    not_ours(store, T, id, person="ada")
    run(store)
    assert state(store, "FA-2026-0012").state == "settled"
    add(store, line("3", -120_050, day(4, 13), "RAPPEL", operation="recall"))
    run(store)
    assert decision_of(store, "3").explanation["returns"] == "txn_1"
    assert state(store, "FA-2026-0012").state == "open"
    check_invariants(store)


def _two_silent_payments() -> InMemoryStore:
    store = world(
        invoice("FA-2026-0012", 50_000),
        invoice("FA-2026-0013", 50_000),
        invoice("F-9", 50_000, direction="payable"),
        line("1", 50_000, day(4, 7), "VIREMENT"),
        line("2", 50_000, day(4, 8), "VIREMENT"),
        line("3", -50_000, day(4, 9), "LOYER"),
    )
    finance(store, T, [terms("FA-2026-0012")])
    run(store)
    return store


def test_money_out_pays_no_receivable_and_money_in_no_payable() -> None:
    store = _two_silent_payments()
    for id, number in (("3", "FA-2026-0012"), ("1", "F-9")):
        with pytest.raises(BadInput, match="goes the other way"):
            assign(store, T, decision_of(store, id).id, person="ada", amounts={f"inv_{number}": 50_000})
    assign(store, T, decision_of(store, "3").id, person="ada", amounts={"inv_F-9": 50_000})
    assert state(store, "F-9").state == "settled"


def test_a_person_assigns_no_more_than_is_open() -> None:
    store = _two_silent_payments()
    first, second = (decision_of(store, id).id for id in "12")
    assign(store, T, first, person="ada", amounts={"inv_FA-2026-0012": 30_000})
    with pytest.raises(BadInput, match=r"200\.00 EUR .* open"):
        assign(store, T, second, person="ada", amounts={"inv_FA-2026-0012": 20_001})
    assign(store, T, first, person="ada", amounts={"inv_FA-2026-0012": 50_000})
    undo(store, T, first, person="ada")
    assign(store, T, second, person="ada", amounts={"inv_FA-2026-0012": 50_000})
    check_invariants(store)


def test_a_candidate_that_was_taken_meanwhile_is_not_accepted() -> None:
    """Two persons, two lines, one invoice, and no run in between."""
    store = _two_silent_payments()
    first, second = (decision_of(store, id) for id in "12")
    with store.begin(T) as unit:
        unit.put([_accepted(first)])
    with pytest.raises(Conflict, match="open any more"):
        accept(store, T, second.id, person="bob", rank=1)
    reconcile(store, T)
    check_invariants(store)


def _accepted(decision: Decision) -> Decision:
    chosen = {"outcome": "auto", "shares": decision.candidates[0].shares, "decided_by": "person:ada"}
    amounts = {"allocated_minor": 50_000, "unallocated_minor": 0, "candidates": ()}
    return decision.model_copy(update={**chosen, **amounts})


def test_a_copy_of_a_document_is_not_assigned() -> None:
    one = invoice("FA-2026-0012", 50_000)
    store = world(one, copy_of(one), line("1", 50_000, day(4, 7), "VIREMENT"))
    run(store)
    with pytest.raises(BadInput, match="give the id inv_FA-2026-0012"):
        assign(store, T, decision_of(store, "1").id, person="ada", amounts={"inv_FA-2026-0012_z": 50_000})


def test_a_person_says_which_payment_went_back() -> None:
    store = world(
        invoice("FA-2026-0012", 50_000),
        invoice("FA-2026-0013", 50_000),
        line("1", 50_000, day(4, 7), "FA-2026-0012"),
        line("2", 50_000, day(4, 8), "FA-2026-0013"),
        line("3", -50_000, day(4, 9), "RAPPEL", operation="recall"),
    )
    run(store)
    asked = decision_of(store, "3")
    assert (asked.reason, len(asked.candidates)) == ("return_ambiguous", 2)
    chosen = asked.candidates[1]
    taken = accept(store, T, asked.id, person="ada", rank=2)
    assert (taken.outcome, taken.allocated_minor, taken.unallocated_minor) == ("auto", -50_000, 0)
    assert taken.explanation["returns"] == chosen.why["returns"]
    run(store)
    check_invariants(store)
    with store.begin(T, write=False) as unit:
        entries = unit.entries(Allocation)
    paid: dict[str, int] = {}
    for entry in entries:
        paid[entry.invoice_id] = paid.get(entry.invoice_id, 0) + entry.amount_minor
    assert paid.pop(chosen.shares[0].item_id) == 0
    assert list(paid.values()) == [50_000]
