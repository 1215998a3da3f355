"""The in-memory ports behave like the real ones where the use cases lean on it."""

import pytest

from core.model import AuditEntry, BankAccount, StreamState
from core.ports import Store, Unit, Vault
from tests.fakes import CrashError, FixedClock, InMemoryStore, InMemoryUnit, InMemoryVault

ports: tuple[type[Store], type[Vault]] = (InMemoryStore, InMemoryVault)
unit_port: type[Unit] = InMemoryUnit


def account(name: str = "Main", id: str = "acc_1") -> BankAccount:
    return BankAccount(id=id, company_id="com_1", name=name, currency="EUR")


def test_a_unit_takes_one_revision_and_only_when_something_changes() -> None:
    store = InMemoryStore()
    with store.begin("t") as unit:
        assert unit.put([account(), account(id="acc_2")]).new == ("acc_1", "acc_2")
    with store.begin("t") as unit:
        assert unit.put([account()]).unchanged == 1
        unit.save([StreamState(id="c:s", connection_id="c", stream="s", updated_at=unit.now)])
        assert unit.revision == 1
    with store.begin("t") as unit:
        assert unit.put([account("Savings")]).changed == ("acc_1",)
        assert unit.all(BankAccount, as_of=1)[0].name == "Main"
        assert [v.superseded_at for v in unit.history(BankAccount, "acc_1")] == [2, None]
        assert unit.revisions(BankAccount) == [1, 2]


def write(store: InMemoryStore, *, fail: bool = False) -> None:
    with store.begin("t") as unit:
        unit.put([account()])
        unit.enqueue("sync", key="k", args={}, dedupe_id="1")
        if fail:
            raise ZeroDivisionError


def test_a_failed_unit_leaves_nothing() -> None:
    store = InMemoryStore()
    with pytest.raises(ZeroDivisionError):
        write(store, fail=True)
    store.fail_at(1)
    with pytest.raises(CrashError):
        write(store)
    with store.begin("t", write=False) as unit:
        assert unit.all(BankAccount) == []
        assert unit.revision == 0
        with pytest.raises(RuntimeError):
            unit.put([account()])
    assert store.jobs("t") == []


def test_entries_are_written_once_and_pages_walk_everything() -> None:
    store = InMemoryStore()
    entries = [
        AuditEntry(
            id=f"aud_{n}",
            at=store.clock.now(),
            actor="a",
            action="b",
            subject="c",
            previous_hash=None,
            hash="",
        )
        for n in range(5)
    ]
    with store.begin("t") as unit:
        assert unit.append([*entries, entries[0]]) == 5
        assert unit.append(entries) == 0
        seen, after = unit.page(AuditEntry, after=None, limit=2)
        while after:
            more, after = unit.page(AuditEntry, after=after, limit=2)
            seen += more
        assert seen == entries


def test_a_lease_is_exclusive_until_it_runs_out() -> None:
    clock = FixedClock()
    vault = InMemoryVault(clock)
    assert vault.lease("t", "c", generation=1, owner="a", seconds=30)
    assert not vault.lease("t", "c", generation=1, owner="b", seconds=30)
    clock.move(seconds=31)
    assert vault.lease("t", "c", generation=1, owner="b", seconds=30)
