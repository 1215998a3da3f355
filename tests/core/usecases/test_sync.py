"""Sync: one unit per page, resumption, deletions, the guard, and what errors leave behind."""

from typing import Any

import pytest

from core.errors import Conflict, NeedsPermission, NeedsReconnect, NotFound, ProviderChanged, RetryLater
from core.model import (
    AuditEntry,
    Connection,
    Invoice,
    ProviderMatch,
    QualityIssue,
    RawRecord,
    StreamState,
    SyncRun,
)
from core.ports import Pulled
from core.usecases.audit import WALKED
from core.usecases.sync import sync_connection, sync_stream
from core.usecases.tombstones import VanishedError
from tests.core.usecases.made import T, connection, invoice, issue, pulled, world
from tests.fakes import CrashError, InMemoryStore, ScriptedSource


def read(store: InMemoryStore, source: ScriptedSource, **options: Any) -> SyncRun:
    return sync_stream(store, source, store.clock, T, "con_1", "invoices", **options)


def pages(count: int = 3, per_page: int = 2) -> list[Pulled | Exception]:
    facts = [invoice(f"FA-{n}", 1000 + n) for n in range(count * per_page)]
    cut = [facts[n : n + per_page] for n in range(0, len(facts), per_page)]
    return [pulled(*some, complete=some is cut[-1]) for some in cut]


def everything(store: InMemoryStore) -> tuple[Any, ...]:
    with store.begin(T, write=False) as unit:
        return (
            unit.all(Invoice), unit.entries(RawRecord), unit.find(StreamState), unit.find(QualityIssue),
        )  # fmt: skip


def test_pages_are_stored_with_their_cursor_and_a_second_read_is_silent() -> None:
    store, source = world(), ScriptedSource({"invoices": pages()})
    seen: list[dict[str, int]] = []
    run = read(store, source, progress=lambda _, counts: seen.append(dict(counts)))
    assert (run.pages, run.records, run.new, run.result, run.complete) == (3, 6, 6, "done", True)
    assert [counts["records"] for counts in seen] == [2, 4, 6]
    with store.begin(T, write=False) as unit:
        before = unit.revision
        assert [e.action for e in unit.entries(AuditEntry)] == [WALKED]
    again = read(store, source, full=True)
    assert (again.new, again.changed, again.mode) == (0, 0, "full")
    with store.begin(T, write=False) as unit:
        assert unit.revision == before


@pytest.mark.parametrize("crash", range(1, 6))
def test_a_killed_sync_goes_on_and_ends_like_an_undisturbed_one(crash: int) -> None:
    undisturbed = world()
    read(undisturbed, ScriptedSource({"invoices": pages()}))
    store, source = world(), ScriptedSource({"invoices": pages()})
    store.fail_at(crash)
    try:
        read(store, source)
    except CrashError:
        read(store, source)
    assert everything(store) == everything(undisturbed)
    with store.begin(T, write=False) as unit:
        assert {r.result for r in unit.find(SyncRun)} <= {"done", "interrupted"}


def test_issues_are_merged_with_their_page() -> None:
    store = world()
    script = [pulled(invoice("FA-1", 1), issues=[issue()]), pulled(issues=[issue()])]
    assert read(store, ScriptedSource({"invoices": script})).set_aside == 2
    with store.begin(T, write=False) as unit:
        assert [i.occurrences for i in unit.find(QualityIssue)] == [2]


def test_a_match_that_its_invoice_no_longer_lists_is_withdrawn() -> None:
    """Qonto lists the matched transactions inside the invoice; what is no longer there was undone."""
    paid = invoice("FA-1", 1000)
    matched, other = (
        ProviderMatch(id=f"mat_{n}", company_id=paid.company_id, source=paid.source, invoice_id=paid.id,
                      transaction_id=f"txn_{n}")
        for n in (1, 2)
    )  # fmt: skip
    store, source = world(), ScriptedSource({"invoices": [pulled(paid, matched, other)]})
    read(store, source)
    source.script["invoices"].append(pulled(paid, other))
    read(store, source)
    with store.begin(T, write=False) as unit:
        assert {m.id: m.withdrawn for m in unit.all(ProviderMatch)} == {"mat_1": True, "mat_2": False}
    source.script["invoices"].append(pulled(paid, matched, other))
    read(store, source)
    with store.begin(T, write=False) as unit:
        assert not any(m.withdrawn for m in unit.all(ProviderMatch))


