"""What the core asks of the world (of files: `file_ports`). Adapters: `connectors/kit` and `hub`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from core.file_ports import BankFile as BankFile
from core.file_ports import EInvoiceRead as EInvoiceRead
from core.file_ports import EInvoices as EInvoices
from core.file_ports import FileFinding as FileFinding
from core.file_ports import LedgerRead as LedgerRead
from core.file_ports import Ledgers as Ledgers
from core.file_ports import Statements as Statements
from core.model import (
    Connection,
    EntityProof,
    Entry,
    Fact,
    QualityIssue,
    RawRecord,
    Record,
    Row,
)

F = TypeVar("F", bound=Fact)
E = TypeVar("E", bound=Entry)
R = TypeVar("R", bound=Row)
T = TypeVar("T", bound=Record)


class Clock(Protocol):
    """The only way the core learns the time; instants are UTC."""

    def now(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Put:
    """What writing facts did. `new` and `changed` hold ids; the rest was known already."""

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Version(Generic[F]):
    """One version of a fact and when the hub learnt it (instant and tenant revision)."""

    fact: F
    revision: int
    known_from: datetime
    superseded_at: int | None


class Unit(Protocol):
    """One tenant, one transaction: everything written through it commits together or not at all.

    Writes that change something take the tenant's next revision, once per unit; units of one
    tenant that write are serialised. Equality filters name model fields that are columns
    (company_id, connection_id, transaction_id, invoice_id, subject, state, ...).
    """

    tenant_id: str
    now: datetime

    @property
    def revision(self) -> int:
        """The revision this unit writes at, or the tenant's current one while nothing was written."""
        ...

    def put(self, facts: Sequence[Fact], *, connection_id: str | None = None) -> Put:
        """Bulk write: a fact whose content is unchanged writes nothing; else a new version."""
        ...

    def get(self, kind: type[F], ids: Iterable[str]) -> dict[str, F]:
        """Current versions by id; ids that do not exist are absent."""
        ...

    def all(self, kind: type[F], *, as_of: int | None = None, **equal: str | None) -> list[F]:
        """Current versions, or those known at revision `as_of`, ordered by id."""
        ...

    def history(self, kind: type[F], id: str) -> list[Version[F]]:
        """Every version of one fact, oldest first."""
        ...

    def revisions(self, kind: type[Fact] | type[Entry], **equal: str | None) -> list[int]:
        """The revisions, ascending, at which a fact or entry of `kind` was written."""
        ...

    def companies_since(self, kinds: Iterable[type[Fact] | type[Entry]], revision: int) -> set[str | None]:
        """The companies (None: none) of which a record of these kinds was written after `revision`."""
        ...

    def append(self, entries: Sequence[Entry]) -> int:
        """Writes the entries whose id is not there yet and returns how many that were."""
        ...

    def entries(self, kind: type[E], *, as_of: int | None = None, **equal: str | None) -> list[E]:
        """Entries known at `as_of` (default: all), in the order they were written."""
        ...

    def last(self, kind: type[E]) -> E | None:
        """The entry of `kind` written last, without reading the others; None when there is none."""
        ...

    def save(self, rows: Sequence[Row]) -> None:
        """Inserts or replaces operational rows by id."""
        ...

    def load(self, kind: type[R], id: str) -> R | None:
        """One operational row, or None."""
        ...

    def find(self, kind: type[R], **equal: str | None) -> list[R]:
        """Operational rows that match, ordered by id."""
        ...

    def page(
        self, kind: type[T], *, after: str | None, limit: int, **equal: str | None
    ) -> tuple[list[T], str | None]:
        """One page of current records ordered by id, of entries as they were written (a reader that
        follows a log misses none), and the cursor of the next page."""
        ...

    def enqueue(
        self,
        kind: str,
        *,
        key: str,
        args: Mapping[str, str | int | bool | None],
        dedupe_id: str,
        delay: timedelta | None = None,
    ) -> None:
        """Registers a durable job in this transaction: rolled back with it, at most one per
        `dedupe_id`; jobs of one `key` run one at a time. `args` are ids and small scalars."""
        ...


class Store(Protocol):
    """Opens units. `begin` commits when the block ends, rolls back when it raises."""

    def begin(self, tenant_id: str, *, write: bool = True) -> AbstractContextManager[Unit]: ...


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """OAuth tokens of one connection. `generation` settles races; it never repeats and only grows."""

    access_token: str
    refresh_token: str | None
    expires_at: datetime | None
    scopes: tuple[str, ...]
    generation: int = 0

    def __repr__(self) -> str:
        return f"Tokens(generation={self.generation}, expires_at={self.expires_at})"


