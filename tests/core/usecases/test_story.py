"""A story a person can read: issued, financed, paid late in two transfers, one of them recalled.

`GOLDEN=write pytest tests/core/usecases/test_story.py` writes the expected log anew; read it.
"""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from core.model import (
    Allocation,
    BankTransaction,
    Decision,
    Event,
    Fact,
    FinancedInvoice,
    Invoice,
    RawRecord,
)
from core.ports import Pulled
from core.usecases.decide import accept, undo
from core.usecases.explain import explain
from core.usecases.finance import finance
from core.usecases.reconcile import reconcile
from core.usecases.sync import sync_connection
from core.usecases.verify import verify
from tests.core.usecases.made import COMPANY, T, account, connection, day, debtor, invoice, line, pulled
from tests.fakes import CrashError, FixedClock, InMemoryStore, ScriptedSource

GOLDEN = Path(__file__).parent.parent / "golden" / "paid_late_in_two_transfers.json"

FIRST = line("1", 600_000, day(4, 7), "VIR SEPA RECU /DE KERVADEC SARL /MOTIF FA-2026-0042 ACOMPTE")
SECOND = line("2", 400_000, day(4, 15), "VIR SEPA RECU /DE KERVADEC SARL /MOTIF SOLDE FA-2026-0042",
              end_to_end_id="KERV-0415-77")  # fmt: skip
RECALL = line("3", -400_000, day(4, 20), "RAPPEL VIREMENT", operation="recall", return_reason="DUPL",
              end_to_end_id="KERV-0415-77")  # fmt: skip
THIRD = line("4", 400_000, day(5, 4), "VIR SEPA RECU /DE KERVADEC SARL /MOTIF SOLDE FA-2026-0042")
CHAPTERS: list[tuple[date, list[Fact]]] = [
    (day(3, 2), [account(), debtor(), invoice("FA-2026-0042", 1_000_000)]),
    (day(4, 8), [FIRST]),
    (day(4, 16), [SECOND]),
    (day(4, 21), [RECALL]),
    (day(5, 5), [THIRD]),
]
TERMS = {
    "loan_reference": "L-2026-0007",
    "invoice": {"company": "732829320", "direction": "receivable", "number": "FA-2026-0042"},
    "advance_minor": 900_000,
    "currency": "EUR",
    "basis": "gross",
    "assignment": "silent",
    "disbursed_on": "2026-03-02",
}


class Tale:
    """Plays chapters over a store; `crash` makes one commit fail, after which the chapter is retried."""

    def __init__(self) -> None:
        self.clock = FixedClock()
        self.store = InMemoryStore(self.clock)
        self.source = ScriptedSource({"accounts": [], "customers": [], "invoices": [], "transactions": []})
        with self.store.begin(T) as unit:
            unit.put([COMPANY])
            unit.save([connection()])

    def page(self, facts: list[Fact]) -> None:
        for fact in facts:
            pages: list[Pulled | Exception] = self.source.script[_stream(fact)]
            pages.append(pulled(fact, complete=True))

    def chapter(self, on: date, facts: list[Fact]) -> None:
        self.clock.instant = datetime(on.year, on.month, on.day, 6, tzinfo=UTC)
        self.page(facts)
        self.sync()
        if on == day(3, 2):
            finance(self.store, T, [TERMS])
        reconcile(self.store, T)

    def sync(self) -> None:
        sync_connection(self.store, self.source, self.clock, T, "con_1")

    def tell(self) -> None:
        for on, facts in CHAPTERS:
            self.chapter(on, facts)

    def log(self) -> list[Event]:
        with self.store.begin(T, write=False) as unit:
            return unit.entries(Event)

    def verify(self) -> list[str]:
        return [str(d) for d in verify(self.store, self.source, T)]


def _stream(fact: Fact) -> str:
    names = {"Invoice": "invoices", "BankTransaction": "transactions", "Counterparty": "customers"}
    return names.get(type(fact).__name__, "accounts")


@pytest.fixture(scope="module")
def tale() -> Tale:
    told = Tale()
    told.tell()
    return told


def _readable(event: Event) -> dict[str, Any]:
    return event.model_dump(mode="json", exclude={"company_id", "schema_version"}, exclude_none=True)


def test_the_log_reads_as_it_should(tale: Tale) -> None:
    log = [_readable(e) for e in tale.log()]
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(log, indent=2, ensure_ascii=False) + "\n")
    assert log == json.loads(GOLDEN.read_text())


