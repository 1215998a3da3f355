"""One company's consent at one provider, the streams read over it, and how each read went."""

from datetime import date
from typing import Any, ClassVar, Literal

from core.model.base import Entry, Instant, Row, Value

ConnectionState = Literal[
    "draft", "pending_auth", "active", "reconnect_needed", "suspended", "revoked", "disconnected",
]  # fmt: skip
Health = Literal["ok", "degraded", "rate_limited", "stale", "unknown"]


class EntityProof(Value):
    """Why we believe the connected account belongs to the company."""

    siren: str | None = None
    vat_number: str | None = None
    iban_holder: str | None = None
    legal_name: str | None = None
    method: str


class Connection(Row):
    """`state` is about consent, `health` about data. `provider_account_id` pins the company picked."""

    entity: ClassVar[str] = "connection"
    company_id: str
    provider: str
    state: ConnectionState
    health: Health = "unknown"
    provider_account_id: str | None = None
    entity_proof: EntityProof | None = None
    scopes: tuple[str, ...] = ()
    created_at: Instant
    last_success_at: Instant | None = None
    next_due_at: Instant | None = None
    history_from: date | None = None
    error: str | None = None


class ConnectSession(Row):
    """A one-time link that leads the SME to its provider's consent page.

    `token_hash` is SHA-256 of the link's token; `state_hash` that of the OAuth state in flight.
    """

    entity: ClassVar[str] = "connect_session"
    connection_id: str
    provider: str
    token_hash: str
    state_hash: str | None = None
    expires_at: Instant
    used_at: Instant | None = None
    return_url: str | None = None


class StreamState(Row):
    """Where reading a stream stands; `id` is `<connection>:<stream>`. `cursor` belongs to the connector."""

    entity: ClassVar[str] = "stream_state"
    connection_id: str
    stream: str
    cursor: dict[str, Any] = {}
    updated_at: Instant


class SyncRun(Row):
    """One read of one stream: what it saw and whether it provably saw everything."""

    entity: ClassVar[str] = "sync_run"
    connection_id: str
    stream: str
    mode: Literal["full", "incremental"]
    started_at: Instant
    finished_at: Instant | None = None
    pages: int = 0
    records: int = 0
    new: int = 0
    changed: int = 0
    set_aside: int = 0
    complete: bool = False
    result: Literal["running", "done", "failed", "interrupted"] = "running"
    error: str | None = None


class RawRecord(Entry):
    """What the provider sent, byte for byte, with where and when. Stored encrypted.

    `id` is derived from provider account, object, external id and content, so a re-read is silent.
    `mapping_version` names the table that read it.
    """

    entity: ClassVar[str] = "raw_record"
    provider: str
    account: str
    object: str
    external_id: str
    content_hash: str
    payload: bytes
    received_at: Instant
    mapping_version: str
    company_id: str | None = None
    connection_id: str | None = None
    http: dict[str, str] = {}
