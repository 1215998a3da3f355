"""Reconcile: decisions to deliveries in one unit, silent the second time, conserved to the cent."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadInput, Conflict, NotFound
from core.model import (
    Allocation,
    AuditEntry,
    BankTransaction,
    Decision,
    Declared,
    Delivery,
    Endpoint,
    Event,
    Fact,
    Invoice,
    InvoiceReference,
    ProviderMatch,
)
from core.ports import Store
from core.reconciliation.explain import GATES
from core.settlement import settle
from core.usecases.audit import broken_links
from core.usecases.decide import accept, assign, not_ours, reject, undo
from core.usecases.explain import explain
from core.usecases.finance import finance
from core.usecases.reconcile import Reconciled, reconcile
from tests.core.usecases.made import T, day, invoice, line, source, world
from tests.fakes import CrashError, InMemoryStore

NOTHING = Reconciled(0, 0, 0, 0)


def add(store: InMemoryStore, *facts: Fact) -> None:
    with store.begin(T) as unit:
        unit.put(facts)


def run(store: Store) -> Reconciled:
    """A run, and the proof that the next one writes nothing."""
    done = reconcile(store, T)
    with store.begin(T, write=False) as unit:
        before = unit.revision
    assert reconcile(store, T) == NOTHING
    with store.begin(T, write=False) as unit:
        assert unit.revision == before
    return done


def terms(number: str, loan: str = "L-1", **changes: Any) -> dict[str, Any]:
    return {
        "loan_reference": loan, "invoice": {"id": f"inv_{number}"}, "advance_minor": 1_000, "currency": "EUR",
        "basis": "gross", "assignment": "silent", "disbursed_on": "2026-03-02", **changes,
    }  # fmt: skip


def events(store: InMemoryStore) -> list[Event]:
    with store.begin(T, write=False) as unit:
        return unit.entries(Event)


def types(store: InMemoryStore) -> list[str]:
    return [e.type for e in events(store)]


def state(store: InMemoryStore, number: str) -> Any:
    with store.begin(T, write=False) as unit:
        one = unit.get(Invoice, [f"inv_{number}"])[f"inv_{number}"]
        return settle(one, unit.entries(Allocation, invoice_id=one.id))


def decision_of(store: InMemoryStore, id: str) -> Decision:
    with store.begin(T, write=False) as unit:
        (found,) = unit.all(Decision, transaction_id=f"txn_{id}")
        return found


PAID = line("1", 120_050, day(4, 7), "VIREMENT FA-2026-0012")


def paid_world() -> InMemoryStore:
    store = world(invoice("FA-2026-0012", 120_050), invoice("FA-2026-0013", 77_777))
    finance(store, T, [terms("FA-2026-0012")])
    add(store, PAID)
    return store


def test_a_payment_becomes_decision_allocation_events_and_deliveries_in_one_unit() -> None:
    store = paid_world()
    with store.begin(T) as unit:
        unit.save([Endpoint(id="end_1", url="https://partner.example/hook", created_at=unit.now)])
    done = run(store)
    assert done == Reconciled(decisions=1, allocations=1, events=3, deliveries=3)
    assert types(store) == ["payment.allocated", "invoice.paid", "repayment.due"]
    assert len(store.jobs(T, "deliver")) == 3
    with store.begin(T, write=False) as unit:
        assert {d.event_id for d in unit.find(Delivery)} == {e.id for e in unit.entries(Event)}
        assert unit.revisions(Decision) == unit.revisions(Allocation) == unit.revisions(Event)


def test_a_crash_at_the_commit_leaves_nothing_and_the_next_run_says_the_same() -> None:
    undisturbed, store = paid_world(), paid_world()
    run(undisturbed)
    store.fail_at(1)
    with pytest.raises(CrashError):
        reconcile(store, T)
    assert events(store) == []
    run(store)
    assert events(store) == events(undisturbed)


def test_a_recall_takes_everything_back() -> None:
    store = paid_world()
    run(store)
    add(store, line("2", -120_050, day(4, 10), "RAPPEL", operation="recall", return_reason="AC04"))
    run(store)
    assert types(store)[3:] == ["payment.reversed", "invoice.reopened", "repayment.due"]
    back = events(store)[3]
    assert (back.occurred_on, back.attributes["reason_code"]) == (day(4, 10), "AC04")
    assert state(store, "FA-2026-0012").open_minor == 120_050


def test_a_line_removed_at_its_source_gives_its_money_back() -> None:
    store = paid_world()
    run(store)
    add(store, PAID.model_copy(update={"status": "removed"}))
    run(store)
    assert types(store)[3:5] == ["payment.deallocated", "invoice.reopened"]
    add(store, PAID)
    run(store)
    assert types(store)[-3:] == ["payment.allocated", "invoice.paid", "repayment.due"]
    assert len({e.id for e in events(store)}) == len(events(store))


def test_an_undo_restores_what_was_open_and_is_never_repeated_by_a_run() -> None:
    store = paid_world()
    run(store)
    before = state(store, "FA-2026-0012")
    undo(store, T, decision_of(store, "1").id, person="ada")
    run(store)
    after = state(store, "FA-2026-0012")
    assert (before.open_minor, after.open_minor, after.state) == (0, 120_050, "open")
    assert decision_of(store, "1").outcome != "auto"
    assert types(store)[3:6] == ["payment.deallocated", "invoice.reopened", "repayment.due"]
    with store.begin(T, write=False) as unit:
        chain = unit.entries(AuditEntry)
        assert [e.action for e in chain] == ["decision.undo"]
        assert broken_links(chain) == ()


def ambiguous() -> InMemoryStore:
    """Two invoices of one amount, and a payment that names neither."""
    store = world(invoice("FA-2026-0012", 52_500), invoice("FA-2026-0013", 52_500))
    finance(store, T, [terms("FA-2026-0012"), terms("FA-2026-0013", "L-2")])
    add(store, line("1", 52_500, day(4, 7), "VIREMENT"))
    return store


def test_what_kept_payer_and_amount_from_being_enough_is_explained() -> None:
    store = ambiguous()
    run(store)
    decision = decision_of(store, "1")
    with store.begin(T, write=False) as unit:
        told = explain(unit, decision.id).text
    assert f"Payer and amount are not enough: {GATES[decision.explanation['gate']]}." in told


def test_a_person_decides_and_no_run_changes_it() -> None:
    store = ambiguous()
    run(store)
    assert types(store) == ["payment.ambiguous"] * 2
    case = decision_of(store, "1")
    chosen = accept(store, T, case.id, person="ada", rank=1)
    run(store)
    assert decision_of(store, "1") == chosen
    assert (chosen.outcome, chosen.decided_by) == ("auto", "person:ada")
    told = Counter(types(store))
    assert (told["payment.ambiguous"], told["invoice.paid"]) == (4, 1)
    with pytest.raises(Conflict, match="taken already"):
        accept(store, T, case.id, person="bob", rank=2)
    undo(store, T, case.id, person="bob")
    assert decision_of(store, "1").outcome == "review"
    assert Counter(types(store))["payment.ambiguous"] == 6


def test_a_rejected_candidate_is_not_proposed_again() -> None:
    store = ambiguous()
    run(store)
    case = decision_of(store, "1")
    first = case.candidates[0].shares
    reject(store, T, case.id, person="ada", rank=1)
    run(store)
    assert first not in [c.shares for c in decision_of(store, "1").candidates]
    assert decision_of(store, "1").outcome == "review"


def test_not_ours_and_a_split_by_hand() -> None:
    store = ambiguous()
    run(store)
    id = decision_of(store, "1").id
    assert not_ours(store, T, id, person="ada").reason == "not_ours"
    undo(store, T, id, person="ada")
    split = assign(
        store, T, id, person="ada", amounts={"inv_FA-2026-0012": 50_000, "inv_FA-2026-0013": 2_000}
    )
    run(store)
    assert (split.allocated_minor, split.unallocated_minor) == (52_000, 500)
    assert Counter(types(store))["payment.bulk_split"] == 2
    assert state(store, "FA-2026-0012").open_minor == 2_500
    for amounts, error in (
        ({"inv_FA-2026-0012": 52_501}, BadInput),
        ({"inv_FA-2026-0012": -5}, BadInput),
        ({"inv_9": 1}, NotFound),
    ):
        with pytest.raises(error):
            assign(store, T, id, person="ada", amounts=amounts)


def test_a_set_off_credit_note_is_no_cash() -> None:
    note = invoice(
        "AV-2026-0007", 15_000, kind="credit_note",
        references=(InvoiceReference(type="credits", invoice_id="inv_FA-2026-0055"),),
    )  # fmt: skip
    store = world(invoice("FA-2026-0055", 100_000), note)
    finance(store, T, [terms("FA-2026-0055")])
    add(store, line("1", 85_000, day(3, 31), "FA-2026-0055 AV-2026-0007"))
    run(store)
    settled = state(store, "FA-2026-0055")
    assert (settled.state, settled.cash_minor, settled.non_cash_minor) == ("settled", 85_000, 15_000)
    paid = next(e for e in events(store) if e.type == "invoice.paid")
    assert paid.attributes["timing"] == "on_time"
    with store.begin(T, write=False) as unit:
        assert sum(a.amount_minor for a in unit.entries(Allocation)) == 85_000


def match(**changes: Any) -> ProviderMatch:
    fields: dict[str, Any] = {
        "id": "mat_1", "company_id": "com_1", "invoice_id": "inv_FA-2026-0012", "transaction_id": "txn_1",
        "source": source("matches", "1"),
    }  # fmt: skip
    return ProviderMatch(**{**fields, **changes})


def test_bank_and_ledger_agree_on_e4() -> None:
    store = paid_world()
    add(store, match())
    run(store)
    assert {e.evidence.grade for e in events(store)} == {"E4"}


def test_declared_paid_without_cash_waits_for_time_and_coverage_and_is_taken_back() -> None:
    store = world(invoice("FA-2026-0012", 120_050, declared={"paid": True}))
    finance(store, T, [terms("FA-2026-0012")])
    run(store)
    store.clock.move(days=30)
    run(store)
    assert types(store) == []
    add(store, line("9", -1_200, day(3, 12), "FRAIS", operation="fee"))
    run(store)
    assert types(store) == ["invoice.declared_paid_without_cash"]
    assert events(store)[0].occurred_on == day(3, 9)
    add(store, line("1", 120_050, day(4, 1), "FA-2026-0012"))
    run(store)
    withdrawn = events(store)[-1]
    assert (withdrawn.type, withdrawn.reverses) == ("invoice.declared_paid_without_cash", events(store)[0].id)


AMOUNTS = st.integers(100, 99_999)
NUMBERS = st.integers(1, 6)
LINES = st.lists(st.tuples(NUMBERS, AMOUNTS | st.just(0), st.integers(0, 60), st.booleans()), max_size=8)


def _facts(rows: list[tuple[int, int, int, bool]]) -> list[BankTransaction]:
    """Credits that cite an invoice, some of the exact amount (0), some returned days later."""
    found = []
    for n, (number, amount, days, returned) in enumerate(rows):
        on = date(2026, 3, 1) + timedelta(days=days)
        minor = amount or 10_000 + number * 1_111
        found.append(line(f"{n}", minor, on, f"FA-2026-010{number}", end_to_end_id=f"E2E-{n:04}"))
        if returned:
            later = on + timedelta(days=2)
            found.append(
                line(f"r{n}", -minor, later, "RETOUR", operation="return", end_to_end_id=f"E2E-{n:04}")
            )
    return found


def _financed_world() -> InMemoryStore:
    store = world(*(invoice(f"FA-2026-010{n}", 10_000 + n * 1_111) for n in range(1, 7)))
    finance(store, T, [terms(f"FA-2026-010{n}", f"L-{n}") for n in range(1, 7)])
    return store


def check_invariants(store: Store) -> None:
    with store.begin(T, write=False) as unit:
        lines = {x.id: x for x in unit.all(BankTransaction)}
        decisions, entries, log = unit.all(Decision), unit.entries(Allocation), unit.entries(Event)
        invoices = unit.all(Invoice)
    by_line: dict[str, int] = defaultdict(int)
    for entry in entries:
        by_line[entry.transaction_id] += entry.amount_minor
    for decision in decisions:
        amount = lines[decision.transaction_id].amount_minor
        assert by_line[decision.transaction_id] + decision.unallocated_minor == amount
        assert abs(by_line[decision.transaction_id]) <= abs(amount)
    credits = sum(x.amount_minor for x in lines.values() if x.amount_minor > 0)
    allocated = sum(x for x in by_line.values() if x > 0)
    unallocated = sum(d.unallocated_minor for d in decisions if lines[d.transaction_id].amount_minor > 0)
    assert credits == allocated + unallocated
    for one in invoices:
        settled = settle(one, entries)
        settled_minor = settled.cash_minor + settled.non_cash_minor
        assert settled.open_minor + settled_minor == one.payable_minor + settled.excess_minor
    by_subject: dict[str, list[int]] = defaultdict(list)
    for event in log:
        by_subject[event.subject].append(event.sequence)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in by_subject.values())
    assert len({e.id for e in log}) == len(log)


@settings(max_examples=40, deadline=None)
@given(LINES, st.data())
def test_money_is_conserved_and_any_split_into_runs_settles_alike(
    rows: list[tuple[int, int, int, bool]], data: st.DataObject
) -> None:
    facts = sorted(_facts(rows), key=lambda f: (f.booking_date or date.min, f.id))
    at_once = _financed_world()
    add(at_once, *facts)
    run(at_once)
    check_invariants(at_once)
    days = sorted({f.booking_date for f in facts if f.booking_date})
    cuts = sorted(data.draw(st.sets(st.sampled_from(days)))) if days else []
    by_day = _financed_world()
    for cut in [*cuts, date.max]:
        add(by_day, *[f for f in facts if f.booking_date and f.booking_date <= cut])
        run(by_day)
    check_invariants(by_day)
    for number in range(1, 7):
        one, other = (state(s, f"FA-2026-010{number}") for s in (at_once, by_day))
        assert (one.open_minor, one.paid_on, one.state) == (other.open_minor, other.paid_on, other.state)


def copy_of(one: Invoice, **changes: Any) -> Invoice:
    """The same document as a second tool shows it."""
    other = source("client_invoices", one.number or "").model_copy(update={"provider": "zenith"})
    return one.model_copy(update={"id": f"{one.id}_z", "source": other, **changes})


def test_a_document_seen_in_two_tools_is_paid_and_financed_once() -> None:
    one = invoice("FA-2026-0012", 120_050)
    store = world(one, copy_of(one))
    assert len(finance(store, T, [terms("FA-2026-0012")]).registered) == 1
    (again,) = finance(store, T, [terms("FA-2026-0012_z", "L-2")]).refused
    assert "financed already, by loan L-1" in str(again.error)
    add(store, PAID, match(invoice_id="inv_FA-2026-0012_z"))
    run(store)
    assert types(store) == ["payment.allocated", "invoice.paid", "repayment.due"]
    assert {e.evidence.grade for e in events(store)} == {"E4"}


def test_the_other_tools_claim_counts_too() -> None:
    one = invoice("FA-2026-0012", 120_050)
    store = world(one, copy_of(one, declared=Declared(paid=True, paid_on=day(3, 3))))
    finance(store, T, [terms("FA-2026-0012")])
    store.clock.move(days=30)
    add(store, line("9", -1_200, day(3, 20), "FRAIS", operation="fee"))
    run(store)
    assert types(store) == ["invoice.declared_paid_without_cash"]
    assert events(store)[0].attributes["claimed_on"] == "2026-03-03"
