"""A whole sync over real HTTP against fetching the same pages bare."""

from dataclasses import dataclass

import httpx

from benchmarks.company import COMPANY_ID, INVOICES, STREAM
from benchmarks.ground import AT, KEYRING, Ground, StoppedClock, on_sqlite, rate
from benchmarks.provider import SECRET, running
from benchmarks.table import Line, Table, side_by_side
from connectors.kit.client import Pace, ProviderSettings
from connectors.kit.driver import Driver
from connectors.kit.registry import connectors
from connectors.pennylane.lists import API, LIMIT
from core.model import Connection
from core.ports import Granted, Tokens
from core.usecases.sync import sync_stream
from hub.store.vault import SqlVault
from tests.connectors.pennylane.conftest import REDIRECT, consent
from tests.fakes import FreeLimiter

ROUNDS = 3


@dataclass(frozen=True)
class Consented:
    """The hub's driver and what a consent at the provider gave."""

    ground: Ground
    url: str
    driver: Driver
    vault: SqlVault
    tokens: Tokens
    granted: Granted

    def connected(self) -> str:
        """A new tenant with the company's connection and its tokens."""
        tenant_id = self.ground.tenant()
        connection = Connection(
            id="con_bench",
            company_id=COMPANY_ID,
            provider="pennylane",
            state="active",
            provider_account_id=self.granted.account_id,
            scopes=self.granted.scopes,
            created_at=AT,
        )
        with self.ground.store.begin(tenant_id) as unit:
            unit.save([connection])
        self.vault.swap_tokens(tenant_id, connection.id, expected=None, tokens=self.tokens)
        return tenant_id

    def sync(self, invoices: int) -> None:
        """Reads the whole list into a new tenant."""
        run = sync_stream(
            self.ground.store, self.driver, StoppedClock(), self.connected(), "con_bench", STREAM.name
        )
        assert (run.records, run.set_aside) == (invoices, 0)

    def fetch(self, invoices: int) -> None:
        """The yardstick: the same pages with httpx, followed to the end and dropped."""
        headers = {"authorization": f"Bearer {self.tokens.access_token}"}
        seen, cursor = 0, ""
        with httpx.Client(base_url=self.url, headers=headers, trust_env=False) as client:
            while True:
                asked = {"sort": "id", "limit": str(LIMIT)} | ({"cursor": cursor} if cursor else {})
                page = client.get(f"{API}/{STREAM.name}", params=asked)
                body = page.raise_for_status().json()
                seen, cursor = seen + len(body["items"]), body["next_cursor"]
                if not body["has_more"]:
                    break
        assert seen == invoices


def consented(ground: Ground, url: str) -> Consented:
    """Consents at the provider over HTTP; our own rate limit is lifted as well."""
    vault = SqlVault(ground.engine, KEYRING)
    driver = Driver(
        connectors(),
        {"pennylane": ProviderSettings("lettrage-test", SECRET, base_url=url, auth_url=url)},
        vault=vault,
        limiter=FreeLimiter(),
        clock=StoppedClock(),
        pace=Pace(sleep=lambda _seconds: None),
    )
    address, verifier = driver.start("pennylane", state="a-long-state", redirect_uri=REDIRECT)
    tokens, granted = driver.finish(
        "pennylane", code=consent(address), verifier=verifier, redirect_uri=REDIRECT
    )
    return Consented(ground, url, driver, vault, tokens, granted)


def tables() -> list[Table]:
    """One stream of 10,000 invoices, from the first page to the finished run."""
    with running(INVOICES) as url, on_sqlite() as ground:
        place = consented(ground, url)
        ours, bare, ratio = side_by_side(
            lambda: place.sync(INVOICES), lambda: place.fetch(INVOICES), rounds=ROUNDS
        )
        place.driver.close()
    line = Line(
        f"sync of {INVOICES:,} invoices, SQLite",
        rate(INVOICES, ours, "records"),
        rate(INVOICES, bare, "records"),
        ratio,
    )
    note = (
        f"The Pennylane simulator listens in a process of its own, rate limits lifted on both sides, {LIMIT} "
        "invoices a page. Ours: tokens from the vault, checks, mapping, encryption, store. The yardstick "
        "follows the same cursors with httpx and drops the pages. Reading one invoice costs "
        f"{bare / INVOICES * 1e6:,.0f} µs of simulator and HTTP; keeping it costs "
        f"{(ours - bare) / INVOICES * 1e6:,.0f} µs more. With Pennylane's real limit (25 calls in 5 seconds, "
        "500 invoices a second) the limit alone decides."
    )
    return [Table("Sync over HTTP", (line,), note)]
