"""The connector contract: a connector describes, the kit does.

A connector never opens a socket, sleeps, retries, refreshes a token, reads a clock or a setting.
It yields requests, is sent responses, and returns a page.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, Protocol, runtime_checkable

from connectors.kit.errors import Line, Sign
from core.model import EntityProof
from core.ports import RateLimit, Tokens
from mappings.grammar import Table

Cursor = dict[str, Any]
"""Opaque JSON owned by the connector. An empty one means: from the beginning."""


@dataclass(frozen=True, slots=True)
class OAuth2:
    """Authorization as data. `rotation`: a refresh invalidates the old refresh token.
    `authorize_url` and `token_url` are relative to the auth base, which a setting may replace."""

    auth_url: str
    authorize_path: str
    token_path: str
    revoke_path: str | None
    scopes: tuple[str, ...]
    pkce: bool
    rotation: bool
    refresh_before_seconds: int = 300


@dataclass(frozen=True, slots=True)
class Stream:
    """One list of the provider. `depends_on` streams are read first (bank accounts before lines)."""

    name: str
    table: Table
    scopes: tuple[str, ...]
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a provider is: where, how to authorize, how fast, and when somebody last checked."""

    slug: str
    name: str
    base_url: str
    auth: OAuth2
    limits: tuple[RateLimit, ...]
    """Each is booked before a call; `{connection}` in a key makes one bucket per connection."""
    docs: str
    checked_on: date
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers every call carries; settings may add (Qonto's staging token)."""
    errors: Mapping[Sign, Line] = field(default_factory=dict)
    """Lines of the kit's error table that mean something else here."""
    request_id_headers: tuple[str, ...] = ("x-request-id",)
    """Response headers that name the request, the provider's preferred one first."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call relative to the base URL. `accept` are the statuses that come back as a response;
    every other one becomes an error by the kit's table."""

    path: str
    params: tuple[tuple[str, str], ...] = ()
    method: Literal["GET", "POST", "DELETE"] = "GET"
    json: Any = None
    accept: tuple[int, ...] = (200,)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer the kit already checked: `body` is parsed JSON (floats as Decimal), `received_at` our
    clock, `date` the provider's own Date header when it sent one."""

    status: int
    body: Any
    headers: Mapping[str, str]
    received_at: datetime
    date: datetime | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """One record as the provider said it. `payload` is the parsed JSON object."""

    external_id: str
    payload: Mapping[str, Any]
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """What one pull saw. `gone`: external ids proven deleted; `complete`: this page ends a walk that
    saw the whole list."""

    records: list[Raw]
    cursor: Cursor
    more: bool
    complete: bool = False
    gone: tuple[str, ...] = ()


Pull = Generator[Request, Response, Page]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token speaks for: the provider's id of the company and what proves it is the right one."""

    account_id: str
    proof: EntityProof
    scopes: tuple[str, ...] | None = None
    """Scopes really granted, when the provider tells."""


@dataclass(frozen=True, slots=True)
class PullContext:
    """What a pull may know: the company at the provider, granted scopes, the moment it began."""

    account_id: str
    scopes: tuple[str, ...]
    now: datetime


class Connector(Protocol):
    """What every provider's module offers."""

    manifest: Manifest
    streams: tuple[Stream, ...]

    def identify(self) -> Generator[Request, Response, Identity]:
        """Asks the provider who the token speaks for."""
        ...

    def pull(self, stream: Stream, cursor: Cursor, context: PullContext) -> Pull:
        """One page of a stream from `cursor` on."""
        ...


@runtime_checkable
class Revokes(Protocol):
    """Can end a consent at the provider."""

    def revoke(self, tokens: Tokens) -> Generator[Request, Response, None]: ...


@runtime_checkable
class HearsWebhooks(Protocol):
    """Is told by the provider that something changed. A message is a nudge: what it holds is never
    data, it only says which streams to read now."""

    hook_scopes: tuple[str, ...]
    """What must be granted before the provider can be asked."""

    def subscribe(self, address: str, secret: str) -> Generator[Request, Response, None]:
        """Asks the provider to post to `address`, signed with `secret`; again changes nothing."""
        ...

    def hear(self, headers: Mapping[str, str], body: bytes, secret: bytes, now: datetime) -> tuple[str, ...]:
        """The streams a message says to read, none for all of them; raises BadInput when it is forged."""
        ...


Capability = Literal["revokes", "hears_webhooks"]


def capabilities(connector: Connector) -> frozenset[Capability]:
    """Read off the object, never listed twice."""
    found: set[Capability] = set()
    if isinstance(connector, Revokes):
        found.add("revokes")
    if isinstance(connector, HearsWebhooks):
        found.add("hears_webhooks")
    return frozenset(found)
