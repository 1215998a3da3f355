"""Warm processes and a cold one write the same, in the same revisions, on both databases."""

from datetime import timedelta
from itertools import cycle

from core.model import Allocation, BankTransaction, Decision, Event, Fact
from core.ports import Store
from core.usecases.decide import accept, undo
from core.usecases.reconcile import STANDARD, Rules, reconcile
from core.usecases.warm import WarmEngines
from hub.store.unit import SqlStore
from tests.core.usecases.made import COMPANY, account, day, debtor, invoice, line
from tests.store.conftest import A, B, Base

INVOICES = [invoice(f"FA-2026-01{n:02}", 30_000 + 1_000 * n) for n in range(12)]
LATE = invoice("FA-2026-0199", 77_700)


def _days() -> list[list[Fact]]:
    """What is read day by day: payments, one that is early, a late invoice, a late line, a line withdrawn."""
    paid: list[BankTransaction] = [
        line(f"{n}", 30_000 + 1_000 * n, day(4, 1) + timedelta(days=n), f"VIR FA-2026-01{n:02}")
        for n in range(12)
    ]
    early = line("early", 77_700, day(4, 2), "VIR FA-2026-0199")
    silent = line("silent", 31_500, day(4, 4), "VIREMENT KERVADEC")
    days: list[list[Fact]] = [[one] for one in paid]
    days[1].append(early)
    days[5] += [silent, LATE]
    days[8] = []
    days[9].append(paid[8])
    days[10].append(paid[2].model_copy(update={"status": "removed"}))
    return days


def _told(store: Store, tenant_id: str) -> list[object]:
    with store.begin(tenant_id, write=False) as unit:
        versions = [v for d in unit.all(Decision) for v in unit.history(Decision, d.id)]
        decided = [(v.revision, v.fact.content()) for v in versions]
        return [decided, unit.entries(Allocation), unit.entries(Event), unit.revision]


def _ignored(*_job: object) -> None:
    """Takes a job and forgets it: the runs are made here."""


def test_warm_or_cold_the_same_is_written(base: Base) -> None:
    store = SqlStore(base.engine, base.clock, base.keyring, enqueue=_ignored)
    workers = cycle([Rules(engine=WarmEngines(most=100)), STANDARD, Rules(engine=WarmEngines(most=100))])
    for tenant_id in (A, B):
        with store.begin(tenant_id) as unit:
            unit.put([COMPANY, account(), debtor(), *INVOICES])
    for number, facts in enumerate(_days()):
        for tenant_id, rules in ((A, next(workers)), (B, STANDARD)):
            with store.begin(tenant_id) as unit:
                unit.put(facts)
            reconcile(store, tenant_id, rules=rules)
            with store.begin(tenant_id, write=False) as unit:
                (first,) = unit.all(Decision, transaction_id="txn_0")
                waiting = [d for d in unit.all(Decision, outcome="review") if d.candidates]
            if number == 6:
                undo(store, tenant_id, first.id, person="ada", rules=rules)
            if number == 7 and waiting:
                accept(store, tenant_id, waiting[0].id, person="ada", rules=rules)
        assert _told(store, A) == _told(store, B)
    outcomes = {d.transaction_id: d.outcome for d in _decisions(store)}
    assert outcomes["txn_early"] == "auto"
    assert outcomes["txn_2"] == "none"


def _decisions(store: Store) -> list[Decision]:
    with store.begin(A, write=False) as unit:
        return unit.all(Decision)
