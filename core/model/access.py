"""Tenants and their API keys."""

from typing import ClassVar

from core.model.base import Instant, Row


class Tenant(Row):
    """The root of isolation. `revision` counts the units that changed what this tenant knows."""

    entity: ClassVar[str] = "tenant"
    name: str
    created_at: Instant
    revision: int = 0


class ApiKey(Row):
    """An API key: only a keyed hash is stored; the key is shown once."""

    entity: ClassVar[str] = "api_key"
    name: str
    prefix: str
    key_hash: str
    scopes: tuple[str, ...]
    created_at: Instant
    expires_at: Instant | None = None
    last_used_at: Instant | None = None
    revoked_at: Instant | None = None
