"""Secrets: bound to their place, opened by their key only, swapped by generation, leased for a while."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import text

from core.errors import Misconfigured
from core.model import RawRecord
from core.ports import Tokens
from hub.store.engine import transaction
from hub.store.sealing import Keyring, binding, open_keyring, parse_keyring, seal, unseal
from hub.store.unit import SqlStore
from hub.store.vault import SqlVault
from tests.store.conftest import KEYRING, A, B, Base
from tests.store.records import raw

TOKENS = Tokens("access-abc", "refresh-xyz", datetime(2026, 3, 2, 10, tzinfo=UTC), ("a", "b"))
NEWER = Keyring((("k2", b"2" * 32), *KEYRING.keys))


@pytest.fixture
def vault(base: Base) -> SqlVault:
    return SqlVault(base.engine, base.keyring)


def _sql(base: Base, statement: str) -> None:
    with transaction(base.engine, write=True) as connection:
        connection.execute(text(statement))


def test_tokens_come_back_with_their_generation(vault: SqlVault) -> None:
    assert vault.read_tokens(A, "con_1") is None
    assert vault.swap_tokens(A, "con_1", expected=None, tokens=TOKENS)
    assert vault.read_tokens(A, "con_1") == replace(TOKENS, generation=1)
    lasting = replace(TOKENS, refresh_token=None, expires_at=None)
    assert vault.swap_tokens(A, "con_1", expected=1, tokens=lasting)
    assert vault.read_tokens(A, "con_1") == replace(lasting, generation=2)
    assert vault.read_tokens(B, "con_1") is None


def test_only_the_generation_seen_is_swapped(vault: SqlVault) -> None:
    assert not vault.swap_tokens(A, "con_1", expected=1, tokens=TOKENS)
    assert vault.swap_tokens(A, "con_1", expected=None, tokens=TOKENS)
    assert not vault.swap_tokens(A, "con_1", expected=None, tokens=TOKENS)
    assert not vault.swap_tokens(A, "con_1", expected=2, tokens=TOKENS)


def test_a_generation_never_repeats(vault: SqlVault) -> None:
    vault.swap_tokens(A, "con_1", expected=None, tokens=TOKENS)
    vault.forget_tokens(A, "con_1")
    assert vault.read_tokens(A, "con_1") is None
    assert not vault.swap_tokens(A, "con_1", expected=1, tokens=TOKENS)
    assert vault.swap_tokens(A, "con_1", expected=None, tokens=TOKENS)
    again = vault.read_tokens(A, "con_1")
    assert again is not None
    assert again.generation == 2


@pytest.mark.parametrize("first", [None, 1])
def test_one_of_many_swaps(vault: SqlVault, first: int | None) -> None:
    if first:
        vault.swap_tokens(A, "con_1", expected=None, tokens=TOKENS)
    start = Barrier(4)

    def swap(number: int) -> bool:
        start.wait()
        return vault.swap_tokens(A, "con_1", expected=first, tokens=replace(TOKENS, access_token=str(number)))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(swap, range(4))) == 1


def test_a_lease_is_for_one_until_it_lapses_or_the_tokens_change(base: Base, vault: SqlVault) -> None:
    def lease(owner: str, generation: int = 1) -> bool:
        return vault.lease(A, "con_1", generation=generation, owner=owner, seconds=60)

    assert not lease("one")
    vault.swap_tokens(A, "con_1", expected=None, tokens=TOKENS)
    assert lease("one")
    assert lease("one")
    assert not lease("two")
    assert not lease("two", generation=2)
    _sql(base, "UPDATE secret SET lease_until = lease_until - 61000000")
    assert lease("two")
    assert not lease("one")
    vault.swap_tokens(A, "con_1", expected=1, tokens=TOKENS)
    assert lease("one", generation=2)


@pytest.mark.parametrize(
    "move",
    [
        "UPDATE secret SET owner = 'con_2'",
        "UPDATE secret SET tenant_id = 'ten_b'",
        "UPDATE secret SET purpose = 'tokens'",
        "UPDATE secret SET sealed = (SELECT wrapped FROM secret)",
        "UPDATE secret SET wrapped = (SELECT wrapped FROM tenant_key WHERE tenant_id = 'ten_a')",
    ],
)
def test_a_moved_ciphertext_does_not_open(base: Base, vault: SqlVault, move: str) -> None:
    vault.put_secret(A, "con_1", "webhook", b"the secret")
    assert vault.read_secret(A, "con_1", "webhook") == b"the secret"
    _sql(base, move)
    tenant = B if "ten_b" in move else A
    owner = "con_2" if "con_2" in move else "con_1"
    read = vault.read_tokens if "'tokens'" in move else lambda *place: vault.read_secret(*place, "webhook")
    with pytest.raises(Misconfigured, match="does not open") as raised:
        read(tenant, owner)
    assert "the secret" not in str(raised.value)


def test_raw_payloads_are_sealed_and_bound(base: Base, sql_store: SqlStore) -> None:
    with sql_store.begin(A) as unit:
        unit.append([raw("r1", b"CLEAR one"), raw("r2", b"CLEAR two")])
    with transaction(base.engine, write=False) as connection:
        rows = connection.execute(text("SELECT payload, body FROM raw_record")).all()
    assert all(b"CLEAR" not in bytes(payload) and "CLEAR" not in body for payload, body in rows)
    _sql(
        base,
        "UPDATE raw_record SET payload = (SELECT payload FROM raw_record WHERE id = 'r2') WHERE id = 'r1'",
    )
    with sql_store.begin(A, write=False) as unit, pytest.raises(Misconfigured, match="does not open"):
        unit.entries(RawRecord)


def test_without_its_data_key_a_tenants_payloads_are_gone(base: Base, sql_store: SqlStore) -> None:
    with sql_store.begin(A) as unit:
        unit.append([raw("r1")])
    _sql(base, "DELETE FROM tenant_key WHERE tenant_id = 'ten_a'")
    with sql_store.begin(A, write=False) as unit, pytest.raises(Misconfigured, match="erased"):
        unit.entries(RawRecord)


def test_another_key_opens_nothing(base: Base, vault: SqlVault) -> None:
    vault.put_secret(A, "con_1", "webhook", b"s")
    with pytest.raises(Misconfigured, match="does not open"):
        SqlVault(base.engine, Keyring((("k1", b"x" * 32),))).read_secret(A, "con_1", "webhook")
    with pytest.raises(Misconfigured, match="lacks the key `k1`"):
        SqlVault(base.engine, Keyring((("k9", b"1" * 32),))).read_secret(A, "con_1", "webhook")


def test_rotation_wraps_data_keys_again_and_nothing_else(base: Base, vault: SqlVault) -> None:
    vault.put_secret(A, "con_1", "webhook", b"s")
    vault.swap_tokens(A, "con_1", expected=None, tokens=TOKENS)
    vault.put_secret(A, "con_2", "webhook", b"gone")
    vault.forget_secret(A, "con_2", "webhook")
    api_key = base.keys.create_key(A, "k", ("read",))
    sealed = text("SELECT owner, purpose, sealed FROM secret ORDER BY owner, purpose")
    with transaction(base.engine, write=False) as connection:
        before = connection.execute(sealed).all()
    assert SqlVault(base.engine, NEWER).rewrap(A) == 3
    assert SqlVault(base.engine, NEWER).rewrap(A) == 0
    with transaction(base.engine, write=False) as connection:
        assert connection.execute(sealed).all() == before
    alone = Keyring(NEWER.keys[:1])
    assert SqlVault(base.engine, alone).read_secret(A, "con_1", "webhook") == b"s"
    assert SqlVault(base.engine, alone).read_tokens(A, "con_1") == replace(TOKENS, generation=1)
    assert type(base.keys)(base.engine, base.clock, alone).authenticate(api_key) is not None


def test_a_secret_is_replaced_and_forgotten(vault: SqlVault) -> None:
    vault.put_secret(A, "ep_1", "signing", b"one")
    vault.put_secret(A, "ep_1", "signing", b"two")
    assert vault.read_secret(A, "ep_1", "signing") == b"two"
    vault.forget_secret(A, "ep_1", "signing")
    assert vault.read_secret(A, "ep_1", "signing") is None


def test_each_sealing_differs_and_any_changed_bit_is_noticed() -> None:
    place = binding(A, "con_1", "p")
    key = b"k" * 32
    sealed = seal(key, b"plain", place)
    assert seal(key, b"plain", place) != sealed
    for position in range(len(sealed)):
        broken = bytearray(sealed)
        broken[position] ^= 1
        with pytest.raises(Misconfigured):
            unseal(key, bytes(broken), place)
    with pytest.raises(ValueError, match=r"hold no"):
        binding(A, "a|b", "p")


def test_keys_are_read_from_the_setting_and_never_shown() -> None:
    encoded = base64.b64encode(b"z" * 32).decode()
    ring = parse_keyring(f"new:{encoded}, old:{base64.b64encode(b'y' * 32).decode()}")
    assert ring.current == "new"
    assert repr(ring) == "Keyring(new, old)"
    for wrong in ("", "id", f"{encoded}", "id:AAAA", "id:%%%", f"id:{encoded},id:{encoded}", f":{encoded}"):
        with pytest.raises(Misconfigured) as raised:
            parse_keyring(wrong)
        assert encoded not in str(raised.value)


def test_the_embedded_default_keeps_a_key_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'hub.sqlite3'}"
    with ThreadPoolExecutor(4) as pool:
        rings = list(pool.map(lambda _: open_keyring(None, url), range(8)))
    assert len({ring.keys for ring in rings}) == 1
    path = tmp_path / "new" / "hub.sqlite3.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    path.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        open_keyring(None, url)
    with pytest.raises(Misconfigured, match="required with PostgreSQL"):
        open_keyring(None, "postgresql://host/db")
