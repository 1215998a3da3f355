"""API keys, idempotent answers, the audit chain."""

import pytest
from sqlalchemy import text

from core.errors import Conflict, NotFound, RetryLater
from core.model import ApiKey, AuditEntry
from core.usecases.audit import record
from hub.store.audit import Break, verify_chain
from hub.store.engine import transaction
from hub.store.idempotency import Answer, Idempotency
from hub.store.unit import SqlStore
from tests.store.conftest import A, B, Base


def _sql(base: Base, statement: str) -> None:
    with transaction(base.engine, write=True) as connection:
        connection.execute(text(statement))


def test_a_key_proves_its_tenant_and_scopes(base: Base) -> None:
    key = base.keys.create_key(A, "partner", ("read", "write"))
    assert key.startswith("lettrage_")
    assert base.keys.authenticate(key) == (A, ("read", "write"))
    prefix = key.split("_")[1]
    for wrong in (
        "",
        "x",
        key[:-1],
        key + "0",
        key.upper(),
        f"lettrage_{prefix}_",
        key.replace("lettrage", "other"),
    ):
        assert base.keys.authenticate(wrong) is None
    assert base.keys.authenticate(key.replace(key[-4:], "éé\x00\ud800")) is None


def test_a_key_is_stored_as_a_hash_only(base: Base) -> None:
    key = base.keys.create_key(A, "partner", ())
    with transaction(base.engine, write=False) as connection:
        stored = repr(connection.execute(text("SELECT * FROM api_key")).all())
    assert key not in stored
    assert key.split("_")[2] not in stored
    (row,) = base.keys.keys(A)
    assert row.prefix == key.split("_")[1]


def test_a_key_copied_to_another_tenant_proves_nothing(base: Base) -> None:
    key = base.keys.create_key(A, "partner", ())
    _sql(base, "UPDATE api_key SET tenant_id = 'ten_b'")
    assert base.keys.authenticate(key) is None


def test_a_key_ends_by_revocation_or_expiry(base: Base) -> None:
    revoked = base.keys.create_key(A, "one", ())
    base.keys.revoke(A, base.keys.keys(A)[0].id)
    assert base.keys.authenticate(revoked) is None
    base.clock.move(hours=1)
    expiring = base.keys.create_key(B, "two", (), expires_at=base.clock.now())
    assert base.keys.authenticate(expiring) is None
    base.clock.move(seconds=-1)
    assert base.keys.authenticate(expiring) == (B, ())
    with pytest.raises(NotFound):
        base.keys.revoke(B, "nobody")


def test_last_use_is_noted_now_and_then(base: Base, sql_store: SqlStore) -> None:
    key = base.keys.create_key(A, "one", ())
    noted = []
    for minutes in (0, 5, 6):
        base.clock.move(minutes=minutes)
        base.keys.authenticate(key)
        with sql_store.begin(A, write=False) as unit:
            noted.append(unit.find(ApiKey)[0].last_used_at)
    assert noted[0] == noted[1]
    assert noted[2] == base.clock.now()


def test_a_repeated_request_gets_the_first_answer(base: Base) -> None:
    answers = Idempotency(base.engine, base.clock)
    assert answers.recall(A, "k", "h1") is None
    with pytest.raises(RetryLater):
        answers.recall(A, "k", "h1")
    answers.remember(A, "k", "h1", status=201, body="{}")
    assert answers.recall(A, "k", "h1") == Answer(201, "{}")
    assert answers.recall(B, "k", "h2") is None
    with pytest.raises(Conflict):
        answers.recall(A, "k", "h2")


def test_a_failed_or_abandoned_request_may_be_tried_again(base: Base) -> None:
    answers = Idempotency(base.engine, base.clock)
    assert answers.recall(A, "k", "h1") is None
    answers.release(A, "k")
    assert answers.recall(A, "k", "h1") is None
    base.clock.move(minutes=2)
    assert answers.recall(A, "k", "h1") is None
    answers.remember(A, "k", "h1", status=200, body="done")
    answers.release(A, "k")
    assert answers.recall(A, "k", "h1") == Answer(200, "done")
    base.clock.move(days=2)
    assert answers.forget_old(A) == 1
    assert answers.recall(A, "k", "h9") is None


def _audited(store: SqlStore) -> None:
    for number in range(3):
        with store.begin(A) as unit:
            record(unit, "ana", "key.created", f"k{number}", {"n": [1, None]})
            record(unit, "job", "sync.done", f"k{number}")


def test_the_audit_chain_holds(sql_store: SqlStore) -> None:
    with sql_store.begin(A, write=False) as unit:
        assert verify_chain(unit) is None
    _audited(sql_store)
    with sql_store.begin(B) as unit:
        record(unit, "ana", "a", "s")
    for tenant, count in ((A, 6), (B, 1)):
        with sql_store.begin(tenant, write=False) as unit:
            assert verify_chain(unit) is None
            entries = unit.entries(AuditEntry)
            assert len(entries) == count
            assert entries[0].previous_hash is None


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (
            "UPDATE audit_entry SET body = replace(body, 'ana', 'eve') WHERE id = 'aud_0000000003'",
            Break(3, "aud_0000000003", "was changed after it was written"),
        ),
        (
            "DELETE FROM audit_entry WHERE id = 'aud_0000000003'",
            Break(3, "aud_0000000004", "does not follow the entry before it"),
        ),
        (
            "DELETE FROM audit_entry WHERE id >= 'aud_0000000005'",
            Break(5, None, "the end of the chain is missing"),
        ),
        ("DELETE FROM audit_entry", Break(1, None, "the end of the chain is missing")),
        ("DELETE FROM audit_head", Break(7, None, "the end of the chain is missing")),
    ],
)
def test_tampering_breaks_the_chain_where_it_happened(
    base: Base, sql_store: SqlStore, tamper: str, found: Break
) -> None:
    _audited(sql_store)
    _sql(base, tamper)
    with sql_store.begin(A, write=False) as unit:
        assert verify_chain(unit) == found