class Vault(Protocol):
    """Secrets, encrypted at rest and bound to tenant and owner: a moved ciphertext does not open."""

    def read_tokens(self, tenant_id: str, connection_id: str) -> Tokens | None: ...

    def swap_tokens(
        self, tenant_id: str, connection_id: str, *, expected: int | None, tokens: Tokens
    ) -> bool:
        """Stores `tokens` as generation expected + 1 if the stored generation is `expected`
        (None: nothing stored yet); returns False when somebody else was faster."""
        ...

    def lease(self, tenant_id: str, connection_id: str, *, generation: int, owner: str, seconds: int) -> bool:
        """Takes the right to refresh this generation for a while (database clock)."""
        ...

    def forget_tokens(self, tenant_id: str, connection_id: str) -> None: ...

    def put_secret(self, tenant_id: str, owner: str, purpose: str, secret: bytes) -> None: ...

    def read_secret(self, tenant_id: str, owner: str, purpose: str) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`permits` calls per `seconds`, with `burst` at once; `key` names who shares it."""

    key: str
    permits: int
    seconds: float
    burst: int = 1


class RateLimiter(Protocol):
    """Shared by all processes."""

    def reserve(self, limit: RateLimit, permits: int = 1) -> float:
        """Books the calls and returns the seconds to wait before making them."""
        ...

    def slow_down(self, limit: RateLimit, seconds: float) -> None:
        """No call on this key before `seconds` from now (a provider said 429)."""
        ...


@dataclass(frozen=True, slots=True)
class Pulled:
    """One page, mapped: raw records, the facts read from them, and what was set aside and why.

    `cursor` is where to go on; `more` tells whether to go on now; `complete` whether this page ends
    a walk that provably saw the whole stream; `gone` are external ids the provider proved deleted.
    """

    raws: tuple[RawRecord, ...]
    facts: tuple[Fact, ...]
    issues: tuple[QualityIssue, ...]
    cursor: dict[str, Any]
    more: bool
    complete: bool = False
    gone: tuple[str, ...] = ()


class Source(Protocol):
    """Reads providers: `connectors/kit/driver.py`. Raises the errors of `core.errors`."""

    def streams(self, connection: Connection) -> tuple[str, ...]:
        """Streams the granted scopes allow, in the order in which they must be read."""
        ...

    def pull(self, tenant_id: str, connection: Connection, stream: str, cursor: dict[str, Any]) -> Pulled: ...

    def remap(self, raw: RawRecord) -> tuple[Fact, ...]:
        """Reads a stored raw record again with today's tables (for verify)."""
        ...


@dataclass(frozen=True, slots=True)
class Granted:
    """What a consent covers: the provider's id of the company picked, what proves who it is, and the
    scopes really granted."""

    account_id: str
    proof: EntityProof
    scopes: tuple[str, ...]


class Consents(Protocol):
    """The provider's side of connecting: `connectors/kit/driver.py`. Raises the errors of `core.errors`."""

    def start(self, provider: str, *, state: str, redirect_uri: str) -> tuple[str, str]:
        """The provider's consent address and the PKCE verifier to keep secret until `finish` (empty
        when this provider is used without PKCE)."""
        ...

    def finish(self, provider: str, *, code: str, verifier: str, redirect_uri: str) -> tuple[Tokens, Granted]:
        """Exchanges the code and asks the provider who it speaks for. The tokens are not stored yet."""
        ...

    def revoke(self, provider: str, tokens: Tokens) -> None:
        """Ends the consent at the provider; a consent that is over already is no error."""
        ...


class Nudges(Protocol):
    """Asks a provider to tell when something changes: `connectors/kit/driver.py`."""

    def subscribe(self, tenant_id: str, connection: Connection, *, address: str, secret: str) -> bool:
        """Has changes posted to `address`, signed with `secret`; again changes nothing. False when the
        provider tells of none or the scope is not granted. Raises the errors of `core.errors`."""
        ...


@dataclass(frozen=True, slots=True)
class Posted:
    """What an HTTP post came to: a status, or an error sentence when no answer arrived."""

    status: int | None
    duration_ms: int
    error: str | None = None
    response: str | None = None
    retry_after: float | None = None


class Sender(Protocol):
    """Posts webhooks; refuses addresses that are not public."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted: ...


Progress = Callable[[str, Mapping[str, int]], None]
"""Called as work goes on: what is being done, and counts so far."""
