"""Tenants and their API keys: a key is shown once and kept as a keyed hash."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, Engine, select

from core.errors import NotFound
from core.model import ApiKey, Tenant
from core.ports import Clock
from hub.store.columns import Stored
from hub.store.datakey import api_key_secret, give_data_key, read_data_key
from hub.store.engine import directory_scope, tenant_scope
from hub.store.sealing import Keyring
from hub.store.tables import ApiKeyTable, TenantTable
from hub.store.unit import SqlStore

API_KEY = Stored.metadata.tables[str(ApiKeyTable.__tablename__)]
TENANT = Stored.metadata.tables[str(TenantTable.__tablename__)]
PRODUCT = "lettrage"
COARSE = timedelta(minutes=10)


class Caller(NamedTuple):
    """Who calls: what `authenticate` proves."""

    tenant_id: str
    scopes: tuple[str, ...]


def _random_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(13)}"


class Keys:
    """Creates tenants and keys, and tells whose a key is."""

    def __init__(self, engine: Engine, clock: Clock, keyring: Keyring) -> None:
        self._engine = engine
        self._clock = clock
        self._keyring = keyring
        self._store = SqlStore(engine, clock, keyring)

    def create_tenant(self, name: str, *, id: str | None = None) -> Tenant:
        """A new tenant with its data key; names need not differ."""
        tenant = Tenant(id=id or _random_id("ten"), name=name, created_at=self._clock.now())
        with tenant_scope(self._engine, tenant.id) as scope:
            scope.execute(TENANT.insert().values(**tenant.model_dump()))
            give_data_key(scope, self._keyring)
        return tenant

    def create_key(
        self, tenant_id: str, name: str, scopes: tuple[str, ...], *, expires_at: datetime | None = None
    ) -> str:
        """`lettrage_<prefix>_<secret>`: returned this once and never again."""
        prefix, secret = secrets.token_hex(6), secrets.token_hex(32)
        key = f"{PRODUCT}_{prefix}_{secret}"
        with self._store.begin(tenant_id) as unit:
            hashed = self._hash(unit.scope.connection, tenant_id, key)
            row = ApiKey(
                id=_random_id("key"),
                name=name,
                prefix=prefix,
                key_hash=hashed,
                scopes=scopes,
                created_at=unit.now,
                expires_at=expires_at,
            )
            unit.save([row])
        return key

    def keys(self, tenant_id: str) -> list[ApiKey]:
        """The tenant's keys, revoked ones too."""
        with self._store.begin(tenant_id, write=False) as unit:
            return unit.find(ApiKey)

    def revoke(self, tenant_id: str, key_id: str) -> None:
        with self._store.begin(tenant_id) as unit:
            row = unit.load(ApiKey, key_id)
            if row is None:
                raise NotFound(f"there is no API key {key_id}")
            unit.save([row.but(revoked_at=unit.now)])

    def authenticate(self, key: str) -> Caller | None:
        """Whose key this is; None for one that is unknown, wrong, expired or revoked."""
        now = self._clock.now()
        product, _, rest = key.partition("_")
        prefix = rest.partition("_")[0]
        if product != PRODUCT or not key.isascii():
            return None
        with directory_scope(self._engine) as connection:
            rows = connection.execute(select(API_KEY).where(API_KEY.c.prefix == prefix)).all()
            found = [
                (row.tenant_id, ApiKey.model_validate_json(row.body))
                for row in rows
                if self._is_key(connection, row.tenant_id, row.body, key)
            ]
        if len(found) != 1 or not _is_valid(found[0][1], now):
            return None
        tenant_id, row = found[0]
        self._note_use(tenant_id, row, now)
        return Caller(tenant_id, row.scopes)

    def _is_key(self, connection: Connection, tenant_id: str, body: str, key: str) -> bool:
        stored = ApiKey.model_validate_json(body).key_hash
        return hmac.compare_digest(stored, self._hash(connection, tenant_id, key))

    def _hash(self, connection: Connection, tenant_id: str, key: str) -> str:
        secret = api_key_secret(read_data_key(connection, self._keyring, tenant_id))
        return hmac.new(secret, key.encode(), hashlib.sha256).hexdigest()

    def _note_use(self, tenant_id: str, row: ApiKey, now: datetime) -> None:
        """Every ten minutes at most: a call that only reads should not write each time."""
        if row.last_used_at is None or now - row.last_used_at >= COARSE:
            with self._store.begin(tenant_id) as unit:
                stored = unit.load(ApiKey, row.id)
                if stored is not None:
                    unit.save([stored.but(last_used_at=now)])


def _is_valid(row: ApiKey, now: datetime) -> bool:
    return row.revoked_at is None and (row.expires_at is None or now < row.expires_at)
