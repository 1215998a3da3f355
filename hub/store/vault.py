"""The vault: secrets sealed under a data key each, bound to tenant, owner and purpose."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, or_

from core.ports import Tokens
from hub.store.columns import Stored
from hub.store.datakey import rewrap_data_key
from hub.store.dbclock import db_now
from hub.store.engine import Scope, tenant_scope
from hub.store.sealing import Keyring, binding, new_key, seal, unseal
from hub.store.tables import SecretTable

SECRET = Stored.metadata.tables[str(SecretTable.__tablename__)]
TOKENS = "tokens"


def _to_bytes(tokens: Tokens) -> bytes:
    expires = tokens.expires_at.isoformat() if tokens.expires_at else None
    plain = [tokens.access_token, tokens.refresh_token, expires, list(tokens.scopes)]
    return json.dumps(plain).encode()


def _from_bytes(plain: bytes, generation: int) -> Tokens:
    access, refresh, expires, scopes = json.loads(plain)
    expires_at = datetime.fromisoformat(expires) if expires else None
    return Tokens(access, refresh, expires_at, tuple(scopes), generation)


class SqlVault:
    """core.ports.Vault over the database. Each call is a transaction of its own: never inside a unit."""

    def __init__(self, engine: Engine, keyring: Keyring) -> None:
        self._engine = engine
        self._keyring = keyring

    def read_tokens(self, tenant_id: str, connection_id: str) -> Tokens | None:
        with tenant_scope(self._engine, tenant_id, write=False) as scope:
            row = _find(scope, connection_id, TOKENS)
        plain = self._open(tenant_id, row)
        return None if row is None or plain is None else _from_bytes(plain, row.generation)

    def swap_tokens(
        self, tenant_id: str, connection_id: str, *, expected: int | None, tokens: Tokens
    ) -> bool:
        sealed = self._seal(tenant_id, connection_id, TOKENS, _to_bytes(tokens))
        with tenant_scope(self._engine, tenant_id) as scope:
            row = _find(scope, connection_id, TOKENS)
            if row is None:
                return expected is None and _insert(scope, connection_id, TOKENS, sealed)
            stored = None if row.sealed is None else row.generation
            return stored == expected and _replace(scope, row, sealed)

    def lease(self, tenant_id: str, connection_id: str, *, generation: int, owner: str, seconds: int) -> bool:
        with tenant_scope(self._engine, tenant_id) as scope:
            now = db_now(on_postgres=scope.on_postgres)
            free = or_(
                SECRET.c.lease_until.is_(None), SECRET.c.lease_until < now, SECRET.c.lease_owner == owner
            )
            current = (SECRET.c.generation == generation, SECRET.c.sealed.is_not(None))
            query = scope.update(SECRET).where(*_this(connection_id, TOKENS), *current, free)
            until = now + seconds * 1_000_000
            return scope.execute(query.values(lease_owner=owner, lease_until=until)).rowcount == 1

    def forget_tokens(self, tenant_id: str, connection_id: str) -> None:
        self.forget_secret(tenant_id, connection_id, TOKENS)

    def put_secret(self, tenant_id: str, owner: str, purpose: str, secret: bytes) -> None:
        sealed = self._seal(tenant_id, owner, purpose, secret)
        with tenant_scope(self._engine, tenant_id) as scope:
            if not _insert(scope, owner, purpose, sealed):
                raised = {"generation": SECRET.c.generation + 1, **sealed}
                scope.execute(scope.update(SECRET).where(*_this(owner, purpose)).values(**raised))

    def read_secret(self, tenant_id: str, owner: str, purpose: str) -> bytes | None:
        with tenant_scope(self._engine, tenant_id, write=False) as scope:
            row = _find(scope, owner, purpose)
        return self._open(tenant_id, row)

    def forget_secret(self, tenant_id: str, owner: str, purpose: str) -> None:
        """Removes the ciphertext and its data key; only the generation stays."""
        empty = {"sealed": None, "wrapped": b"", "lease_owner": None, "lease_until": None}
        with tenant_scope(self._engine, tenant_id) as scope:
            scope.execute(scope.update(SECRET).where(*_this(owner, purpose)).values(**empty))

    def rewrap(self, tenant_id: str) -> int:
        """Wraps every data key of the tenant by the current key; returns how many another one wrapped.

        No secret is opened: only data keys are. Afterwards the old key can leave the keyring.
        """
        with tenant_scope(self._engine, tenant_id) as scope:
            stale = (SECRET.c.key_id != self._keyring.current, SECRET.c.sealed.is_not(None))
            rows = scope.execute(scope.select(SECRET).where(*stale).with_for_update()).all()
            for row in rows:
                place = binding(tenant_id, row.owner, row.purpose)
                data_key = self._keyring.unwrap(row.key_id, row.wrapped, place)
                key_id, wrapped = self._keyring.wrap(data_key, place)
                this = scope.update(SECRET).where(*_this(row.owner, row.purpose))
                scope.execute(this.values(key_id=key_id, wrapped=wrapped))
            return len(rows) + rewrap_data_key(scope, self._keyring)

    def _seal(self, tenant_id: str, owner: str, purpose: str, plain: bytes) -> dict[str, Any]:
        place = binding(tenant_id, owner, purpose)
        data_key = new_key()
        key_id, wrapped = self._keyring.wrap(data_key, place)
        return {"key_id": key_id, "wrapped": wrapped, "sealed": seal(data_key, plain, place)}

    def _open(self, tenant_id: str, row: Row[Any] | None) -> bytes | None:
        if row is None or row.sealed is None:
            return None
        place = binding(tenant_id, row.owner, row.purpose)
        return unseal(self._keyring.unwrap(row.key_id, row.wrapped, place), row.sealed, place)


def rewrap_all(vault: SqlVault, tenant_ids: Iterable[str]) -> int:
    """Wraps the data keys of every tenant by the current key, one transaction each; returns how many
    another one wrapped. Stopped midway, it goes on where it was when it is called again."""
    return sum(vault.rewrap(tenant_id) for tenant_id in tenant_ids)


def _this(owner: str, purpose: str) -> tuple[Any, Any]:
    return SECRET.c.owner == owner, SECRET.c.purpose == purpose


def _find(scope: Scope, owner: str, purpose: str) -> Row[Any] | None:
    return scope.execute(scope.select(SECRET).where(*_this(owner, purpose))).one_or_none()


def _insert(scope: Scope, owner: str, purpose: str, sealed: dict[str, Any]) -> bool:
    return scope.insert_new(SECRET, {"owner": owner, "purpose": purpose, "generation": 1, **sealed})


def _replace(scope: Scope, row: Row[Any], sealed: dict[str, Any]) -> bool:
    """Compare and swap on the generation read: whoever is second changes nothing."""
    seen = (*_this(row.owner, row.purpose), SECRET.c.generation == row.generation)
    same = SECRET.c.sealed.is_(None) if row.sealed is None else SECRET.c.sealed.is_not(None)
    values = {**sealed, "generation": row.generation + 1, "lease_owner": None, "lease_until": None}
    return scope.execute(scope.update(SECRET).where(*seen, same).values(**values)).rowcount == 1
