"""A company connected to two simulators, a partner, a database: what the kill tests disturb."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from connectors.kit.calls import Call
from connectors.kit.simulated_oauth import Registered
from connectors.kit.simulator import Simulator
from connectors.kit.world import Account, Partner, World
from connectors.pennylane.simulator import PennylaneSimulator
from connectors.qonto.simulator import QontoSimulator
from core.model import FACTS, Allocation, Connection, Decision, Delivery, Event, FinancedInvoice, Invoice
from core.usecases.companies import add_company
from core.usecases.finance import finance
from core.usecases.sync import sync_connection
from hub.demo.browser import Browser
from hub.demo.partner import Partner as Receiver
from hub.demo.platform import Platform
from hub.running import ApiServer
from hub.settings import Settings
from hub.wiring import Hub, open_hub, upgrade_database

ROOT = Path(__file__).parents[2]
TENANT = "ten_faults"
VAULT_KEYS = "test:" + base64.b64encode(bytes(range(32))).decode()
START = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
LATENCY = 0.02


class SlowReceiver(Receiver):
    """A partner that takes its time, so that a worker can be struck while it delivers."""

    def take(self, headers: dict[str, str], body: bytes) -> int:
        time.sleep(0.1)
        return super().take(headers, body)


class Stage:
    """The world goes on by `pay`; `enqueue_syncs` asks for it to be read; a worker process reads it."""

    def __init__(
        self, world: World, hub: Hub, receiver: Receiver, platform: Platform, environment: Mapping[str, str]
    ) -> None:
        self.world, self.hub, self.receiver, self.platform = world, hub, receiver, platform
        self._environment = environment
        self.account: Account
        self.customer: Partner

    def begin(self) -> None:
        """Connects, issues ten invoices, reads them and finances them."""
        company = self.company = self.world.company("Atelier Nordique SAS")
        self.account = self.world.account(company, balance_minor=1_000_000)
        self.customer = self.world.partner(company, "Menuiserie Duval SARL")
        self.invoices = [
            self.world.invoice(self.customer, f"FA-2026-{400 + n:04d}", 123_457 + 10_101 * n)
            for n in range(10)
        ]
        ours, _ = add_company(self.hub.store, TENANT, legal_name=company.legal_name, siren=company.siren)
        self.receiver.secret = self.platform.post("/v1/webhook-endpoints", {"url": self.receiver.url})[
            "secret"
        ]
        for provider in ("pennylane", "qonto"):
            link = self.platform.post("/v1/connect-sessions", {"company_id": ours.id, "provider": provider})
            with Browser() as browser:
                browser.open(link["url"]).submit().submit().submit()
        for connection in self.connections():
            sync_connection(self.hub.store, self.hub.driver, self.hub.clock, TENANT, connection.id)
        done = finance(self.hub.store, TENANT, [self._terms(n) for n in range(10)])
        assert len(done.registered) == 10, done.refused

    def _terms(self, number: int) -> dict[str, Any]:
        return {
            "loan_reference": f"LOAN-{number:03d}",
            "invoice": {
                "company": self.company.siren,
                "direction": "receivable",
                "number": self.invoices[number].number,
            },
            "advance_minor": 100_000,
            "currency": "EUR",
            "basis": "gross",
            "assignment": "silent",
            "disbursed_on": "2026-03-02",
        }

    def connections(self) -> list[Connection]:
        with self.hub.store.begin(TENANT, write=False) as unit:
            return unit.find(Connection)

    def happen(self, number: int) -> None:
        """The n-th thing: invoices are paid in two halves each, then some halves are recalled."""
        self.world.advance(timedelta(days=2, hours=1))
        invoice = self.invoices[number % 10]
        half = invoice.gross_minor // 2
        amount = half if number < 10 else invoice.gross_minor - half
        paid = self.world.pay(invoice, self.account, amount)
        self.world.match(invoice, paid)
        if number in (13, 16):
            self.world.advance(timedelta(days=1))
            self.world.recall(paid)
            self.world.unmatch(invoice, paid)

    def enqueue_syncs(self) -> None:
        """Asks for every connection to be read, unless that is asked for already."""
        if self.hub.jobs.backlog()["sync"]:
            return
        for connection in self.connections():
            self.platform.post(f"/v1/connections/{connection.id}/sync", {})

    def worker(self) -> subprocess.Popen[str]:
        """A worker process that says `ready`."""
        command = [sys.executable, "-m", "hub", "worker"]
        environment = {**os.environ, **self._environment, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline().startswith("worker ready")
        process.stdout.close()
        return process

    def quiet(self) -> bool:
        """No job waits and every delivery arrived."""
        if any(self.hub.jobs.backlog().values()):
            return False
        with self.hub.store.begin(TENANT, write=False) as unit:
            return not unit.find(Delivery, state="pending")

    def end_state(self) -> dict[str, Any]:
        """What is known, decided and said at the end, without the instants at which it was learnt."""
        with self.hub.store.begin(TENANT, write=False) as unit:
            facts = {kind.entity: {f.id: f.content() for f in unit.all(kind)} for kind in FACTS}
            events = [e.model_dump(mode="json", exclude={"detected_at"}) for e in unit.entries(Event)]
            allocations = {a.id: a.canonical() for a in unit.entries(Allocation)}
        logs: dict[str, list[dict[str, Any]]] = {}
        for event in events:
            logs.setdefault(event["subject"], []).append(event)
        return {"facts": facts, "allocations": allocations, "events": logs}


def until(done: Callable[[], bool], *, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, "it did not come to rest"
        time.sleep(0.1)


@contextmanager
def staged(url: str) -> Iterator[Stage]:
    """A stage on a migrated database, with the API in this process."""
    world = World(START, name="faults")
    with ExitStack() as stack:
        api_port = _free_port()
        public_url = f"http://127.0.0.1:{api_port}"
        simulators = {
            slug: stack.enter_context(_simulator(kind, world, f"{public_url}/oauth/callback/{slug}"))
            for slug, kind in (("pennylane", PennylaneSimulator), ("qonto", QontoSimulator))
        }
        receiver = stack.enter_context(SlowReceiver())
        environment = _environment(url, public_url, receiver, simulators)
        settings = _settings(environment)
        upgrade_database(settings)
        hub = open_hub(settings, clock=world)
        stack.callback(hub.close)
        hub.keys.create_tenant("faults", id=TENANT)
        api = ApiServer(hub, host="127.0.0.1", port=api_port)
        stack.callback(api.stop)
        api.start()
        platform = Platform(public_url, hub.keys.create_key(TENANT, "test", ("read", "write")))
        stack.callback(platform.close)
        stage = Stage(world, hub, receiver, platform, environment)
        stage.begin()
        yield stage


def _simulator(kind: type[Simulator], world: World, callback: str) -> Simulator:
    simulator = kind(
        world,
        client=Registered(client_secret="simulated", redirect_uris=(callback,)),
        calls_per_window=(1_000_000, 1.0),
    )

    def slowly(_call: Call) -> None:
        time.sleep(LATENCY)

    simulator.before_call = slowly
    return simulator


def _environment(
    url: str, public_url: str, receiver: Receiver, simulators: Mapping[str, Simulator]
) -> dict[str, str]:
    environment = {
        "LETTRAGE_DATABASE_URL": url,
        "LETTRAGE_VAULT_KEYS": VAULT_KEYS,
        "LETTRAGE_PUBLIC_URL": public_url,
        "LETTRAGE_WEBHOOK_ALLOW": f"{receiver.address},127.0.0.1",
        "LETTRAGE_JOB_SILENCE_SECONDS": "1.2",
        "LETTRAGE_JOB_RESUMPTIONS": "100",
    }
    for slug, simulator in simulators.items():
        name = f"LETTRAGE_{slug.upper()}"
        environment[f"{name}_CLIENT_ID"] = simulator.client.client_id
        environment[f"{name}_CLIENT_SECRET"] = simulator.client.client_secret
        environment[f"{name}_BASE_URL"] = environment[f"{name}_AUTH_URL"] = simulator.url
    return environment


def _settings(environment: Mapping[str, str]) -> Settings:
    values: dict[str, Any] = {
        name.removeprefix("LETTRAGE_").lower(): value for name, value in environment.items()
    }
    for name in values:
        if name.endswith("secret") or name == "vault_keys":
            values[name] = SecretStr(values[name])
    return Settings(**values)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


__all__ = ["TENANT", "Decision", "FinancedInvoice", "Invoice", "Stage", "staged", "until"]
