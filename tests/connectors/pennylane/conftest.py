"""A connected company at a simulated Pennylane: consent given over real HTTP, streams read by the kit."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from connectors.kit.client import Pace, ProviderSettings
from connectors.kit.driver import Driver
from connectors.kit.world import Account, Company, Partner, World
from connectors.pennylane import changes
from connectors.pennylane.connector import CONNECTOR, Pennylane
from connectors.pennylane.simulator import PREFIX, PennylaneSimulator
from core.model import BankTransaction, Connection, Fact, Invoice, ProviderMatch
from core.ports import Granted, Pulled
from tests.fakes import FreeLimiter, InMemoryVault

REDIRECT = "http://127.0.0.1/oauth/callback"
START = datetime(2026, 9, 1, 7, 0, tzinfo=UTC)
TENANT = "ten_1"


def consent(url: str) -> str:
    """What the SME does in its browser: logs in, allows; returns the code."""
    with httpx.Client() as browser:
        query = {k: v[0] for k, v in parse_qs(urlsplit(url).query).items()}
        base = url.partition("/oauth/")[0]
        address = f"{base}/oauth/authorize"
        browser.post(address, data={**query, "step": "login"})
        page = browser.get(url).text
        hidden = dict(re.findall(r'name="(csrf|company)" value="([^"]+)"', page))
        answer = browser.post(address, data={**query, **hidden, "step": "decide", "decision": "allow"})
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


@dataclass
class Books:
    """What the hub would hold: the latest version of each fact, and the cursor of each stream."""

    driver: Driver
    connection: Connection
    facts: dict[str, Fact] = field(default_factory=dict)
    raws: dict[str, str] = field(default_factory=dict)
    cursors: dict[str, dict[str, Any]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    issues: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)

    def pull(self, stream: str) -> Pulled:
        """One page, taken in."""
        page = self.driver.pull(TENANT, self.connection, stream, self.cursors.get(stream, {}))
        self.facts |= {fact.id: fact for fact in page.facts}
        self.raws |= {raw.id: raw.external_id for raw in page.raws}
        self.issues += [issue.message for issue in page.issues]
        self.gone += page.gone
        self.cursors[stream] = page.cursor
        if page.complete:
            self.completed.append(stream)
        return page

    def sync(self, *streams: str) -> list[Pulled]:
        """Every page of the streams (default: all), in their order."""
        pages = []
        for stream in streams or self.driver.streams(self.connection):
            pages.append(self.pull(stream))
            while pages[-1].more:
                pages.append(self.pull(stream))
        return pages

    def of(self, kind: type[Any]) -> list[Any]:
        return [fact for fact in self.facts.values() if isinstance(fact, kind)]

    def invoices(self) -> dict[str, Invoice]:
        return {invoice.number or "": invoice for invoice in self.of(Invoice)}

    def matches(self) -> set[tuple[str, str]]:
        """Label of the line and number of the invoice of each match that stands."""
        return {
            (
                self._fact(BankTransaction, m.transaction_id).remittance,
                self._fact(Invoice, m.invoice_id).number,
            )
            for m in self.of(ProviderMatch)
            if not m.withdrawn
        }

    def _fact(self, kind: type[Any], id: str) -> Any:
        fact = self.facts[id]
        assert isinstance(fact, kind)
        return fact


@dataclass
class Scene:
    """A world, the Pennylane that shows it, and one company connected to it."""

    world: World
    sim: PennylaneSimulator
    company: Company
    account: Account
    customer: Partner
    supplier: Partner
    granted: Granted
    books: Books
    vault: InMemoryVault

    def calls(self, part: str = "") -> list[str]:
        """Path and query of the API calls so far that contain `part`."""
        made = [f"{seen.path.removeprefix(PREFIX)}?{seen.query}" for seen in self.sim.seen]
        return [call for call in made if part in call and not call.startswith("/oauth")]


def connect(
    world: World, sim: PennylaneSimulator, asks: tuple[str, ...]
) -> tuple[Driver, Granted, Connection, InMemoryVault]:
    settings = ProviderSettings(
        client_id=sim.client.client_id,
        client_secret=sim.client.client_secret,
        base_url=sim.url,
        auth_url=sim.url,
    )
    pace = Pace(sleep=lambda seconds: world.advance(timedelta(seconds=seconds)), chance=lambda: 0.5)
    vault = InMemoryVault()
    connector = Pennylane()
    auth = replace(CONNECTOR.manifest.auth, scopes=(*CONNECTOR.manifest.auth.scopes, *asks))
    connector.manifest = replace(CONNECTOR.manifest, auth=auth)
    driver = Driver(
        {"pennylane": connector},
        {"pennylane": settings},
        vault=vault,
        limiter=FreeLimiter(),
        clock=world,
        pace=pace,
    )
    url, verifier = driver.start("pennylane", state="a-long-state", redirect_uri=REDIRECT)
    tokens, granted = driver.finish("pennylane", code=consent(url), verifier=verifier, redirect_uri=REDIRECT)
    connection = Connection(
        id="con_1",
        company_id="com_1",
        provider="pennylane",
        state="active",
        provider_account_id=granted.account_id,
        scopes=granted.scopes,
        created_at=world.now(),
    )
    vault.swap_tokens(TENANT, connection.id, expected=None, tokens=tokens)
    return driver, granted, connection, vault


@pytest.fixture
def make_scene() -> Iterator[Callable[..., Scene]]:
    """Builds a scene; `asks` are more scopes to consent to, the rest goes to the simulator."""
    running: list[tuple[PennylaneSimulator, Driver]] = []

    def make(*, asks: tuple[str, ...] = (), **options: Any) -> Scene:
        world = World(START)
        company = world.company("Atelier Exemple SAS")
        account = world.account(company)
        customer = world.partner(company, "Client Demo SARL")
        supplier = world.partner(company, "Fournisseur Demo SA", role="supplier")
        sim = PennylaneSimulator(world, **{"calls_per_window": (10_000, 5.0), **options}).start()
        driver, granted, connection, vault = connect(world, sim, asks)
        running.append((sim, driver))
        books = Books(driver, connection)
        return Scene(world, sim, company, account, customer, supplier, granted, books, vault)

    yield make
    for sim, driver in running:
        driver.close()
        sim.stop()
        assert sim.violations == []


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Scene:
    return make_scene()


@pytest.fixture
def small_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Change logs in pages of 20 events, two pages at a time: bursts without thousands of rows."""
    monkeypatch.setattr(changes, "EVENTS", 20)
    monkeypatch.setattr(changes, "EVENT_PAGES", 2)
