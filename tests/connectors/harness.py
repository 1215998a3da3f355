"""Runs a connector against its simulator the way the hub does: real consent pages, real HTTP.

A provider joins the contract suite by one `Harness` in `HARNESSES`.
"""

import html
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from connectors.kit.client import Pace, ProviderSettings
from connectors.kit.contract import Connector
from connectors.kit.driver import Driver
from connectors.kit.simulated_oauth import Registered
from connectors.kit.simulator import Fault, Simulator
from connectors.kit.story import Cast
from connectors.kit.world import Document, Movement, Partner, World
from core.model import Connection, Fact, QualityIssue, RawRecord
from core.ports import Granted, Tokens
from tests.connectors.fakes import CountingLimiter, MemoryVault

REDIRECT = "http://127.0.0.1/oauth/callback"
TENANT = "ten_test"
MOST_PAGES = 3_000


@dataclass(frozen=True)
class Harness:
    """What the suite needs to know of one provider beyond its connector and its simulator.

    `connector(size)` gives the connector with pages of that size; `fill(world, cast, n)` makes n
    records of every list; `count` says how many facts of each stream the world holds; `listed` is a
    path of a list that faults are scripted on, read by the stream `stream`; `spoil(body)` gives a
    body of that list one record with a word nobody knows and one good record with a new field.
    """

    slug: str
    connector: Callable[[int], Connector]
    simulator: Callable[..., Simulator]
    fill: Callable[[World, Cast, int], None]
    expected: Callable[[World, str], Mapping[str, set[str]]]
    """World and provider account -> for each stream the external ids it must have seen."""
    stream: str
    listed: str
    spoil: Callable[[Any], Any]
    movable: type[Any]
    """The kind of thing in the world that `stream` lists."""
    html_error: type[Exception]
    """What a page instead of JSON means for this provider."""
    missing_scope: str
    """A scope whose absence must switch `stream` off and nothing that does not need it."""
    lines_per_stream: int = 100
    """The size budget of connector and tables; more needs a reason."""
    scenarios: Mapping[str, Callable[["Bench"], None]] = field(default_factory=dict)
    """For each capability of the connector, what shows that it works."""


def form_of(page: str) -> dict[str, str]:
    """The named fields of the form on a page, radios as they are ticked."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        attributes = {k: html.unescape(v) for k, v in re.findall(r'(\w+)="([^"]*)"', tag)}
        if attributes.get("type") == "radio" and "checked" not in tag:
            continue
        fields[attributes["name"]] = attributes.get("value", "")
    return fields


def walk_consent(
    url: str, base: str, *, company: str | None = None, decision: str = "allow"
) -> dict[str, str]:
    """Goes through the provider's pages as a person would; the parameters of the way back."""
    with httpx.Client(base_url=base, trust_env=False) as browser:
        login = browser.get(url)
        assert login.status_code == 200, login.text
        posted = browser.post(urlsplit(url).path, data=form_of(login.text))
        consent = browser.get(posted.headers["location"])
        fields = form_of(consent.text) | {"decision": decision}
        if company:
            fields["company"] = company
        back = browser.post(urlsplit(url).path, data=fields)
        assert back.status_code == 303, back.text
        target = back.headers["location"]
        assert target.startswith(REDIRECT)
        return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}


@dataclass
class Collector:
    """What the store would hold: facts by id, raw records, issues, cursors."""

    facts: dict[str, Fact] = field(default_factory=dict)
    raws: dict[str, RawRecord] = field(default_factory=dict)
    issues: dict[str, QualityIssue] = field(default_factory=dict)
    cursors: dict[str, dict[str, Any]] = field(default_factory=dict)
    history: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    changed: int = 0
    gone: set[str] = field(default_factory=set)
    complete: dict[str, bool] = field(default_factory=dict)

    def state(self) -> dict[str, str]:
        """Contents by id: what two runs are compared by."""
        return {id: fact.content() for id, fact in self.facts.items()}

    def seen(self, stream: str) -> set[str]:
        """External ids of a stream that became facts."""
        return {f.source.external_id for f in self.facts.values() if f.source and f.source.object == stream}


