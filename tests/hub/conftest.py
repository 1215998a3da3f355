"""A real API on loopback over a real SQLite store; every test has tenants of its own."""

import ipaddress
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import Engine

from connectors.kit.contract import Connector
from connectors.pennylane.connector import CONNECTOR as PENNYLANE
from connectors.qonto.connector import CONNECTOR as QONTO
from core.errors import BadInput, LettrageError
from core.model import EntityProof
from core.ports import Granted, Tokens
from hub.api.access import SCOPES
from hub.api.app import create_app
from hub.api.services import Services
from hub.bank_files import StatementFiles
from hub.dialing import Guard
from hub.door import FileReaders
from hub.einvoice_files import EInvoiceFiles
from hub.ledger_files import LedgerFiles
from hub.store.directory import Directory
from hub.store.engine import create_engine
from hub.store.idempotency import Idempotency
from hub.store.keys import Keys
from hub.store.migrations import upgrade
from hub.store.sealing import open_keyring
from hub.store.unit import SqlStore
from hub.store.vault import SqlVault
from tests.fakes import FixedClock
from tests.hub.world import NOW


@dataclass
class RecordedJobs:
    """The job engine's place in these tests: what was registered, in order."""

    jobs: list[tuple[str, str, Mapping[str, Any], str]] = field(default_factory=list)

    def __call__(
        self,
        connection: object,
        kind: str,
        key: str,
        args: Mapping[str, str | int | bool | None],
        dedupe_id: str,
        delay: timedelta | None,
    ) -> None:
        if dedupe_id not in {job[3] for job in self.jobs}:
            self.jobs.append((kind, key, args, dedupe_id))

    def of(self, kind: str, tenant_id: str) -> list[Mapping[str, Any]]:
        return [args for made, _, args, _ in self.jobs if made == kind and args["tenant_id"] == tenant_id]


class ScriptedConsents:
    """A provider whose consent page always says yes; `error` is raised by the exchange instead."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, str]] = []
        self.error: LettrageError | None = None
        self.proof = EntityProof(siren="732829320", legal_name="ATELIERS BRUNOY", method="test")

    def start(self, provider: str, *, state: str, redirect_uri: str) -> tuple[str, str]:
        self.started.append((provider, state, redirect_uri))
        return f"https://auth.{provider}.example/authorize?state={state}", "verifier-of-the-flow"

    def finish(self, provider: str, *, code: str, verifier: str, redirect_uri: str) -> tuple[Tokens, Granted]:
        if self.error:
            raise self.error
        if code != "good" or verifier != "verifier-of-the-flow":
            raise BadInput("the provider did not accept the code")
        tokens = Tokens("access-secret", "refresh-secret", NOW + timedelta(hours=1), ("all",))
        return tokens, Granted(account_id="org_1", proof=self.proof, scopes=("all",))

    def revoke(self, provider: str, tokens: Tokens) -> None:
        return None


class QuietConnector:
    """Hears nothing."""

    manifest: Any = PENNYLANE.manifest
    streams: Any = PENNYLANE.streams

    def identify(self) -> Any:
        raise NotImplementedError("these tests never read a provider")

    def pull(self, stream: Any, cursor: Any, context: Any) -> Any:
        raise NotImplementedError("these tests never read a provider")


CONNECTORS: dict[str, Connector] = {"qonto": QONTO, "pennylane": QuietConnector()}


@dataclass
class Api:
    """The running API and the parts behind it that tests look at."""

    url: str
    engine: Engine
    store: SqlStore
    vault: SqlVault
    keys: Keys
    clock: FixedClock
    jobs: RecordedJobs
    consents: ScriptedConsents
    unready: dict[str, str | None]
    clients: list["Client"] = field(default_factory=list)

    def tenant(self, scopes: tuple[str, ...] = SCOPES) -> "Client":
        """A new tenant with one key."""
        tenant_id = self.keys.create_tenant("test").id
        return self.client(tenant_id, scopes)

    def client(self, tenant_id: str, scopes: tuple[str, ...]) -> "Client":
        """A new key of a tenant."""
        client = Client(self, tenant_id, self.keys.create_key(tenant_id, "test", scopes))
        self.clients.append(client)
        return client


def resolve_names(host: str, port: int) -> tuple[str, ...]:
    """`partner.test` is public, `localhost` is not, an address is itself, nothing else is known."""
    names = {"partner.test": "93.184.215.14", "localhost": "127.0.0.1"}
    if host in names:
        return (names[host],)
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        raise OSError("unknown name") from None


class Client(httpx.Client):
    """An HTTP client with a tenant's key."""

    def __init__(self, api: Api, tenant_id: str, key: str) -> None:
        headers = {"authorization": f"Bearer {key}"}
        super().__init__(base_url=api.url, headers=headers, trust_env=False, timeout=20)
        self.api, self.tenant_id, self.key = api, tenant_id, key


def services_over(
    folder: Path, unready: dict[str, str | None]
) -> tuple[Services, Engine, Keys, RecordedJobs]:
    """Services over a fresh SQLite database in `folder`."""
    url = f"sqlite:///{folder / 'api.sqlite3'}"
    upgrade(url)
    engine = create_engine(url)
    keyring = open_keyring(None, url)
    clock, jobs = FixedClock(NOW), RecordedJobs()
    keys = Keys(engine, clock, keyring)
    services = Services(
        store=SqlStore(engine, clock, keyring, enqueue=jobs),
        vault=SqlVault(engine, keyring),
        clock=clock,
        authenticate=keys.authenticate,
        idempotency=Idempotency(engine, clock),
        directory=Directory(engine),
        guard=Guard(resolve=resolve_names),
        consents=ScriptedConsents(),
        files=FileReaders(StatementFiles(), LedgerFiles(), EInvoiceFiles()),
        connectors=CONNECTORS,
        public_url="https://hub.example",
        ready=lambda: unready,
        largest_upload=1024**3,
    )
    return services, engine, keys, jobs


@contextmanager
def serving(services: Services) -> Iterator[str]:
    """The API over these services on loopback, by its address."""
    config = uvicorn.Config(
        create_app(services), host="127.0.0.1", port=0, log_level="error", lifespan="off", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(5)


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    unready: dict[str, str | None] = {"database": None, "migrations": None}
    services, engine, keys, jobs = services_over(tmp_path_factory.mktemp("api"), unready)
    assert isinstance(services.store, SqlStore)
    assert isinstance(services.vault, SqlVault)
    assert isinstance(services.clock, FixedClock)
    assert isinstance(services.consents, ScriptedConsents)
    with serving(services) as url:
        running = Api(
            url=url,
            engine=engine,
            store=services.store,
            vault=services.vault,
            keys=keys,
            clock=services.clock,
            jobs=jobs,
            consents=services.consents,
            unready=unready,
        )
        yield running
        for client in running.clients:
            client.close()
    engine.dispose()