def test_what_is_proven_gone_gets_a_last_version() -> None:
    store, source = world(), ScriptedSource({"invoices": pages()})
    read(store, source)
    source.script["invoices"].append(pulled(gone=["FA-1", "unheard-of"]))
    assert read(store, source).changed == 1
    with store.begin(T, write=False) as unit:
        assert unit.get(Invoice, ["inv_FA-1"])["inv_FA-1"].document_status == "deleted"
        assert len(unit.history(Invoice, "inv_FA-1")) == 2
    source.script["invoices"].append(pulled(invoice("FA-1", 1001)))
    assert read(store, source).changed == 1


def test_a_mass_disappearance_stops_and_asks() -> None:
    store, source = world(), ScriptedSource({"invoices": pages(20)})
    read(store, source)
    source.script["invoices"].append(pulled(gone=[f"FA-{n}" for n in range(12)]))
    with pytest.raises(VanishedError, match="12 of 40"):
        read(store, source)
    with store.begin(T, write=False) as unit:
        assert all(i.document_status == "issued" for i in unit.all(Invoice))
        assert [i.code for i in unit.find(QualityIssue)] == ["mass_disappearance"]
        assert unit.load(StreamState, "con_1:invoices").cursor == {"at": 20}
    assert read(store, source, guard=None).changed == 12


@pytest.mark.parametrize(
    ("error", "state", "health"),
    [
        (NeedsReconnect("the consent is over"), "reconnect_needed", "unknown"),
        (RetryLater("busy", seconds=30), "active", "rate_limited"),
        (ProviderChanged("an answer in HTML"), "active", "degraded"),
    ],
)
def test_an_error_is_written_down_and_raised(error: Exception, state: str, health: str) -> None:
    store, source = world(), ScriptedSource({"invoices": [pages()[0], error, *pages()[1:]]})
    with pytest.raises(type(error)):
        read(store, source)
    with store.begin(T, write=False) as unit:
        found = unit.load(Connection, "con_1")
        assert (found.state, found.health, bool(found.error)) == (state, health, True)
        assert len(unit.all(Invoice)) == 2
        assert [r.result for r in unit.find(SyncRun)] == ["failed"]


def test_pages_that_do_not_move_on_are_stopped() -> None:
    class Stuck(ScriptedSource):
        def pull(self, *args: Any) -> Pulled:
            return Pulled((), (), (), args[3], more=True)

    with pytest.raises(ProviderChanged, match="do not move on"):
        read(world(), Stuck({"invoices": []}))


def test_only_an_active_connection_is_read() -> None:
    store, source = world(), ScriptedSource({"invoices": pages()})
    with pytest.raises(NotFound):
        sync_stream(store, source, store.clock, T, "con_9", "invoices")
    for state, error in (("suspended", Conflict), ("reconnect_needed", NeedsReconnect)):
        with store.begin(T) as unit:
            unit.save([connection(state=state)])
        with pytest.raises(error):
            read(store, source)


def test_a_connection_goes_on_past_a_stream_it_may_not_read_and_wakes_reconciliation_once() -> None:
    store = world()
    source = ScriptedSource({"quotes": [NeedsPermission("no scope")], "invoices": pages()})
    synced = sync_connection(store, source, store.clock, T, "con_1")
    assert len(synced.runs) == 1
    assert len(synced.errors) == 1
    assert synced.reconciliation_due
    assert [j.kind for j in store.jobs(T)] == ["reconcile"]
    sync_connection(store, source, store.clock, T, "con_1")
    assert len(store.jobs(T)) == 1
    with store.begin(T, write=False) as unit:
        assert unit.load(Connection, "con_1").health == "ok"


def test_a_limit_halfway_still_wakes_reconciliation_for_what_came() -> None:
    store = world()
    source = ScriptedSource({"invoices": pages(), "transactions": [RetryLater("busy", seconds=9)]})
    with pytest.raises(RetryLater):
        sync_connection(store, source, store.clock, T, "con_1")
    assert [j.kind for j in store.jobs(T)] == ["reconcile"]
    with store.begin(T, write=False) as unit:
        assert unit.load(Connection, "con_1").health == "rate_limited"
