"""Envelope encryption: AES-256-GCM under data keys, which keys of the keyring wrap."""

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import make_url

from core.errors import Misconfigured

KEY_BYTES = 32
NONCE_BYTES = 12


def binding(tenant_id: str, owner: str, purpose: str) -> bytes:
    """The associated data: a ciphertext moved to another tenant, owner or purpose does not open."""
    parts = (tenant_id, owner, purpose)
    if any("|" in part for part in parts):
        raise ValueError("tenant, owner and purpose of a secret hold no `|`")
    return "|".join(("lettrage-vault", "v1", *parts)).encode()


def new_key() -> bytes:
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """Nonce and ciphertext."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def unseal(key: bytes, sealed: bytes, bound_to: bytes) -> bytes:
    """Raises Misconfigured when key or place are not those it was sealed with."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except InvalidTag:
        raise Misconfigured(
            "a stored secret does not open: it was moved or damaged, or LETTRAGE_VAULT_KEYS holds "
            "another key under the same id; restore the key or connect again"
        ) from None


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """Key-encryption keys by id; the first is current, the others only open what they wrapped."""

    keys: tuple[tuple[str, bytes], ...]

    def __repr__(self) -> str:
        return f"Keyring({', '.join(id for id, _ in self.keys)})"

    @property
    def current(self) -> str:
        return self.keys[0][0]

    def wrap(self, data_key: bytes, bound_to: bytes) -> tuple[str, bytes]:
        """The id of the current key, and the data key wrapped by it."""
        id, key = self.keys[0]
        return id, seal(key, data_key, bound_to)

    def unwrap(self, id: str, wrapped: bytes, bound_to: bytes) -> bytes:
        key = dict(self.keys).get(id)
        if key is None:
            raise Misconfigured(
                f"LETTRAGE_VAULT_KEYS lacks the key `{id}`, which stored secrets need: add it"
            )
        return unseal(key, wrapped, bound_to)


def parse_keyring(text: str) -> Keyring:
    """Reads `id:base64,id2:base64`; raises Misconfigured without showing any of it."""
    keys = tuple(_parse_key(number, part) for number, part in enumerate(text.strip().split(","), 1))
    if len({id for id, _ in keys}) != len(keys):
        raise Misconfigured("LETTRAGE_VAULT_KEYS names two keys alike: give each its own id")
    return Keyring(keys)


def _parse_key(number: int, text: str) -> tuple[str, bytes]:
    id, _, encoded = text.strip().partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not id or len(key) != KEY_BYTES:
        raise Misconfigured(
            f"LETTRAGE_VAULT_KEYS: key {number} is not `id:base64` of {KEY_BYTES} bytes; "
            "make one with `openssl rand -base64 32`"
        )
    return id, key


def open_keyring(vault_keys: str | None, database_url: str) -> Keyring:
    """The keyring of the settings; on SQLite without one, of the key file beside the database.

    The file (mode 0600) is made at first use. On PostgreSQL the keys must be given.
    """
    if vault_keys:
        return parse_keyring(vault_keys)
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise Misconfigured("LETTRAGE_VAULT_KEYS is required with PostgreSQL: `id:base64` of 32 bytes")
    path = Path(f"{url.database}.key")
    if not path.exists():
        _write_key_file(path)
    if path.stat().st_mode & 0o077:
        raise Misconfigured(f"the key file {path} can be read by others: run `chmod 600` on it")
    return parse_keyring(path.read_text())


def _write_key_file(path: Path) -> None:
    """Complete or absent: whoever links first wins, the others read what it wrote."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"file-{secrets.token_hex(4)}:{base64.b64encode(new_key()).decode()}\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
