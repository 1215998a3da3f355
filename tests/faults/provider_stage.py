"""A company connected to one simulated provider, and the real store behind it: what faults disturb."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.kit.simulator import Fault
from connectors.kit.story import Cast
from core.errors import LettrageError, NeedsReconnect
from core.model import FACTS, Allocation, Company, Connection, Event
from core.usecases.finance import finance
from core.usecases.reconcile import reconcile
from core.usecases.sync import sync_connection
from core.usecases.verify import verify
from hub.store.engine import create_engine
from hub.store.keys import Keys
from hub.store.migrations import upgrade
from hub.store.sealing import open_keyring
from hub.store.unit import SqlStore
from tests.connectors.harness import TENANT, Bench, Harness, bench

MOST_ROUNDS = 5


class ProviderStage:
    """Reads over `made`, and writes to a store as the program does."""

    def __init__(self, made: Bench, cast: Cast, store: SqlStore) -> None:
        self.made, self.cast, self.store = made, cast, store
        self.errors: list[LettrageError] = []
        with store.begin(TENANT) as unit:
            unit.put([Company(id="com_1", legal_name=cast.company.legal_name, siren=cast.company.siren)])
            unit.save([made.connection])

    def begin(self) -> None:
        """The first reading, undisturbed, and an advance on the invoice of the cast."""
        assert not self._round().errors
        reconcile(self.store, TENANT)
        done = finance(self.store, TENANT, [self._terms(self.cast.invoice.number)])
        assert len(done.registered) == 1, done.refused
        reconcile(self.store, TENANT)

    def _terms(self, number: str) -> dict[str, Any]:
        named = {"company": self.cast.company.siren, "direction": "receivable", "number": number}
        return {
            "loan_reference": "LOAN-1",
            "invoice": named,
            "advance_minor": 400_000,
            "currency": "EUR",
            "basis": "gross",
            "assignment": "silent",
            "disbursed_on": "2026-09-02",
        }

    def happen(self, number: int) -> None:
        """A part of the financed invoice is paid, or taken back; another one is issued, paid, credited."""
        world, cast = self.made.world, self.cast
        world.advance(timedelta(days=1))
        part = world.pay(cast.invoice, cast.account, 20_000)
        if number % 3 == 0:
            world.match(cast.invoice, part)
        if number % 3 == 1:
            world.recall(part)
        other = world.invoice(cast.customer, f"FA-LATER-{number}", 90_000 + number)
        if number % 2:
            world.match(other, world.pay(other, cast.account))
        else:
            world.credit_note(other, f"AV-LATER-{number}", 12_000)
        world.advance(timedelta(hours=1))

    def read(self) -> None:
        """As the worker and the clock do: again after every error, a new consent when it is needed. What
        ails the provider ends with the second failure."""
        end = self.made.world.now() + timedelta(days=1)
        for attempt in range(MOST_ROUNDS):
            failed = len(self.errors)
            try:
                self.errors += self._round().errors
            except LettrageError as error:
                self.errors.append(error)
                if isinstance(error, NeedsReconnect):
                    self._reconnect()
            reconcile(self.store, TENANT)
            self.made.world.advance(timedelta(minutes=10))
            if len(self.errors) == failed:
                break
            if attempt:
                self.made.sim.clear_faults()
        else:
            raise AssertionError(f"it did not recover: {self.errors[-1]}")
        self.made.world.advance(end - self.made.world.now())

    def read_in_full(self) -> None:
        """`lettrage sync --full`, and what follows from it."""
        sync_connection(self.store, self.made.driver, self.made.world, TENANT, "con_1", full=True)
        reconcile(self.store, TENANT)

    def _round(self) -> Any:
        return sync_connection(self.store, self.made.driver, self.made.world, TENANT, "con_1")

    def _reconnect(self) -> None:
        renewed = self.made.connect(company=self.cast.company.id)
        with self.store.begin(TENANT) as unit:
            unit.save([(unit.load(Connection, "con_1") or renewed).but(state="active", error=None)])

    def end_state(self) -> dict[str, Any]:
        """What is known, decided and said, without the instants at which it was learnt."""
        with self.store.begin(TENANT, write=False) as unit:
            facts = {kind.entity: {f.id: f.content() for f in unit.all(kind)} for kind in FACTS}
            events = [e.model_dump(mode="json", exclude={"detected_at"}) for e in unit.entries(Event)]
            allocations = {a.id: a.canonical() for a in unit.entries(Allocation)}
        return {"facts": facts, "allocations": allocations, "events": events}

    def differences(self) -> list[str]:
        """What `lettrage events verify` would say."""
        return [str(each) for each in verify(self.store, self.made.driver, TENANT)]


@contextmanager
def provider_stage(harness: Harness, folder: Path) -> Iterator[ProviderStage]:
    """A connected company on a fresh SQLite database, its first reading done."""
    url = f"sqlite:///{folder / f'{harness.slug}.sqlite3'}"
    upgrade(url)
    engine = create_engine(url)
    keyring = open_keyring(None, url)
    try:
        with bench(harness, records=2, size=3) as (made, cast):
            Keys(engine, made.world, keyring).create_tenant("faults", id=TENANT)
            store = SqlStore(engine, made.world, keyring, enqueue=lambda *_, **__: None)
            stage = ProviderStage(made, cast, store)
            stage.begin()
            yield stage
    finally:
        engine.dispose()


__all__ = ["Fault", "ProviderStage", "provider_stage"]