class Bench:
    """One company connected at one simulated provider."""

    def __init__(self, harness: Harness, world: World, sim: Simulator, *, size: int = 100) -> None:
        self.harness, self.world, self.sim = harness, world, sim
        self.slept: list[float] = []
        self.drivers: list[Driver] = []
        self.limiter = CountingLimiter()
        self.vault = MemoryVault(world)
        self.connector = harness.connector(size)
        self.settings = ProviderSettings(
            client_id=sim.client.client_id,
            client_secret=sim.client.client_secret,
            base_url=sim.url,
            auth_url=sim.url,
            redirect_uri=REDIRECT,
        )
        self.driver = self.new_driver()
        self.connection: Connection | None = None
        self.tokens: Tokens | None = None
        self.granted: Granted | None = None

    def new_driver(self, connector: Connector | None = None, **pace: Any) -> Driver:
        """Another process: its own driver over the same vault."""
        driver = Driver(
            {self.harness.slug: connector or self.connector},
            {self.harness.slug: self.settings},
            vault=self.vault,
            limiter=self.limiter,
            clock=self.world,
            pace=Pace(sleep=self.sleep, chance=lambda: 0.5, **{"timeout": 5.0, **pace}),
        )
        self.drivers.append(driver)
        return driver

    def sleep(self, seconds: float) -> None:
        """Time passes in the world, and a moment for other threads."""
        self.slept.append(seconds)
        self.world.advance(timedelta(seconds=seconds))
        threading.Event().wait(0.01 if threading.active_count() > 3 else 0)

    def connect(self, company: str | None = None, connection_id: str = "con_1") -> Connection:
        """Consents through the pages, exchanges the code, stores the tokens."""
        slug = self.harness.slug
        url, verifier = self.driver.start(slug, state="state-123456", redirect_uri=REDIRECT)
        back = walk_consent(url, self.sim.url, company=company)
        assert back["state"] == "state-123456"
        self.tokens, self.granted = self.driver.finish(
            slug, code=back["code"], verifier=verifier, redirect_uri=REDIRECT
        )
        stored = self.vault.read_tokens(TENANT, connection_id)
        generation = stored.generation if stored else None
        assert self.vault.swap_tokens(TENANT, connection_id, expected=generation, tokens=self.tokens)
        self.connection = Connection(
            id=connection_id,
            company_id="com_1",
            provider=slug,
            state="active",
            provider_account_id=self.granted.account_id,
            scopes=self.granted.scopes,
            created_at=datetime(2026, 9, 1, tzinfo=UTC),
        )
        return self.connection

    def drive(
        self,
        into: Collector | None = None,
        *,
        streams: tuple[str, ...] | None = None,
        driver: Driver | None = None,
        between: Callable[[], None] | None = None,
    ) -> Collector:
        """Reads all streams to their end; `between` runs after each page."""
        collector, used = into or Collector(), driver or self.driver
        assert self.connection is not None
        for stream in streams or used.streams(self.connection):
            self._drain(collector, used, stream, between)
        return collector

    def _drain(
        self, collector: Collector, driver: Driver, stream: str, between: Callable[[], None] | None
    ) -> None:
        cursor = collector.cursors.get(stream, {})
        for _ in range(MOST_PAGES):
            collector.history.setdefault(stream, []).append(cursor)
            pulled = driver.pull(TENANT, self.connection, stream, cursor)
            for fact in pulled.facts:
                before = collector.facts.get(fact.id)
                collector.changed += before is None or before.content() != fact.content()
                collector.facts[fact.id] = fact
            collector.raws |= {raw.id: raw for raw in pulled.raws}
            collector.issues |= {issue.id: issue for issue in pulled.issues}
            collector.gone |= set(pulled.gone)
            cursor = collector.cursors[stream] = pulled.cursor
            collector.complete[stream] = pulled.complete
            if between:
                between()
            if not pulled.more:
                return
        raise AssertionError(f"{stream} does not end")


