"""The data key of a tenant: it seals raw payloads and keys the hashes of API keys."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Connection, select

from core.errors import Misconfigured
from hub.store.columns import Stored
from hub.store.engine import Scope
from hub.store.sealing import KEY_BYTES, Keyring, binding, new_key, seal, unseal

TABLE = "tenant_key"


def _place(tenant_id: str) -> bytes:
    return binding(tenant_id, "tenant", "data-key")


def give_data_key(scope: Scope, keyring: Keyring) -> None:
    """Makes the tenant's data key; once, when the tenant is created."""
    key_id, wrapped = keyring.wrap(new_key(), _place(scope.tenant_id))
    scope.insert(Stored.metadata.tables[TABLE], [{"key_id": key_id, "wrapped": wrapped}])


def read_data_key(connection: Connection, keyring: Keyring, tenant_id: str) -> bytes:
    """Raises Misconfigured once the key was deleted (erasure): payloads are then gone for good."""
    table = Stored.metadata.tables[TABLE]
    found = connection.execute(select(table).where(table.c.tenant_id == tenant_id)).one_or_none()
    if found is None:
        raise Misconfigured(f"tenant {tenant_id} has no data key: its raw payloads were erased")
    return keyring.unwrap(found.key_id, found.wrapped, _place(tenant_id))


def rewrap_data_key(scope: Scope, keyring: Keyring) -> int:
    """Wraps the data key by the current key if another one wraps it; returns how many that were."""
    table = Stored.metadata.tables[TABLE]
    found = scope.execute(scope.select(table).where(table.c.key_id != keyring.current)).one_or_none()
    if found is None:
        return 0
    place = _place(scope.tenant_id)
    key_id, wrapped = keyring.wrap(keyring.unwrap(found.key_id, found.wrapped, place), place)
    scope.execute(scope.update(table).values(key_id=key_id, wrapped=wrapped))
    return 1


def api_key_secret(data_key: bytes) -> bytes:
    """The key of the HMAC under which API keys are stored; vault key rotation leaves it as it is."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=b"lettrage api key").derive(data_key)


def seal_payload(data_key: bytes, tenant_id: str, raw_id: str, payload: bytes) -> bytes:
    return seal(data_key, payload, binding(tenant_id, raw_id, "raw-payload"))


def open_payload(data_key: bytes, tenant_id: str, raw_id: str, sealed: bytes) -> bytes:
    return unseal(data_key, sealed, binding(tenant_id, raw_id, "raw-payload"))
