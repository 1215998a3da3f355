"""The only file that names concrete classes on both sides: settings in, a wired hub out."""

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from connectors.kit.client import Pace, ProviderSettings
from connectors.kit.driver import Driver
from connectors.kit.registry import connectors
from core.errors import Misconfigured
from core.ports import Clock, EInvoices, Ledgers, Statements
from core.usecases.reconcile import Rules
from core.usecases.warm import WarmEngines
from hub.api.services import Services
from hub.bank_files import StatementFiles
from hub.dialing import Guard, WebhookSender
from hub.door import FileReaders
from hub.einvoice_files import EInvoiceFiles
from hub.jobs import Jobs, prepare, standing
from hub.ledger_files import LedgerFiles
from hub.metrics import Meters, Stock
from hub.settings import PROVIDERS, Settings
from hub.store.directory import Directory
from hub.store.engine import create_engine
from hub.store.idempotency import Idempotency
from hub.store.keys import Keys
from hub.store.migrations import at_head, upgrade
from hub.store.ratelimit import SqlRateLimiter
from hub.store.sealing import open_keyring
from hub.store.unit import SqlStore
from hub.store.vault import SqlVault
from mappings.statements import Limits

LONGEST_LAG = timedelta(minutes=15)
"""How long a job may wait before /readyz says that work is not keeping up."""


class SystemClock:
    """The wall clock, UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True, repr=False)
class Hub:
    """Everything a role of the program needs. `close` ends kept connections."""

    settings: Settings
    clock: Clock
    engine: Engine
    store: SqlStore
    vault: SqlVault
    keys: Keys
    directory: Directory
    jobs: Jobs
    driver: Driver
    statements: Statements
    ledgers: Ledgers
    einvoices: EInvoices
    guard: Guard
    sender: WebhookSender
    meters: Meters
    rules: Rules

    def close(self) -> None:
        """Ends HTTP and database connections."""
        self.driver.close()
        self.jobs.close()
        self.engine.dispose()

    @property
    def files(self) -> FileReaders:
        """What reads the files that are handed in."""
        return FileReaders(self.statements, self.ledgers, self.einvoices)

    def services(self) -> Services:
        """What the API is handed."""
        return Services(
            store=self.store,
            vault=self.vault,
            clock=self.clock,
            consents=self.driver,
            files=self.files,
            authenticate=self.keys.authenticate,
            idempotency=Idempotency(self.engine, self.clock),
            directory=self.directory,
            guard=self.guard,
            connectors=connectors(),
            public_url=self.settings.public_url.rstrip("/"),
            ready=self.ready,
            largest_upload=self.settings.upload_mb * 1024**2,
            registry=self.meters.registry,
        )

    def ready(self) -> Mapping[str, str | None]:
        """The checks of /readyz: name to what is wrong, None when it is well."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("select 1"))
        except Exception as error:  # noqa: BLE001  # whatever the driver raises means: not reachable
            return {"database": f"not reachable ({type(error).__name__})"}
        if not at_head(self.engine):
            return {"database": None, "migrations": "not at head: run `lettrage db upgrade`"}
        return {"database": None, "migrations": None, **self._work()}

    def _work(self) -> Mapping[str, str | None]:
        """Whether jobs are taken, and soon enough."""
        silence = self.settings.job_silence_seconds
        known = standing(self.engine, self.jobs, silent_after=silence)
        lag = timedelta(seconds=round(known.oldest_seconds))
        alone = f"none was heard of for {silence:g} seconds: run `lettrage worker`"
        late = f"the oldest job has been due for {lag}: add workers, or see what holds them up"
        return {"worker": None if known.workers else alone, "queue": None if lag <= LONGEST_LAG else late}


def upgrade_database(settings: Settings) -> None:
    """Brings our tables and the job engine's to the newest schema; again is silent."""
    upgrade(settings.database_url)
    prepare(settings.database_url)


def open_hub(settings: Settings, *, clock: Clock | None = None) -> Hub:
    """A wired hub on a migrated database; raises Misconfigured with one line when a setting is wrong."""
    clock = clock or SystemClock()
    engine = create_engine(settings.database_url)
    if not at_head(engine):
        raise Misconfigured("the database is not at the newest schema: run `lettrage db upgrade`")
    secret = settings.vault_keys.get_secret_value() if settings.vault_keys else None
    keyring = open_keyring(secret, settings.database_url)
    jobs = Jobs(settings.database_url)
    vault = SqlVault(engine, keyring)
    guard = Guard(allowed=frozenset(settings.webhook_allow))
    directory, meters = Directory(engine), Meters()
    meters.registry.register(Stock(engine, jobs, directory, silent_after=settings.job_silence_seconds))
    return Hub(
        settings=settings,
        clock=clock,
        engine=engine,
        store=SqlStore(engine, clock, keyring, enqueue=jobs.enqueue),
        vault=vault,
        keys=Keys(engine, clock, keyring),
        directory=directory,
        jobs=jobs,
        driver=Driver(
            connectors(),
            provider_settings(settings),
            vault=vault,
            limiter=SqlRateLimiter(engine),
            clock=clock,
            pace=Pace(sleep=time.sleep, chance=random.random),
            heard=meters.heard,
        ),
        statements=StatementFiles(
            Limits(settings.import_file_mb * 1024**2, settings.import_entry_mb * 1024**2)
        ),
        ledgers=LedgerFiles(),
        einvoices=EInvoiceFiles(),
        guard=guard,
        sender=WebhookSender(guard, clock),
        meters=meters,
        rules=Rules(engine=WarmEngines(most=settings.warm_records)),
    )


def provider_settings(settings: Settings) -> dict[str, ProviderSettings]:
    """The providers that have a client id and secret."""
    found = {}
    for slug in PROVIDERS:
        id, secret = settings.provider(slug, "client_id"), settings.provider(slug, "client_secret")
        if bool(id) != bool(secret):
            lacking = "CLIENT_SECRET" if id else "CLIENT_ID"
            raise Misconfigured(f"LETTRAGE_{slug.upper()}_{lacking} is missing: set both or neither")
        if id and secret:
            found[slug] = ProviderSettings(
                client_id=id,
                client_secret=secret.get_secret_value(),
                base_url=settings.provider(slug, "base_url") or "",
                auth_url=settings.provider(slug, "auth_url") or "",
                extra_headers=_extra_headers(settings, slug),
                redirect_uri=f"{settings.public_url.rstrip('/')}/oauth/callback/{slug}",
            )
    return found


def _extra_headers(settings: Settings, slug: str) -> dict[str, str]:
    if slug == "qonto" and settings.qonto_staging_token:
        return {"X-Qonto-Staging-Token": settings.qonto_staging_token.get_secret_value()}
    return {}