@contextmanager
def bench(
    harness: Harness, *, records: int = 5, size: int = 100, connected: bool = True, **options: Any
) -> Iterator[tuple[Bench, Cast]]:
    """A world with a story, its simulator running, and a company connected; violations fail the test."""
    from connectors.kit.story import standard_cast

    world = World()
    cast = standard_cast(world)
    harness.fill(world, cast, records)
    world.advance(timedelta(hours=1))
    client = Registered(redirect_uris=(REDIRECT,))
    with harness.simulator(world, client=client, **options) as sim:
        made = Bench(harness, world, sim, size=size)
        try:
            if connected:
                made.connect(company=cast.company.id)
            yield made, cast
        finally:
            for driver in made.drivers:
                driver.close()
        assert sim.violations == []


# --- Qonto


def _fill_qonto(world: World, cast: Cast, n: int) -> None:
    second = world.account(cast.company, name="Compte secondaire")
    supplier = world.partner(cast.company, "Bois et Fils", role="supplier")
    for i in range(n):
        customer = world.partner(cast.company, f"Client {i}")
        invoice = world.invoice(customer, f"FA-{i}", 120_000 + i)
        world.pay(invoice, second if i % 2 else cast.account)
        world.move(cast.account, -500 - i, "CARTE", operation="card", status="pending")
        world.move(cast.account, -700 - i, "REFUSE", operation="card", status="declined")
        world.credit_note(invoice, f"AV-{i}", 1_200)
        bought = world.invoice(supplier, f"S-{i}", 6_000 + i)
        world.match(bought, world.pay(bought, second))


def _expected_qonto(world: World, account: str) -> Mapping[str, set[str]]:
    documents = world.all(Document, account)
    return {
        "organization": {account},
        "bank_accounts": {a.id for a in _accounts(world, account)},
        "clients": {p.id for p in world.all(Partner, account) if p.role == "customer"},
        "client_invoices": {d.id for d in documents if d.direction == "receivable" and d.kind == "invoice"},
        "credit_notes": {d.id for d in documents if d.kind == "credit_note"},
        "transactions": {m.id for m in world.all(Movement, account)},
        "supplier_invoices": {d.id for d in documents if d.direction == "payable"},
    }


def _accounts(world: World, company: str) -> list[Any]:
    from connectors.kit.world import Account

    return world.all(Account, company)


def _spoil_qonto(body: Any) -> Any:
    rows = body.get("transactions")
    if isinstance(rows, list) and len(rows) > 1:
        rows[0]["operation_type"] = "teleportation"
        rows[1]["brand_new_field"] = {"deep": 1}
    return body


def _announce_qonto(made: Bench) -> list[int]:
    line = made.world.all(Movement)[0]
    announced: list[int] = made.sim.announce(line)  # type: ignore[attr-defined]  # the simulator is Qonto's
    return announced


def _qonto() -> Harness:
    from connectors.qonto.connector import Qonto
    from connectors.qonto.simulator import QontoSimulator
    from core.errors import Misconfigured
    from tests.connectors.hooks import hears_webhooks

    return Harness(
        slug="qonto",
        connector=lambda size: Qonto(size=size),
        simulator=QontoSimulator,
        fill=_fill_qonto,
        expected=_expected_qonto,
        stream="transactions",
        listed="/v2/transactions",
        spoil=_spoil_qonto,
        movable=Movement,
        html_error=Misconfigured,
        missing_scope="organization.read",
        scenarios={"hears_webhooks": hears_webhooks(_announce_qonto, "transactions")},
    )


def _pennylane() -> Harness:
    from tests.connectors.pennylane.harness import harness

    return harness()


HARNESSES: dict[str, Callable[[], Harness]] = {"pennylane": _pennylane, "qonto": _qonto}
__all__ = ["HARNESSES", "Bench", "Collector", "Fault", "Harness", "bench", "walk_consent"]
