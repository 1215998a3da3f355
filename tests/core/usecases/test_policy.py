"""A tenant's own policy: it counts from when it is set, can be tried first, and tiers earn their place."""

from dataclasses import replace
from typing import Any

import pytest

from core.errors import BadInput
from core.model import AuditEntry, Decision
from core.reconciliation import Policy
from core.usecases import observe
from core.usecases.decide import accept, reject, undo
from core.usecases.policy import policy_in_force, set_policy, try_policy
from core.usecases.reconcile import STANDARD, reconcile
from core.usecases.verify import prove
from tests.core.usecases.made import T, day, invoice, line, world
from tests.core.usecases.test_reconcile import add, check_invariants, decision_of, run
from tests.fakes import InMemoryStore, ScriptedSource

ONLY_T1: dict[str, Any] = {"automatic_tiers": ["T1"]}
EARNED: dict[str, Any] = {"earned_tiers": ["T2"], "precision_floor": 0.6}


def payments(count: int) -> InMemoryStore:
    """So many invoices, each paid with its number cited."""
    store = world(*(invoice(f"FA-2026-00{n}", 10_000 + n) for n in range(10, 10 + count)))
    for n in range(10, 10 + count):
        add(store, line(str(n), 10_000 + n, day(4, 7), f"VIREMENT FA-2026-00{n}"))
    return store


def outcomes(store: InMemoryStore) -> dict[str, str]:
    with store.begin(T, write=False) as unit:
        return {d.transaction_id.removeprefix("txn_"): d.outcome for d in unit.all(Decision)}


def assert_proven(store: InMemoryStore) -> None:
    """Every decision is derived again, each with the policy of its time (these facts have no raw records)."""
    proof = prove(store, ScriptedSource(), T)
    assert [str(d) for d in proof.differences if d.kind != "fact"] == []
    assert proof.given == 0


def test_a_policy_counts_for_what_is_decided_after_it() -> None:
    store = payments(1)
    run(store)
    set_policy(store, T, ONLY_T1, person="ada")
    add(store, invoice("FA-2026-0099", 777), line("99", 777, day(4, 9), "VIREMENT FA-2026-0099"))
    run(store)
    assert outcomes(store) == {"10": "auto", "99": "review"}
    assert decision_of(store, "99").reason == "tier_not_automatic"
    assert_proven(store)
    check_invariants(store)


def test_setting_a_policy_is_on_record_and_silent_when_repeated() -> None:
    store = payments(1)
    assert set_policy(store, T, ONLY_T1, person="ada").automatic_tiers == ("T1",)
    with store.begin(T, write=False) as unit:
        before = unit.revision
        assert [e.actor for e in unit.entries(AuditEntry) if e.action == "policy.set"] == ["person:ada"]
    set_policy(store, T, ONLY_T1, person="bob")
    with store.begin(T, write=False) as unit:
        assert unit.revision == before


@pytest.mark.parametrize("values", [{"tolerance": 1}, {"automatic_tiers": ["T9"]}, {"early_days": -1}])
def test_a_wrong_policy_changes_nothing(values: dict[str, Any]) -> None:
    store = payments(1)
    with pytest.raises(BadInput, match=next(iter(values))):
        set_policy(store, T, values, person="ada")
    with pytest.raises(BadInput, match=next(iter(values))):
        try_policy(store, T, values)
    assert policy_in_force(store, T).policy == Policy()


def test_a_dry_run_tells_what_would_change_and_writes_nothing() -> None:
    store = payments(2)
    run(store)
    undo(store, T, decision_of(store, "11").id, person="ada")
    with store.begin(T, write=False) as unit:
        before = unit.revision
    [one] = try_policy(store, T, ONLY_T1)
    assert (one.line.id, one.now.outcome, one.then.outcome) == ("txn_10", "auto", "review")
    assert try_policy(store, T, {"early_days": 8}) == ()
    with store.begin(T, write=False) as unit:
        assert unit.revision == before


def test_an_earned_tier_opens_by_what_people_confirm() -> None:
    store = payments(7)
    set_policy(store, T, EARNED, person="ada")
    run(store)
    assert set(outcomes(store).values()) == {"review"}
    for n in range(10, 16):
        accept(store, T, decision_of(store, str(n)).id, person="ada")
    assert outcomes(store)["16"] == "auto", "six of six: at least 0.6 by the bound"
    assert_proven(store)
    check_invariants(store)


def test_a_rejection_counts_against_the_tier_and_other_candidates_do_not() -> None:
    store = payments(3)
    set_policy(store, T, EARNED, person="ada")
    run(store)
    accept(store, T, decision_of(store, "10").id, person="ada")
    reject(store, T, decision_of(store, "11").id, person="ada")
    seen = policy_in_force(store, T).observed["T2"]
    assert (seen.confirmed, seen.reversed) == (1, 1)


def test_a_tier_that_people_keep_reversing_closes() -> None:
    store = payments(4)
    run(store)
    for n in (10, 11, 12):
        undo(store, T, decision_of(store, str(n)).id, person="ada")
    current = policy_in_force(store, T)
    assert current.observed["T2"].reversed == 3
    assert "T2" not in current.automatic_tiers
    add(store, invoice("FA-2026-0099", 777), line("99", 777, day(4, 9), "VIREMENT FA-2026-0099"))
    run(store)
    assert (outcomes(store)["13"], outcomes(store)["99"]) == ("auto", "review")
    assert_proven(store)
    check_invariants(store)


def test_time_confirms_what_nobody_reversed_by_booking_days() -> None:
    store = payments(2)
    run(store)
    assert policy_in_force(store, T).observed == {}
    add(store, line("late", 5, day(7, 20), "AUTRE CHOSE"))
    reconcile(store, T)
    assert policy_in_force(store, T).observed["T2"].confirmed == 2


def test_what_was_observed_at_a_revision_stays_what_it_was() -> None:
    store = payments(2)
    run(store)
    with store.begin(T, write=False) as unit:
        before = unit.revision
    undo(store, T, decision_of(store, "10").id, person="ada")
    policy = replace(STANDARD.policy, confirmed_after_days=0)
    with store.begin(T, write=False) as unit:
        then = observe.observed(unit, policy, as_of=before, every=True)
        now = observe.observed(unit, policy, every=True)
    assert (then["T2"].confirmed, then["T2"].reversed) == (2, 0)
    assert (now["T2"].confirmed, now["T2"].reversed) == (1, 1)
