"""The invariants that involve state, on both databases: whatever happens, and whoever works at once."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier

import pytest

from core.model import Allocation, Decision
from core.usecases.decide import not_ours, undo
from core.usecases.reconcile import NOTHING, reconcile
from hub.store.unit import SqlStore
from tests.core.usecases.made import T, line
from tests.core.usecases.test_any_history import ACTIONS, History, check_history
from tests.core.usecases.test_reconcile import check_invariants
from tests.store.conftest import Base

AT_ONCE = 3
SHORT, FIRST, SECOND = 0, 3, 4
"""Payments of a history that cite an invoice each: one is short, two pay it exactly."""


@pytest.fixture
def history(base: Base) -> History:
    base.keys.create_tenant("Financeur", id=T)
    store = SqlStore(base.engine, base.clock, base.keyring, enqueue=lambda *_: None)
    return History(store=store, clock=base.clock)


@pytest.mark.parametrize("seed", range(3))
def test_any_history_conserves_money_verifies_and_is_silent_when_repeated(
    history: History, seed: int
) -> None:
    rng = random.Random(seed)
    check_history(history, [(rng.choice(ACTIONS), rng.randint(0, 5), rng.random() < 0.5) for _ in range(14)])


def test_what_a_person_said_stays(history: History) -> None:
    history.pay(SHORT)
    history.pay(FIRST)
    reconcile(history.store, T)
    first, second = decisions(history)
    not_ours(history.store, T, first.id, person="ada")
    undo(history.store, T, second.id, person="ada")
    history.pay(SECOND)
    reconcile(history.store, T)
    aside, refused, _ = decisions(history)
    assert (aside.outcome, aside.reason, aside.decided_by) == ("none", "not_ours", "person:ada")
    assert refused.rejected == (tuple(sorted(s.item_id for s in second.shares)),)
    assert refused.outcome != "auto"
    check_invariants(history.store)


def test_undone_is_as_if_it_had_never_been(history: History) -> None:
    history.pay(FIRST)
    reconcile(history.store, T)
    (made,) = decisions(history)
    undo(history.store, T, made.id, person="ada")
    with history.store.begin(T, write=False) as unit:
        entries = unit.entries(Allocation)
    assert len(entries) == 2, "nothing is deleted: a contrary entry is added"
    assert sum(e.amount_minor for e in entries) == 0
    history.pay(FIRST)
    reconcile(history.store, T)
    again = decisions(history)[1]
    assert [(s.item_id, s.amount_minor) for s in again.shares] == [
        (s.item_id, s.amount_minor) for s in made.shares
    ]


def test_runs_at_once_claim_an_item_once(history: History) -> None:
    for number in range(4):
        history.learn(line(f"{number}", 31_000, date(2026, 3, 9), "VIR FA-2026-0101"))
    start = Barrier(AT_ONCE)

    def work(_: int) -> None:
        start.wait()
        reconcile(history.store, T)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(work, range(AT_ONCE)))
    assert reconcile(history.store, T) == NOTHING
    assert [d.outcome for d in decisions(history)].count("auto") == 1
    check_invariants(history.store)


def decisions(history: History) -> list[Decision]:
    """In the order of their lines."""
    with history.store.begin(T, write=False) as unit:
        return sorted(unit.all(Decision), key=lambda d: d.transaction_id)
