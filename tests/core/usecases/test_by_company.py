"""A run looks at the companies that changed; what the calendar brings about waits for the day's run."""

from typing import Any

import pytest

from core.model import BankAccount, Decision, Declared, Event, Fact, Invoice
from core.usecases import reconcile as module
from core.usecases.finance import finance
from core.usecases.policy import set_policy
from core.usecases.reconcile import reconcile
from core.usecases.verify import prove
from core.usecases.wake import concerned
from tests.core.usecases.made import OTHER, T, account, day, debtor, invoice, line, source, world
from tests.core.usecases.test_reconcile import NOTHING, add, check_invariants, events, terms
from tests.fakes import CrashError, InMemoryStore, ScriptedSource

SECOND: dict[str, Any] = {"company_id": "com_2", "counterparty_id": "cpy_2"}


def second_company() -> list[Fact]:
    """An account, a customer and an invoice of another company of the tenant."""
    its_account: BankAccount = account(id="acc_2", company_id="com_2", source=source("bank_accounts", "2"))
    customer = debtor("Ruel Conseil", "cpy_2").model_copy(update={"company_id": "com_2"})
    its_invoice: Invoice = invoice("FA-2026-0500", 50_000, **SECOND)
    return [OTHER, its_account, customer, its_invoice]


def two_companies() -> InMemoryStore:
    store = world(invoice("FA-2026-0012", 120_050))
    add(store, *second_company())
    add(store, line("1", 120_050, day(4, 7), "VIREMENT FA-2026-0012"))
    return store


def paid_by_second(id: str = "2") -> Fact:
    return line(id, 50_000, day(4, 8), "VIREMENT FA-2026-0500", company_id="com_2", account_id="acc_2")


def looked_at(store: InMemoryStore) -> list[str | None]:
    with store.begin(T, write=False) as unit:
        return concerned(unit, whole=False)[0]


def outcomes(store: InMemoryStore) -> dict[str, str]:
    with store.begin(T, write=False) as unit:
        return {d.transaction_id: d.outcome for d in unit.all(Decision)}


def test_only_what_changed_is_looked_at() -> None:
    store = two_companies()
    assert looked_at(store) == ["com_1", "com_2"]
    reconcile(store, T, only_changed=True)
    assert looked_at(store) == []
    assert reconcile(store, T, only_changed=True) == NOTHING
    add(store, paid_by_second())
    assert looked_at(store) == ["com_2"]
    done = reconcile(store, T, only_changed=True)
    assert (done.decisions, outcomes(store)) == (1, {"txn_1": "auto", "txn_2": "auto"})
    assert reconcile(store, T) == NOTHING, "a whole run finds nothing that was passed over"
    check_invariants(store)


def test_a_new_policy_concerns_every_company() -> None:
    store = two_companies()
    reconcile(store, T)
    set_policy(store, T, {"allow_partial": False}, person="ada")
    assert looked_at(store) == ["com_1", "com_2"]
    reconcile(store, T, only_changed=True)
    assert looked_at(store) == []


def test_the_calendar_needs_a_whole_run() -> None:
    store = two_companies()
    claimed = Declared(paid=True, paid_on=day(3, 3))
    fee = line("8", -1_200, day(4, 20), "FRAIS", operation="fee", company_id="com_2", account_id="acc_2")
    add(store, invoice("FA-2026-0501", 60_000, **SECOND, declared=claimed), fee)
    finance(store, T, [terms("FA-2026-0501")])
    reconcile(store, T)
    said = len(events(store))
    store.clock.move(days=60)
    assert reconcile(store, T, only_changed=True) == NOTHING
    reconcile(store, T)
    assert [e.type for e in events(store)][said:] == ["invoice.declared_paid_without_cash"]
    proof = prove(store, ScriptedSource(), T)
    assert [str(d) for d in proof.differences if d.kind != "fact"] == []


def test_a_run_stopped_between_companies_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    store = two_companies()
    add(store, paid_by_second())
    alone = two_companies()
    add(alone, paid_by_second())
    reconcile(alone, T)
    real = module.reconcile_company

    def stops(store: Any, tenant_id: str, company_id: str | None, **more: Any) -> Any:
        if company_id == "com_2":
            raise CrashError
        return real(store, tenant_id, company_id, **more)

    monkeypatch.setattr(module, "reconcile_company", stops)
    with pytest.raises(CrashError):
        reconcile(store, T, only_changed=True)
    monkeypatch.undo()
    assert looked_at(store) == ["com_1", "com_2"]
    reconcile(store, T, only_changed=True)
    assert outcomes(store) == outcomes(alone)
    with store.begin(T, write=False) as one, alone.begin(T, write=False) as other:
        assert {e.id for e in one.entries(Event)} == {e.id for e in other.entries(Event)}


def test_facts_of_no_company_are_looked_at_too() -> None:
    store = world()
    add(store, line("9", 100, day(4, 9), "VIREMENT", company_id=None))
    reconcile(store, T, only_changed=True)
    assert outcomes(store) == {"txn_9": "none"}
    assert looked_at(store) == []
