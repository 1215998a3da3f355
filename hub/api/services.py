"""What the API is handed: wired things by protocol, so that tests pass fakes and wiring names classes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry

from connectors.kit.contract import Connector
from core.model import Tenant
from core.ports import Clock, Consents, Store, Vault
from core.usecases.reconcile import STANDARD, Rules
from hub.dialing import Guard
from hub.door import FileReaders


class Caller(Protocol):
    """Who calls, and what the key may do."""

    @property
    def tenant_id(self) -> str: ...

    @property
    def scopes(self) -> tuple[str, ...]: ...


class Answer(Protocol):
    """What was answered to the first request with an idempotency key."""

    @property
    def status(self) -> int: ...

    @property
    def body(self) -> str: ...


class Idempotency(Protocol):
    """`recall` before the work, `remember` after it, `release` when nothing was done."""

    def recall(self, tenant_id: str, key: str, request_hash: str) -> Answer | None:
        """The first answer, or None once the key is claimed; raises Conflict or RetryLater."""
        ...

    def remember(self, tenant_id: str, key: str, request_hash: str, *, status: int, body: str) -> None: ...

    def release(self, tenant_id: str, key: str) -> None: ...


class Place(Protocol):
    """A record and its tenant."""

    @property
    def tenant_id(self) -> str: ...

    @property
    def id(self) -> str: ...


class Directory(Protocol):
    """Finds whose link, round trip or connection this is, before the tenant is known."""

    def connect_session_by_token(self, token_hash: str) -> Place | None: ...

    def connect_session_by_state(self, state_hash: str) -> Place | None: ...

    def connection(self, id: str) -> Place | None: ...

    def tenant(self, id: str) -> Tenant | None: ...


@dataclass(frozen=True, slots=True, repr=False)
class Services:
    """Everything a handler may reach. `ready` runs the checks of /readyz: what is wrong, by name;
    `largest_upload` is in bytes."""

    store: Store
    vault: Vault
    clock: Clock
    authenticate: Callable[[str], Caller | None]
    idempotency: Idempotency
    directory: Directory
    guard: Guard
    consents: Consents
    files: FileReaders
    connectors: Mapping[str, Connector]
    public_url: str
    ready: Callable[[], Mapping[str, str | None]]
    largest_upload: int
    rules: Rules = STANDARD
    registry: CollectorRegistry | None = None
    """What the program counts beside the requests answered."""