def test_a_second_round_adds_nothing_and_everything_verifies(tale: Tale) -> None:
    before = tale.log()
    with tale.store.begin(T, write=False) as unit:
        revision = unit.revision
    for stream in tale.source.script:
        tale.source.pulls.clear()
        sync_connection(tale.store, tale.source, tale.clock, T, "con_1", streams=[stream], full=True)
        assert tale.source.pulls
    reconcile(tale.store, T)
    assert tale.log() == before
    with tale.store.begin(T, write=False) as unit:
        assert unit.revision == revision
    assert tale.verify() == []


@pytest.mark.parametrize("commit", range(2, 60, 4))
def test_a_process_killed_anywhere_tells_the_same_story(tale: Tale, commit: int) -> None:
    killed = Tale()
    killed.store.fail_at(commit)
    for on, facts in CHAPTERS:
        try:
            killed.chapter(on, facts)
        except CrashError:
            killed.chapter(on, [])
    assert killed.log() == tale.log()
    assert killed.verify() == []


def _changed_event(tale: Tale) -> Event:
    return tale.log()[4].model_copy(update={"occurred_on": day(4, 1)})


def _changed_allocation(tale: Tale) -> Allocation:
    with tale.store.begin(T, write=False) as unit:
        return unit.entries(Allocation)[0].model_copy(update={"amount_minor": 500_000})


def _changed_decision(tale: Tale) -> Decision:
    with tale.store.begin(T, write=False) as unit:
        return unit.all(Decision)[0].model_copy(update={"reason": "because"})


def _changed_line(tale: Tale) -> BankTransaction:
    with tale.store.begin(T, write=False) as unit:
        return unit.all(BankTransaction)[0].model_copy(update={"value_date": day(4, 1)})


def _changed_invoice(tale: Tale) -> Invoice:
    with tale.store.begin(T, write=False) as unit:
        return unit.all(Invoice)[0].model_copy(update={"payable_minor": 1})


def _changed_snapshot(tale: Tale) -> FinancedInvoice:
    with tale.store.begin(T, write=False) as unit:
        one = unit.all(FinancedInvoice)[0]
        return one.model_copy(update={"snapshot": {**one.snapshot, "gross_minor": 1}})


def _somebody_decided(tale: Tale) -> Decision:
    with tale.store.begin(T, write=False) as unit:
        return unit.all(Decision)[0].model_copy(update={"decided_by": "person:mallory"})


@pytest.mark.parametrize(
    ("forge", "kind"),
    [
        (_changed_event, "event"), (_changed_allocation, "allocation"), (_changed_decision, "decision"),
        (_changed_line, "fact"), (_changed_invoice, "fact"), (_changed_snapshot, "snapshot"),
        (_somebody_decided, "decision"),
    ],
)  # fmt: skip
def test_whatever_is_tampered_with_is_found(forge: Callable[[Tale], Any], kind: str) -> None:
    forged = Tale()
    forged.tell()
    record = forge(forged)
    forged.store.tamper(T, record)
    assert any(text.startswith(f"{kind} {record.id}") for text in forged.verify())


@pytest.mark.parametrize("position", [0, 3, -1])
def test_an_erased_event_is_missed(position: int) -> None:
    robbed = Tale()
    robbed.tell()
    gone = robbed.log()[position]
    robbed.store.erase(T, Event, gone.id)
    assert any("is not stored" in text for text in robbed.verify())


def test_an_erased_raw_record_leaves_a_fact_without_proof() -> None:
    robbed = Tale()
    robbed.tell()
    with robbed.store.begin(T, write=False) as unit:
        raw = unit.entries(RawRecord)[-1]
    robbed.store.erase(T, RawRecord, raw.id)
    assert any(text.startswith("fact txn_4") for text in robbed.verify())


def test_a_persons_decisions_verify_too() -> None:
    tale = Tale()
    on, facts = CHAPTERS[0]
    tale.chapter(on, [*facts, invoice("FA-2026-0043", 1_000_000)])
    tale.chapter(day(4, 8), [line("1", 1_000_000, day(4, 7), "VIREMENT")])
    with tale.store.begin(T, write=False) as unit:
        (case,) = unit.all(Decision)
    accept(tale.store, T, case.id, person="ada")
    assert tale.verify() == []
    undo(tale.store, T, case.id, person="bob")
    assert tale.verify() == []


def test_everything_told_can_be_explained(tale: Tale) -> None:
    with tale.store.begin(T, write=False) as unit:
        ids = [e.id for e in unit.entries(Event)] + [a.id for a in unit.entries(Allocation)]
        ids += [d.id for d in unit.all(Decision)] + [f.id for f in unit.all(FinancedInvoice)]
        for id in ids:
            explained = explain(unit, id)
            assert explained.text.endswith(".")
            assert explained.records
